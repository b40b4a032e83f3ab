// Plotly.NET, as it lies beside the library: for scripts that lend its functions to charts, or charts to it.
#r "../src/Workbench/bin/Release/net10.0/DynamicObj.dll"
#r "../src/Workbench/bin/Release/net10.0/Giraffe.ViewEngine.dll"
#r "../src/Workbench/bin/Release/net10.0/Newtonsoft.Json.dll"
#r "../src/Workbench/bin/Release/net10.0/Plotly.NET.dll"

namespace Workbench

open System.Text.Json

/// plotly.js, which draws the figures: in the version that `.web/package.json` names, from npm or from the CDN.
/// Scripts that run before the library is built load this file by itself.
[<RequireQualifiedAccess>]
module internal PlotlyScript =
    let package, file = "plotly.js-dist-min", "plotly.min.js"

    /// Of the file of that version, so that a page notices when the CDN sends another; a test compares it with npm's.
    let integrity =
        "sha384-hHv6D3tTUUBpp4tVv6t2Dc3oGuRhphmWOTKUR8jWyN0Pnon1g3iebKCNDNmKmxo8"

    let version (packageJson: string) : string =
        use settings = JsonDocument.Parse packageJson
        string (settings.RootElement.GetProperty("dependencies").GetProperty package)

    let cdn (packageJson: string) : string =
        $"https://cdn.jsdelivr.net/npm/{package}@{version packageJson}/{file}"

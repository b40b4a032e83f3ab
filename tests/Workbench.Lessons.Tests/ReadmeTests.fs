module Workbench.Lessons.Tests.ReadmeTests

open System.IO
open System.Text.RegularExpressions
open Workbench.Tests
open Xunit
open FsUnit.Xunit

[<WeightsFact "gpt2/model.safetensors">]
let ``The first pipeline of the README runs as it stands and draws the figure it promises`` () =
    let readme = File.ReadAllText(Repository.at "README.md")

    let code =
        Regex.Match(readme, "```fsharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value

    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "mine.fsx")
        File.WriteAllText(script, code.Replace("scripts/prelude.fsx", Repository.at "scripts/prelude.fsx"))
        let finished = Repository.run 3.0 "dotnet" [ "fsi"; script ]
        finished.Errors |> should be EmptyString
        finished.ExitCode |> should equal 0
        // Without a screen the figure is described, and then comes the path of its page.
        let page = finished.Output.Trim().Split('\n') |> Array.last
        File.ReadAllText page |> should haveSubstring "294,528"
        File.Delete page
    finally
        Directory.Delete(folder, recursive = true)

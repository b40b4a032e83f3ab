module Workbench.Lessons.Tests.NotebookTests

open System
open System.IO
open Xunit
open FsUnit.Xunit

/// What .NET Interactive makes the HTML of its cells with, in the version that the page on notebooks names.
let private package, private version =
    "Microsoft.DotNet.Interactive.Formatting", "1.0.0-beta.26120.1"

/// A test that needs that package; skipped, and counted so, where nobody has fetched it.
type FormattingFactAttribute() as this =
    inherit FactAttribute()

    do
        if not (Directory.Exists(Path.Combine(Packages.Cache, package.ToLowerInvariant(), version))) then
            this.Skip <- $"{package} {version} is not among NuGet's packages on this machine"

[<FormattingFact>]
let ``In a notebook a chart is drawn, a table is a table, and results print themselves`` () =
    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "cells.fsx")

        File.WriteAllLines(
            script,
            [
                $"#r \"nuget: {package}, {version}\""
                $"""#load @"{Repository.at "scripts/notebook.fsx"}" """
                "open Workbench"
                "open Microsoft.DotNet.Interactive.Formatting"
                "let gpt2 = Model.load \"pocket-gpt2\""
                "let html (value: obj) = value.ToDisplayString \"text/html\""
                "let told value = printfn \"@%s\" ((html value).Replace(\"\\n\", \" \"))"
                "told (gpt2 |> Embedding.nearest 1 \" king\")"
                "told (gpt2 |> Residual.stream \"one stone\" |> Residual.lensTable)"
                "told (Chart.values [ 0.1; 0.4 ] |> Chart.withTitle \"a < b\")"
                "told (gpt2 |> Residual.next 2 \"The king of\")"
            ]
        )

        let finished =
            Repository.runWith [ "WORKBENCH_MODELS", "pocket" ] 20.0 "dotnet" [ "fsi"; "--nologo"; script ]

        Assert.True(finished.ExitCode = 0, finished.Errors)

        let shown =
            finished.Output.Split('\n')
            |> Array.filter (fun line -> line.StartsWith('@'))
            |> Array.map (fun line -> line.TrimStart('@').Trim())

        shown |> should haveLength 4
        shown[0] |> should startWith "<pre>token &#215; 1 by measure &#215; 1"
        shown[0] |> should haveSubstring "&quot; queen&quot;: 0.7515"
        shown[1] |> should haveSubstring "<table class=\"workbench-table\">"
        shown[2] |> should startWith "<iframe srcdoc=\"&lt;!DOCTYPE html&gt;"
        // Escaped for the page in the frame, and then for the frame.
        shown[2] |> should haveSubstring "&lt;title&gt;a &amp;lt; b&lt;/title&gt;"
        shown[3] |> should haveSubstring "&quot; the&quot; 12.6 %"
    finally
        Directory.Delete(folder, recursive = true)

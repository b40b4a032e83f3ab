module Workbench.Lessons.Tests.ReadmeTests

open System.IO
open System.Text.RegularExpressions
open Workbench.Tests
open Xunit
open FsUnit.Xunit

/// Runs the first pipeline of the README on these weights: it must draw a figure of so many pairs.
let private draws (model: string) (pairs: string) =
    let readme = File.ReadAllText(Repository.at "README.md")

    let code =
        Regex.Match(readme, "```fsharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value

    code |> should haveSubstring "Model.load \"pocket-gpt2\""
    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "mine.fsx")

        File.WriteAllText(
            script,
            code
                .Replace("scripts/prelude.fsx", Repository.at "scripts/prelude.fsx")
                .Replace("Model.load \"pocket-gpt2\"", $"Model.load \"{model}\"")
        )

        let finished = Repository.run 20.0 "dotnet" [ "fsi"; script ]
        finished.Errors |> should be EmptyString
        finished.ExitCode |> should equal 0
        // Without a screen the figure is described, and then comes the path of its page.
        let page = finished.Output.Trim().Split('\n') |> Array.last
        File.ReadAllText page |> should haveSubstring pairs
        File.Delete page
    finally
        Directory.Delete(folder, recursive = true)

    readme |> should haveSubstring pairs

[<Fact>]
let ``The first pipeline of the README runs as it stands and draws the figure it promises`` () =
    draws "pocket-gpt2" "18,336"

[<WeightsFact "gpt2/model.safetensors">]
let ``With gpt2 in its place it draws the figure beside it`` () = draws "gpt2" "294,528"

[<Fact>]
let ``The README says how large the pocket models are`` () =
    let bytes =
        Directory.GetFiles(Repository.at "src/Pocket", "*", SearchOption.AllDirectories)
        |> Array.filter (fun path -> not (path.EndsWith ".training" || path.EndsWith ".pace"))
        |> Array.sumBy (fun path -> FileInfo(path).Length)

    File.ReadAllText(Repository.at "README.md")
    |> should haveSubstring $"({round (float bytes / 1e6):F0} MB in all)"

/// The README's code that holds this, as a script in a folder with this CSV file runs it.
let private runs (part: string) (csv: string) =
    let code =
        Regex.Matches(File.ReadAllText(Repository.at "README.md"), "```fsharp\n(.*?)```", RegexOptions.Singleline)
        |> Seq.map _.Groups[1].Value
        |> Seq.find _.Contains(part)

    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "mine.fsx")
        let prelude = Repository.at "scripts/prelude.fsx"
        let body = code.Replace("#load \"scripts/prelude.fsx\"\n", "")
        File.WriteAllText(Path.Combine(folder, "mine.csv"), csv)

        File.WriteAllText(
            script,
            $"#load @\"{prelude}\"\n{body}".Replace("\"mine.csv\"", $"""@"{Path.Combine(folder, "mine.csv")}" """)
        )

        let finished =
            Repository.runWith [ "WORKBENCH_MODELS", "pocket" ] 20.0 "dotnet" [ "fsi"; script ]

        finished.Errors |> should be EmptyString
        finished.ExitCode |> should equal 0
        finished.Output
    finally
        Directory.Delete(folder, recursive = true)

[<Fact>]
let ``What the README lets one type first runs`` () =
    runs "Embedding.nearest 5" "" |> should haveSubstring "heat-map of 4 × 4"

[<Fact>]
let ``The README's lines draw a table of one's own, coloured by its column of words`` () =
    let csv =
        "name,height,weight,species\nTom,23.5,4.1,cat\nRex,61,30.2,dog\nBella,55,25,dog\nMimi,22,3.5,cat\n"

    let printed = runs "\"mine.csv\"" csv
    printed |> should haveSubstring "PC 1"
    let page = printed.Trim().Split('\n') |> Array.last |> File.ReadAllText

    for text in [ "Rex"; "cat"; "dog" ] do
        page |> should haveSubstring text

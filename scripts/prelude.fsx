// What every lesson loads first: the built libraries, and where its figures go.
// The libraries are built by `dotnet fsi scripts/lessons.fsx` (or `dotnet build -c Release`).
[<AutoOpen>]
module Prelude

#r "../src/Workbench/bin/Release/net10.0/Workbench.Core.dll"
#r "../src/Workbench/bin/Release/net10.0/Workbench.Gpu.dll"
#r "../src/Workbench/bin/Release/net10.0/Workbench.dll"

open System
open System.IO
open Workbench

// Numbers have a point in every country, as in the libraries' own texts.
Globalization.CultureInfo.CurrentCulture <- Globalization.CultureInfo.InvariantCulture
Globalization.CultureInfo.DefaultThreadCurrentCulture <- Globalization.CultureInfo.InvariantCulture

#if HAS_FSI_ADDHTMLPRINTER
// The site's builder evaluates the script: figures become part of its page, and nothing is written.
fsi.AddHtmlPrinter(fun (figure: Figure) -> Seq.empty, Figure.toHtml figure)
fsi.AddHtmlPrinter(fun (some: Figure list) -> Seq.empty, String.Join("\n", List.map Figure.toHtml some))
fsi.AddHtmlPrinter(fun (chart: Chart) -> Seq.empty, Chart.toHtml chart)
fsi.AddHtmlPrinter(fun (table: Table) -> Seq.empty, Table.toHtml table)
let private output = Page
#else
let private output =
    match Environment.GetEnvironmentVariable "WORKBENCH_OUT" with
    | null
    | "" -> Folder(Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", "out")))
    | folder -> Folder folder
#endif

let private chosen = Lesson.explain Engine.chosen

/// What computes: a card, else the processor; the variable WORKBENCH_ENGINE decides otherwise.
let engine = fst chosen

[<RequireQualifiedAccess>]
module Lesson =
    /// Begins a lesson: its script's name, its title, and all weights that it uses. Says what computes,
    /// and whose weights these are.
    let start (name: string) (title: string) (weights: Weights list) : Lesson =
        printfn "%s" (snd chosen)
        Lesson.startIn output name title weights |> Lesson.on engine

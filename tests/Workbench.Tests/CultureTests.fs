module Workbench.Tests.CultureTests

open System
open System.Globalization
open System.IO
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit
open Workbench

/// A culture whose numbers share no sign with ours. It is made by hand, since these tests run without the system's
/// cultures.
let foreign =
    let culture = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
    let numbers = culture.NumberFormat
    numbers.NumberDecimalSeparator <- ","
    numbers.NumberGroupSeparator <- "."
    numbers.PercentDecimalSeparator <- ","
    numbers.PercentGroupSeparator <- "."
    numbers.NegativeSign <- "−"
    culture

let under (culture: CultureInfo) (work: unit -> 'a) : 'a =
    let before = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- culture
        work ()
    finally
        CultureInfo.CurrentCulture <- before

let refusal (action: unit -> obj) =
    Assert.ThrowsAny<Exception>(fun () -> action () |> ignore).Message

/// What people read or other programs do, each with a number below zero or with a fraction in it.
let outputs: (string * (unit -> string)) list =
    let matrix =
        Sample.normal (Seed 3UL) 30 6 |> Labelled.mapi (fun _ _ value -> value - 0.5)

    let values = [| -1.5; 0.25; 0.5; 1234567.5 |]

    let summary () =
        Distribution.summary "norm" Figures.made values

    let table () =
        Table.ofRows [ "name"; "value"; "n" ] [ for x in values -> [ Text "a"; Number x; Count 1234567L ] ]

    let chart () = Chart.histogram Figures.histogram

    let nulls () =
        Workbench.Null.distribution (Seed 1UL) 19 Statistic.meanAbsoluteCosine AllEntries matrix

    let rsa () =
        Rsa.compare RsaSettings.Quick (Similarity.cosine Rows matrix) (Similarity.cosine Rows matrix)

    let finding () =
        Finding.numbers "a.b" values |> Finding.withP 0.05

    [
        "summary", (fun () -> string (summary ()))
        "a setting below zero", (fun () -> refusal (fun () -> Norms.outliers -0.5 values :> obj))
        "a p-value below zero", (fun () -> refusal (fun () -> Significance.holm values :> obj))
        "a count below zero", (fun () -> refusal (fun () -> Distribution.histogram -1 "x" Figures.made values :> obj))
        "a confidence below zero",
        (fun () ->
            let pairs = Similarity.cosine Rows matrix

            let settings = {
                RsaSettings.Quick with
                    Confidence = -0.5
            }

            refusal (fun () -> Rsa.compare settings pairs pairs :> obj))
        "histogram", (fun () -> string Figures.histogram)
        "matrix", (fun () -> string matrix)
        "finding", (fun () -> Finding.describe (finding ()))
        "table", (fun () -> Table.toText (table ()))
        "table as CSV", (fun () -> Table.toCsv (table ()))
        "table as HTML", (fun () -> Table.toHtml (table ()))
        "table as LaTeX", (fun () -> Table.toLatex (table ()))
        "chart", (fun () -> Chart.toHtml (chart ()))
        "heatmap", (fun () -> Chart.toHtml (Chart.heatmap matrix))
        "null", (fun () -> string (nulls ()))
        "nulls as a table", (fun () -> Table.toText (Workbench.Null.toTable [ nulls () ]))
        "comparison", (fun () -> Table.toText (rsa ()).Table)
        "spectrum", (fun () -> string (Spectrum.ofValues (Array.init 32 (fun i -> sin (float i)))))
        "proportion", (fun () -> string (Calibration.share 40 (Seed 1UL) (fun (Seed seed) -> seed % 3UL > 0UL)))
        "neighbour", (fun () -> string (Workbench.Core.Words.Neighbour("king", 3, -0.25)))
        "layout", (fun () -> string (Workbench.Core.Manifolds.LayoutQuality(0.5, 0.25, 0.125, 15)))
        "refusal",
        (fun () -> refusal (fun () -> Distribution.histogramOver 4 0.5 -0.5 "x" Figures.made [| 1.0 |] :> obj))
        "refusal of Core", (fun () -> refusal (fun () -> Workbench.Core.Manifolds.MembershipCurve.Fit(0.5, 2.0) :> obj))
    ]

let names = outputs |> List.map (fun (name, _) -> [| box name |])

[<Theory; MemberData(nameof names)>]
let ``Text is the same in every country`` (name: string) =
    let _, write = outputs |> List.find (fst >> (=) name)
    let ours = under CultureInfo.InvariantCulture write
    Assert.Matches(@"\d\.\d|-\d|\d,\d", ours)
    under foreign write |> should equal ours

[<Fact>]
let ``The culture of these tests would show itself`` () =
    under foreign (fun () -> $"{-0.5} {1234.5:N1} {0.5:P0}")
    |> should equal "−0,5 1.234,5 50 %"

let private formatted =
    Regex @"(\w*)\s*\(?\s*\$""(?:[^""\\]|\\.)*?\{[^{}""]*:(?:[A-MO-Z]\d*|N\d+)\}"

[<Fact>]
let ``Every number that is written in a format is written by Invariant`` () =
    let folder = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src", "Workbench")

    let found = [
        for file in Directory.EnumerateFiles(folder, "*.fs", SearchOption.AllDirectories) do
            for hit in formatted.Matches(File.ReadAllText file) -> Path.GetFileName file, hit
    ]

    Assert.Empty [
        for file in Directory.EnumerateFiles(folder, "*.fs", SearchOption.AllDirectories) do
            if (File.ReadAllText file).Contains ".ToString \"" then
                file
    ]

    found |> List.length |> should be (greaterThan 40)

    Assert.Empty [
        for file, hit in found do
            if hit.Groups[1].Value <> "Invariant" then
                $"{file}: {hit.Value}"
    ]

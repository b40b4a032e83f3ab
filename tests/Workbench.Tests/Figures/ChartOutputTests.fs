module ChartOutputTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Figures

let private inFreshFolder (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "workbench-tests-"

    try
        test folder.FullName
    finally
        folder.Delete true

let private chart = curve 1 |> Chart.withTitle "A <title>"

[<Fact>]
let ``A fragment draws itself for wide and narrow paper and needs nothing but plotly`` () =
    let html = Chart.toHtml chart
    html |> should startWith "<figure"

    html
    |> should haveSubstring "aria-label=\"Chart “A &lt;title&gt;”: line of 41 points; x “Position”, y “Value”\""

    html |> should haveSubstring "\"wide\":{"
    html |> should haveSubstring "\"narrow\":{"
    html |> should not' (haveSubstring "http")

[<Fact>]
let ``A page takes plotly from where it is told to`` () =
    Chart.toPage (PlotlySource.At "../a&b.js") chart
    |> should haveSubstring "<script src=\"../a&amp;b.js\"></script>"

[<Fact>]
let ``A page that takes plotly from the CDN checks that it is the one meant`` () =
    let page = Chart.toPage PlotlySource.Cdn chart

    let settings =
        Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", ".web", "package.json")

    // What npm installs is what the CDN is asked for.
    let pinned =
        System.Text.RegularExpressions.Regex
            .Match(File.ReadAllText settings, "\"plotly.js-dist-min\": \"([^\"]+)\"")
            .Groups[1].Value

    pinned |> should not' (be EmptyString)

    page
    |> should haveSubstring $"plotly.js-dist-min@{pinned}/plotly.min.js\" integrity=\"sha384-"

[<Fact>]
let ``A saved page has plotly beside it, or on the CDN where npm has not fetched it`` () =
    inFreshFolder (fun folder ->
        let path = Path.Combine(folder, "new", "chart.html")
        Chart.saveHtml path chart
        let page = File.ReadAllText path
        let beside = File.Exists(Path.Combine(folder, "new", "plotly.min.js"))
        beside |> should equal (FigurePage.localPlotly().IsSome)
        page.Contains "<script src=\"plotly.min.js\"></script>" |> should equal beside
        page.Contains "https://" |> should equal (not beside))

[<Fact>]
let ``A copy of plotly that is there already stays as it is`` () =
    inFreshFolder (fun folder ->
        let copy = Path.Combine(folder, "plotly.min.js")
        File.WriteAllText(copy, "mine")
        Chart.saveHtml (Path.Combine(folder, "chart.html")) chart
        File.ReadAllText copy |> should equal "mine")

[<Fact>]
let ``A picture in a format that is not known is refused before a browser starts`` () =
    (Assert.Throws<ArgumentException>(fun () -> Chart.saveImage "figure.jpg" chart)).Message
    |> should haveSubstring "saved as .png or .svg, but figure.jpg ends in \".jpg\""

[<PlotlyFact>]
let ``The digest of plotly in pages is that of the copy from npm`` () =
    let file = File.ReadAllBytes(FigurePage.localPlotly().Value)
    let digest = Convert.ToBase64String(Security.Cryptography.SHA384.HashData file)
    Chart.toPage PlotlySource.Cdn chart |> should haveSubstring $"sha384-{digest}"

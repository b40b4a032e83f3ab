module ChartPlotlyTests

open System
open System.IO
open System.Reflection
open System.Text.Json
open System.Text.RegularExpressions
open DynamicObj
open Xunit
open FsUnit.Xunit
open Workbench
open Plotly.NET
open Figures

module PlotlyLast =
    open Workbench
    open Plotly.NET

    let ours, theirs = Chart.values [ 1.0; 2.0 ], Chart.Point([ 1.0 ], [ 2.0 ])

module WorkbenchLast =
    open Plotly.NET
    open Workbench

    let ours, theirs = Chart.values [ 1.0; 2.0 ], Chart.Point([ 1.0 ], [ 2.0 ])

[<Fact>]
let ``With both namespaces open, in either order, Chart.values is ours and Chart.Point theirs`` () =
    for ours, theirs in [ PlotlyLast.ours, PlotlyLast.theirs; WorkbenchLast.ours, WorkbenchLast.theirs ] do
        string ours |> should equal "Chart: line of 2 points"
        GenericChart.countTrace theirs |> should equal 1

[<Fact>]
let ``Of the names that both have, Chart means ours, and PlotlyChart has theirs`` () =
    let flags = BindingFlags.Public ||| BindingFlags.Static

    let names (item: Type) =
        set [ for method in item.GetMethods flags -> method.Name ]

    let ours =
        nonNull (typeof<Workbench.Chart>.Assembly.GetType "Workbench.ChartModule")
        |> names

    let charts = [
        for item in typeof<GenericChart>.Assembly.GetExportedTypes() do
            if item.Name = "Chart" then
                names item
    ]

    let shared = Set.intersect ours (Set.unionMany charts)

    shared
    |> should
        equal
        (set [
            "combine"
            "saveHtml"
            "show"
            "withLegend"
            "withLineStyle"
            "withMarker"
            "withSize"
            "withTitle"
        ])

    Set.isSubset shared (names typeof<PlotlyChart>) |> should equal true

[<Fact>]
let ``What is done to a chart of Plotly.NET leaves the chart that it was made of as it was`` () =
    let chart = curve 1
    let before = Chart.toJson chart

    Chart.toPlotly chart
    |> GenericChart.mapTrace (Trace2DStyle.Scatter(Name = "altered") >> fun trace -> trace)
    |> GenericChart.mapLayout (Layout.style (ShowLegend = true))
    |> ignore

    Chart.toJson chart |> should equal before

[<Fact>]
let ``What is done later to a chart of theirs does not reach ours`` () =
    let theirs = Theirs.scatter ()
    let chart = Chart.ofPlotly theirs
    let before = Chart.toJson chart

    GenericChart.getTraces theirs
    |> List.iter (fun trace -> trace.SetProperty("name", "altered"))

    GenericChart.getLayout theirs |> DynObj.setProperty "xaxis" "altered"
    Chart.toJson chart |> should equal before

[<Fact>]
let ``The same chart of theirs fills every panel of a grid`` () =
    let grid = List.replicate 3 (Chart.ofPlotly (Theirs.scatter ())) |> Chart.grid 3

    [
        for index in 0..2 -> text "xaxis" (trace index grid), text "yaxis" (trace index grid)
    ]
    |> should equal [ "x", "y"; "x2", "y2"; "x3", "y3" ]

    let layout = layout grid

    for suffix in [ ""; "2"; "3" ] do
        text $"xaxis{suffix}.title.text" layout |> should equal "time"

        [ for bound in items $"yaxis{suffix}.range" layout -> bound.GetDouble() ]
        |> should equal [ 0.0; 10.0 ]

    [ for note in items "annotations" layout -> text "text" note ]
    |> List.distinct
    |> should equal [ "Their points" ]

[<Fact>]
let ``Each kind of chart of theirs stands in its own panel`` () =
    let grid =
        [ Theirs.scatter; Theirs.surface; Theirs.pie; Theirs.polar ]
        |> List.map (fun make -> Chart.ofPlotly (make ()))
        |> Chart.grid 2

    text "scene" (trace 1 grid) |> should equal "scene2"
    text "subplot" (trace 3 grid) |> should equal "polar4"
    let layout = layout grid
    let domain path element = [ for bound in items path element -> bound.GetDouble() ]
    // Above and below, left and right.
    domain "xaxis.domain" layout |> should equal (domain "domain.x" (trace 2 grid))

    domain "scene2.domain.x" layout
    |> should equal (domain "polar4.domain.x" layout)

    domain "scene2.domain.y" layout |> should equal (domain "yaxis.domain" layout)

    domain "domain.y" (trace 2 grid)
    |> should equal (domain "polar4.domain.y" layout)

[<Fact>]
let ``A surface of theirs has our words beside its axes`` () =
    let scene =
        Chart.ofPlotly (Theirs.surface ())
        |> Chart.withXTitle "Position"
        |> Chart.withZRange -2.0 2.0
        |> layout
        |> at "scene"

    text "xaxis.title.text" scene |> should equal "Position"
    has "range" (at "xaxis" scene) |> should equal false

    [ for bound in items "zaxis.range" scene -> bound.GetDouble() ]
    |> should equal [ -2.0; 2.0 ]

[<Fact>]
let ``Words and ranges of a chart of theirs are changed by our functions`` () =
    let chart =
        Chart.ofPlotly (Theirs.scatter ())
        |> Chart.withTitle "Mine"
        |> Chart.withXTitle "hours"
        |> Chart.withYRange 1.0 7.0
        |> Chart.withCaption "n = 3"

    let layout = layout chart
    text "title.text" layout |> should equal "Mine"
    text "xaxis.title.text" layout |> should equal "hours"
    text "yaxis.title.text" layout |> should equal "length"

    [ for bound in items "yaxis.range" layout -> bound.GetDouble() ]
    |> should equal [ 1.0; 7.0 ]

    Chart.toHtml chart |> should haveSubstring ">n = 3</figcaption>"

[<Fact>]
let ``Points of theirs are laid over ours in the same axes`` () =
    let both = Chart.combine [ curve 1; Chart.ofPlotly (Theirs.scatter ()) ]

    [ for index in 0..1 -> text "xaxis" (trace index both) ]
    |> should equal [ "x"; "x" ]

    text "xaxis.title.text" (layout both) |> should equal "Position"

    (Assert.Throws<ArgumentException>(fun () -> Chart.combine [ curve 1; Chart.ofPlotly (Theirs.pie ()) ] |> ignore))
        .Message
    |> should haveSubstring "Charts in Cartesian2D and in Domain have no axes in common"

[<Fact>]
let ``A grid of theirs is shown as it is, and is no panel`` () =
    let theirs = [ Theirs.scatter (); Theirs.scatter () ] |> Chart.Grid(1, 2)
    let chart = Chart.ofPlotly theirs

    [ for index in 0..1 -> text "xaxis" (trace index chart) ]
    |> should equal [ "x"; "x2" ]

    (Assert.Throws<ArgumentException>(fun () -> Chart.grid 2 [ chart; curve 1 ] |> ignore)).Message
    |> should haveSubstring "one of them is a grid of Plotly.NET's"

[<Fact>]
let ``A function of theirs has the last word, on wide and on narrow paper`` () =
    let styled =
        curve 1
        |> Chart.withPlotly (GenericChart.mapLayout (Layout.style (PaperBGColor = Color.fromString "pink")))
        |> Chart.withTitle "Later"

    text "paper_bgcolor" (layout styled) |> should equal "pink"
    text "title.text" (layout styled) |> should equal "Later"
    let html = Chart.toHtml styled
    Regex.Count(html, "\"paper_bgcolor\":\"pink\"") |> should equal 2

[<Fact>]
let ``In a grid a function of theirs sees its panel alone`` () =
    let red =
        curve 1
        |> Chart.withPlotly (
            PlotlyChart.withLineStyle (Color = Color.fromString "red")
            >> Chart.withXAxisStyle (ShowGrid = false)
        )

    let grid = Chart.grid 2 [ curve 2; red ]
    text "line.color" (trace 1 grid) |> should equal "red"
    text "line.color" (trace 0 grid) |> should not' (equal "red")
    (at "xaxis2.showgrid" (layout grid)).GetBoolean() |> should equal false
    (at "xaxis.showgrid" (layout grid)).GetBoolean() |> should equal true

[<Fact>]
let ``Their size holds in the picture and on the page`` () =
    let large = Chart.ofPlotly (Theirs.scatter () |> PlotlyChart.withSize (900, 500))
    Chart.toHtml large |> should haveSubstring "max-width:900px"
    number "height" (layout large) |> should equal 500.0

[<Fact>]
let ``fsi shows what a chart of theirs draws`` () =
    $"%A{Chart.ofPlotly (Theirs.scatter ())}"
    |> should equal "Chart “Their points”: Plotly.NET scatter of 3 values “measured”; x “time”, y “length” 0 to 10"

    $"%A{curve 1 |> Chart.withPlotly id}"
    |> should equal "Chart: line of 41 points; x “Position”, y “Value”; styled with Plotly.NET"

[<Fact>]
let ``fsi shows how many values are behind the bars`` () =
    $"%A{Chart.histogram histogram}"
    |> should equal "Chart: 8 bars; x “Cosine similarity”, y “Count”; n = 120,032"

[<Fact>]
let ``Our JSON says what theirs says`` () =
    for name, chart in every do
        let ours = JsonDocument.Parse(Chart.toJson chart).RootElement

        let theirs =
            JsonDocument.Parse(GenericChart.toJson (Chart.toPlotly chart)).RootElement

        Assert.True(JsonElement.DeepEquals(ours, theirs), $"{name} differs from what Plotly.NET writes")

/// Attributes that the sources of figures set by name, past Plotly.NET's typed members.
let private setByName =
    let folder =
        Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", "src", "Workbench")

    let setter =
        Regex @"\b(?:with|set|withOptional|setOptional)Property\w*\s*\(?\s*""(\w+)""|\bSetProperty\s*\(\s*""(\w+)"""

    [
        for file in Directory.GetFiles(folder, "*.fs", SearchOption.AllDirectories) do
            if not (file.Contains $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") then
                for found in setter.Matches(File.ReadAllText file) do
                    found.Groups[1].Value + found.Groups[2].Value
    ]

/// The names under which Plotly.NET's makers and stylers take attributes.
let private typed =
    set [
        for item in typeof<GenericChart>.Assembly.GetExportedTypes() do
            for method in item.GetMethods(BindingFlags.Public ||| BindingFlags.Static) do
                let makes =
                    method.Name = "init" || method.Name = "style" || item.Name.EndsWith "Style"

                if makes then
                    for parameter in method.GetParameters() do
                        (string parameter.Name).ToLowerInvariant()
    ]

[<Fact>]
let ``No attribute that Plotly.NET has a typed member for is set by its name`` () =
    typed |> should contain "hovertemplate"
    typed |> should contain "zeroline"

    // Its size counts whole pixels, ours may be 4.5; its colours by value are written as text, ours in base64.
    let narrower = set [ "size"; "color" ]

    set setByName |> Set.intersect typed |> should equal narrower
    // What it has no name for.
    set setByName - narrower
    |> should equal (set [ "ticklabelstandoff"; "maxheight" ])

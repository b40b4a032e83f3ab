/// What the tests of charts draw, and how they read what comes out.
module Figures

open System
open System.Runtime.InteropServices
open System.Text.Json
open Xunit
open Workbench

/// A test that needs plotly.js; skipped, and counted as skipped, where npm has not fetched it.
type PlotlyFactAttribute() as this =
    inherit FactAttribute()

    do
        if (FigurePage.localPlotly ()).IsNone then
            this.Skip <- "plotly.js is not there; run npm install in .web"

/// A test that also needs a browser.
type BrowserFactAttribute() as this =
    inherit PlotlyFactAttribute()

    do
        if (Browser.tryFind ()).IsNone then
            this.Skip <- "No Chromium, Chrome or Edge was found on PATH or in WORKBENCH_BROWSER"

let made = Provenance.computed "made for a test"

/// A matrix whose entries tell their place: 1000 · row + column.
let numbered rows columns =
    Labelled.init (Axis.numbered "position" rows) (Axis.numbered "dimension" columns) made (fun i j ->
        float (1000 * i + j))

let wave rows columns =
    Labelled.init (Axis.numbered "position" rows) (Axis.numbered "dimension" columns) made (fun i j ->
        sin (float (i * j) / 50.0))

let tokens = [|
    "the"
    "</script>"
    "<b>bold</b>"
    "naïve"
    "\n"
    " leading"
    "unbelievably"
    "AT&T"
    "the"
    "%{x}"
|]

let similarities =
    let axis = Axis.labelled "token" tokens
    Labelled.init axis axis made (fun i j -> if i = j then 1.0 else cos (float (i * j)))

let histogram: Histogram = {
    Quantity = "cosine similarity"
    Minimum = -1.0
    Maximum = 1.0
    Counts = [| 0L; 3L; 12L; 80000L; 40000L; 16L; 1L; 0L |]
    Provenance = made
}

let places = [| 0.0 .. 40.0 |]

let curve (k: int) =
    Chart.line places (places |> Array.map (fun x -> sin (x / float (k + 2))))
    |> Chart.withXTitle "Position"
    |> Chart.withYTitle "Value"

let json (chart: Chart) =
    JsonDocument.Parse(Chart.toJson chart).RootElement

/// The element at the end of a path of names.
let at (path: string) (element: JsonElement) =
    path.Split '.'
    |> Array.fold (fun (element: JsonElement) name -> element.GetProperty name) element

let has (name: string) (element: JsonElement) = element.TryGetProperty name |> fst
let text (path: string) (element: JsonElement) = (at path element).GetString() |> string
let number (path: string) (element: JsonElement) = (at path element).GetDouble()
let items (path: string) (element: JsonElement) = [ for item in (at path element).EnumerateArray() -> item ]

let trace (index: int) (chart: Chart) = (json chart |> items "data")[index]
let layout (chart: Chart) = json chart |> at "layout"

/// The values of one of plotly's typed arrays.
let decoded (element: JsonElement) =
    let bytes = (at "bdata" element).GetBytesFromBase64()

    match text "dtype" element with
    | "f8" -> MemoryMarshal.Cast<byte, float>(ReadOnlySpan bytes).ToArray()
    | "f4" ->
        MemoryMarshal.Cast<byte, float32>(ReadOnlySpan bytes).ToArray()
        |> Array.map float
    | other -> invalidArg (nameof element) other

let private spatial =
    Chart.scatter3d places (Array.map sin places) (Array.map cos places)
    |> Chart.withXTitle "UMAP 1"
    |> Chart.withTitle "Points in space"

/// Charts made with Plotly.NET, each made anew: theirs can be altered.
module Theirs =
    open Plotly.NET

    let scatter () =
        Chart.Point([ 1.0; 2.0; 3.0 ], [ 4.0; 9.0; 5.0 ], Name = "measured")
        |> PlotlyChart.withTitle "Their <b>points</b>"
        |> Chart.withXAxisStyle "time"
        |> Chart.withYAxisStyle ("length", MinMax = (0.0, 10.0))

    let surface () =
        Chart.Surface [ for i in 0..9 -> [ for j in 0..9 -> sin (float (i * j) / 9.0) ] ]

    let pie () =
        Chart.Pie([ 3.0; 2.0 ], Labels = [ "cats"; "dogs" ])

    let polar () =
        Chart.PointPolar([ 1.0; 2.0; 3.0 ], [ 0.0; 120.0; 240.0 ])

/// One of each kind that a reader may meet, by name.
let every = [
    "heat-map",
    wave 60 40
    |> Chart.heatmap
    |> Chart.withTitle "Position embeddings, every value"
    |> Chart.withColourTitle "value"
    "heat-map of tokens",
    similarities
    |> Chart.heatmap
    |> Chart.withTitle "Cosine between tokens </script><b>x</b>"
    "heat-maps with one scale",
    [
        for name in [ "Real"; "Shuffled" ] -> wave 40 30 |> Chart.heatmap |> Chart.withTitle name
    ]
    |> Chart.grid 2
    |> Chart.withShared [ Share.Colours; Share.Y ]
    |> Chart.withColourTitle "cosine"
    |> Chart.withTitle "One colour bar"
    "heat-maps with scales of their own",
    [
        Chart.heatmap similarities
        wave 20 20 |> Chart.heatmap |> Chart.withLimits 0.1 0.6
    ]
    |> Chart.grid 2
    "histogram",
    histogram
    |> Chart.histogram
    |> Chart.withTitle
        "Cosine between all pairs of dimensions of the position embeddings, a title too long for one line of the page"
    "logarithmic histogram",
    histogram
    |> Chart.histogram
    |> Chart.withLogY
    |> Chart.withLabelledVerticalLine "observed" 1.2
    |> Chart.withLabelledHorizontalLine "one pair" 1.0
    "outlines",
    [
        Chart.densityOutline histogram |> Chart.withName "dimensions"
        Chart.densityOutline histogram |> Chart.withName "positions"
    ]
    |> Chart.combine
    |> Chart.withTitle "Two distributions"
    "overlaid bars",
    [
        Chart.density histogram |> Chart.withName "real"
        Chart.density histogram |> Chart.withName "shuffled"
    ]
    |> Chart.combine
    |> Chart.withLegend Legend.Right
    "twelve curves in one plot",
    [ for k in 0..11 -> curve k |> Chart.withName $"head {k}" ]
    |> Chart.combine
    |> Chart.withTitle "Twelve heads"
    "twelve curves in a grid",
    [
        for k in 0..11 -> curve k |> Chart.withTitle $"Dimension {k}" |> Chart.withHorizontalLine 0.0
    ]
    |> Chart.grid 4
    |> Chart.withShared [ Share.X; Share.Y ]
    |> Chart.withTitle "Twelve dimensions"
    "scatter",
    Chart.scatter places (Array.map sin places)
    |> Chart.withUnityLine
    |> Chart.withOpacity 0.5
    |> Chart.withTitle "Scatter"
    "labelled points",
    Chart.scatter [| 0.0 .. 9.0 |] [| 0.0 .. 9.0 |]
    |> Chart.withLabels tokens
    |> Chart.withColourBy [| 0.0 .. 9.0 |]
    |> Chart.withColourTitle "layer"
    |> Chart.withMarker Marker.Diamond 9.0
    "band",
    [
        Chart.band places (Array.map (fun x -> sin x - 1.0) places) (Array.map (fun x -> sin x + 1.0) places)
        |> Chart.withName "95 % interval"
        Chart.line places (Array.map sin places)
        |> Chart.withName "mean"
        |> Chart.withLineStyle Dash.Dashed 2.0
    ]
    |> Chart.combine
    "bars with names",
    Chart.bar tokens [| 1000.0..1000.0..10000.0 |]
    |> Chart.withYTitle "Count"
    |> Chart.withTitle "Bars"
    "logarithmic axes",
    Chart.scatter [ 1.0; 100.0; 50000.0 ] [ 1e-5; 0.2; 3.0 ]
    |> Chart.withLogX
    |> Chart.withLogY
    |> Chart.withXTitle "Frequency rank"
    |> Chart.withYTitle "Norm"
    "points in space", spatial
    "path in space",
    Chart.path3d [| 0.0 .. 9.0 |] [| 0.0 .. 9.0 |] (Array.map sin [| 0.0 .. 9.0 |])
    |> Chart.withLabels tokens
    "spaces in a grid",
    [ spatial; spatial; spatial ]
    |> Chart.grid 3
    |> Chart.withShared [ Share.X; Share.Y; Share.Z ]
    "points of Plotly.NET", Chart.ofPlotly (Theirs.scatter ())
    "charts of Plotly.NET in a grid",
    [
        curve 1 |> Chart.withTitle "A chart of ours"
        Chart.ofPlotly (Theirs.scatter ())
        Chart.ofPlotly (Theirs.surface ())
        wave 20 10 |> Chart.heatmap
    ]
    |> Chart.grid 2
]

module ChartTests

open System
open Xunit
open FsUnit.Xunit
open FsCheck
open FsCheck.FSharp
open Workbench
open Figures

/// Every function that changes a chart, with settings that can be seen.
let private changes: (string * (Chart -> Chart)) list = [
    "withTitle", Chart.withTitle "T"
    "withCaption", Chart.withCaption "C"
    "withXTitle", Chart.withXTitle "X"
    "withYTitle", Chart.withYTitle "Y"
    "withXRange", Chart.withXRange 1.0 2.0
    "withYRange", Chart.withYRange 1.0 3.0
    "withLogX", Chart.withLogX
    "withLogY", Chart.withLogY
    "withXLabels", Chart.withXLabels [ "a"; "b" ]
    "withYLabels", Chart.withYLabels [ "a"; "b" ]
    "withColours", Chart.withColours ColourScale.Cividis
    "withLimits", Chart.withLimits 0.0 5.0
    "withColourTitle", Chart.withColourTitle "c"
    "withHorizontalLine", Chart.withHorizontalLine 0.5
    "withVerticalLine", Chart.withVerticalLine 0.5
    "withLabelledHorizontalLine", Chart.withLabelledHorizontalLine "h" 0.5
    "withLabelledVerticalLine", Chart.withLabelledVerticalLine "v" 0.5
    "withUnityLine", Chart.withUnityLine
    "withLegend", Chart.withLegend Legend.Above
    "withName", Chart.withName "n"
    "withColour", Chart.withColour Colour.Green
    "withColourBy", Chart.withColourBy [ 1.0; 2.0; 3.0 ]
    "withStroke", Chart.withStroke Stroke.LinesAndMarkers
    "withMarker", Chart.withMarker Marker.Cross 9.0
    "withLineStyle", Chart.withLineStyle Dash.Dotted 3.0
    "withOpacity", Chart.withOpacity 0.3
    "withLabels", Chart.withLabels [ "a"; "b"; "c" ]
    "withHoverLabels", Chart.withHoverLabels [ "a"; "b"; "c" ]
    "withSize", Chart.withSize 500 400
    "withShared", Chart.withShared [ Share.X ]
]

let private three () =
    Chart.line [ 1.0; 2.0; 3.0 ] [ 4.0; 5.0; 6.0 ]

[<Fact>]
let ``Every change makes a new chart and leaves the old one as it was`` () =
    for name, change in changes do
        let chart = three ()
        let changed = change chart
        Assert.True((chart = three ()), $"{name} altered its argument")
        Assert.True((changed <> chart), $"{name} changed nothing")

[<Fact>]
let ``Changes of different things commute`` () =
    // Two pairs write the same thing: labels twice, and the order in which lines are drawn.
    let lines =
        set [
            for name, _ in changes do
                if name.EndsWith "Line" then
                    name
        ]

    let labels = set [ "withLabels"; "withHoverLabels" ]

    for first, f in changes do
        for second, g in changes do
            let together = Set.ofList [ first; second ]

            if not (Set.isSubset together lines || Set.isSubset together labels) then
                Assert.True((f (g (three ())) = g (f (three ()))), $"{first} and {second} depend on their order")

[<Fact>]
let ``The last of two equal settings holds`` () =
    three ()
    |> Chart.withTitle "first"
    |> Chart.withTitle "last"
    |> layout
    |> text "title.text"
    |> should equal "last"

[<Fact>]
let ``A chart does not see later changes of the array it was made of`` () =
    let ys = [| 1.0; 2.0 |]
    let chart = Chart.values ys
    ys[0] <- 7.0
    decoded (trace 0 chart |> at "y") |> should equal [| 1.0; 2.0 |]

[<Fact>]
let ``Combined charts have the series of all of them in order, and the first's titles`` () =
    let combined =
        [
            three () |> Chart.withName "a" |> Chart.withTitle "A"
            three () |> Chart.withName "b" |> Chart.withTitle "B" |> Chart.withXTitle "x"
        ]
        |> Chart.combine

    [ for index in 0..1 -> trace index combined |> text "name" ]
    |> should equal [ "a"; "b" ]

    text "title.text" (layout combined) |> should equal "A"
    text "xaxis.title.text" (layout combined) |> should equal "x"

[<Fact>]
let ``Combining is associative`` () =
    let chart name =
        three () |> Chart.withName name |> Chart.withHorizontalLine (float name.Length)

    let a, b, c =
        chart "a", chart "bb" |> Chart.withXTitle "x", chart "ccc" |> Chart.withTitle "t"

    Chart.combine [ Chart.combine [ a; b ]; c ]
    |> should equal (Chart.combine [ a; Chart.combine [ b; c ] ])

[<Fact>]
let ``Series beyond the palette are told apart by their lines`` () =
    let twelve =
        [ for k in 1..12 -> three () |> Chart.withName $"{k}" ] |> Chart.combine

    let styles = [
        for k in 0..11 -> text "line.color" (trace k twelve), text "line.dash" (trace k twelve)
    ]

    List.distinct styles |> List.length |> should equal 12

[<Fact>]
let ``The titles of charts in a grid stand above their panels`` () =
    let words =
        [ three () |> Chart.withTitle "left"; three () |> Chart.withTitle "right" ]
        |> Chart.grid 2
        |> Chart.withTitle "both"
        |> layout

    text "title.text" words |> should equal "both"

    words
    |> items "annotations"
    |> List.map (text "text")
    |> List.truncate 2
    |> should equal [ "left"; "right" ]

[<Fact>]
let ``A name that several panels share stands in the legend once`` () =
    let grid = [ for _ in 1..3 -> three () |> Chart.withName "head 1" ] |> Chart.grid 3

    [ for index in 0..2 -> (trace index grid |> at "showlegend").GetBoolean() ]
    |> should equal [ true; false; false ]

[<Fact>]
let ``A caption tells the number of values and their origin until another is given`` () =
    let chart = Chart.histogram histogram

    Chart.toHtml chart
    |> should haveSubstring "120,032 values, made for a test [cpu]</figcaption>"

    Chart.toHtml (Chart.withCaption "n = 8" chart)
    |> should haveSubstring ">n = 8</figcaption>"

[<Fact>]
let ``Points take their coordinates and labels from a matrix`` () =
    let matrix =
        Labelled.init
            (Axis.labelled "token" [| "a"; "<i>" |])
            (Axis.labelled "axis" [| "UMAP 1"; "UMAP 2" |])
            made
            (fun i j -> float (10 * i + j))

    let drawn = Chart.points matrix
    decoded (trace 0 drawn |> at "x") |> should equal [| 0.0; 10.0 |]
    decoded (trace 0 drawn |> at "y") |> should equal [| 1.0; 11.0 |]

    trace 0 drawn
    |> items "text"
    |> List.map string
    |> should equal [ "a"; "&lt;i&gt;" ]

    text "yaxis.title.text" (layout drawn) |> should equal "UMAP 2"

let private refusal (action: unit -> Chart) =
    (Assert.ThrowsAny<ArgumentException>(fun () -> action () |> ignore)).Message

[<Fact>]
let ``Coordinates of different numbers are refused with both numbers`` () =
    refusal (fun () -> Chart.line [ 1.0; 2.0 ] [ 1.0 ])
    |> should equal "xs has 2 values and ys has 1; they must go together. (Parameter 'ys')"

[<Fact>]
let ``Labels that do not fit the points are refused with both numbers`` () =
    refusal (fun () -> three () |> Chart.withLabels [ "a" ])
    |> should equal "labels has 1 value, but a series of the chart has 3 points. (Parameter 'labels')"

    refusal (fun () -> Chart.histogram histogram |> Chart.withLabels [ "a" ])
    |> should equal "labels belongs to points, but the chart has none. (Parameter 'labels')"

[<Fact>]
let ``Nothing cannot be drawn`` () =
    refusal (fun () -> Chart.line [] [])
    |> should equal "xs must hold at least one value, but is empty. (Parameter 'xs')"

    refusal (fun () -> Chart.combine [])
    |> should haveSubstring "At least one chart is needed"

    refusal (fun () -> Chart.grid 2 [])
    |> should haveSubstring "At least one chart is needed"

    refusal (fun () -> Chart.heatmap (numbered 0 3))
    |> should haveSubstring "position × 0 by dimension × 3"

[<Fact>]
let ``A grid is no panel, and a plane no space`` () =
    let grid = Chart.grid 2 [ three (); three () ]

    refusal (fun () -> Chart.grid 2 [ grid ])
    |> should haveSubstring "one of them has 2"

    let spatial = Chart.scatter3d [ 1.0 ] [ 1.0 ] [ 1.0 ]

    refusal (fun () -> Chart.combine [ three (); spatial ])
    |> should haveSubstring "no axes in common"

[<Fact>]
let ``A range must go upwards, and above zero on a logarithmic axis in either order`` () =
    refusal (fun () -> three () |> Chart.withYRange 2.0 1.0)
    |> should haveSubstring "runs from 2 to 1"

    refusal (fun () -> three () |> Chart.withLogY |> Chart.withYRange 0.0 1.0)
    |> should haveSubstring "begins at 0"

    refusal (fun () -> three () |> Chart.withYRange 0.0 1.0 |> Chart.withLogY)
    |> should haveSubstring "begins at 0"

    refusal (fun () -> three () |> Chart.withLimits nan 1.0)
    |> should haveSubstring "must be finite"

[<Fact>]
let ``A range on a logarithmic axis is given in its own units`` () =
    let layout = three () |> Chart.withLogY |> Chart.withYRange 0.01 1000.0 |> layout

    items "yaxis.range" layout
    |> List.map _.GetDouble()
    |> should equal [ -2.0; 3.0 ]

[<Fact>]
let ``fsi shows what a chart draws, not its numbers`` () =
    let chart = wave 30 20 |> Chart.heatmap |> Chart.withTitle "Waves"
    let shown = $"%A{chart}"

    shown
    |> should equal "Chart “Waves”: heat-map of 30 × 20; x “Dimension”, y “Position”"

[<Fact>]
let ``fsi shows what is unusual about a chart`` () =
    let chart =
        Chart.combine [
            Chart.values [ 0.1; 0.4 ]
            |> Chart.withName "mean"
            |> Chart.withColour Colour.Orange
            |> Chart.withOpacity 0.5
            Chart.scatter [ 0.0; 1.0 ] [ 0.1; 0.4 ]
            |> Chart.withMarker Marker.Cross 4.0
            |> Chart.withLabels [ "a"; "b" ]
        ]
        |> Chart.withLogY
        |> Chart.withYRange 0.01 1.0
        |> Chart.withLabelledHorizontalLine "by\nchance" 0.25
        |> Chart.withSize 300 200

    $"%A{chart}"
    |> should
        equal
        "Chart: line of 2 points “mean” (orange, opacity 0.5), 2 points (cross, labelled); \
         y logarithmic, 0.01 to 1, line at y = 0.25 “by\\nchance”; 300 × 200 pixels"

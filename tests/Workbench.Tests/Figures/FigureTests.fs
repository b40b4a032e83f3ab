module FigureTests

open System
open Xunit
open FsUnit.Xunit
open FsCheck
open FsCheck.FSharp
open Workbench
open Figures

[<Fact>]
let ``A heat-map holds the values of its matrix, row by row`` () =
    let matrix = wave 7 5
    let z = Chart.heatmap matrix |> trace 0 |> at "z"
    text "shape" z |> should equal "7,5"
    decoded z |> should equal (matrix.Values.ToArray() |> Array.map float)

[<Fact>]
let ``A line holds its coordinates bit for bit`` () =
    Check.QuickThrowOnFailure(fun (values: NormalFloat[]) ->
        let ys = values |> Array.map _.Get

        ys.Length = 0
        || (let drawn = Chart.values ys |> trace 0

            decoded (at "y" drawn) = ys
            && decoded (at "x" drawn) = Array.init ys.Length float))

[<Fact>]
let ``Bars stand on the bins and are as high as the counts`` () =
    let bars = Chart.histogram histogram |> trace 0
    decoded (at "x" bars) |> should equal histogram.Centres
    decoded (at "y" bars) |> should equal (histogram.Counts |> Array.map float)
    number "width" bars |> should equal histogram.BinWidth

[<Fact>]
let ``The area under an outline of densities is one`` () =
    Check.QuickThrowOnFailure(fun (counts: NonEmptyArray<byte>) ->
        let outlined = {
            histogram with
                Counts = counts.Get |> Array.map (fun count -> int64 count + 1L)
        }

        let line = Chart.densityOutline outlined |> trace 0
        let xs, ys = decoded (at "x" line), decoded (at "y" line)

        let area =
            Seq.sum (seq { for i in 1 .. xs.Length - 1 -> (xs[i] - xs[i - 1]) * (ys[i] + ys[i - 1]) / 2.0 })

        abs (area - 1.0) < 1e-12 && ys[0] = 0.0 && ys[ys.Length - 1] = 0.0)

[<Fact>]
let ``A heat-map of 1024 squared stays under two million bytes, as JSON and as a page, and says what its cells are``
    ()
    =
    let chart = Chart.heatmap (wave 1024 1024)
    (Chart.toJson chart).Length |> should be (lessThan 2_000_000)
    let page = Chart.toPage PlotlySource.Cdn chart
    page.Length |> should be (lessThan 2_000_000)
    page |> should haveSubstring "each cell is the mean of 2 × 2 values"

[<Fact>]
let ``A larger heat-map shows the means of blocks, and says so`` () =
    let matrix = numbered 5 7
    let chart = Chart.heatmapWithin 3 matrix
    let z = trace 0 chart |> at "z"
    text "shape" z |> should equal "3,3"

    let mean rows columns =
        List.average [
            for i in rows do
                for j in columns -> float (1000 * i + j)
        ]

    decoded z
    |> should equal [|
        for rows in [ [ 0; 1 ]; [ 2; 3 ]; [ 4 ] ] do
            for columns in [ [ 0; 1; 2 ]; [ 3; 4; 5 ]; [ 6 ] ] -> mean rows columns
    |]

    Chart.toHtml (Chart.withCaption "Mine" chart)
    |> should haveSubstring "Mine · each cell is the mean of 2 × 3 values"
    // The middle of the first block of rows lies at 0.5, and the blocks are two apart.
    number "y0" (trace 0 chart) |> should equal 0.5
    number "dy" (trace 0 chart) |> should equal 2.0

[<Fact>]
let ``A block of a heat-map leaves out what is not finite`` () =
    let values = [| nan; 1.0; 3.0; nan; nan; nan |]

    let matrix =
        Labelled.init (Axis.numbered "a" 3) (Axis.numbered "b" 2) made (fun i j -> values[2 * i + j])

    decoded (Chart.heatmapWithin 1 matrix |> trace 0 |> at "z")
    |> should equal [| 2.0 |]

[<Fact>]
let ``Rows taken at equal steps keep their numbers beside the axis`` () =
    let thinned = numbered 12 8 |> Labelled.everyNth 4 |> Chart.heatmap |> trace 0
    number "dy" thinned |> should equal 4.0
    number "y0" thinned |> should equal 0.0

[<Fact>]
let ``Blocks of words are numbered by their places`` () =
    let halved = Chart.heatmapWithin 5 similarities |> trace 0
    number "x0" halved |> should equal 0.5
    number "dx" halved |> should equal 2.0

[<Fact>]
let ``Equal tokens keep places of their own`` () =
    let labels = Chart.heatmap similarities |> trace 0 |> items "x" |> List.map string
    labels.Length |> should equal tokens.Length
    (List.distinct labels).Length |> should equal tokens.Length

[<Fact>]
let ``Tokens are shown as text: tags escaped, controls written out, spaces at the ends drawn`` () =
    let labels = Chart.heatmap similarities |> trace 0 |> items "x" |> List.map string
    labels[1] |> should equal "&lt;/script&gt;"
    labels[2] |> should equal "&lt;b&gt;bold&lt;/b&gt;"
    labels[4] |> should equal @"\n"
    labels[5] |> should equal "␣leading"
    labels[7] |> should equal "AT&amp;T"

[<Fact>]
let ``No token can end the script of a page or become an element of it`` () =
    for name, chart in every do
        let html = Chart.toHtml chart
        let scripts = html.Split("</script>").Length - 1
        Assert.True((scripts = 1), $"{name} has {scripts} ends of scripts")
        html |> should not' (haveSubstring "<b>")

[<Fact>]
let ``Every chart is one JSON object with data, layout and config`` () =
    for _, chart in every do
        let drawn = json chart
        (items "data" drawn).Length |> should be (greaterThan 0)
        number "layout.height" drawn |> should be (greaterThan 100.0)
        (at "config.displaylogo" drawn).GetBoolean() |> should equal false

[<Fact>]
let ``A grid that shares its scales ties all axes to the first`` () =
    let layout =
        [ for k in 0..3 -> curve k ]
        |> Chart.grid 2
        |> Chart.withShared [ Share.X; Share.Y ]
        |> layout

    has "matches" (at "xaxis" layout) |> should equal false

    for suffix in [ "2"; "3"; "4" ] do
        text $"xaxis{suffix}.matches" layout |> should equal "x"
        text $"yaxis{suffix}.matches" layout |> should equal "y"

    // Written below the last row and beside the first column only.
    [
        for axis in [ "xaxis"; "xaxis2"; "xaxis3"; "xaxis4" ] -> (at (axis + ".showticklabels") layout).GetBoolean()
    ]
    |> should equal [ false; false; true; true ]

    [
        for axis in [ "yaxis"; "yaxis2"; "yaxis3"; "yaxis4" ] -> (at (axis + ".showticklabels") layout).GetBoolean()
    ]
    |> should equal [ true; false; true; false ]

[<Fact>]
let ``A grid that shares its colours has one scale over all values`` () =
    let maps = [ Chart.heatmap (numbered 2 2); Chart.heatmap (numbered 4 4) ]
    let shared = maps |> Chart.grid 2 |> Chart.withShared [ Share.Colours ] |> layout
    number "coloraxis.cmax" shared |> should equal 3003.0
    has "coloraxis2" shared |> should equal false
    let own = maps |> Chart.grid 2 |> layout
    number "coloraxis.cmax" own |> should equal 1001.0
    number "coloraxis2.cmax" own |> should equal 3003.0

[<Fact>]
let ``Signed values get limits with zero in the middle, others their own`` () =
    let signed =
        Labelled.init (Axis.numbered "a" 1) (Axis.numbered "b" 3) made (fun _ j -> float j - 0.5)

    let limits chart =
        number "coloraxis.cmin" (layout chart), number "coloraxis.cmax" (layout chart)

    limits (Chart.heatmap signed) |> should equal (-1.5, 1.5)
    limits (Chart.heatmap (numbered 2 2)) |> should equal (0.0, 1001.0)

    limits (Chart.heatmap signed |> Chart.withLimits 0.1 0.6)
    |> should equal (0.1, 0.6)

[<Fact>]
let ``The diverging scale is palest at zero, wherever its limits are`` () =
    let light (red, green, blue) = red + green + blue

    Check.QuickThrowOnFailure(fun (PositiveInt below) (PositiveInt above) ->
        let low, high = -float below, float above
        let stops = Palette.diverging low high
        let value (share, _) = low + share * (high - low)
        let palest = stops |> List.maxBy (snd >> light)
        abs (value palest) <= (high - low) / 40.0 + 1e-9)

[<Fact>]
let ``Panels lie inside the figure and none over another, for any grid on any paper`` () =
    let grids =
        gen {
            let! panels = Gen.choose (1, 14)
            let! columns = Gen.choose (1, 6)
            let! shares = Gen.subListOf [ Share.X; Share.Y; Share.Colours ]
            let! paper = Gen.elements [ Paper.Wide; Paper.Narrow ]
            let! coloured = Gen.elements [ true; false ]
            return panels, columns, shares, paper, coloured
        }

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen grids) (fun (panels, columns, shares, paper, coloured) ->
            let panel k =
                if coloured then
                    Chart.heatmap (wave 20 10) |> Chart.withTitle $"a long title of panel {k}"
                else
                    curve k

            let sizes =
                [ for k in 1..panels -> panel k ]
                |> Chart.grid columns
                |> Chart.withShared shares
                |> _.Drawing
                |> FigureSizes.ofDrawing paper false []

            let boxes = [ for k in 0 .. panels - 1 -> sizes.Across k, sizes.Up k ]

            let inside =
                boxes
                |> List.forall (fun ((left, right), (bottom, top)) ->
                    0.0 <= left
                    && left < right
                    && right <= 1.0
                    && 0.0 <= bottom
                    && bottom < top
                    && top <= 1.0)

            let apart ((left1, right1), (bottom1, top1)) ((left2, right2), (bottom2, top2)) =
                right1 < left2 || right2 < left1 || top1 < bottom2 || top2 < bottom1

            inside
            && List.allPairs (List.indexed boxes) (List.indexed boxes)
               |> List.forall (fun ((i, a), (j, b)) -> i >= j || apart a b))
    )

[<Fact>]
let ``A reference line at zero is not drawn on a logarithmic axis, which has no zero`` () =
    let lines chart = (layout chart |> items "shapes").Length
    let drawn = Chart.histogram histogram |> Chart.withHorizontalLine 0.0
    lines drawn |> should equal 1
    lines (Chart.withLogY drawn) |> should equal 0

[<Fact>]
let ``Ten thousand points are drawn by WebGL`` () =
    let kind n =
        Chart.scatter (Array.init n float) (Array.init n float)
        |> trace 0
        |> text "type"

    kind 9_999 |> should equal "scatter"
    kind 10_000 |> should equal "scattergl"

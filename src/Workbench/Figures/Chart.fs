namespace Workbench

open System
open System.Globalization
open System.IO
open type System.FormattableString

/// <summary>A figure as a value: series, axes and words. The functions of the module `Chart` make, change, join and
/// show it; none of them alters it.</summary>
/// <category index="7">Figures</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type Chart = internal {
    Drawing: Drawing
} with

    /// One line: what is drawn, its words, and all that is not as usual; e.g.
    /// `Chart “Cosines”: heat-map of 256 × 256; x “Position”, y “Position”`.
    member this.Display = DrawingText.describe this.Drawing

    override this.ToString() = this.Display

/// <summary>Makes charts of data, joins them, changes them, shows and saves them. The data or the chart come last; what
/// changes a chart has a name that begins with `with`.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
module Chart =
    let private source (count: string) (provenance: Provenance) =
        match Provenance.describe provenance with
        | "" -> [ count ]
        | origin -> [ $"{count}, {origin}" ]

    let private ofPanel (sources: string list) (panel: Panel) : Chart = {
        Drawing = {
            Title = ""
            Sources = sources
            N = []
            Caption = None
            Reductions = []
            Panels = [ panel ]
            Columns = 1
            Shared = Set.empty
            Size = None
            Legend = Legend.Automatic
            Styles = []
        }
    }

    let private change (change: Drawing -> Drawing) (chart: Chart) : Chart = { Drawing = change chart.Drawing }

    let private titled (title: string) : AxisStyle = {
        Panel.plainAxis with
            Title = Some title
    }

    /// "position" as it stands beside an axis.
    let private sentence (name: string) =
        if name = "" then
            ""
        else
            string (Char.ToUpperInvariant name[0]) + name.Substring 1

    /// <summary>A heat-map with no more than so many cells along a side. A larger matrix is drawn by the means of equal
    /// blocks, and the figure says so.</summary>
    /// <exception cref="T:System.ArgumentException">The matrix has no rows or no columns, or `cells` is below
    /// 1.</exception>
    /// <example><code lang="fsharp">positions |> Chart.heatmapWithin 64</code> is <c>Chart: heat-map of 64 × 64; x
    /// “Dimension”, y “Position”; each cell is the mean of 4 × 3 values</c>.</example>
    /// <example><code lang="fsharp">positions |> Chart.heatmapWithin 0</code> throws
    /// <c>ArgumentException</c>.</example>
    let heatmapWithin (cells: int) (matrix: Labelled) : Chart =
        Check.atLeast 1 (nameof cells) cells

        if matrix.Rows.Length = 0 || matrix.Columns.Length = 0 then
            invalidArg
                (nameof matrix)
                $"A heat-map needs at least one row and one column, but the matrix is {matrix.Rows} by \
                  {matrix.Columns}."

        let block (length: int) = (length + cells - 1) / cells
        let rowBlock, columnBlock = block matrix.Rows.Length, block matrix.Columns.Length
        let rows, columns, values = HeatmapCells.blockMeans rowBlock columnBlock matrix

        let map = {
            Values = values
            RowPlaces = HeatmapCells.places rowBlock matrix.Rows
            ColumnPlaces = HeatmapCells.places columnBlock matrix.Columns
            RowCount = rows
            ColumnCount = columns
        }

        let chart =
            ofPanel
                (source (Invariant $"{matrix.Rows.Length:N0} × {matrix.Columns.Length:N0} values") matrix.Provenance)
                {
                    Panel.empty with
                        Traces = [ HeatmapTrace map ]
                        X = titled (sentence matrix.Columns.Name)
                        Y = {
                            titled (sentence matrix.Rows.Name) with
                                Reversed = true
                        }
                }

        if rowBlock * columnBlock = 1 then
            chart
        else
            chart
            |> change (fun drawing -> {
                drawing with
                    Reductions = [ $"each cell is the mean of {rowBlock} × {columnBlock} values" ]
            })

    /// <summary>A coloured cell per value: the first row at the top, the first column at the left. A matrix of more
    /// than 512 rows or columns is drawn by the means of equal blocks, and the figure says so: a page's column is not
    /// much wider, and 512² values take 1.4 MB of it. `heatmapWithin` takes another number.</summary>
    /// <exception cref="T:System.ArgumentException">The matrix has no rows or no columns.</exception>
    /// <example><code lang="fsharp">
    /// positions |> Chart.heatmap |> Chart.withLimits -0.2 0.2 |> Chart.withTitle "Position embeddings"
    /// </code> is <c>Chart “Position embeddings”: heat-map of 256 × 192; x “Dimension”, y “Position”, colours -0.2 to
    /// 0.2</c>.</example>
    let heatmap (matrix: Labelled) : Chart = heatmapWithin 512 matrix

    let private significant (value: float) =
        value.ToString("G4", CultureInfo.InvariantCulture)

    let private histogramPanel (yTitle: string) (trace: Trace) (histogram: Histogram) =
        ofPanel (source (Invariant $"{histogram.N:N0} values") histogram.Provenance) {
            Panel.empty with
                Traces = [ trace ]
                X = titled (sentence histogram.Quantity)
                Y = { titled yTitle with FromZero = true }
        }
        |> change (fun drawing -> { drawing with N = [ histogram.N ] })

    let private barsOf (yTitle: string) (heights: float[]) (histogram: Histogram) =
        let edges = histogram.Edges

        let hover i =
            Invariant
                $"{significant edges[i]} to {significant edges[i + 1]}: {histogram.Counts[i]:N0} of {histogram.N:N0}"

        let bars = {
            Name = ""
            Centres = histogram.Centres
            Width = histogram.BinWidth
            Heights = heights
            Hover = Array.init heights.Length hover
            Colour = Colour.Automatic
        }

        histogramPanel yTitle (BarTrace bars) histogram

    let private pointsOf (xs: float[]) (ys: float[]) (zs: float[]) = {
        Name = ""
        X = xs
        Y = ys
        Z = zs
        Stroke = Stroke.Lines
        Dash = Dash.Solid
        Marker = Marker.Circle
        MarkerSize = 6.0
        // Long series swing within a pixel or two, and a broad line would cover its own shape.
        LineWidth = if xs.Length > 300 then 1.3 else 2.0
        Opacity = 1.0
        Colour = Colour.Automatic
        ColourValues = [||]
        Labels = [||]
        LabelsDrawn = false
        Filled = false
    }

    let private outlineOf (yTitle: string) (heights: float[]) (histogram: Histogram) =
        // Up at each left edge and level to the next, as plotly's steps would, but as plain points that every export
        // keeps.
        let edges = histogram.Edges
        let xs = Array.collect (fun edge -> [| edge; edge |]) edges

        let ys =
            Array.concat [
                [| 0.0 |]
                Array.collect (fun height -> [| height; height |]) heights
                [| 0.0 |]
            ]

        histogramPanel yTitle (PointTrace(pointsOf xs ys [||])) histogram

    /// <summary>Bars as high as the counts of the bins.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 40) |> Chart.histogram |> Chart.withLogY
    /// </code> is <c>Chart: 40 bars; x “Cosine similarity”, y “Count” logarithmic; n = 32,640</c>.</example>
    let histogram (histogram: Histogram) : Chart =
        barsOf "Count" (Array.map float histogram.Counts) histogram

    /// <summary>The same as a line around the bars: for laying several over each other.</summary>
    /// <example><code lang="fsharp">
    /// [| 1.0; 2.0; 2.0; 4.0 |]
    /// |> Distribution.histogram 3 "size" (Provenance.computed "counted")
    /// |> Chart.histogramOutline
    /// </code> is <c>Chart: line of 8 points; x “Size”, y “Count”; n = 4</c>.</example>
    let histogramOutline (histogram: Histogram) : Chart =
        outlineOf "Count" (Array.map float histogram.Counts) histogram

    /// <summary>Bars whose areas sum to one.</summary>
    /// <example><code lang="fsharp">
    /// [| 1.0; 2.0; 2.0; 4.0 |] |> Distribution.histogram 3 "size" (Provenance.computed "counted") |> Chart.density
    /// </code> is <c>Chart: 3 bars; x “Size”, y “Density”; n = 4</c>.</example>
    let density (histogram: Histogram) : Chart =
        barsOf "Density" histogram.Density histogram

    /// <summary>The same as a line around the bars: for comparing distributions of different numbers of
    /// values.</summary>
    /// <example><code lang="fsharp">
    /// [| 1.0; 2.0; 2.0; 4.0 |]
    /// |> Distribution.histogram 3 "size" (Provenance.computed "counted")
    /// |> Chart.densityOutline
    /// </code> is <c>Chart: line of 8 points; x “Size”, y “Density”; n = 4</c>.</example>
    let densityOutline (histogram: Histogram) : Chart =
        outlineOf "Density" histogram.Density histogram

    /// <summary>One bar per name, from zero.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many names as heights, or none.</exception>
    /// <example><code lang="fsharp">Chart.bar [ "cat"; "dog"; "cow" ] [ 4.0; 20.0; 600.0 ]</code> is <c>Chart: 3 bars;
    /// x cat | dog | cow</c>.</example>
    /// <example><code lang="fsharp">Chart.bar [ "cat"; "dog" ] [ 4.0; 20.0; 600.0 ]</code> throws
    /// <c>ArgumentException</c>.</example>
    let bar (names: seq<string>) (heights: seq<float>) : Chart =
        let names, heights = Array.ofSeq names, Array.ofSeq heights
        Check.notEmpty (nameof heights) heights
        Check.sameLength (nameof names) names.Length (nameof heights) heights.Length

        let bars = {
            Name = ""
            Centres = Array.init heights.Length float
            Width = 0.8
            Heights = heights
            Hover = Array.map2 (fun name height -> $"{name}: {significant height}") names heights
            Colour = Colour.Automatic
        }

        ofPanel [] {
            Panel.empty with
                Traces = [ BarTrace bars ]
                X = { Panel.plainAxis with Names = names }
        }

    /// <summary>One bar per row of a matrix of one column, from zero.</summary>
    /// <exception cref="T:System.ArgumentException">There are other columns, or no rows.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.nearest 3 " king" |> Chart.bars</code> is <c>Chart: 3 bars; x
    /// ␣queen | ␣prince | …, y “Cosine”</c>.</example>
    /// <example><code lang="fsharp">Chart.bars animals</code> throws <c>ArgumentException</c>: there are three
    /// columns.</example>
    let bars (matrix: Labelled) : Chart =
        if matrix.Columns.Length <> 1 then
            invalidArg
                (nameof matrix)
                $"Bars need one column, but the matrix is {matrix.Rows} by {matrix.Columns}; choose one with \
                  Labelled.selectColumns, or draw it with Chart.heatmap."

        let chart =
            bar (Axis.labels matrix.Rows |> Array.map Escape.label) (Labelled.column 0 matrix)

        let panel = chart.Drawing.Panels.Head

        ofPanel (source (Counted.things "value" matrix.Rows.Length) matrix.Provenance) {
            panel with
                Y = titled (sentence (matrix.Columns.Label 0))
        }

    /// <summary>One bar per token that may come next, or stand behind a mask, as high as it is probable.</summary>
    /// <exception cref="T:System.ArgumentException">There is no token.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.next 3 "The king of" |> Chart.predictions</code> is <c>Chart: 3
    /// bars; x ␣the | ␣York | ␣France, y “Probability”</c>.</example>
    /// <example><code lang="fsharp">Chart.predictions []</code> throws <c>ArgumentException</c>.</example>
    let predictions (found: seq<Prediction>) : Chart =
        let found = Array.ofSeq found

        bar (found |> Array.map (fun each -> Escape.label each.Token)) (found |> Array.map _.Probability)
        |> change (fun drawing -> {
            drawing with
                Panels =
                    drawing.Panels
                    |> List.map (fun panel -> { panel with Y = titled "Probability" })
        })

    let private series (change: PointTrace -> PointTrace) (xs: seq<float>) (ys: seq<float>) (zs: float[] option) =
        let xs, ys = Array.ofSeq xs, Array.ofSeq ys
        Check.notEmpty (nameof xs) xs
        Check.sameLength (nameof xs) xs.Length (nameof ys) ys.Length

        zs
        |> Option.iter (fun zs -> Check.sameLength (nameof xs) xs.Length (nameof zs) zs.Length)

        let points = change (pointsOf xs ys (Option.defaultValue [||] zs))

        ofPanel [] {
            Panel.empty with
                Traces = [ PointTrace points ]
        }

    let private marked (size: float) (points: PointTrace) = {
        points with
            Stroke = Stroke.Markers
            MarkerSize = size
    }

    /// <summary>Points joined in their order. NaN leaves a gap.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    /// <example><code lang="fsharp">Chart.line [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withName "head 3"</code> is
    /// <c>Chart: line of 3 points “head 3”</c>.</example>
    /// <example><code lang="fsharp">Chart.line [] []</code> throws <c>ArgumentException</c>.</example>
    let line (xs: seq<float>) (ys: seq<float>) : Chart = series id xs ys None

    /// <summary>Values over their places 0, 1, 2, …, joined. NaN leaves a gap.</summary>
    /// <exception cref="T:System.ArgumentException">There are no values.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ]</code> is <c>Chart: line of 3 points</c>.</example>
    /// <example><code lang="fsharp">positions |> Norms.ofRows |> Chart.values |> Chart.withYTitle "Norm"</code> is
    /// <c>Chart: line of 256 points; y “Norm”</c>.</example>
    let values (ys: seq<float>) : Chart =
        let ys = Array.ofSeq ys
        line (Seq.init ys.Length float) ys

    /// <summary>A mark per point. Ten thousand points and more are drawn by WebGL.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    /// <example><code lang="fsharp">Chart.scatter (Labelled.column 0 positions) (Labelled.column 1 positions)</code> is
    /// <c>Chart: 256 points</c>.</example>
    let scatter (xs: seq<float>) (ys: seq<float>) : Chart = series (marked 6.0) xs ys None

    /// <summary>The area between two curves over the same places, e.g. an interval.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    /// <example><code lang="fsharp">Chart.band [ 0.0; 1.0; 2.0 ] [ 0.1; 0.3; 0.1 ] [ 0.3; 0.5; 0.3 ]</code> is
    /// <c>Chart: band over 3 points</c>.</example>
    let band (xs: seq<float>) (lows: seq<float>) (highs: seq<float>) : Chart =
        let xs, lows, highs = Array.ofSeq xs, Array.ofSeq lows, Array.ofSeq highs
        Check.sameLength (nameof xs) xs.Length (nameof lows) lows.Length
        Check.sameLength (nameof xs) xs.Length (nameof highs) highs.Length

        let filled points = {
            points with
                Filled = true
                LineWidth = 0.0
        }

        series filled (Array.append xs (Array.rev xs)) (Array.append lows (Array.rev highs)) None

    /// <summary>A mark per point in three dimensions.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    /// <example><code lang="fsharp">Chart.scatter3d [ 0.0; 1.0 ] [ 0.0; 1.0 ] [ 0.0; 4.0 ]</code> is <c>Chart: 2 points
    /// in 3-D</c>.</example>
    let scatter3d (xs: seq<float>) (ys: seq<float>) (zs: seq<float>) : Chart =
        series (marked 4.0) xs ys (Some(Array.ofSeq zs))

    /// <summary>Points in three dimensions, joined in their order.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    /// <example><code lang="fsharp">
    /// let turns = [ 0.0..0.1..20.0 ]
    /// Chart.path3d (List.map cos turns) (List.map sin turns) turns
    /// </code> is <c>Chart: line of 201 marked points in 3-D</c>.</example>
    let path3d (xs: seq<float>) (ys: seq<float>) (zs: seq<float>) : Chart =
        let joined points = {
            points with
                Stroke = Stroke.LinesAndMarkers
                MarkerSize = 5.0
                LineWidth = 4.0
        }

        series joined xs ys (Some(Array.ofSeq zs))

    /// <summary>A mark per row of a matrix of two or three columns, which are its coordinates; its label is read when
    /// it is pointed at.</summary>
    /// <exception cref="T:System.ArgumentException">The matrix has another number of columns, or no rows.</exception>
    /// <example><code lang="fsharp">Chart.points animals</code> is <c>Chart: 4 points in 3-D (labelled on hover); x
    /// “legs”, y “kilograms”, z “sounds”</c>.</example>
    /// <example><code lang="fsharp">Chart.points positions</code> throws <c>ArgumentException</c>.</example>
    let points (matrix: Labelled) : Chart =
        let column index = Labelled.column index matrix

        let chart =
            match matrix.Columns.Length with
            | 2 -> scatter (column 0) (column 1)
            | 3 -> scatter3d (column 0) (column 1) (column 2)
            | other ->
                invalidArg (nameof matrix) $"Points need 2 or 3 columns of coordinates, but the matrix has {other}."

        let labelled trace =
            match trace with
            | PointTrace points ->
                PointTrace {
                    points with
                        Labels = Axis.labels matrix.Rows
                }
            | other -> other

        let panel = chart.Drawing.Panels.Head

        let title index =
            if index < matrix.Columns.Length then
                titled (matrix.Columns.Label index)
            else
                Panel.plainAxis

        ofPanel (source (Invariant $"{matrix.Rows.Length:N0} points") matrix.Provenance) {
            panel with
                Traces = List.map labelled panel.Traces
                X = title 0
                Y = title 1
                Z = title 2
        }

    let private single (action: string) (chart: Chart) =
        match chart.Drawing.Panels with
        | [ panel ] when Panel.kind panel = Plotly.NET.TraceID.Multi ->
            invalidArg
                "charts"
                $"Charts to {action} must have one panel each, but one of them is a grid of Plotly.NET's."
        | [ panel ] -> panel
        | panels ->
            invalidArg "charts" $"Charts to {action} must have one panel each, but one of them has {panels.Length}."

    /// <summary>Lays charts over each other in the same axes. Titles, ranges and sizes are those of the first chart
    /// that has one.</summary>
    /// <exception cref="T:System.ArgumentException">There are no charts, one of them is a grid, or flat ones are
    /// mixed with spatial ones.</exception>
    /// <example><code lang="fsharp">
    /// Chart.combine [
    ///     Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withName "mean"
    ///     Chart.values [ 0.2; 0.4; 0.3 ] |> Chart.withName "median"
    /// ]
    /// </code> is <c>Chart: line of 3 points “mean”, line of 3 points “median”</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.combine [ Chart.values [ 0.1 ]; Chart.scatter3d [ 0.1 ] [ 0.1 ] [ 0.1 ] ]
    /// </code> throws <c>ArgumentException</c>.</example>
    let combine (charts: seq<Chart>) : Chart =
        let charts = List.ofSeq charts

        if charts.IsEmpty then
            invalidArg (nameof charts) "At least one chart is needed to combine, but there are none."

        let panels = charts |> List.map (single "combine")
        let first = panels.Head

        let kind = Panel.kind first

        match panels |> List.map Panel.kind |> List.tryFind (fun other -> other <> kind) with
        | Some other ->
            invalidArg (nameof charts) $"Charts in {kind} and in {other} have no axes in common; put them into a grid."
        | None -> ()

        let axis (side: Panel -> AxisStyle) = {
            Title = panels |> List.tryPick (fun panel -> (side panel).Title)
            Range = panels |> List.tryPick (fun panel -> (side panel).Range)
            Logarithmic = panels |> List.exists (fun panel -> (side panel).Logarithmic)
            Names = panels |> List.map (fun panel -> (side panel).Names) |> List.maxBy _.Length
            Reversed = (side first).Reversed
            FromZero = panels |> List.exists (fun panel -> (side panel).FromZero)
        }

        charts.Head
        |> change (fun drawing -> {
            drawing with
                Title =
                    charts
                    |> List.map _.Drawing.Title
                    |> List.tryFind (fun title -> title <> "")
                    |> Option.defaultValue ""
                Sources = charts |> List.collect _.Drawing.Sources |> List.distinct
                N = charts |> List.collect _.Drawing.N
                Caption = charts |> List.tryPick _.Drawing.Caption
                Reductions = charts |> List.collect _.Drawing.Reductions |> List.distinct
                Size = charts |> List.tryPick _.Drawing.Size
                Styles = charts |> List.collect _.Drawing.Styles
                Panels = [
                    {
                        first with
                            Traces = panels |> List.collect _.Traces
                            X = axis _.X
                            Y = axis _.Y
                            Z = axis _.Z
                            Lines = panels |> List.collect _.Lines |> List.distinct
                            Limits = panels |> List.tryPick _.Limits
                            Layout = panels |> List.tryPick _.Layout
                            Styles = panels |> List.collect _.Styles
                    }
                ]
        })

    /// <summary>Charts side by side, row by row, so many in a row; the title of each stands above its
    /// panel.</summary>
    /// <exception cref="T:System.ArgumentException">There are no charts, one of them is a grid itself, or `columns`
    /// is below 1.</exception>
    /// <example><code lang="fsharp">
    /// [ 1.0; 2.0; 3.0 ]
    /// |> List.map (fun k -> Chart.values [ for x in 0.0..0.1..6.0 -> sin (k * x) ])
    /// |> Chart.grid 2
    /// |> Chart.withShared [ Share.X; Share.Y ]
    /// </code> is <c>Chart: 2 × 2 panels, 3 × line of 61 points; x, y shared</c>.</example>
    /// <example><code lang="fsharp">Chart.grid 2 []</code> throws <c>ArgumentException</c>.</example>
    let grid (columns: int) (charts: seq<Chart>) : Chart =
        Check.atLeast 1 (nameof columns) columns
        let charts = List.ofSeq charts

        if charts.IsEmpty then
            invalidArg (nameof charts) "At least one chart is needed for a grid, but there are none."

        let panel (chart: Chart) =
            let panel = single "put into a grid" chart

            {
                panel with
                    Title = chart.Drawing.Title
                    Styles = panel.Styles @ chart.Drawing.Styles
            }

        charts.Head
        |> change (fun drawing -> {
            drawing with
                Title = ""
                Sources = charts |> List.collect _.Drawing.Sources |> List.distinct
                N = charts |> List.collect _.Drawing.N
                Caption = charts |> List.tryPick _.Drawing.Caption
                Reductions = charts |> List.collect _.Drawing.Reductions |> List.distinct
                Panels = charts |> List.map panel
                Columns = min columns charts.Length
                Size = None
                Legend = Legend.Automatic
                Styles = []
        })

    // What can be changed about a chart. On a grid a function changes every panel, but for the title and the caption,
    // which belong to the whole.

    let private mapPanels (changePanel: Panel -> Panel) (chart: Chart) : Chart =
        chart
        |> change (fun drawing -> {
            drawing with
                Panels = List.map changePanel drawing.Panels
        })

    let private mapTraces (change: Trace -> Trace) (chart: Chart) =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Traces = List.map change panel.Traces
        })

    let private mapPoints (change: PointTrace -> PointTrace) (chart: Chart) =
        chart
        |> mapTraces (fun trace ->
            match trace with
            | PointTrace points -> PointTrace(change points)
            | other -> other)

    /// Something given per point goes to each series, which must have as many points.
    let private perPoint (name: string) (count: int) (change: PointTrace -> PointTrace) (chart: Chart) =
        let series =
            chart.Drawing.Panels
            |> List.collect _.Traces
            |> List.choose (fun trace ->
                match trace with
                | PointTrace points -> Some points.X.Length
                | HeatmapTrace _
                | BarTrace _
                | ForeignTrace _ -> None)

        match List.tryFind (fun length -> length <> count) series with
        | Some length ->
            let values, points = Counted.things "value" count, Counted.things "point" length
            invalidArg name $"{name} has {values}, but a series of the chart has {points}."
        | None when series.IsEmpty -> invalidArg name $"{name} belongs to points, but the chart has none."
        | None -> mapPoints change chart

    let private checkedAxis (name: string) (axis: AxisStyle) =
        match axis.Range with
        | Some(low, _) when axis.Logarithmic && low <= 0.0 ->
            invalidArg name (Invariant $"A logarithmic axis begins above 0, but its range begins at {low}.")
        | _ -> axis

    let private rangeOf (low: float) (high: float) (axis: AxisStyle) =
        Check.finite "range" [| low; high |]

        if low >= high then
            invalidArg
                (nameof low)
                (Invariant $"A range ends above its beginning, but this one runs from {low} to {high}.")

        checkedAxis (nameof low) { axis with Range = Some(low, high) }

    /// <summary>Words above the whole figure; in a grid that is made of it, above its panel.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withTitle "Waves"</code> is <c>Chart
    /// “Waves”: line of 3 points</c>.</example>
    let withTitle (title: string) (chart: Chart) : Chart =
        chart |> change (fun drawing -> { drawing with Title = title })

    /// <summary>Words under the figure, in place of the sources that stand there else. What was left out or averaged
    /// stays said.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withCaption "Three heads of block 2."
    /// </code> is <c>Chart: line of 3 points; caption “Three heads of block 2.”</c>.</example>
    let withCaption (caption: string) (chart: Chart) : Chart =
        chart |> change (fun drawing -> { drawing with Caption = Some caption })

    /// <summary>Words beside the axis of x.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withXTitle "Block"</code> is <c>Chart: line
    /// of 3 points; x “Block”</c>.</example>
    let withXTitle (title: string) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                X = { panel.X with Title = Some title }
        })

    /// <summary>Words beside the axis of y.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withYTitle "Cosine"</code> is <c>Chart:
    /// line of 3 points; y “Cosine”</c>.</example>
    let withYTitle (title: string) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Y = { panel.Y with Title = Some title }
        })

    /// <summary>Words beside the axis of z; seen in three dimensions only.</summary>
    /// <example><code lang="fsharp">
    /// Chart.scatter3d [ 0.0; 1.0 ] [ 0.0; 1.0 ] [ 0.0; 4.0 ] |> Chart.withZTitle "Height"
    /// </code> is <c>Chart: 2 points in 3-D; z “Height”</c>.</example>
    let withZTitle (title: string) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Z = { panel.Z with Title = Some title }
        })

    /// <summary>Shows this part of x.</summary>
    /// <exception cref="T:System.ArgumentException">The range is empty or not finite, or begins at or below 0 on a
    /// logarithmic axis.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withXRange 0.0 1.5</code> is <c>Chart: line
    /// of 3 points; x 0 to 1.5</c>.</example>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withXRange 1.5 0.0</code> throws
    /// <c>ArgumentException</c>.</example>
    let withXRange (low: float) (high: float) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                X = rangeOf low high panel.X
        })

    /// <summary>Shows this part of y.</summary>
    /// <exception cref="T:System.ArgumentException">The range is empty or not finite, or begins at or below 0 on a
    /// logarithmic axis.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withYRange -1.0 1.0</code> is <c>Chart:
    /// line of 3 points; y -1 to 1</c>.</example>
    let withYRange (low: float) (high: float) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Y = rangeOf low high panel.Y
        })

    /// <summary>Shows this part of z.</summary>
    /// <exception cref="T:System.ArgumentException">The range is empty or not finite.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter3d [ 0.0; 1.0 ] [ 0.0; 1.0 ] [ 0.0; 4.0 ] |> Chart.withZRange 0.0 5.0
    /// </code> is <c>Chart: 2 points in 3-D; z 0 to 5</c>.</example>
    let withZRange (low: float) (high: float) (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Z = rangeOf low high panel.Z
        })

    /// <summary>Equal ratios of x take equal lengths; values at or below 0 are not drawn.</summary>
    /// <exception cref="T:System.ArgumentException">A range was given before that begins at or below 0.</exception>
    /// <example><code lang="fsharp">Chart.line [ 1.0; 10.0; 100.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withLogX</code> is
    /// <c>Chart: line of 3 points; x logarithmic</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withXRange -1.0 1.0 |> Chart.withLogX
    /// </code> throws <c>ArgumentException</c>.</example>
    let withLogX (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                X = checkedAxis (nameof chart) { panel.X with Logarithmic = true }
        })

    /// <summary>Equal ratios of y take equal lengths; values at or below 0 are not drawn.</summary>
    /// <exception cref="T:System.ArgumentException">A range was given before that begins at or below 0.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withLogY</code> is <c>Chart: line of 3
    /// points; y logarithmic</c>.</example>
    let withLogY (chart: Chart) : Chart =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Y = checkedAxis (nameof chart) { panel.Y with Logarithmic = true }
        })

    /// <summary>Words in place of the numbers 0, 1, 2, … of x.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withXLabels [ "red"; "green"; "blue" ]
    /// </code> is <c>Chart: line of 3 points; x red | green | blue</c>.</example>
    let withXLabels (labels: seq<string>) (chart: Chart) : Chart =
        let names = Array.ofSeq labels

        chart
        |> mapPanels (fun panel -> {
            panel with
                X = { panel.X with Names = names }
        })

    /// <summary>Words in place of the numbers 0, 1, 2, … of y.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withYLabels [ "low"; "high" ]</code> is
    /// <c>Chart: line of 3 points; y low | high</c>.</example>
    let withYLabels (labels: seq<string>) (chart: Chart) : Chart =
        let names = Array.ofSeq labels

        chart
        |> mapPanels (fun panel -> {
            panel with
                Y = { panel.Y with Names = names }
        })

    /// <summary>How values become colours.</summary>
    /// <example><code lang="fsharp">positions |> Chart.heatmap |> Chart.withColours ColourScale.Cividis</code> is
    /// <c>Chart: heat-map of 256 × 192; x “Dimension”, y “Position”, colours cividis</c>.</example>
    let withColours (scale: ColourScale) (chart: Chart) : Chart =
        chart |> mapPanels (fun panel -> { panel with Colours = scale })

    /// <summary>The values at the two ends of the colour scale; values beyond them take its end colours.</summary>
    /// <exception cref="T:System.ArgumentException">The limits are equal, in the wrong order or not
    /// finite.</exception>
    /// <example><code lang="fsharp">animals |> Chart.heatmap |> Chart.withLimits 0.0 20.0</code> is <c>Chart: heat-map
    /// of 4 × 3; x “Measure”, y “Animal”, colours 0 to 20</c>.</example>
    /// <example><code lang="fsharp">animals |> Chart.heatmap |> Chart.withLimits 1.0 1.0</code> throws
    /// <c>ArgumentException</c>.</example>
    let withLimits (low: float) (high: float) (chart: Chart) : Chart =
        let limits = (rangeOf low high Panel.plainAxis).Range
        chart |> mapPanels (fun panel -> { panel with Limits = limits })

    /// <summary>What the colours measure: words beside the colour bar.</summary>
    /// <example><code lang="fsharp">animals |> Chart.heatmap |> Chart.withColourTitle "how much"</code> is <c>Chart:
    /// heat-map of 4 × 3; x “Measure”, y “Animal”, colours “how much”</c>.</example>
    let withColourTitle (title: string) (chart: Chart) : Chart =
        chart |> mapPanels (fun panel -> { panel with ColourTitle = title })

    let private withLine (line: ReferenceLine) (chart: Chart) =
        chart
        |> mapPanels (fun panel -> {
            panel with
                Lines = panel.Lines @ [ line ]
        })

    /// <summary>A broken line at a height.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withHorizontalLine 0.25</code> is <c>Chart:
    /// line of 3 points; line at y = 0.25</c>.</example>
    let withHorizontalLine (at: float) (chart: Chart) : Chart = chart |> withLine (Horizontal(at, ""))

    /// <summary>A broken line at a place of x.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withVerticalLine 1.0</code> is <c>Chart:
    /// line of 3 points; line at x = 1</c>.</example>
    let withVerticalLine (at: float) (chart: Chart) : Chart = chart |> withLine (Vertical(at, ""))

    /// <summary>A broken line at a height, with words at its end.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withLabelledHorizontalLine "chance" 0.25
    /// </code> is <c>Chart: line of 3 points; line at y = 0.25 “chance”</c>.</example>
    let withLabelledHorizontalLine (label: string) (at: float) (chart: Chart) : Chart =
        chart |> withLine (Horizontal(at, label))

    /// <summary>A broken line at a place of x, with words at its end.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withLabelledVerticalLine "block 1" 1.0
    /// </code> is <c>Chart: line of 3 points; line at x = 1 “block 1”</c>.</example>
    let withLabelledVerticalLine (label: string) (at: float) (chart: Chart) : Chart =
        chart |> withLine (Vertical(at, label))

    /// <summary>The broken line on which y equals x, as far as the points reach.</summary>
    /// <example><code lang="fsharp">Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withUnityLine</code> is
    /// <c>Chart: 3 points; line at y = x</c>.</example>
    let withUnityLine (chart: Chart) : Chart = withLine Unity chart

    /// <summary>Where the legend stands.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withName "mean" |> Chart.withLegend Legend.Right
    /// </code> is <c>Chart: line of 3 points “mean”; legend right</c>.</example>
    let withLegend (legend: Legend) (chart: Chart) : Chart =
        chart |> change (fun drawing -> { drawing with Legend = legend })

    /// <summary>What the legend calls the series.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withName "mean"</code> is <c>Chart: line of
    /// 3 points “mean”</c>.</example>
    let withName (name: string) (chart: Chart) : Chart =
        chart
        |> mapTraces (fun trace ->
            match trace with
            | HeatmapTrace _
            | ForeignTrace _ -> trace
            | BarTrace bars -> BarTrace { bars with Name = name }
            | PointTrace points -> PointTrace { points with Name = name })

    /// <summary>The colour of bars, lines and marks.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withColour Colour.Orange</code> is
    /// <c>Chart: line of 3 points (orange)</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withColour (Colour.Rgb(200uy, 0uy, 80uy))
    /// </code> is <c>Chart: line of 3 points (rgb(200, 0, 80))</c>.</example>
    let withColour (colour: Colour) (chart: Chart) : Chart =
        chart
        |> mapTraces (fun trace ->
            match trace with
            | HeatmapTrace _
            | ForeignTrace _ -> trace
            | BarTrace bars -> BarTrace { bars with Colour = colour }
            | PointTrace points -> PointTrace { points with Colour = colour })

    /// <summary>Colours each point by the class that it belongs to, each class a series of its own in the legend, in
    /// the order in which they first come.</summary>
    /// <param name="classes">One per point: words, numbers, or cases of a union.</param>
    /// <param name="chart">With one series of points.</param>
    /// <exception cref="T:System.ArgumentException">There are not as many classes as points, more classes than the
    /// seven colours that can be told apart, or several series.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withColourByClass [ "cat"; "dog"; "cat" ]
    /// </code> is <c>Chart: 2 points “cat” (blue), … “dog” (vermilion)</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withColourByClass [ "cat"; "dog" ]
    /// </code> throws <c>ArgumentException</c>.</example>
    let withColourByClass (classes: seq<'label>) (chart: Chart) : Chart =
        let classes = classes |> Seq.map string |> Array.ofSeq
        let names = Array.distinct classes

        if names.Length > Palette.order.Length then
            invalidArg
                (nameof classes)
                $"There are {names.Length} classes, but {Palette.order.Length} colours that can be told apart; join \
                  some classes, or colour by a number (Chart.withColourBy)."

        // Says what is wrong where the numbers differ or there are no points.
        let chart = perPoint (nameof classes) classes.Length id chart

        let split (points: PointTrace) =
            names
            |> Array.mapi (fun number name ->
                let some (values: 'a[]) =
                    if values.Length = 0 then
                        values
                    else
                        Array.zip classes values
                        |> Array.filter (fun (each, _) -> each = name)
                        |> Array.map snd

                PointTrace {
                    points with
                        Name = name
                        X = some points.X
                        Y = some points.Y
                        Z = some points.Z
                        Labels = some points.Labels
                        ColourValues = [||]
                        Colour = Palette.order[number]
                })
            |> List.ofArray

        chart
        |> mapPanels (fun panel ->
            let points, others =
                panel.Traces
                |> List.partition (fun trace ->
                    match trace with
                    | PointTrace _ -> true
                    | _ -> false)

            match points with
            | [ PointTrace points ] -> {
                panel with
                    Traces = others @ split points
              }
            | _ -> invalidArg (nameof chart) $"Classes colour one series of points, but the chart has {points.Length}.")

    /// <summary>Colours each point by a value of its own.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many values as points.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withColourBy [ 9.0; 4.0; 1.0 ]
    /// </code> is <c>Chart: 3 points (coloured by value)</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withColourBy [ 9.0; 4.0 ]
    /// </code> throws <c>ArgumentException</c>.</example>
    let withColourBy (values: seq<float>) (chart: Chart) : Chart =
        let values = Array.ofSeq values

        chart
        |> perPoint (nameof values) values.Length (fun points -> { points with ColourValues = values })

    /// <summary>Marks, their connections, or both.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withStroke Stroke.LinesAndMarkers</code> is
    /// <c>Chart: line of 3 marked points</c>.</example>
    let withStroke (stroke: Stroke) (chart: Chart) : Chart =
        chart |> mapPoints (fun points -> { points with Stroke = stroke })

    /// <summary>The shape of the marks, and their size in pixels.</summary>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withMarker Marker.Diamond 9.0
    /// </code> is <c>Chart: 3 points (diamond)</c>.</example>
    let withMarker (marker: Marker) (size: float) (chart: Chart) : Chart =
        chart
        |> mapPoints (fun points -> {
            points with
                Marker = marker
                MarkerSize = size
        })

    /// <summary>How lines are broken, and their width in pixels.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withLineStyle Dash.Dotted 3.0</code> is
    /// <c>Chart: line of 3 points (dotted)</c>.</example>
    let withLineStyle (dash: Dash) (width: float) (chart: Chart) : Chart =
        chart
        |> mapPoints (fun points -> {
            points with
                Dash = dash
                LineWidth = width
        })

    /// <summary>From 0, not to be seen, to 1, which hides what lies behind.</summary>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withOpacity 0.3
    /// </code> is <c>Chart: 3 points (opacity 0.3)</c>.</example>
    let withOpacity (opacity: float) (chart: Chart) : Chart =
        chart |> mapPoints (fun points -> { points with Opacity = opacity })

    let private labelled drawn (labels: seq<string>) (chart: Chart) =
        let labels = Array.ofSeq labels

        chart
        |> perPoint (nameof labels) labels.Length (fun points -> {
            points with
                Labels = labels
                LabelsDrawn = drawn
        })

    /// <summary>Words beside the points, one per point.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many labels as points.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withLabels [ "cat"; "dog"; "cow" ]
    /// </code> is <c>Chart: 3 points (labelled)</c>.</example>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withLabels [ "cat" ]
    /// </code> throws <c>ArgumentException</c>.</example>
    let withLabels (labels: seq<string>) (chart: Chart) : Chart = labelled true labels chart

    /// <summary>Words that appear when a point is pointed at, one per point.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many labels as points.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withHoverLabels [ "cat"; "dog"; "cow" ]
    /// </code> is <c>Chart: 3 points (labelled on hover)</c>.</example>
    let withHoverLabels (labels: seq<string>) (chart: Chart) : Chart = labelled false labels chart

    /// <summary>Words beside the points of a flat chart of one series, moved apart so that no word covers another or a
    /// point; a thin line joins a word to its point where it had to go far.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many labels as points, or the chart is another
    /// than one flat series of points.</exception>
    /// <example><code lang="fsharp">
    /// Chart.scatter [ 0.0; 0.01; 2.0 ] [ 0.1; 0.1; 0.2 ] |> Chart.withLabelsApart [ "cat"; "dog"; "cow" ]
    /// </code> is <c>Chart: line of 2 points (grey), 3 points (labelled on hover), …</c>.</example>
    let withLabelsApart (labels: seq<string>) (chart: Chart) : Chart =
        let labels = Array.ofSeq labels
        let panel = single "label" chart

        let points =
            match panel.Traces with
            | [ PointTrace points ] when points.Z.Length = 0 -> points
            | _ -> invalidArg (nameof chart) "Words are moved apart in a flat chart of one series of points."

        let range (axis: AxisStyle) (values: float[]) =
            match axis.Range with
            | Some range -> range
            | None ->
                let low, high = Array.min values, Array.max values
                let margin = max 1e-9 (0.1 * (high - low))
                low - margin, high + margin

        Check.sameLength (nameof labels) labels.Length "the points" points.X.Length
        let (left, right), (bottom, top) = range panel.X points.X, range panel.Y points.Y
        let share low high value = (value - low) / (high - low)

        let at =
            Array.map2 (fun x y -> share left right x, share bottom top y) points.X points.Y

        let words = LabelPlaces.apart labels at

        let place (x, y) =
            left + x * (right - left), bottom + y * (top - bottom)

        let plain (places: (float * float)[]) = {
            points with
                Name = ""
                X = Array.map fst places
                Y = Array.map snd places
                Stroke = Stroke.Lines
                Labels = [||]
                Colour = Colour.Grey
        }

        // A word above its point needs no line.
        let far ((x, y), (x', y')) =
            abs (x' - x: float) > 0.03 || abs (y' - y: float) > 0.04

        let leaders = [
            for joined in Array.zip at words |> Array.filter far ->
                PointTrace {
                    plain [| place (fst joined); place (snd joined) |] with
                        LineWidth = 0.8
                }
        ]

        let written =
            PointTrace {
                plain (Array.map place words) with
                    LineWidth = 0.0
                    Labels = labels
                    LabelsDrawn = true
            }

        chart
        |> withHoverLabels labels
        |> mapPanels (fun panel -> {
            panel with
                Traces = leaders @ panel.Traces @ [ written ]
        })

    /// <summary>Width and height in pixels on a wide page; a narrower one gets less.</summary>
    /// <exception cref="T:System.ArgumentException">A side is below 100 pixels.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withSize 400 300</code> is <c>Chart: line
    /// of 3 points; 400 × 300 pixels</c>.</example>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withSize 40 30</code> throws
    /// <c>ArgumentException</c>.</example>
    let withSize (width: int) (height: int) (chart: Chart) : Chart =
        Check.atLeast 100 (nameof width) width
        Check.atLeast 100 (nameof height) height

        chart
        |> change (fun drawing -> {
            drawing with
                Size = Some(width, height)
        })

    /// <summary>What the panels of a grid have in common.</summary>
    /// <example><code lang="fsharp">
    /// [ [ 1.0; 2.0 ]; [ 3.0; 1.0 ] ] |> List.map Chart.values |> Chart.grid 2 |> Chart.withShared [ Share.Y ]
    /// </code> is <c>Chart: 1 × 2 panels, 2 × line of 2 points; y shared</c>.</example>
    let withShared (shares: Share list) (chart: Chart) : Chart =
        chart
        |> change (fun drawing -> {
            drawing with
                Shared = Set.ofList shares
        })

    /// <summary>Changes the chart by a function of Plotly.NET's when all else is done; several are applied in their
    /// order. In a grid that is made of it, the function sees its panel alone: the series, and a layout whose axes are
    /// called x and y.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ]
    /// |> Chart.withPlotly (Plotly.NET.GenericChart.mapLayout (Plotly.NET.Layout.style (HoverDistance = 50)))
    /// </code> is <c>Chart: line of 3 points; styled with Plotly.NET</c>.</example>
    let withPlotly (style: Plotly.NET.GenericChart -> Plotly.NET.GenericChart) (chart: Chart) : Chart =
        chart
        |> change (fun drawing -> {
            drawing with
                Styles = drawing.Styles @ [ { Apply = style } ]
        })

    /// <summary>A chart of Plotly.NET, for its own functions. Each call makes a new one, so what is done to it leaves
    /// the chart as it was.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.toPlotly |> Plotly.NET.GenericChart.countTrace
    /// </code> is <c>1</c>.</example>
    let toPlotly (chart: Chart) : Plotly.NET.GenericChart =
        FigureChart.ofDrawing Paper.Wide true chart.Drawing

    /// <summary>A copy of a chart of Plotly.NET: into grids, captions, lessons and pages. Its title, the titles and
    /// ranges of its axes and its size can be changed by the functions here; its series keep their looks. A chart that
    /// is a grid itself, or has several axes of a kind, can be shown but not be put into another.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withYTitle "Cosine" |> Chart.toPlotly |> Chart.ofPlotly
    /// </code> is <c>Chart: Plotly.NET scatter; y “Cosine”; styled with Plotly.NET</c>.</example>
    let ofPlotly (chart: Plotly.NET.GenericChart) : Chart = { Drawing = PlotlyReader.read chart }

    /// <summary>The figure as plotly's JSON, {data, layout, config}, for any program that draws with plotly. Arrays of
    /// numbers are typed arrays in base64.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.toJson</code> is
    /// <c>"{"data":[{"type":"scatter","opacity":1,"mode":"lines",…"</c>.</example>
    let toJson (chart: Chart) : string = FigureChart.toJson (toPlotly chart)

    /// <summary>A figure element with its script, for a page that loads plotly.js once. It follows the width and the
    /// text colour of its surroundings.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.toHtml</code> is <c>"&lt;figure
    /// class="workbench-figure"…&lt;/figure>"</c>.</example>
    let toHtml (chart: Chart) : string = FigurePage.fragment chart.Drawing

    let private titleOf (chart: Chart) =
        if chart.Drawing.Title = "" then
            "Chart"
        else
            chart.Drawing.Title

    /// <summary>A whole page with this one figure.</summary>
    /// <example><code lang="fsharp">
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.withTitle "Waves" |> Chart.toPage PlotlySource.Cdn
    /// </code> is <c>"&lt;!DOCTYPE html>…&lt;title>Waves&lt;/title>…"</c>.</example>
    let toPage (source: PlotlySource) (chart: Chart) : string =
        FigurePage.page (titleOf chart) source (FigurePage.fragment chart.Drawing)

    /// <summary>Saves a page with this figure. Where npm has fetched plotly.js, a copy of it is put beside the page
    /// unless one is there; else the page loads it from the CDN.</summary>
    /// <example><code lang="fsharp">
    /// let page = IO.Path.Combine(IO.Path.GetTempPath(), "workbench-examples", "curve.html")
    /// Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.saveHtml page
    /// IO.File.Exists page
    /// </code> is <c>true</c>.</example>
    let saveHtml (path: string) (chart: Chart) : unit =
        let folder = Path.GetDirectoryName(Path.GetFullPath path) |> string
        Directory.CreateDirectory folder |> ignore
        let copy = Path.Combine(folder, "plotly.min.js")

        if not (File.Exists copy) then
            FigurePage.localPlotly () |> Option.iter (fun file -> File.Copy(file, copy))

        let source =
            if File.Exists copy then
                PlotlySource.At "plotly.min.js"
            else
                PlotlySource.Cdn

        File.WriteAllText(path, toPage source chart)

    /// <summary>Saves charts as pictures, PNG or SVG by the endings of their paths; many at once take little more
    /// time than one.</summary>
    /// <exception cref="T:System.InvalidOperationException">There is no browser to draw them, or it fails; the
    /// message says which and what to do.</exception>
    /// <exception cref="T:System.ArgumentException">A path ends neither in .png nor in .svg.</exception>
    /// <example><code lang="fsharp">
    /// Chart.saveImages [
    ///     "curve.svg", Chart.values [ 0.1; 0.4; 0.2 ]
    ///     "curve.jpg", Chart.values [ 0.1; 0.4; 0.2 ]
    /// ]
    /// </code> throws <c>ArgumentException</c>.</example>
    let saveImages (files: seq<string * Chart>) : unit =
        let files = List.ofSeq files

        let pictures =
            FigureImage.render [ for path, chart in files -> FigureImage.formatOf path, chart.Drawing ]

        for (path, _), picture in List.zip files pictures do
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath path) |> string)
            |> ignore

            File.WriteAllBytes(path, picture)

    /// <summary>Saves a chart as a picture, PNG or SVG by the ending of the path, drawn by a Chromium-like
    /// browser.</summary>
    /// <exception cref="T:System.InvalidOperationException">There is no browser to draw it, or it fails; the
    /// message says which and what to do.</exception>
    /// <exception cref="T:System.ArgumentException">The path ends neither in .png nor in .svg.</exception>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.saveImage "curve.jpg"</code> throws
    /// <c>ArgumentException</c>.</example>
    let saveImage (path: string) (chart: Chart) : unit = saveImages [ path, chart ]

    /// <summary>Opens the chart in the browser; where no window can open, prints the path of the page
    /// instead.</summary>
    /// <example><code lang="fsharp">Chart.values [ 0.1; 0.4; 0.2 ] |> Chart.show</code></example>
    let show (chart: Chart) : unit =
        let folder = Path.Combine(Path.GetTempPath(), "workbench-charts")
        let page = Path.Combine(folder, $"{Guid.NewGuid():N}.html")
        saveHtml page chart

        if Browser.hasScreen () then
            Browser.show page
        else
            Console.WriteLine $"{chart}\n{page}"

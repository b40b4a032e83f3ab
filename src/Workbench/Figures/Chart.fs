namespace Workbench

open System
open System.Globalization
open type System.FormattableString

/// <summary>Makes charts of data, joins them, changes them, shows and saves them. The data or the chart come last; what
/// changes a chart has a name that begins with `with`.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Chart =
    let private source (count: string) (provenance: Provenance) =
        match Provenance.describe provenance with
        | "" -> [ count ]
        | origin -> [ $"{count}, {origin}" ]

    let private ofPanel (sources: string list) (panel: Panel) : Chart = {
        Title = ""
        Sources = sources
        Caption = None
        Reductions = []
        Panels = [ panel ]
        Columns = 1
        Shared = Set.empty
        Size = None
        Legend = Legend.Automatic
    }

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
    let heatmapWithin (cells: int) (matrix: Labelled) : Chart =
        Check.atLeast 1 (nameof cells) cells

        if matrix.Rows.Length = 0 || matrix.Columns.Length = 0 then
            invalidArg
                (nameof matrix)
                $"A heat-map needs at least one row and one column, but the matrix is {matrix.Rows} by {matrix.Columns}."

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
            {
                chart with
                    Reductions = [ $"each cell is the mean of {rowBlock} × {columnBlock} values" ]
            }

    /// <summary>A coloured cell per value: the first row at the top, the first column at the left. A matrix of more
    /// than 1,024 rows or columns is drawn by the means of equal blocks, and the figure says so; no screen shows more,
    /// and 1,024² values take 6 MB.</summary>
    /// <example><code lang="fsharp">positions |> Chart.heatmap |> Chart.withLimits -0.2 0.2 |> Chart.withTitle "Position embeddings"</code></example>
    /// <exception cref="T:System.ArgumentException">The matrix has no rows or no columns.</exception>
    let heatmap (matrix: Labelled) : Chart = heatmapWithin 1024 matrix

    let private significant (value: float) =
        value.ToString("G4", CultureInfo.InvariantCulture)

    let private histogramPanel (yTitle: string) (trace: Trace) (histogram: Histogram) =
        ofPanel (source (Invariant $"{histogram.N:N0} values") histogram.Provenance) {
            Panel.empty with
                Traces = [ trace ]
                X = titled (sentence histogram.Quantity)
                Y = { titled yTitle with FromZero = true }
        }

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
    /// <example><code lang="fsharp">histogram |> Chart.histogram |> Chart.withLogY</code></example>
    let histogram (histogram: Histogram) : Chart =
        barsOf "Count" (Array.map float histogram.Counts) histogram

    /// The same as a line around the bars: for laying several over each other.
    let histogramOutline (histogram: Histogram) : Chart =
        outlineOf "Count" (Array.map float histogram.Counts) histogram

    /// Bars whose areas sum to one.
    let density (histogram: Histogram) : Chart =
        barsOf "Density" histogram.Density histogram

    /// The same as a line around the bars: for comparing distributions of different numbers of values.
    let densityOutline (histogram: Histogram) : Chart =
        outlineOf "Density" histogram.Density histogram

    /// <summary>One bar per name, from zero.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many names as heights, or none.</exception>
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
    /// <example><code lang="fsharp">Chart.line [ 0.0; 1.0; 2.0 ] [ 0.1; 0.4; 0.2 ] |> Chart.withName "head 3"</code></example>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    let line (xs: seq<float>) (ys: seq<float>) : Chart = series id xs ys None

    /// Values over their places 0, 1, 2, …, joined.
    let values (ys: seq<float>) : Chart =
        let ys = Array.ofSeq ys
        line (Seq.init ys.Length float) ys

    /// <summary>A mark per point. Ten thousand points and more are drawn by WebGL.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
    let scatter (xs: seq<float>) (ys: seq<float>) : Chart = series (marked 6.0) xs ys None

    /// <summary>The area between two curves over the same places, e.g. an interval.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
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
    let scatter3d (xs: seq<float>) (ys: seq<float>) (zs: seq<float>) : Chart =
        series (marked 4.0) xs ys (Some(Array.ofSeq zs))

    /// <summary>Points in three dimensions, joined in their order.</summary>
    /// <exception cref="T:System.ArgumentException">The coordinates differ in number, or there are none.</exception>
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

        let panel = chart.Panels.Head

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

namespace Workbench

open System
open type System.FormattableString

/// <summary>More of the module `Chart`: what can be changed about a chart.</summary>
/// <category index="7">Figures</category>
[<AutoOpen>]
module ChartStyle =
    /// Changes charts: each function returns a new chart and leaves the old one as it was. On a grid it changes every
    /// panel,
    /// but for the title and the caption, which belong to the whole.
    [<RequireQualifiedAccess>]
    module Chart =
        let private mapPanels (change: Panel -> Panel) (chart: Chart) : Chart = {
            chart with
                Panels = List.map change chart.Panels
        }

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
                chart.Panels
                |> List.collect _.Traces
                |> List.choose (fun trace ->
                    match trace with
                    | PointTrace points -> Some points.X.Length
                    | HeatmapTrace _
                    | BarTrace _ -> None)

            match List.tryFind (fun length -> length <> count) series with
            | Some length ->
                invalidArg name $"{name} has {count} values, but a series of the chart has {length} points."
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

        /// Words above the whole figure; in a grid that is made of it, above its panel.
        let withTitle (title: string) (chart: Chart) : Chart = { chart with Title = title }

        /// Words under the figure, in place of the sources that stand there else. What was left out or averaged stays
        /// said.
        let withCaption (caption: string) (chart: Chart) : Chart = { chart with Caption = Some caption }

        /// Words beside the axis of x.
        let withXTitle (title: string) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    X = { panel.X with Title = Some title }
            })

        /// Words beside the axis of y.
        let withYTitle (title: string) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Y = { panel.Y with Title = Some title }
            })

        /// Words beside the axis of z; seen in three dimensions only.
        let withZTitle (title: string) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Z = { panel.Z with Title = Some title }
            })

        /// <summary>Shows this part of x.</summary>
        /// <exception cref="T:System.ArgumentException">The range is empty or not finite, or begins at or below 0 on a
        /// logarithmic axis.</exception>
        let withXRange (low: float) (high: float) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    X = rangeOf low high panel.X
            })

        /// <summary>Shows this part of y.</summary>
        /// <exception cref="T:System.ArgumentException">The range is empty or not finite, or begins at or below 0 on a
        /// logarithmic axis.</exception>
        let withYRange (low: float) (high: float) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Y = rangeOf low high panel.Y
            })

        /// <summary>Shows this part of z.</summary>
        /// <exception cref="T:System.ArgumentException">The range is empty or not finite.</exception>
        let withZRange (low: float) (high: float) (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Z = rangeOf low high panel.Z
            })

        /// Equal ratios of x take equal lengths; values at or below 0 are not drawn.
        let withLogX (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    X = checkedAxis (nameof chart) { panel.X with Logarithmic = true }
            })

        /// Equal ratios of y take equal lengths; values at or below 0 are not drawn.
        let withLogY (chart: Chart) : Chart =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Y = checkedAxis (nameof chart) { panel.Y with Logarithmic = true }
            })

        /// Words in place of the numbers 0, 1, 2, … of x.
        let withXLabels (labels: seq<string>) (chart: Chart) : Chart =
            let names = Array.ofSeq labels

            chart
            |> mapPanels (fun panel -> {
                panel with
                    X = { panel.X with Names = names }
            })

        /// Words in place of the numbers 0, 1, 2, … of y.
        let withYLabels (labels: seq<string>) (chart: Chart) : Chart =
            let names = Array.ofSeq labels

            chart
            |> mapPanels (fun panel -> {
                panel with
                    Y = { panel.Y with Names = names }
            })

        /// How values become colours.
        let withColours (scale: ColourScale) (chart: Chart) : Chart =
            chart |> mapPanels (fun panel -> { panel with Colours = scale })

        /// <summary>The values at the two ends of the colour scale; values beyond them take its end colours.</summary>
        /// <exception cref="T:System.ArgumentException">The limits are equal, in the wrong order or not
        /// finite.</exception>
        let withLimits (low: float) (high: float) (chart: Chart) : Chart =
            let limits = (rangeOf low high Panel.plainAxis).Range
            chart |> mapPanels (fun panel -> { panel with Limits = limits })

        /// What the colours measure: words beside the colour bar.
        let withColourTitle (title: string) (chart: Chart) : Chart =
            chart |> mapPanels (fun panel -> { panel with ColourTitle = title })

        let private withLine (line: ReferenceLine) (chart: Chart) =
            chart
            |> mapPanels (fun panel -> {
                panel with
                    Lines = panel.Lines @ [ line ]
            })

        /// A broken line at a height.
        let withHorizontalLine (at: float) (chart: Chart) : Chart = chart |> withLine (Horizontal(at, ""))

        /// A broken line at a place of x.
        let withVerticalLine (at: float) (chart: Chart) : Chart = chart |> withLine (Vertical(at, ""))

        /// A broken line at a height, with words at its end.
        let withLabelledHorizontalLine (label: string) (at: float) (chart: Chart) : Chart =
            chart |> withLine (Horizontal(at, label))

        /// A broken line at a place of x, with words at its end.
        let withLabelledVerticalLine (label: string) (at: float) (chart: Chart) : Chart =
            chart |> withLine (Vertical(at, label))

        /// The broken line on which y equals x, as far as the points reach.
        let withUnityLine (chart: Chart) : Chart = withLine Unity chart

        /// Where the legend stands.
        let withLegend (legend: Legend) (chart: Chart) : Chart = { chart with Legend = legend }

        /// What the legend calls the series.
        let withName (name: string) (chart: Chart) : Chart =
            chart
            |> mapTraces (fun trace ->
                match trace with
                | HeatmapTrace _ -> trace
                | BarTrace bars -> BarTrace { bars with Name = name }
                | PointTrace points -> PointTrace { points with Name = name })

        /// The colour of bars, lines and marks.
        let withColour (colour: Colour) (chart: Chart) : Chart =
            chart
            |> mapTraces (fun trace ->
                match trace with
                | HeatmapTrace _ -> trace
                | BarTrace bars -> BarTrace { bars with Colour = colour }
                | PointTrace points -> PointTrace { points with Colour = colour })

        /// <summary>Colours each point by a value of its own.</summary>
        /// <exception cref="T:System.ArgumentException">There are not as many values as points.</exception>
        let withColourBy (values: seq<float>) (chart: Chart) : Chart =
            let values = Array.ofSeq values

            chart
            |> perPoint (nameof values) values.Length (fun points -> { points with ColourValues = values })

        /// Marks, their connections, or both.
        let withStroke (stroke: Stroke) (chart: Chart) : Chart =
            chart |> mapPoints (fun points -> { points with Stroke = stroke })

        /// The shape of the marks, and their size in pixels.
        let withMarker (marker: Marker) (size: float) (chart: Chart) : Chart =
            chart
            |> mapPoints (fun points -> {
                points with
                    Marker = marker
                    MarkerSize = size
            })

        /// How lines are broken, and their width in pixels.
        let withLineStyle (dash: Dash) (width: float) (chart: Chart) : Chart =
            chart
            |> mapPoints (fun points -> {
                points with
                    Dash = dash
                    LineWidth = width
            })

        /// From 0, not to be seen, to 1, which hides what lies behind.
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
        let withLabels (labels: seq<string>) (chart: Chart) : Chart = labelled true labels chart

        /// <summary>Words that appear when a point is pointed at, one per point.</summary>
        /// <exception cref="T:System.ArgumentException">There are not as many labels as points.</exception>
        let withHoverLabels (labels: seq<string>) (chart: Chart) : Chart = labelled false labels chart

        /// <summary>Width and height in pixels on a wide page; a narrower one gets less.</summary>
        /// <exception cref="T:System.ArgumentException">A side is below 100 pixels.</exception>
        let withSize (width: int) (height: int) (chart: Chart) : Chart =
            Check.atLeast 100 (nameof width) width
            Check.atLeast 100 (nameof height) height

            {
                chart with
                    Size = Some(width, height)
            }

        /// What the panels of a grid have in common.
        let withShared (shares: Share list) (chart: Chart) : Chart = {
            chart with
                Shared = Set.ofList shares
        }

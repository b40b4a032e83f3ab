namespace Workbench

open System

/// The places along one side of a heat-map.
type internal Places =
    /// Places at start, start + step, …
    | Spaced of start: float * step: float
    | Named of string[]

/// What is drawn; plotly calls it a trace.
type internal Trace =
    | HeatmapTrace of HeatmapTrace
    | BarTrace of BarTrace
    | PointTrace of PointTrace
    /// Made with Plotly.NET.
    | ForeignTrace of Foreign<Plotly.NET.Trace>

/// One coloured cell per value.
and internal HeatmapTrace = {
    /// Row-major.
    Values: float32[]
    RowPlaces: Places
    ColumnPlaces: Places
    RowCount: int
    ColumnCount: int
}

/// Bars from zero.
and internal BarTrace = {
    Name: string
    Centres: float[]
    /// In the units of the centres.
    Width: float
    Heights: float[]
    /// What is read when a bar is pointed at.
    Hover: string[]
    Colour: Colour
}

/// Points in two or three dimensions, joined or not.
and internal PointTrace = {
    Name: string
    X: float[]
    Y: float[]
    /// Empty in two dimensions.
    Z: float[]
    Stroke: Stroke
    Dash: Dash
    Marker: Marker
    MarkerSize: float
    LineWidth: float
    Opacity: float
    Colour: Colour
    /// A value per point that the colour scale shows; empty for none.
    ColourValues: float[]
    /// A text per point; empty for none.
    Labels: string[]
    /// Whether the labels stand beside their points; else they are seen when pointed at.
    LabelsDrawn: bool
    /// Whether the points surround an area, which is filled.
    Filled: bool
}

/// One side of a panel.
type internal AxisStyle = {
    Title: string option
    Range: (float * float) option
    Logarithmic: bool
    /// Texts at 0, 1, 2, … in place of numbers; empty for numbers.
    Names: string[]
    /// Whether small values lie at the top, as the rows of a matrix do.
    Reversed: bool
    /// Whether zero is shown even where no value comes near it.
    FromZero: bool
}

/// The directions of a panel.
[<RequireQualifiedAccess>]
type internal Side =
    | X
    | Y
    | Z

/// A line across a panel that is no data.
type internal ReferenceLine =
    | Horizontal of at: float * label: string
    | Vertical of at: float * label: string
    /// y = x
    | Unity

/// One set of axes and what is drawn in it.
type internal Panel = {
    Title: string
    Traces: Trace list
    X: AxisStyle
    Y: AxisStyle
    Z: AxisStyle
    Lines: ReferenceLine list
    Colours: ColourScale
    Limits: (float * float) option
    ColourTitle: string
    /// What a chart of Plotly.NET says besides its series.
    Layout: Foreign<Plotly.NET.Layout> option
    /// Functions of Plotly.NET that change this panel alone, first to last.
    Styles: PlotlyStyle list
}

/// All that a figure shows: what `Chart` wraps, and what becomes plotly's data and layout.
type internal Drawing = {
    Title: string
    /// Where the data come from and how many there are: the caption, unless there is one of the author's own.
    Sources: string list
    /// How many values are behind what is drawn, where the series do not tell.
    N: int64 list
    Caption: string option
    /// What was left out or averaged to draw this; always under the figure.
    Reductions: string list
    /// Row by row.
    Panels: Panel list
    Columns: int
    Shared: Set<Share>
    /// Width and height in pixels on a wide page.
    Size: (int * int) option
    Legend: Legend
    /// Functions of Plotly.NET that change the figure when all else is done, first to last.
    Styles: PlotlyStyle list
}

/// Small facts about panels.
[<RequireQualifiedAccess>]
module internal Panel =
    let plainAxis: AxisStyle = {
        Title = None
        Range = None
        Logarithmic = false
        Names = [||]
        Reversed = false
        FromZero = false
    }

    let empty: Panel = {
        Title = ""
        Traces = []
        X = plainAxis
        Y = plainAxis
        Z = plainAxis
        Lines = []
        Colours = ColourScale.Automatic
        Limits = None
        ColourTitle = ""
        Layout = None
        Styles = []
    }

    let axis (side: Side) (panel: Panel) : AxisStyle =
        match side with
        | Side.X -> panel.X
        | Side.Y -> panel.Y
        | Side.Z -> panel.Z

    let private coordinates (side: Side) (trace: Trace) : seq<float> =
        let ends count places =
            match places with
            | Spaced(start, step) -> seq [ start; start + step * float (count - 1) ]
            | Named names -> seq [ 0.0; float (names.Length - 1) ]

        match trace, side with
        | HeatmapTrace map, Side.X -> ends map.ColumnCount map.ColumnPlaces
        | HeatmapTrace map, _ -> ends map.RowCount map.RowPlaces
        | BarTrace bars, Side.X -> bars.Centres
        | BarTrace bars, _ -> Seq.append [ 0.0 ] bars.Heights
        | PointTrace points, Side.X -> points.X
        | PointTrace points, Side.Y -> points.Y
        | PointTrace points, Side.Z -> points.Z
        | ForeignTrace foreign, Side.X -> Foreign.numbers "x" foreign
        | ForeignTrace foreign, Side.Y -> Foreign.numbers "y" foreign
        | ForeignTrace foreign, Side.Z -> Foreign.numbers "z" foreign

    /// From the least to the greatest coordinate that is finite, or from 0 to 1 where there is none.
    let extent (side: Side) (panels: Panel list) : float * float =
        let finite =
            panels
            |> Seq.collect (fun panel -> Seq.collect (coordinates side) panel.Traces)
            |> Seq.filter Double.IsFinite
            |> Array.ofSeq

        if finite.Length = 0 then
            0.0, 1.0
        else
            Array.min finite, Array.max finite

    let isSpatial (panel: Panel) : bool =
        panel.Traces
        |> List.exists (fun trace ->
            match trace with
            | PointTrace points -> points.Z.Length > 0
            | ForeignTrace foreign -> Foreign.kind foreign = Plotly.NET.TraceID.Cartesian3D
            | HeatmapTrace _
            | BarTrace _ -> false)

    let isForeign (panel: Panel) : bool =
        panel.Traces |> List.exists _.IsForeignTrace

    /// The kind of axes that a panel has.
    let kind (panel: Panel) : Plotly.NET.TraceID =
        let foreign =
            panel.Traces
            |> List.choose (fun trace ->
                match trace with
                | ForeignTrace foreign -> Some foreign
                | _ -> None)

        match foreign with
        | several when Foreign.isGrid several -> Plotly.NET.TraceID.Multi
        | first :: _ -> Foreign.kind first
        | [] when isSpatial panel -> Plotly.NET.TraceID.Cartesian3D
        | [] -> Plotly.NET.TraceID.Cartesian2D

    let isFlat (panel: Panel) : bool =
        match kind panel with
        | Plotly.NET.TraceID.Cartesian2D
        | Plotly.NET.TraceID.Carpet -> true
        | _ -> false

    let isHeatmap (panel: Panel) : bool =
        panel.Traces |> List.exists _.IsHeatmapTrace

    /// The values that the colour scale shows.
    let colourValues (panel: Panel) : seq<float> =
        panel.Traces
        |> Seq.collect (fun trace ->
            match trace with
            | HeatmapTrace map -> Seq.map float map.Values
            | PointTrace points -> points.ColourValues
            | BarTrace _
            | ForeignTrace _ -> Seq.empty)

    let isColoured (panel: Panel) : bool =
        panel.Traces
        |> List.exists (fun trace ->
            match trace with
            | HeatmapTrace _ -> true
            | PointTrace points -> points.ColourValues.Length > 0
            | BarTrace _
            | ForeignTrace _ -> false)

    /// Whether a colour bar stands beside a panel.
    let hasColourBar (panel: Panel) : bool =
        isColoured panel
        || panel.Traces
           |> List.exists (fun trace ->
               match trace with
               | ForeignTrace foreign -> Foreign.hasColourBar foreign
               | _ -> false)

    /// What the legend calls a series; "" for nothing.
    let namesOf (trace: Trace) : string list =
        match trace with
        | HeatmapTrace _ -> [ "" ]
        | BarTrace bars -> [ bars.Name ]
        | PointTrace points -> [ points.Name ]
        | ForeignTrace foreign -> Foreign.names foreign

    /// The names that a legend lists, each once.
    let names (panels: Panel list) : string list =
        panels
        |> List.collect _.Traces
        |> List.collect namesOf
        |> List.filter (fun name -> name <> "")
        |> List.distinct

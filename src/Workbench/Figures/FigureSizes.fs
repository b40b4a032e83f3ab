namespace Workbench

/// How wide the paper is.
[<RequireQualifiedAccess>]
type internal Paper =
    /// A page on a screen, or print.
    | Wide
    /// A telephone: fewer panels side by side, colour bars below.
    | Narrow

/// Where things stand in a figure, in pixels: known before anything is drawn, so that no label is cut off and none
/// overlaps.
type internal FigureSizes = {
    Paper: Paper
    Width: float
    Height: float
    Columns: int
    TitleLines: string list
    Left: float
    Right: float
    Top: float
    Bottom: float
    PanelWidth: float
    PanelHeight: float
    ColumnGap: float
    RowGap: float
    CaptionLines: string list
    /// From a panel down to where its colour bar may begin.
    BelowPanel: float
    /// Whether the legend stands beside the panels.
    LegendBeside: bool
} with

    member this.PlotWidth = this.Width - this.Left - this.Right
    member this.PlotHeight = this.Height - this.Top - this.Bottom

    /// From left to right as shares of the plot, as plotly counts them.
    member this.Across(index: int) =
        let start = float (index % this.Columns) * (this.PanelWidth + this.ColumnGap)
        start / this.PlotWidth, min 1.0 ((start + this.PanelWidth) / this.PlotWidth)

    /// From bottom to top.
    member this.Up(index: int) =
        let start = float (index / this.Columns) * (this.PanelHeight + this.RowGap)
        max 0.0 (1.0 - (start + this.PanelHeight) / this.PlotHeight), 1.0 - start / this.PlotHeight

    member this.PanelLength(side: Side) =
        if side = Side.Y then this.PanelHeight else this.PanelWidth

[<RequireQualifiedAccess>]
module internal FigureSizes =
    let titleLine = 21.0
    let private legendLine = 22.0
    let captionLine = 15.0
    let private panelTitleLine = 16.0
    // What a telephone of 390 pixels leaves inside a page's margins.
    let private narrowWidth = 358.0
    // Half the widest number at the end of one axis and half that at the beginning of the next, and some air.
    let private leastColumnGap = 32.0
    // A figure of many columns grows rather than let its panels become slivers.
    let private leastPanelWidth = 90.0

    /// Height over width.
    let private aspect (paper: Paper) (drawing: Drawing) (panel: Panel) =
        let ofMatrix trace =
            match trace with
            | HeatmapTrace map -> Some(float map.RowCount / float map.ColumnCount |> max 0.35 |> min 1.0)
            | BarTrace _
            | PointTrace _
            | ForeignTrace _ -> None

        match List.tryPick ofMatrix panel.Traces with
        | Some ratio -> ratio
        | None when not (Panel.isFlat panel) -> if drawing.Panels.Length = 1 then 0.75 else 0.9
        | None when drawing.Panels.Length > 1 || paper = Paper.Narrow -> 0.75
        | None -> 0.58

    let private widthOf (paper: Paper) (drawing: Drawing) =
        match paper, drawing.Size, drawing.Columns with
        | Paper.Narrow, _, _ -> narrowWidth
        | Paper.Wide, Some(width, _), _ -> float width
        | Paper.Wide, None, 1 when List.forall Panel.isHeatmap drawing.Panels -> 640.0
        | Paper.Wide, None, columns -> if columns > 3 then 920.0 else 760.0

    let private columnsOf (paper: Paper) (drawing: Drawing) =
        match paper with
        | Paper.Wide -> drawing.Columns
        // Two small panels fit side by side on a telephone when the numbers of y stand once.
        | Paper.Narrow when
            FigureLabels.shares drawing Share.Y
            && not (List.exists Panel.isColoured drawing.Panels)
            ->
            min 2 drawing.Columns
        | Paper.Narrow -> 1

    let private most (lengths: seq<float>) = Seq.fold max 0.0 lengths

    /// Finds room for everything; the caption stands in the figure when it is to be seen outside a page.
    let ofDrawing (paper: Paper) (captioned: bool) (names: string list) (drawing: Drawing) : FigureSizes =
        let columns = columnsOf paper drawing
        let rows = (drawing.Panels.Length + columns - 1) / columns
        let asked = widthOf paper drawing
        let indexed = List.indexed drawing.Panels

        let ofColumn column =
            indexed |> List.filter (fun (index, _) -> index % columns = column)

        let ofRow row =
            indexed |> List.filter (fun (index, _) -> index / columns = row)

        let coloured = List.filter Panel.isColoured drawing.Panels
        let sharesColours = FigureLabels.shares drawing Share.Colours

        let barsBeside panels =
            if paper = Paper.Narrow || sharesColours then
                0.0
            else
                panels
                |> List.filter Panel.hasColourBar
                |> Seq.map FigureLabels.colourBarRoom
                |> most

        let sharedBarRoom room =
            if sharesColours then
                coloured |> Seq.truncate 1 |> Seq.map room |> most
            else
                0.0

        let leftOf column =
            most [
                for index, panel in ofColumn column -> FigureLabels.axisRoom Side.Y 0.0 drawing columns index panel
            ]

        let barsRightOf column =
            ofColumn column |> List.map snd |> barsBeside

        let legendShown = FigureLabels.legendShown names drawing

        let legendBeside =
            legendShown && drawing.Legend = Legend.Right && paper = Paper.Wide

        let legendWidth =
            most [
                for name in names -> FigureLabels.textWidth FigureLabels.fontSize name + 48.0
            ]

        let right =
            16.0
            + barsRightOf (columns - 1)
            + (if paper = Paper.Wide then
                   sharedBarRoom FigureLabels.colourBarRoom
               else
                   0.0)
            + (if legendBeside then min 240.0 legendWidth else 0.0)

        let left = leftOf 0 + 8.0

        let columnGap =
            most [
                for column in 1 .. columns - 1 -> max leastColumnGap (barsRightOf (column - 1) + leftOf column + 14.0)
            ]

        let columnGaps = columnGap * float (columns - 1)

        let panelWidth =
            max leastPanelWidth ((asked - left - right - columnGaps) / float columns)

        let width = left + panelWidth * float columns + columnGaps + right

        let belowOf panels =
            most [
                for index, panel in panels -> FigureLabels.axisRoom Side.X panelWidth drawing columns index panel
            ]

        let barsBelow =
            if paper = Paper.Wide || sharesColours then
                0.0
            else
                coloured |> Seq.map FigureLabels.flatColourBarRoom |> most

        let panelTitles =
            most [
                for panel in drawing.Panels ->
                    panelTitleLine * float (FigureLabels.panelTitleLines panelWidth panel).Length
            ]

        let rowGap =
            most [
                for row in 0 .. rows - 2 -> belowOf (ofRow row) + barsBelow + panelTitles + 14.0
            ]

        let titleLines =
            FigureLabels.linesWithin (width - 16.0) FigureLabels.titleSize drawing.Title

        let legendRows =
            if legendShown && not legendBeside then
                // Plotly sets the names in columns as wide as the widest, and within the width of the panels.
                let inRow = max 1.0 (floor ((width - left - right) / legendWidth))
                ceil (float names.Length / inRow)
            else
                0.0

        let heading =
            titleLine * float titleLines.Length + legendLine * legendRows + panelTitles

        let captionLines =
            if captioned then
                FigureLabels.linesWithin (width - 16.0) FigureLabels.captionSize (FigureLabels.caption drawing)
            else
                []

        let top = heading + (if heading > 0.0 then 16.0 else 24.0)

        let bottom =
            belowOf indexed
            + barsBelow
            + (if paper = Paper.Narrow then
                   sharedBarRoom FigureLabels.flatColourBarRoom
               else
                   0.0)
            + (if captionLines.IsEmpty then
                   8.0
               else
                   captionLine * float captionLines.Length + 16.0)

        let gaps = rowGap * float (rows - 1)

        let panelHeight =
            match paper, drawing.Size with
            | Paper.Wide, Some(_, height) -> (float height - top - bottom - gaps) / float rows
            | _ -> panelWidth * most (List.map (aspect paper drawing) drawing.Panels)
            |> max 100.0

        {
            Paper = paper
            Width = width
            Height = round (top + panelHeight * float rows + gaps + bottom)
            Columns = columns
            TitleLines = titleLines
            Left = left
            Right = right
            Top = top
            Bottom = bottom
            PanelWidth = panelWidth
            PanelHeight = panelHeight
            ColumnGap = columnGap
            RowGap = rowGap
            CaptionLines = captionLines
            BelowPanel = belowOf indexed
            LegendBeside = legendBeside
        }

namespace Workbench

/// How wide the paper is.
[<RequireQualifiedAccess>]
type internal Paper =
    /// A page on a screen, or print.
    | Wide
    /// A telephone: fewer panels side by side, colour bars below.
    | Narrow

/// Where things stand in a figure, in pixels: what must be known before anything is drawn, so that no label is cut off and none overlaps.
type internal FigureSizes = {
    Paper: Paper
    Width: float
    Height: float
    Columns: int
    Rows: int
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
    /// Below a panel, down to where its colour bar may begin.
    BelowPanel: float
} with

    member this.PlotWidth = this.Width - this.Left - this.Right
    member this.PlotHeight = this.Height - this.Top - this.Bottom

    /// From left to right as FigureLabels.shares of the plot, as plotly counts them.
    member this.DomainX(index: int) =
        let start = float (index % this.Columns) * (this.PanelWidth + this.ColumnGap)
        start / this.PlotWidth, min 1.0 ((start + this.PanelWidth) / this.PlotWidth)

    /// From bottom to top.
    member this.DomainY(index: int) =
        let start = float (index / this.Columns) * (this.PanelHeight + this.RowGap)
        max 0.0 (1.0 - (start + this.PanelHeight) / this.PlotHeight), 1.0 - start / this.PlotHeight

    member this.IsFirstColumn(index: int) = index % this.Columns = 0

[<RequireQualifiedAccess>]
module internal FigureSizes =
    let private titleLine = 21.0
    let private legendLine = 22.0
    let private captionLine = 15.0
    // What a telephone of 390 pixels leaves inside a page's margins.
    let private narrowWidth = 358.0

    let private aspect (single: bool) (panel: Panel) =
        let ofTrace trace =
            match trace with
            | HeatmapTrace map -> Some(float map.RowCount / float map.ColumnCount |> max 0.35 |> min 1.0)
            | BarTrace _
            | PointTrace _ -> None

        match List.tryPick ofTrace panel.Traces with
        | Some ratio -> ratio
        | None when Panel.isSpatial panel -> 0.85
        | None -> if single then 0.58 else 0.7

    let private widthOf (chart: Chart) =
        match chart.Size, chart.Columns with
        | Some(width, _), _ -> float width
        | None, 1 when chart.Panels |> List.forall Panel.isHeatmap -> 640.0
        | None, columns -> if columns > 3 then 920.0 else 760.0

    /// Finds room for everything.
    let ofChart (paper: Paper) (captioned: bool) (names: string list) (chart: Chart) : FigureSizes =
        let narrow = (paper = Paper.Narrow)
        let count = chart.Panels.Length
        let single = count = 1
        let indexed = List.indexed chart.Panels

        let columns =
            // Two small panels fit side by side on a telephone when they share the numbers beside them.
            if narrow then
                min
                    chart.Columns
                    (if
                         FigureLabels.shares chart Share.Y
                         && not (List.exists Panel.isHeatmap chart.Panels)
                     then
                         2
                     else
                         1)
            else
                min chart.Columns count

        let rows = (count + columns - 1) / columns
        let width = if narrow then narrowWidth else widthOf chart
        let legendRight = chart.Legend = Legend.Right && not names.IsEmpty
        let most list = List.fold max 0.0 list

        let lefts col =
            most [
                for i, panel in indexed do
                    if i % columns = col then
                        FigureLabels.leftOf chart columns i panel
            ]

        let ownBar (panel: Panel) =
            Panel.isColoured panel && not (FigureLabels.shares chart Share.Colours)

        let bars col =
            most [
                for i, panel in indexed do
                    if i % columns = col && ownBar panel && not narrow then
                        FigureLabels.barRoom panel
            ]

        let sharedBar =
            FigureLabels.shares chart Share.Colours
            && List.exists Panel.isColoured chart.Panels

        let right =
            let bar =
                if sharedBar && not narrow then
                    FigureLabels.barRoom chart.Panels.Head
                else
                    bars (columns - 1)

            let legend =
                if legendRight && not narrow then
                    50.0 + most (names |> List.map (FigureLabels.textWidth FigureLabels.fontSize))
                else
                    0.0

            16.0 + bar + min 220.0 legend

        let left = lefts 0 + 8.0

        let columnGap =
            most [ for col in 1 .. columns - 1 -> bars (col - 1) + lefts col + 14.0 ]

        let panelWidth =
            (width - left - right - columnGap * float (columns - 1)) / float columns
            |> max 40.0

        let below =
            most [
                for i, panel in indexed -> FigureLabels.belowOf panelWidth chart columns i panel
            ]

        let titleRoom =
            most [
                for panel in chart.Panels -> 17.0 * float (FigureLabels.panelTitleLines panelWidth panel).Length
            ]

        let flatBar (panel: Panel) =
            if panel.ColourTitle = "" then 42.0 else 62.0

        let belowBar =
            most [
                for panel in chart.Panels do
                    if narrow && ownBar panel then
                        flatBar panel
            ]

        let rowBelow row =
            most [
                for i, panel in indexed do
                    if i / columns = row then
                        FigureLabels.belowOf panelWidth chart columns i panel
            ]

        let rowGap =
            most [ for row in 0 .. rows - 2 -> rowBelow row + belowBar + titleRoom + 14.0 ]

        let titleLines =
            FigureLabels.linesWithin (width - 16.0) FigureLabels.titleSize chart.Title

        let legendRows =
            if FigureLabels.legendAbove names chart || legendRight && narrow then
                ceil (
                    (names
                     |> List.sumBy (fun name -> FigureLabels.textWidth FigureLabels.fontSize name + 52.0))
                    / (width - 16.0)
                )
            else
                0.0

        let heading = titleLine * float titleLines.Length + legendLine * legendRows
        let top = heading + titleRoom + (if heading + titleRoom > 0.0 then 16.0 else 24.0)

        let captionLines =
            if captioned then
                FigureLabels.linesWithin (width - 16.0) FigureLabels.captionSize (FigureLabels.caption chart)
            else
                []

        let belowAll =
            below
            + belowBar
            + (if sharedBar && narrow then
                   flatBar chart.Panels.Head
               else
                   0.0)

        let bottom =
            belowAll
            + 8.0
            + (if captionLines.IsEmpty then
                   0.0
               else
                   captionLine * float captionLines.Length + 8.0)

        let gaps = rowGap * float (rows - 1)

        let panelHeight =
            match chart.Size with
            | Some(_, height) when not narrow -> (float height - top - bottom - gaps) / float rows
            | _ -> chart.Panels |> List.map (aspect single) |> List.max |> (*) panelWidth
            |> max 100.0

        {
            Paper = paper
            Width = width
            Height = round (top + panelHeight * float rows + gaps + bottom)
            Columns = columns
            Rows = rows
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
            BelowPanel = below
        }

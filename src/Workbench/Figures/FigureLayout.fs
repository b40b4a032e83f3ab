namespace Workbench

open System
open DynamicObj
open Plotly.NET
open Plotly.NET.LayoutObjects

/// All of a figure but its series.
[<RequireQualifiedAccess>]
module internal FigureLayout =
    let private fonts =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

    let private lines (wrapped: string list) =
        String.Join("<br>", List.map Escape.plotly wrapped)

    /// Words at a place, where "paper" is the whole plot and "x2 domain" the width of the second panel.
    let private words size (x: float, xref: string, xanchor) (y: float, yref: string, yanchor) content =
        let align =
            match xanchor with
            | StyleParam.XAnchorPosition.Left -> StyleParam.AnnotationAlignment.Left
            | StyleParam.XAnchorPosition.Right -> StyleParam.AnnotationAlignment.Right
            | _ -> StyleParam.AnnotationAlignment.Center

        Annotation.init (
            X = x,
            XRef = xref,
            XAnchor = xanchor,
            Y = y,
            YRef = yref,
            YAnchor = yanchor,
            Align = align,
            ShowArrow = false,
            Font = Font.init (Size = size),
            Text = lines content
        )

    /// The reference lines that can be drawn, with their panels: a logarithmic axis has no place for zero.
    let private references (drawing: Drawing) = [
        for index, panel in List.indexed drawing.Panels do
            for line in panel.Lines do
                match line with
                | Horizontal(at, _) when panel.Y.Logarithmic && at <= 0.0 -> ()
                | Vertical(at, _) when panel.X.Logarithmic && at <= 0.0 -> ()
                | Horizontal(at, _)
                | Vertical(at, _) when not (Double.IsFinite at) -> ()
                | _ when not (Panel.isFlat panel) -> ()
                | _ -> FigureAxes.suffix index, panel, line
    ]

    let private shapes (drawing: Drawing) =
        let line (x0: float, x1: float, xref) (y0: float, y1: float, yref) =
            Shape.init (
                ShapeType = StyleParam.ShapeType.Line,
                X0 = x0,
                X1 = x1,
                Xref = xref,
                Y0 = y0,
                Y1 = y1,
                Yref = yref,
                Line =
                    Line.init (Color = Palette.shade 1.0 Colour.Grey, Width = 1.3, Dash = StyleParam.DrawingStyle.Dash)
            )

        [
            for suffix, panel, reference in references drawing do
                let x, y = "x" + suffix, "y" + suffix

                match reference with
                | Horizontal(at, _) -> line (0.0, 1.0, x + " domain") (at, at, y)
                | Vertical(at, _) -> line (at, at, x) (0.0, 1.0, y + " domain")
                | Unity ->
                    let (left, right), (bottom, top) =
                        Panel.extent Side.X [ panel ], Panel.extent Side.Y [ panel ]

                    let low, high = min left bottom, max right top
                    line (low, high, x) (low, high, y)
        ]

    let private lineLabels (drawing: Drawing) =
        let place (axis: AxisStyle) value =
            if axis.Logarithmic then log10 value else value

        let horizontal =
            references drawing
            |> List.choose (fun (suffix, panel, line) ->
                match line with
                | Horizontal(at, label) when label <> "" ->
                    Some(
                        words
                            12.0
                            (1.0, "x" + suffix + " domain", StyleParam.XAnchorPosition.Right)
                            (place panel.Y at, "y" + suffix, StyleParam.YAnchorPosition.Bottom)
                            [ label ]
                    )
                | _ -> None)

        // One below the other, for lines that stand close together.
        let vertical =
            references drawing
            |> List.choose (fun (suffix, panel, line) ->
                match line with
                | Vertical(at, label) when label <> "" -> Some(suffix, place panel.X at, label)
                | _ -> None)
            |> List.groupBy (fun (suffix, _, _) -> suffix)
            |> List.collect (
                snd
                >> List.mapi (fun order (suffix, at, label) ->
                    words
                        12.0
                        (at, "x" + suffix, StyleParam.XAnchorPosition.Left)
                        (1.0, "y" + suffix + " domain", StyleParam.YAnchorPosition.Top)
                        [ label ]
                    |> Annotation.style (XShift = 2, YShift = -15 * order))
            )

        horizontal @ vertical

    let private annotations (drawing: Drawing) (sizes: FigureSizes) =
        let panelTitles = [
            for index, panel in List.indexed drawing.Panels do
                if panel.Title <> "" then
                    let left, right = sizes.Across index

                    FigureLabels.panelTitleLines sizes.PanelWidth panel
                    |> words
                        FigureLabels.panelTitleSize
                        ((left + right) / 2.0, "paper", StyleParam.XAnchorPosition.Center)
                        (snd (sizes.Up index), "paper", StyleParam.YAnchorPosition.Bottom)
        ]

        let colourTitles = [
            for title, x, y in FigureColours.titles drawing sizes ->
                words
                    FigureLabels.fontSize
                    (x, "paper", StyleParam.XAnchorPosition.Center)
                    (y, "paper", StyleParam.YAnchorPosition.Middle)
                    [ title ]
                |> Annotation.style (TextAngle = 90.0)
        ]

        let caption = [
            if not sizes.CaptionLines.IsEmpty then
                let height = FigureSizes.captionLine * float sizes.CaptionLines.Length + 8.0

                words
                    FigureLabels.captionSize
                    (-(sizes.Left - 8.0) / sizes.PlotWidth, "paper", StyleParam.XAnchorPosition.Left)
                    (-(sizes.Bottom - height) / sizes.PlotHeight, "paper", StyleParam.YAnchorPosition.Top)
                    sizes.CaptionLines
        ]

        panelTitles @ colourTitles @ lineLabels drawing @ caption

    let private title (sizes: FigureSizes) =
        // Plotly lifts a title of several lines by half of what it is higher than one.
        let lift = 0.5 * FigureSizes.titleLine * float (sizes.TitleLines.Length - 1)

        Title.init (
            lines sizes.TitleLines,
            Font = Font.init (Size = FigureLabels.titleSize),
            XRef = "container",
            X = 0.0,
            XAnchor = StyleParam.XAnchorPosition.Left,
            YRef = "container",
            Y = 1.0,
            YAnchor = StyleParam.YAnchorPosition.Top,
            Pad = Padding.init (T = int (round (8.0 + lift)), L = 8)
        )

    let private legend (drawing: Drawing) (sizes: FigureSizes) =
        // Small marks would be hard to tell apart in a legend, but lines keep their width, or dashes would not fit in.
        let marksAlone =
            drawing.Panels
            |> List.collect _.Traces
            |> List.forall (fun trace ->
                match trace with
                | PointTrace points -> points.Stroke = Stroke.Markers
                | HeatmapTrace _
                | BarTrace _
                | ForeignTrace _ -> true)

        let legend =
            Legend.init (
                BGColor = Palette.transparent,
                ?ItemSizing =
                    (if marksAlone then
                         Some StyleParam.TraceItemSizing.Constant
                     else
                         None)
            )

        if sizes.LegendBeside then
            // Right of the colour bar, where there is one.
            let bar =
                if List.exists Panel.isColoured drawing.Panels then
                    FigureLabels.colourBarRoom drawing.Panels.Head
                else
                    0.0

            legend
            |> Legend.style (
                X = 1.0 + (bar + 12.0) / sizes.PlotWidth,
                XAnchor = StyleParam.XAnchorPosition.Left,
                Y = 1.0,
                YAnchor = StyleParam.YAnchorPosition.Top
            )
        else
            let above = 8.0 + FigureSizes.titleLine * float sizes.TitleLines.Length

            legend
            |> Legend.style (
                Orientation = StyleParam.Orientation.Horizontal,
                X = 0.0,
                XAnchor = StyleParam.XAnchorPosition.Left,
                YRef = "container",
                Y = 1.0 - above / sizes.Height,
                YAnchor = StyleParam.YAnchorPosition.Top
            )
            // As many rows as the names need; Plotly.NET has no name for it.
            |> DynObj.withProperty "maxheight" 1

    /// The layout for figures of these sizes.
    let ofDrawing (drawing: Drawing) (sizes: FigureSizes) : Layout =
        // A finger that moves over a figure scrolls the page.
        let dragMode =
            if sizes.Paper = Paper.Narrow then
                Some StyleParam.DragMode.False
            else
                None

        Layout.init (
            Height = int sizes.Height,
            Margin = Margin.init (Left = sizes.Left, Right = sizes.Right, Top = sizes.Top, Bottom = sizes.Bottom),
            Font =
                Font.init (
                    Family = StyleParam.FontFamily.Custom fonts,
                    Size = FigureLabels.fontSize,
                    Color = Palette.ink
                ),
            PaperBGColor = Palette.transparent,
            PlotBGColor = Palette.transparent,
            BarMode = StyleParam.BarMode.Overlay,
            BarGap = 0.0,
            HoverMode = StyleParam.HoverMode.Closest,
            Separators = ".,",
            UIRevision = "kept",
            ModeBar =
                ModeBar.init (
                    BGColor = Palette.transparent,
                    Color = Palette.ink,
                    ActiveColor = Palette.shade 1.0 Colour.Blue
                ),
            Annotations = annotations drawing sizes,
            Shapes = shapes drawing,
            ?DragMode = dragMode,
            ?Title = (if sizes.TitleLines.IsEmpty then None else Some(title sizes)),
            ?Colorway =
                (if List.exists Panel.isForeign drawing.Panels then
                     Some(Color.fromColors (Array.map (Palette.shade 1.0) Palette.order))
                 else
                     None),
            ShowLegend = FigureLabels.legendShown (Panel.names drawing.Panels) drawing
        )
        |> Layout.setLegend (StyleParam.SubPlotId.Legend 1, legend drawing sizes)
        |> FigureColours.addTo drawing sizes
        |> FigureAxes.addTo drawing sizes

namespace Workbench

open System

/// All of a figure but its series, as plotly's "layout".
[<RequireQualifiedAccess>]
module internal FigureLayout =
    // Grey with a contrast of about 4.5 to white and to black; the page's script puts the page's own text colour in its
    // place.
    let private ink = "#767676"
    let private transparent = "rgba(0,0,0,0)"

    let private fonts =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

    let private text (value: string) = Json.Text value
    let private number (value: float) = Json.Number value

    let private lines (wrapped: string list) =
        Json.Text(String.Join("<br>", List.map Escape.plotly wrapped))

    /// Words at a place, where "paper" is the whole plot and "x2 domain" the width of the second panel.
    let private words
        size
        (x: float, xref: string, xanchor: string)
        (y: float, yref: string, yanchor: string)
        more
        content
        =
        Json.Object(
            [
                "text", lines content
                "x", number x
                "xref", text xref
                "xanchor", text xanchor
                "y", number y
                "yref", text yref
                "yanchor", text yanchor
                "align", text xanchor
                "showarrow", Json.Flag false
                "font", Json.Object [ "size", number size ]
            ]
            @ more
        )

    /// The reference lines that can be drawn, with their panels: a logarithmic axis has no place for zero.
    let private references (drawing: Drawing) = [
        for index, panel in List.indexed drawing.Panels do
            for line in panel.Lines do
                match line with
                | Horizontal(at, _) when panel.Y.Logarithmic && at <= 0.0 -> ()
                | Vertical(at, _) when panel.X.Logarithmic && at <= 0.0 -> ()
                | _ when Panel.isSpatial panel -> ()
                | _ -> FigureData.suffix index, panel, line
    ]

    let private shapes (drawing: Drawing) =
        let line (x0: float) x1 xref (y0: float) y1 yref =
            Json.Object [
                "type", text "line"
                "xref", text xref
                "yref", text yref
                "x0", number x0
                "x1", number x1
                "y0", number y0
                "y1", number y1
                "line", Json.Object [ "color", text "rgb(128,128,128)"; "width", number 1.3; "dash", text "dash" ]
            ]

        Json.List [
            for suffix, panel, reference in references drawing do
                let x, y = "x" + suffix, "y" + suffix

                match reference with
                | Horizontal(at, _) -> line 0.0 1.0 (x + " domain") at at y
                | Vertical(at, _) -> line at at x 0.0 1.0 (y + " domain")
                | Unity ->
                    let (left, right), (bottom, top) =
                        Panel.extent Side.X [ panel ], Panel.extent Side.Y [ panel ]

                    let low, high = min left bottom, max right top
                    line low high x low high y
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
                        let across = 1.0, "x" + suffix + " domain", "right"
                        let up = place panel.Y at, "y" + suffix, "bottom"
                        words 12 across up [] [ label ]
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
                    let shift = [ "xshift", number 2; "yshift", number (-15.0 * float order) ]
                    words 12 (at, "x" + suffix, "left") (1.0, "y" + suffix + " domain", "top") shift [ label ])
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
                        ((left + right) / 2.0, "paper", "center")
                        (snd (sizes.Up index), "paper", "bottom")
                        []
        ]

        let colourTitles = [
            for title, x, y in FigureColours.titles drawing sizes ->
                words FigureLabels.fontSize (x, "paper", "center") (y, "paper", "middle") [ "textangle", number 90 ] [
                    title
                ]
        ]

        let caption = [
            if not sizes.CaptionLines.IsEmpty then
                let height = FigureSizes.captionLine * float sizes.CaptionLines.Length + 8.0

                words
                    FigureLabels.captionSize
                    (-(sizes.Left - 8.0) / sizes.PlotWidth, "paper", "left")
                    (-(sizes.Bottom - height) / sizes.PlotHeight, "paper", "top")
                    []
                    sizes.CaptionLines
        ]

        Json.List(panelTitles @ colourTitles @ lineLabels drawing @ caption)

    let private title (sizes: FigureSizes) =
        if sizes.TitleLines.IsEmpty then
            []
        else
            [
                "title",
                Json.Object [
                    "text", lines sizes.TitleLines
                    "font", Json.Object [ "size", number FigureLabels.titleSize ]
                    "xref", text "container"
                    "x", number 0
                    "xanchor", text "left"
                    "yref", text "container"
                    "y", number 1
                    "yanchor", text "top"
                    // Plotly lifts a title of several lines by half of what it is higher than one.
                    "pad",
                    Json.Object [
                        "t", number (8.0 + 0.5 * FigureSizes.titleLine * float (sizes.TitleLines.Length - 1))
                        "l", number 8
                    ]
                ]
            ]

    let private legend (names: string list) (drawing: Drawing) (sizes: FigureSizes) =
        let place =
            if sizes.LegendBeside then
                // Right of the colour bar, where there is one.
                let bar =
                    if List.exists Panel.isColoured drawing.Panels then
                        FigureLabels.colourBarRoom drawing.Panels.Head
                    else
                        0.0

                [
                    "x", number (1.0 + (bar + 12.0) / sizes.PlotWidth)
                    "xanchor", text "left"
                    "y", number 1
                    "yanchor", text "top"
                ]
            else
                let above = 8.0 + FigureSizes.titleLine * float sizes.TitleLines.Length

                [
                    "orientation", text "h"
                    "x", number 0
                    "xanchor", text "left"
                    "yref", text "container"
                    "y", number (1.0 - above / sizes.Height)
                    "yanchor", text "top"
                    "maxheight", number 1
                ]

        // Small marks would be hard to tell apart in a legend, but lines keep their width, or dashes would not fit in.
        let marksAlone =
            drawing.Panels
            |> List.collect _.Traces
            |> List.forall (fun trace ->
                match trace with
                | PointTrace points -> points.Stroke = Stroke.Markers
                | HeatmapTrace _
                | BarTrace _ -> true)

        [
            "showlegend", Json.Flag(FigureLabels.legendShown names drawing)
            "legend",
            Json.Object(
                [
                    "bgcolor", text transparent
                    if marksAlone then
                        "itemsizing", text "constant"
                ]
                @ place
            )
        ]

    /// The layout for a kind of paper, with the caption inside or left to the page.
    let ofDrawing (paper: Paper) (captioned: bool) (drawing: Drawing) : Json =
        let names = FigureData.names drawing
        let sizes = FigureSizes.ofDrawing paper captioned names drawing

        Json.Object(
            [
                "height", number sizes.Height
                "margin",
                Json.Object [
                    "l", number sizes.Left
                    "r", number sizes.Right
                    "t", number sizes.Top
                    "b", number sizes.Bottom
                ]
                "font",
                Json.Object [
                    "family", text fonts
                    "size", number FigureLabels.fontSize
                    "color", text ink
                ]
                "paper_bgcolor", text transparent
                "plot_bgcolor", text transparent
                "barmode", text "overlay"
                "bargap", number 0
                "hovermode", text "closest"
                "separators", text ".,"
                "uirevision", text "kept"
                "modebar",
                Json.Object [
                    "bgcolor", text transparent
                    "color", text ink
                    "activecolor", text (Palette.css 1.0 Colour.Blue)
                ]
                "annotations", annotations drawing sizes
                "shapes", shapes drawing
                // A finger that moves over a figure scrolls the page.
                if paper = Paper.Narrow then
                    "dragmode", Json.Flag false
            ]
            @ title sizes
            @ legend names drawing sizes
            @ FigureColours.axes drawing sizes
            @ FigureAxes.ofPanels drawing sizes
        )

    /// Width and height in pixels on a wide page.
    let wideSize (captioned: bool) (drawing: Drawing) : int * int =
        let sizes =
            FigureSizes.ofDrawing Paper.Wide captioned (FigureData.names drawing) drawing

        int sizes.Width, int sizes.Height

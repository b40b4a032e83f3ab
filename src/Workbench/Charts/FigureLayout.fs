namespace Workbench

open System

/// All of a figure but its series, as plotly's "layout".
[<RequireQualifiedAccess>]
module internal FigureLayout =
    // Grey with a contrast of about 4.5 to white and to black; the page's script puts the page's own text colour in its place.
    let private ink = "#767676"
    let private transparent = "rgba(0,0,0,0)"

    let private fonts =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

    let private text (value: string) = Json.Text value
    let private number (value: float) = Json.Number value

    let private lines (wrapped: string list) =
        Json.Text(String.Join("<br>", List.map Escape.plotly wrapped))

    let private size (points: float) = Json.Object [ "size", number points ]

    let private annotations (chart: Chart) (sizes: FigureSizes) =
        let words size x y xanchor yanchor content =
            Json.Object [
                "text", lines content
                "x", number x
                "y", number y
                "xref", text "paper"
                "yref", text "paper"
                "xanchor", text xanchor
                "yanchor", text yanchor
                "align", text xanchor
                "showarrow", Json.Flag false
                "font", Json.Object [ "size", number size ]
            ]

        let panelTitles = [
            for index, panel in List.indexed chart.Panels do
                if panel.Title <> "" then
                    let left, right = sizes.DomainX index

                    FigureLabels.panelTitleLines sizes.PanelWidth panel
                    |> words FigureLabels.fontSize ((left + right) / 2.0) (snd (sizes.DomainY index)) "center" "bottom"
        ]

        let caption = [
            if not sizes.CaptionLines.IsEmpty then
                let height = 15.0 * float sizes.CaptionLines.Length + 8.0
                let y = -(sizes.Bottom - height) / sizes.PlotHeight
                words FigureLabels.captionSize (-(sizes.Left - 8.0) / sizes.PlotWidth) y "left" "top" sizes.CaptionLines
        ]

        Json.List(panelTitles @ caption)

    /// The range that holds both coordinates of all points of a panel, for the line y = x.
    let private commonRange (panel: Panel) =
        let values =
            panel.Traces
            |> Seq.collect (fun trace ->
                match trace with
                | PointTrace points -> Seq.append points.X points.Y
                | BarTrace _
                | HeatmapTrace _ -> Seq.empty)
            |> Seq.filter Double.IsFinite
            |> Array.ofSeq

        if values.Length = 0 then
            0.0, 1.0
        else
            Array.min values, Array.max values

    let private shapes (chart: Chart) =
        let line index x0 x1 y0 y1 xref yref label =
            let s = FigureData.suffix index

            Json.Object [
                "type", text "line"
                "xref", text ("x" + s + xref)
                "yref", text ("y" + s + yref)
                "x0", number x0
                "x1", number x1
                "y0", number y0
                "y1", number y1
                "line", Json.Object [ "color", text "rgb(128,128,128)"; "width", number 1.3; "dash", text "dash" ]
                if label <> "" then
                    "label",
                    Json.Object [
                        "text", text (Escape.plotly label)
                        "textposition", text "end"
                        "textangle", number 0
                        "font", size 12
                    ]
            ]

        Json.List [
            for index, panel in List.indexed chart.Panels do
                for reference in panel.Lines do
                    match reference with
                    | Horizontal(at, label) -> line index 0.0 1.0 at at " domain" "" label
                    | Vertical(at, label) -> line index at at 0.0 1.0 "" " domain" label
                    | Unity ->
                        let low, high = commonRange panel
                        line index low high low high "" "" ""
        ]

    let private legend (names: string list) (chart: Chart) (sizes: FigureSizes) =
        let onRight = chart.Legend = Legend.Right && sizes.Paper = Paper.Wide

        let place =
            if onRight then
                [
                    "x", number (1.0 + 12.0 / sizes.PlotWidth)
                    "xanchor", text "left"
                    "y", number 1
                    "yanchor", text "top"
                ]
            else
                let above = 10.0 + 21.0 * float sizes.TitleLines.Length

                [
                    "orientation", text "h"
                    "x", number 0
                    "xanchor", text "left"
                    "yref", text "container"
                    "y", number (1.0 - above / sizes.Height)
                    "yanchor", text "top"
                ]

        let shown =
            match chart.Legend with
            | Legend.Hidden -> false
            | Legend.Automatic -> names.Length > 1
            | Legend.Above
            | Legend.Right -> names.Length > 0

        [
            "showlegend", Json.Flag shown
            "legend", Json.Object([ "bgcolor", text transparent ] @ place)
        ]

    /// The layout for a kind of paper, with the caption inside or left to the page.
    let ofChart (paper: Paper) (captioned: bool) (chart: Chart) : Json =
        let names = FigureData.names chart
        let sizes = FigureSizes.ofChart paper captioned names chart

        let heading =
            if sizes.TitleLines.IsEmpty then
                []
            else
                [
                    "title",
                    Json.Object [
                        "text", lines sizes.TitleLines
                        "font", size FigureLabels.titleSize
                        "xref", text "container"
                        "x", number 0
                        "xanchor", text "left"
                        "yref", text "container"
                        "y", number 1
                        "yanchor", text "top"
                        "pad", Json.Object [ "t", number 8; "l", number 8 ]
                    ]
                ]

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
                    "activecolor", text "rgb(31,131,198)"
                ]
                "annotations", annotations chart sizes
                "shapes", shapes chart
                // A finger that moves over a figure scrolls the page.
                if paper = Paper.Narrow then
                    "dragmode", Json.Flag false
            ]
            @ heading
            @ legend names chart sizes
            @ FigureAxes.colours chart sizes
            @ FigureAxes.ofPanels chart sizes
        )

    /// Width in pixels on a wide page, and the height there.
    let wideSize (captioned: bool) (chart: Chart) : int * int =
        let sizes = FigureSizes.ofChart Paper.Wide captioned (FigureData.names chart) chart
        int sizes.Width, int sizes.Height

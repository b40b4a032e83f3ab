namespace Workbench

open System

/// The colour scales and colour bars of a figure as parts of plotly's "layout".
[<RequireQualifiedAccess>]
module internal FigureColours =
    let private text (value: string) = Json.Text value
    let private number (value: float) = Json.Number value

    /// The values at the two ends of the colours of these panels.
    let limits (panels: Panel list) : float * float =
        let values =
            panels
            |> Seq.collect Panel.colourValues
            |> Seq.filter Double.IsFinite
            |> Array.ofSeq

        let scale = panels.Head.Colours

        match List.tryPick _.Limits panels with
        | Some limits -> limits
        | None when values.Length = 0 -> 0.0, 1.0
        | None ->
            let low, high = Array.min values, Array.max values
            let reach = max (abs low) (abs high)

            if low = high && reach = 0.0 then
                -0.5, 0.5
            elif
                scale = ColourScale.Diverging
                || scale = ColourScale.Automatic && low < 0.0 && high > 0.0
            then
                -reach, reach
            elif low = high then
                low - 0.5 * reach, high + 0.5 * reach
            else
                low, high

    /// Left, right, bottom and top of what a colour bar belongs to: its panel or, when it is shared, all of the plot.
    let private place (drawing: Drawing) (sizes: FigureSizes) (index: int) =
        if FigureLabels.shares drawing Share.Colours then
            (0.0, 1.0), (0.0, 1.0)
        else
            sizes.Across index, sizes.Up index

    let private colourBar (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) =
        let (left, right), (bottom, top) = place drawing sizes index

        let place =
            match sizes.Paper with
            | Paper.Wide -> [
                "x", number (right + 8.0 / sizes.PlotWidth)
                "xanchor", text "left"
                "y", number ((bottom + top) / 2.0)
                "len", number (min (top - bottom) (480.0 / sizes.PlotHeight))
              ]
            | Paper.Narrow -> [
                "orientation", text "h"
                "x", number ((left + right) / 2.0)
                "len", number (right - left)
                "y", number (bottom - (sizes.BelowPanel + 2.0) / sizes.PlotHeight)
                "yanchor", text "top"
                // On wide paper the title stands beside the bar as an annotation: plotly would squeeze it between the
                // numbers.
                if panel.ColourTitle <> "" then
                    "title", Json.Object [ "text", text (Escape.plotly panel.ColourTitle); "side", text "bottom" ]
              ]

        Json.Object(
            [
                "thickness", number 12
                "outlinewidth", number 0
                "xpad", number 0
                "ypad", number 0
                "separatethousands", Json.Flag true
                "exponentformat", text "power"
                "nticks", number (if sizes.Paper = Paper.Wide then 7 else 5)
            ]
            @ place
        )

    /// Each coloured panel with its place in the grid: the first alone where one bar serves all.
    let private barred (drawing: Drawing) =
        let coloured =
            drawing.Panels
            |> List.indexed
            |> List.filter (fun (_, panel) -> Panel.isColoured panel)

        if FigureLabels.shares drawing Share.Colours then
            List.truncate 1 coloured
        else
            coloured

    /// The colour axes with their bars.
    let axes (drawing: Drawing) (sizes: FigureSizes) : (string * Json) list = [
        for index, panel in barred drawing do
            let low, high =
                if FigureLabels.shares drawing Share.Colours then
                    limits (panel :: drawing.Panels)
                else
                    limits [ panel ]

            FigureData.colourAxis drawing index,
            Json.Object [
                "cmin", number low
                "cmax", number high
                "colorscale",
                Json.List [
                    for at, colour in Palette.stops low high panel.Colours -> Json.List [ number at; text colour ]
                ]
                "colorbar", colourBar drawing sizes index panel
            ]
    ]

    /// The titles beside upright colour bars, as words at places of the plot.
    let titles (drawing: Drawing) (sizes: FigureSizes) : (string * float * float) list = [
        if sizes.Paper = Paper.Wide then
            for index, panel in barred drawing do
                if panel.ColourTitle <> "" then
                    let (_, right), (bottom, top) = place drawing sizes index
                    panel.ColourTitle, right + FigureLabels.colourTitleOffset / sizes.PlotWidth, (bottom + top) / 2.0
    ]

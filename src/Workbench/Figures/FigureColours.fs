namespace Workbench

open System
open Plotly.NET
open Plotly.NET.LayoutObjects

/// The colour scales and colour bars of a figure.
[<RequireQualifiedAccess>]
module internal FigureColours =
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

    let axis (drawing: Drawing) (index: int) : StyleParam.SubPlotId =
        StyleParam.SubPlotId.ColorAxis(
            if FigureLabels.shares drawing Share.Colours then
                1
            else
                index + 1
        )

    /// A colour bar beside or below its panel.
    let bar (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) : ColorBar =
        let (left, right), (bottom, top) = place drawing sizes index

        let bar =
            ColorBar.init (
                Thickness = 12.0,
                OutlineWidth = 0.0,
                XPad = 0.0,
                YPad = 0.0,
                SeparateThousands = true,
                ExponentFormat = StyleParam.ExponentFormat.Power,
                NTicks = (if sizes.Paper = Paper.Wide then 7 else 5)
            )

        match sizes.Paper with
        | Paper.Wide ->
            bar
            |> ColorBar.style (
                X = right + 8.0 / sizes.PlotWidth,
                XAnchor = StyleParam.HorizontalAlign.Left,
                Y = (bottom + top) / 2.0,
                Len = min (top - bottom) (480.0 / sizes.PlotHeight)
            )
        | Paper.Narrow ->
            // On wide paper the title stands beside the bar as an annotation: plotly would squeeze it between the
            // numbers.
            let title =
                if panel.ColourTitle = "" then
                    None
                else
                    Some(Title.init (Escape.plotly panel.ColourTitle, Side = StyleParam.Side.Bottom))

            bar
            |> ColorBar.style (
                Orientation = StyleParam.Orientation.Horizontal,
                X = (left + right) / 2.0,
                Len = right - left,
                Y = bottom - (sizes.BelowPanel + 2.0) / sizes.PlotHeight,
                YAnchor = StyleParam.VerticalAlign.Top,
                ?Title = title
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

    /// Adds the colour axes with their bars.
    let addTo (drawing: Drawing) (sizes: FigureSizes) (layout: Layout) : Layout =
        (layout, barred drawing)
        ||> List.fold (fun layout (index, panel) ->
            let low, high =
                if FigureLabels.shares drawing Share.Colours then
                    limits (panel :: drawing.Panels)
                else
                    limits [ panel ]

            let scale =
                ColorAxis.init (
                    CMin = low,
                    CMax = high,
                    ColorScale = Palette.scale low high panel.Colours,
                    ColorBar = bar drawing sizes index panel
                )

            layout |> Layout.setColorAxis (axis drawing index, scale))

    /// The titles beside upright colour bars, as words at places of the plot.
    let titles (drawing: Drawing) (sizes: FigureSizes) : (string * float * float) list = [
        if sizes.Paper = Paper.Wide then
            for index, panel in barred drawing do
                if panel.ColourTitle <> "" then
                    let (_, right), (bottom, top) = place drawing sizes index
                    panel.ColourTitle, right + FigureLabels.colourTitleOffset / sizes.PlotWidth, (bottom + top) / 2.0
    ]

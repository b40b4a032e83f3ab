namespace Workbench

open System

/// The axes and colour bars of a figure as parts of plotly's "layout".
[<RequireQualifiedAccess>]
module internal FigureAxes =
    let private grid = "rgba(128,128,128,0.22)"
    let private text (value: string) = Json.Text value
    let private number (value: float) = Json.Number value
    let private size (points: float) = Json.Object [ "size", number points ]

    let private title (shown: bool) (axis: AxisStyle) =
        match axis.Title with
        | Some title when shown && title <> "" -> [
            "title", Json.Object [ "text", text (Escape.plotly title); "standoff", number 8 ]
          ]
        | _ -> []

    let private range (axis: AxisStyle) =
        match axis.Range with
        | Some(low, high) ->
            let low, high =
                if axis.Logarithmic then
                    log10 low, log10 high
                else
                    low, high

            [
                "range",
                (if axis.Reversed then
                     Json.pair high low
                 else
                     Json.pair low high)
            ]
        | None -> [ "autorange", (if axis.Reversed then text "reversed" else Json.Flag true) ]

    /// Which of so many words at so many pixels each are written: all in a size that fits, or some of them.
    let private words (isCategory: bool) (names: string[]) (pixels: float) (axis: AxisStyle) =
        let room = pixels / float (max 1 names.Length)

        if isCategory && room >= 8.0 then
            [
                "type", text "category"
                "dtick", number 1
                "tickfont", size (min FigureLabels.fontSize room)
            ]
        elif isCategory then
            [ "type", text "category"; "nticks", number (floor (pixels / 14.0)) ]
        else
            let step = max 1 (int (ceil (10.0 / room)))
            let places = [ 0..step .. axis.Names.Length - 1 ]

            [
                "tickmode", text "array"
                "tickvals", Json.List [ for place in places -> number place ]
                "ticktext", Json.texts [ for place in places -> Escape.plotly (Escape.shortened 32 axis.Names[place]) ]
                "tickfont", size (min FigureLabels.fontSize (max 9.0 room))
            ]

    let private numbers (axis: AxisStyle) (pixels: float) =
        if axis.Logarithmic then
            [ "type", text "log"; "dtick", number 1 ]
        else
            [ "nticks", number (max 3.0 (floor (pixels / 60.0))) ]

    let private flatAxis (chart: Chart) (sizes: FigureSizes) (index: int) (panel: Panel) (isX: bool) =
        let axis, letter, other = if isX then panel.X, "x", "y" else panel.Y, "y", "x"

        let names =
            if isX then
                FigureLabels.columnNames panel
            else
                FigureLabels.rowNames panel

        let pixels = if isX then sizes.PanelWidth else sizes.PanelHeight

        let showTicks, showTitle =
            (if isX then FigureLabels.showsX else FigureLabels.showsY) chart sizes.Columns index

        let low, high = if isX then sizes.DomainX index else sizes.DomainY index
        let isCategory = names.Length > 0 && axis.Names.Length = 0
        let shared = chart.Shared.Contains(if isX then Share.X else Share.Y)

        letter + "axis" + FigureData.suffix index,
        Json.Object(
            [
                "domain", Json.pair low high
                "anchor", text (other + FigureData.suffix index)
                "showticklabels", Json.Flag showTicks
                "showgrid", Json.Flag(not (Panel.isHeatmap panel))
                "gridcolor", text grid
                "zeroline", Json.Flag false
                "automargin", Json.Flag true
                "separatethousands", Json.Flag true
                "exponentformat", text "power"
                if isX then
                    "tickangle", number (FigureLabels.tickAngle sizes.PanelWidth panel)
                if shared && index > 0 then
                    "matches", text letter
            ]
            @ title showTitle axis
            @ range axis
            @ (if names.Length > 0 then
                   words isCategory names pixels axis
               else
                   numbers axis pixels)
        )

    let private scene (sizes: FigureSizes) (index: int) (panel: Panel) =
        let spatialAxis (axis: AxisStyle) =
            Json.Object(
                [
                    "gridcolor", text grid
                    "zerolinecolor", text "rgba(128,128,128,0.5)"
                    "showbackground", Json.Flag false
                    "showspikes", Json.Flag false
                    "nticks", number 5
                    "tickfont", size 10
                    "title", Json.Object [ "text", text (axis.Title |> Option.defaultValue "" |> Escape.plotly) ]
                ]
                @ range axis
            )

        let left, right = sizes.DomainX index
        let bottom, top = sizes.DomainY index

        "scene" + FigureData.suffix index,
        Json.Object [
            "domain", Json.Object [ "x", Json.pair left right; "y", Json.pair bottom top ]
            "bgcolor", text "rgba(0,0,0,0)"
            "xaxis", spatialAxis panel.X
            "yaxis", spatialAxis panel.Y
            "zaxis", spatialAxis panel.Z
        ]

    /// Where the colours of these panels begin and end.
    let private limits (panels: Panel list) =
        let values =
            panels
            |> Seq.collect Panel.colourValues
            |> Seq.filter Double.IsFinite
            |> Seq.cache

        match List.tryPick _.Limits panels, panels.Head.Colours with
        | Some limits, _ -> limits
        | None, _ when Seq.isEmpty values -> 0.0, 1.0
        | None, scale ->
            let low, high = Seq.min values, Seq.max values

            match scale with
            | ColourScale.Diverging
            | ColourScale.Automatic when scale = ColourScale.Diverging || low < 0.0 && high > 0.0 ->
                let reach = max (abs low) (abs high)
                -reach, reach
            | _ when low = high -> low - 0.5, high + 0.5
            | _ -> low, high

    let private colourBar (sizes: FigureSizes) (spansAll: bool) (index: int) (panel: Panel) =
        let (left, right), (bottom, top) =
            if spansAll then
                (0.0, 1.0), (0.0, 1.0)
            else
                sizes.DomainX index, sizes.DomainY index

        let title side =
            if panel.ColourTitle = "" then
                []
            else
                [
                    "title", Json.Object [ "text", text (Escape.plotly panel.ColourTitle); "side", text side ]
                ]

        let place =
            match sizes.Paper with
            | Paper.Wide -> [
                "x", number (right + 8.0 / sizes.PlotWidth)
                "xanchor", text "left"
                "xpad", number 0
                "y", number ((bottom + top) / 2.0)
                "len", number ((top - bottom) * (if spansAll then min 1.0 (420.0 / sizes.PlotHeight) else 1.0))
              ]
            | Paper.Narrow -> [
                "orientation", text "h"
                "x", number ((left + right) / 2.0)
                "len", number (right - left)
                "y", number (bottom - (sizes.BelowPanel + 2.0) / sizes.PlotHeight)
                "yanchor", text "top"
                "ypad", number 0
              ]

        let side = if sizes.Paper = Paper.Wide then "right" else "bottom"

        Json.Object(
            [
                "thickness", number 12
                "outlinewidth", number 0
                "separatethousands", Json.Flag true
                "exponentformat", text "power"
                "nticks", number 7
            ]
            @ place
            @ title side
        )

    let colours (chart: Chart) (sizes: FigureSizes) =
        let axis name spansAll (index, panel: Panel) panels =
            let low, high = limits panels

            name,
            Json.Object [
                "cmin", number low
                "cmax", number high
                "colorscale",
                Json.List [
                    for at, colour in Palette.stops low high panel.Colours -> Json.List [ number at; text colour ]
                ]
                "colorbar", colourBar sizes spansAll index panel
            ]

        match
            chart.Panels
            |> List.indexed
            |> List.filter (fun (_, panel) -> Panel.isColoured panel)
        with
        | [] -> []
        | first :: _ as coloured when chart.Shared.Contains Share.Colours -> [
            axis "coloraxis" true first (List.map snd coloured)
          ]
        | coloured -> [
            for index, panel in coloured -> axis (FigureData.colourAxis chart index) false (index, panel) [ panel ]
          ]

    /// The axes of all panels.
    let ofPanels (chart: Chart) (sizes: FigureSizes) : (string * Json) list =
        chart.Panels
        |> List.indexed
        |> List.collect (fun (index, panel) ->
            if Panel.isSpatial panel then
                [ scene sizes index panel ]
            else
                [
                    flatAxis chart sizes index panel true
                    flatAxis chart sizes index panel false
                ])

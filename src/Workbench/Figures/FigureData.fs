namespace Workbench

open System

/// The series of a figure as plotly's "data".
[<RequireQualifiedAccess>]
module internal FigureData =
    // From here on WebGL draws: SVG takes over a second beyond some ten thousand marks, but a page has only about ten
    // WebGL contexts.
    let private webGlFrom = 10_000

    /// The end of plotly's names of the n-th axes: "", "2", "3", …
    let suffix (index: int) : string =
        if index = 0 then "" else string (index + 1)

    let colourAxis (drawing: Drawing) (index: int) : string =
        if drawing.Shared.Contains Share.Colours then
            "coloraxis"
        else
            "coloraxis" + suffix index

    /// Labels of a category axis: escaped, short, and made different by spaces of no width where two are alike.
    let categories (names: string[]) : Json =
        let seen = Collections.Generic.Dictionary<string, int>()

        let unlike (name: string) =
            let text = Escape.plotly (FigureLabels.tick name)
            let before = if seen.ContainsKey text then seen[text] else 0
            seen[text] <- before + 1
            text + String('\u200B', before)

        Json.texts (Array.map unlike names)

    let private places (axis: string) (places: Places) =
        match places with
        | Spaced(start, step) -> [ axis + "0", Json.Number start; "d" + axis, Json.Number step ]
        | Named names -> [ axis, categories names ]

    let private named (fallback: string) (axis: AxisStyle) =
        match axis.Title with
        | Some title when title <> "" -> Escape.template title
        | _ -> fallback

    let private heatmap (drawing: Drawing) (index: int) (panel: Panel) (map: HeatmapTrace) =
        let value =
            if panel.ColourTitle = "" then
                "value"
            else
                Escape.template panel.ColourTitle

        let row, column = named "row" panel.Y, named "column" panel.X

        [
            "type", Json.Text "heatmap"
            "z", Json.Singles($"{map.RowCount}, {map.ColumnCount}", map.Values)
        ]
        @ places "x" map.ColumnPlaces
        @ places "y" map.RowPlaces
        @ [
            "coloraxis", Json.Text(colourAxis drawing index)
            "hovertemplate",
            Json.Text $"{row} %%{{y}}<br>{column} %%{{x}}<br>{value} <b>%%{{z:.4~g}}</b><extra></extra>"
            "hoverongaps", Json.Flag false
        ]

    let private bars (opacity: float) (colour: Colour) (bars: BarTrace) = [
        "type", Json.Text "bar"
        "x", Json.Doubles bars.Centres
        "y", Json.Doubles bars.Heights
        "width", Json.Number bars.Width
        "marker",
        Json.Object [
            "color", Json.Text(Palette.css opacity colour)
            "line", Json.Object [ "width", Json.Number 0 ]
        ]
        "hovertext", Json.texts (Array.map Escape.plotly bars.Hover)
        "hovertemplate", Json.Text "%{hovertext}<extra></extra>"
    ]

    let private symbol (marker: Marker) =
        match marker with
        | Marker.Circle -> "circle"
        | Marker.Square -> "square"
        | Marker.Diamond -> "diamond"
        | Marker.Cross -> "cross"

    let private dash (dash: Dash) =
        match dash with
        | Dash.Solid -> "solid"
        | Dash.Dashed -> "dash"
        | Dash.Dotted -> "dot"

    let private pointHover (panel: Panel) (points: PointTrace) =
        let coordinate fallback letter (axis: AxisStyle) =
            let format = if axis.Names.Length > 0 then "" else ":,.6~g"
            $"{named fallback axis} %%{{{letter}{format}}}"

        let lines =
            (if points.Labels.Length > 0 then
                 [ "<b>%{text}</b>" ]
             else
                 [])
            @ [ coordinate "x" "x" panel.X; coordinate "y" "y" panel.Y ]
            @ (if points.Z.Length > 0 then
                   [ coordinate "z" "z" panel.Z ]
               else
                   [])
            @ (if points.ColourValues.Length > 0 then
                   [
                       (if panel.ColourTitle = "" then
                            "value"
                        else
                            Escape.template panel.ColourTitle)
                       + " %{marker.color:.4~g}"
                   ]
               else
                   [])

        $"""{String.Join("<br>", lines)}<extra>{Escape.template points.Name}</extra>"""

    let private points (drawing: Drawing) (index: int) (panel: Panel) (colour: Colour) (points: PointTrace) =
        let spatial = points.Z.Length > 0
        let webGl = not spatial && not points.Filled && points.X.Length >= webGlFrom

        let kind =
            if spatial then "scatter3d"
            elif webGl then "scattergl"
            else "scatter"

        let coordinates (values: float[]) =
            // WebGL works in float32 in any case.
            if webGl then
                Json.Singles("", Array.map float32 values)
            else
                Json.Doubles values

        let mode = [
            if points.Stroke <> Stroke.Markers then
                "lines"
            if points.Stroke <> Stroke.Lines then
                "markers"
            if points.LabelsDrawn then
                "text"
        ]

        let solid = Palette.css 1.0 colour

        let markerColour =
            if points.ColourValues.Length > 0 then
                [
                    "color", Json.Doubles points.ColourValues
                    "coloraxis", Json.Text(colourAxis drawing index)
                ]
            else
                [ "color", Json.Text solid ]

        [
            "type", Json.Text kind
            "mode", Json.Text(String.Join("+", mode))
            "x", coordinates points.X
            "y", coordinates points.Y
            if points.Stroke <> Stroke.Markers then
                "opacity", Json.Number points.Opacity
            "line",
            Json.Object [
                "color", Json.Text solid
                "width", Json.Number points.LineWidth
                "dash", Json.Text(dash points.Dash)
                // Plotly would leave out points within a pixel of a line, which bends steps and rounds no peak.
                if not spatial then
                    "simplify", Json.Flag false
            ]
            "marker",
            Json.Object(
                [
                    "size", Json.Number points.MarkerSize
                    "symbol", Json.Text(symbol points.Marker)
                    // Of the marks themselves, so that many over each other are darker.
                    if points.Stroke = Stroke.Markers then
                        "opacity", Json.Number points.Opacity
                ]
                @ markerColour
            )
            "hovertemplate", Json.Text(pointHover panel points)
            if spatial then
                "z", coordinates points.Z
            if points.Labels.Length > 0 then
                "text",
                Json.texts (
                    Array.map (Escape.label >> (if spatial then Escape.spatial else Escape.plotly)) points.Labels
                )

                "textposition", Json.Text "top center"
                "textfont", Json.Object [ "size", Json.Number 11 ]

                if not spatial then
                    "cliponaxis", Json.Flag false
            if points.Filled then
                "fill", Json.Text "toself"
                "fillcolor", Json.Text(Palette.css 0.25 colour)
        ]

    /// The names that a legend lists, each once.
    let names (drawing: Drawing) : string list =
        drawing.Panels
        |> List.collect _.Traces
        |> List.map Panel.name
        |> List.filter (fun name -> name <> "")
        |> List.distinct

    /// The colour of each series of a panel: automatic ones in the order of the palette, then again with broken lines.
    let private coloured (panel: Panel) =
        let own trace =
            match trace with
            | BarTrace bars -> bars.Colour
            | PointTrace points -> points.Colour
            | HeatmapTrace _ -> Colour.Grey

        let given (next: int) trace =
            match own trace, trace with
            | Colour.Automatic, PointTrace points when next >= Palette.order.Length && points.Dash = Dash.Solid ->
                let broken =
                    if next / Palette.order.Length % 2 = 1 then
                        Dash.Dashed
                    else
                        Dash.Dotted

                (PointTrace { points with Dash = broken }, Palette.order[next % Palette.order.Length]), next + 1
            | Colour.Automatic, _ -> (trace, Palette.order[next % Palette.order.Length]), next + 1
            | colour, _ -> (trace, colour), next

        panel.Traces |> List.mapFold given 0 |> fst

    let private ofPanel (drawing: Drawing) (index: int) (panel: Panel) =
        let anchors =
            if Panel.isSpatial panel then
                [ "scene", Json.Text("scene" + suffix index) ]
            else
                [
                    "xaxis", Json.Text("x" + suffix index)
                    "yaxis", Json.Text("y" + suffix index)
                ]

        let severalBars = (panel.Traces |> List.filter _.IsBarTrace).Length > 1

        let ofTrace (trace, colour) =
            let body =
                match trace with
                | HeatmapTrace map -> heatmap drawing index panel map
                | BarTrace trace -> bars (if severalBars then 0.6 else 1.0) colour trace
                | PointTrace trace -> points drawing index panel colour trace

            Panel.name trace, body @ anchors

        coloured panel |> List.map ofTrace

    /// All series in the order of the panels. A name that several share stands in the legend once, and switches them
    /// together.
    let ofDrawing (drawing: Drawing) : Json =
        let series = drawing.Panels |> List.mapi (ofPanel drawing) |> List.concat
        let counts = series |> List.countBy fst |> Map.ofList

        let listed (seen: Set<string>) (name: string, body) =
            let legend = [
                if name <> "" then
                    "name", Json.Text(Escape.plotly name)
                if name <> "" && counts[name] > 1 then
                    "legendgroup", Json.Text(Escape.plotly name)
                "showlegend", Json.Flag(name <> "" && not (seen.Contains name))
            ]

            Json.Object(body @ legend), seen.Add name

        series |> List.mapFold listed Set.empty |> fst |> Json.List

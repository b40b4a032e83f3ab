namespace Workbench

open System
open DynamicObj
open Plotly.NET
open Plotly.NET.TraceObjects

/// The series of a figure as traces of Plotly.NET.
[<RequireQualifiedAccess>]
module internal FigureData =
    // From here on WebGL draws: SVG takes over a second beyond some ten thousand marks, but a page has only about ten
    // WebGL contexts.
    let private webGlFrom = 10_000

    /// Labels of a category axis: escaped, short, and made different by spaces of no width where two are alike.
    let private categories (names: string[]) : string[] =
        let seen = Collections.Generic.Dictionary<string, int>()

        let unlike (name: string) =
            let text = Escape.plotly (FigureLabels.tick name)
            let before = if seen.ContainsKey text then seen[text] else 0
            seen[text] <- before + 1
            text + String('\u200B', before)

        Array.map unlike names

    let private named (fallback: string) (axis: AxisStyle) =
        match axis.Title with
        | Some title when title <> "" -> Escape.template title
        | _ -> fallback

    let private heatmap (drawing: Drawing) (index: int) (panel: Panel) (map: HeatmapTrace) : Trace =
        let value =
            if panel.ColourTitle = "" then
                "value"
            else
                Escape.template panel.ColourTitle

        let row, column = named "row" panel.Y, named "column" panel.X

        let places places =
            match places with
            | Spaced(start, step) -> None, Some start, Some step
            | Named names -> Some(Seq.ofArray (categories names)), None, None

        let x, x0, dx = places map.ColumnPlaces
        let y, y0, dy = places map.RowPlaces

        Trace2D.initHeatmap (
            Trace2DStyle.Heatmap(
                ZEncoded = EncodedTypedArray.ofFloat32Array (map.Values, shape = [ map.RowCount; map.ColumnCount ]),
                ?X = x,
                ?X0 = x0,
                ?DX = dx,
                ?Y = y,
                ?Y0 = y0,
                ?DY = dy,
                ColorAxis = FigureColours.axis drawing index,
                HoverTemplate = $"{row} %%{{y}}<br>{column} %%{{x}}<br>{value} <b>%%{{z:.4~g}}</b><extra></extra>",
                HoverOnGaps = false
            )
        )

    let private bars (opacity: float) (colour: Colour) (bars: BarTrace) : Trace =
        Trace2D.initBar (
            Trace2DStyle.Bar(
                XEncoded = EncodedTypedArray.ofFloat64Array bars.Centres,
                YEncoded = EncodedTypedArray.ofFloat64Array bars.Heights,
                Width = bars.Width,
                Marker = Marker.init (Color = Palette.shade opacity colour, Outline = Line.init (Width = 0.0)),
                MultiHoverText = Array.map Escape.plotly bars.Hover,
                HoverTemplate = "%{hovertext}<extra></extra>"
            )
        )

    let private symbol (marker: Workbench.Marker) =
        match marker with
        | Marker.Circle -> StyleParam.MarkerSymbol.Circle, StyleParam.MarkerSymbol3D.Circle
        | Marker.Square -> StyleParam.MarkerSymbol.Square, StyleParam.MarkerSymbol3D.Square
        | Marker.Diamond -> StyleParam.MarkerSymbol.Diamond, StyleParam.MarkerSymbol3D.Diamond
        | Marker.Cross -> StyleParam.MarkerSymbol.Cross, StyleParam.MarkerSymbol3D.Cross

    let private dash (dash: Dash) =
        match dash with
        | Dash.Solid -> StyleParam.DrawingStyle.Solid
        | Dash.Dashed -> StyleParam.DrawingStyle.Dash
        | Dash.Dotted -> StyleParam.DrawingStyle.Dot

    let private mode (points: PointTrace) =
        match points.Stroke, points.LabelsDrawn with
        | Stroke.Lines, false -> StyleParam.Mode.Lines
        | Stroke.Lines, true -> StyleParam.Mode.Lines_Text
        | Stroke.Markers, false -> StyleParam.Mode.Markers
        | Stroke.Markers, true -> StyleParam.Mode.Markers_Text
        | Stroke.LinesAndMarkers, false -> StyleParam.Mode.Lines_Markers
        | Stroke.LinesAndMarkers, true -> StyleParam.Mode.Lines_Markers_Text

    let private pointHover (panel: Panel) (points: PointTrace) =
        let coordinate fallback letter (axis: AxisStyle) =
            let format = if axis.Names.Length > 0 then "" else ":,.6~g"
            $"{named fallback axis} %%{{{letter}{format}}}"

        let lines = [
            if points.Labels.Length > 0 then
                "<b>%{text}</b>"
            coordinate "x" "x" panel.X
            coordinate "y" "y" panel.Y
            if points.Z.Length > 0 then
                coordinate "z" "z" panel.Z
            if points.ColourValues.Length > 0 then
                (if panel.ColourTitle = "" then
                     "value"
                 else
                     Escape.template panel.ColourTitle)
                + " %{marker.color:.4~g}"
        ]

        $"""{String.Join("<br>", lines)}<extra>{Escape.template points.Name}</extra>"""

    let private marker (drawing: Drawing) (index: int) (spatial: bool) (colour: Colour) (points: PointTrace) =
        let flat, inSpace = symbol points.Marker
        let byValue = points.ColourValues.Length > 0

        Marker.init (
            // A circle is what plotly draws unless told. Theirs tells it by its number, and WebGL draws that coarser.
            ?Symbol =
                (if spatial || points.Marker.IsCircle then
                     None
                 else
                     Some flat),
            ?Symbol3D = (if spatial then Some inSpace else None),
            // Of the marks themselves, so that many over each other are darker.
            ?Opacity =
                (if points.Stroke = Stroke.Markers then
                     Some points.Opacity
                 else
                     None),
            ?Color = (if byValue then None else Some(Palette.shade 1.0 colour)),
            ?ColorAxis =
                (if byValue then
                     Some(FigureColours.axis drawing index)
                 else
                     None)
        )
        // Their size counts whole pixels only, and their colours by value are text.
        |> DynObj.withProperty "size" points.MarkerSize
        |> DynObj.withOptionalProperty
            "color"
            (if byValue then
                 Some(EncodedTypedArray.ofFloat64Array points.ColourValues)
             else
                 None)

    let private points (drawing: Drawing) (index: int) (panel: Panel) (colour: Colour) (points: PointTrace) : Trace =
        let spatial = points.Z.Length > 0
        let labelled = points.Labels.Length > 0
        let webGl = not spatial && not points.Filled && points.X.Length >= webGlFrom

        let coordinates (values: float[]) =
            // WebGL works in float32 in any case.
            if webGl then
                EncodedTypedArray.ofFloat32Array (Array.map float32 values)
            else
                EncodedTypedArray.ofFloat64Array values

        let opacity =
            if points.Stroke = Stroke.Markers then
                None
            else
                Some points.Opacity

        // Plotly would leave out points within a pixel of a line, which bends steps and rounds no peak.
        let simplify = if spatial then None else Some false

        let line =
            Line.init (
                Color = Palette.shade 1.0 colour,
                Width = points.LineWidth,
                Dash = dash points.Dash,
                ?Simplify = simplify
            )

        let marker = marker drawing index spatial colour points

        let texts =
            if labelled then
                let escape = if spatial then Escape.spatial else Escape.plotly
                Some(Seq.map (Escape.label >> escape) points.Labels)
            else
                None

        let textPosition, textFont =
            if labelled then
                Some StyleParam.TextPosition.TopCenter, Some(Font.init (Size = 11.0))
            else
                None, None

        if spatial then
            Trace3D.initScatter3D (
                Trace3DStyle.Scatter3D(
                    Mode = mode points,
                    XEncoded = coordinates points.X,
                    YEncoded = coordinates points.Y,
                    ZEncoded = coordinates points.Z,
                    ?Opacity = opacity,
                    Line = line,
                    Marker = marker,
                    HoverTemplate = pointHover panel points,
                    ?MultiText = texts,
                    ?TextPosition = textPosition,
                    ?TextFont = textFont
                )
            )
        else
            let style =
                Trace2DStyle.Scatter(
                    Mode = mode points,
                    XEncoded = coordinates points.X,
                    YEncoded = coordinates points.Y,
                    ?Opacity = opacity,
                    Line = line,
                    Marker = marker,
                    HoverTemplate = pointHover panel points,
                    ?MultiText = texts,
                    ?TextPosition = textPosition,
                    ?TextFont = textFont,
                    ?ClipOnAxis = (if labelled then Some false else None),
                    ?Fill = (if points.Filled then Some StyleParam.Fill.ToSelf else None),
                    ?FillColor =
                        (if points.Filled then
                             Some(Palette.shade 0.25 colour)
                         else
                             None)
                )

            if webGl then
                Trace2D.initScatterGL style
            else
                Trace2D.initScatter style

    /// The colour of each series of a panel: automatic ones in the order of the palette, then again with broken lines.
    let private coloured (panel: Panel) =
        let own trace =
            match trace with
            | BarTrace bars -> bars.Colour
            | PointTrace points -> points.Colour
            | HeatmapTrace _
            | ForeignTrace _ -> Colour.Grey

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

    let private ofTrace drawing sizes index panel (trace, colour) : Trace =
        match trace with
        | HeatmapTrace map -> heatmap drawing index panel map
        | BarTrace trace ->
            let several = (panel.Traces |> List.filter _.IsBarTrace).Length > 1
            bars (if several then 0.6 else 1.0) colour trace
        | PointTrace trace -> points drawing index panel colour trace
        | ForeignTrace foreign when Foreign.hasColourBar foreign && drawing.Panels.Length > 1 ->
            let copy = Foreign.copyOf foreign
            let bar = FigureColours.bar drawing sizes index panel
            copy |> Trace.setColorBar bar
        | ForeignTrace foreign -> Foreign.copyOf foreign

    /// Names a series for the legend. A name that several share stands there once, and switches them together.
    let private listed (names: Map<string, int>) (seen: Set<string>) (trace: Trace, name: string) =
        let shared = name <> "" && names[name] > 1

        trace
        |> TraceStyle.TraceInfo(
            ?Name = (if name = "" then None else Some(Escape.plotly name)),
            ?LegendGroup = (if shared then Some(Escape.plotly name) else None),
            ShowLegend = (name <> "" && not (seen.Contains name))
        ),
        seen.Add name

    /// All series in the order of the panels, and the layouts that charts of Plotly.NET and functions of theirs bring
    /// into a panel.
    let ofDrawing (drawing: Drawing) (sizes: FigureSizes) : Trace list * Layout list =
        let names =
            drawing.Panels
            |> List.collect _.Traces
            |> List.collect Panel.namesOf
            |> List.countBy id
            |> Map.ofList

        let ofPanel (seen: Set<string>) (index: int, panel: Panel) =
            let own (seen: Set<string>) (trace, colour) =
                let drawn = ofTrace drawing sizes index panel (trace, colour)

                match trace with
                | ForeignTrace _ -> drawn, seen
                | own -> listed names seen (drawn, List.exactlyOne (Panel.namesOf own))

            let traces, seen = List.mapFold own seen (coloured panel)
            let given = panel.Layout |> Option.map Foreign.copyOf

            let styled =
                GenericChart.ofTraceObjects false traces
                |> GenericChart.setLayout (Option.defaultWith Layout given)
                |> PlotlyStyle.applyAll panel.Styles

            let traces, layout = GenericChart.getTraces styled, GenericChart.getLayout styled

            let placed =
                match Panel.kind panel with
                | TraceID.Multi -> traces
                | _ -> List.map (FigurePlaces.place sizes index) traces

            let alone = drawing.Panels.Length = 1
            (placed, (if alone then layout else FigurePlaces.moved index layout)), seen

        let panels = List.mapFold ofPanel Set.empty (List.indexed drawing.Panels) |> fst

        List.collect fst panels, List.map snd panels

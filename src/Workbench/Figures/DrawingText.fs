namespace Workbench

open System
open type System.FormattableString

/// A drawing in one line, as fsi shows a chart: what is drawn, its words, and all that is not as usual.
[<RequireQualifiedAccess>]
module internal DrawingText =
    let private list (separator: string) (parts: string list) = String.Join(separator, parts)

    let private quoted (text: string) =
        if text = "" then "" else $" “{Escape.visible text}”"

    let private colour (colour: Colour) =
        match colour with
        | Colour.Automatic -> []
        | Colour.Rgb(red, green, blue) -> [ $"rgb({red}, {green}, {blue})" ]
        | named -> [ (string named).ToLowerInvariant() ]

    let private points (points: PointTrace) =
        let n = points.X.Length

        let kind =
            match points.Stroke with
            | _ when points.Filled -> $"""band over {Counted.things "point" (n / 2)}"""
            | Stroke.Markers -> Counted.things "point" n
            | Stroke.Lines -> $"""line of {Counted.things "point" n}"""
            | Stroke.LinesAndMarkers -> $"""line of {Counted.things "marked point" n}"""

        (if points.Z.Length > 0 then kind + " in 3-D" else kind),
        points.Name,
        [
            yield! colour points.Colour
            if points.ColourValues.Length > 0 then
                "coloured by value"
            if points.Marker <> Marker.Circle then
                (string points.Marker).ToLowerInvariant()
            if points.Dash <> Dash.Solid then
                (string points.Dash).ToLowerInvariant()
            if points.Opacity < 1.0 then
                Invariant $"opacity {points.Opacity}"
            if points.Labels.Length > 0 then
                if points.LabelsDrawn then
                    "labelled"
                else
                    "labelled on hover"
        ]

    let private trace (trace: Trace) =
        let kind, name, notes =
            match trace with
            | HeatmapTrace map -> $"heat-map of {map.RowCount} × {map.ColumnCount}", "", []
            | BarTrace bars -> Counted.things "bar" bars.Heights.Length, bars.Name, colour bars.Colour
            | PointTrace series -> points series
            | ForeignTrace foreign ->
                let values =
                    match Foreign.count foreign with
                    | Some n -> $""" of {Counted.things "value" n}"""
                    | None -> ""

                $"Plotly.NET {Foreign.typeOf foreign}{values}", Foreign.text "name" foreign, []

        let notes = if notes.IsEmpty then "" else $""" ({list ", " notes})"""
        kind + quoted name + notes

    let private axis (letter: string) (axis: AxisStyle) =
        let parts = [
            if axis.Logarithmic then
                "logarithmic"
            match axis.Range with
            | Some(low, high) -> Invariant $"{low} to {high}"
            | None -> ()

            if axis.Names.Length > 0 then
                let rest = if axis.Names.Length > 3 then [ "…" ] else []
                list " | " (List.map Escape.visible (List.truncate 3 (List.ofArray axis.Names)) @ rest)
        ]

        match quoted (Option.defaultValue "" axis.Title), list ", " parts with
        | "", "" -> []
        | title, "" -> [ letter + title ]
        | title, parts -> [ $"{letter}{title} {parts}" ]

    let private line (line: ReferenceLine) =
        match line with
        | Horizontal(at, label) -> Invariant $"line at y = {at}{quoted label}"
        | Vertical(at, label) -> Invariant $"line at x = {at}{quoted label}"
        | Unity -> "line at y = x"

    let private panel (panel: Panel) = [
        yield! axis "x" panel.X
        yield! axis "y" panel.Y
        yield! axis "z" panel.Z
        yield! List.map line panel.Lines
        match panel.Colours, panel.Limits with
        | ColourScale.Automatic, None ->
            if panel.ColourTitle <> "" then
                $"colours{quoted panel.ColourTitle}"
        | scale, limits ->
            let name =
                if scale = ColourScale.Automatic then
                    ""
                else
                    " " + (string scale).ToLowerInvariant()

            let range =
                match limits with
                | Some(low, high) -> Invariant $" {low} to {high}"
                | None -> ""

            $"colours{quoted panel.ColourTitle}{name}{range}"
    ]

    /// E.g. `Chart “Cosines”: heat-map of 256 × 256; x “Position”, y “Position”`. Of a grid, what all panels share.
    let describe (drawing: Drawing) : string =
        let panels, columns = drawing.Panels, drawing.Columns

        let contents =
            panels
            |> List.collect _.Traces
            |> List.countBy trace
            |> List.map (fun (text, count) -> if count = 1 then text else $"{count} × {text}")

        let grid =
            if panels.Length = 1 then
                ""
            else
                $" {(panels.Length + columns - 1) / columns} × {columns} panels,"

        let notes = [
            match List.distinct (List.map panel panels) with
            | [ alike ] -> list ", " alike
            | _ -> ()
            match drawing.N with
            | [] -> ()
            | some ->
                let shown = some |> List.truncate 3 |> List.map (fun n -> Invariant $"{n:N0}")
                let rest = if some.Length > 3 then [ "…" ] else []
                $"""n = {list " | " (shown @ rest)}"""
            yield! drawing.Reductions
            if not drawing.Shared.IsEmpty then
                let names = [ for share in drawing.Shared -> (string share).ToLowerInvariant() ]
                $"""{list ", " names} shared"""
            if drawing.Legend <> Legend.Automatic then
                $"legend {(string drawing.Legend).ToLowerInvariant()}"
            match drawing.Caption with
            | Some caption -> $"caption{quoted caption}"
            | None -> ()
            if
                not (
                    drawing.Styles.IsEmpty
                    && List.forall (fun (panel: Panel) -> panel.Styles.IsEmpty) panels
                )
            then
                "styled with Plotly.NET"
            match drawing.Size with
            | Some(width, height) -> $"{width} × {height} pixels"
            | None -> ()
        ]

        list "; " [
            $"""Chart{quoted drawing.Title}:{grid} {list ", " contents}"""
            yield! List.filter (fun note -> note <> "") notes
        ]

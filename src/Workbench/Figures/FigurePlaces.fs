namespace Workbench

open DynamicObj
open Plotly.NET
open Plotly.NET.LayoutObjects

/// Puts what was made for a figure of its own into a panel of another.
[<RequireQualifiedAccess>]
module internal FigurePlaces =
    /// Puts a series into the axes of its panel.
    let place (sizes: FigureSizes) (index: int) (trace: Trace) : Trace =
        let n = index + 1
        let x, y = StyleParam.LinearAxisId.X n, StyleParam.LinearAxisId.Y n

        match trace with
        | :? Trace2D as trace -> trace |> Trace2DStyle.SetAxisAnchor(X = x, Y = y) :> Trace
        | :? TraceCarpet as trace -> trace |> TraceCarpetStyle.SetAxisAnchor(X = x, Y = y) :> Trace
        | :? Trace3D as trace -> trace |> Trace3DStyle.SetScene(StyleParam.SubPlotId.Scene n) :> Trace
        | :? TracePolar as trace -> trace |> TracePolarStyle.SetPolar(StyleParam.SubPlotId.Polar n) :> Trace
        | :? TraceTernary as trace -> trace |> TraceTernaryStyle.SetTernary(StyleParam.SubPlotId.Ternary n) :> Trace
        | :? TraceGeo as trace -> trace |> TraceGeoStyle.SetGeo(StyleParam.SubPlotId.Geo n) :> Trace
        | :? TraceMapbox as trace -> trace |> TraceMapboxStyle.SetMapbox(StyleParam.SubPlotId.Mapbox n) :> Trace
        | :? TraceSmith as trace -> trace |> TraceSmithStyle.SetSmith(StyleParam.SubPlotId.Smith n) :> Trace
        | :? TraceDomain as trace -> trace |> TraceDomainStyle.SetDomain(FigureAxes.domain sizes index) :> Trace
        | other -> other

    /// What a layout says of a whole figure and not of its axes.
    let private ofFigures =
        set [
            "title"
            "width"
            "height"
            "autosize"
            "margin"
            "font"
            "paper_bgcolor"
            "legend"
            "showlegend"
            "template"
        ]

    /// A layout that was made for a figure of its own, moved to a panel of this one.
    let moved (index: int) (theirs: Layout) : Layout =
        let n = index + 1

        let reference (axis: string) (value: obj) =
            match string value with
            | "paper" -> $"{axis}{FigureAxes.suffix index} domain"
            | other when other.StartsWith axis -> $"{axis}{FigureAxes.suffix index}{other.Substring 1}"
            | other -> other

        let without (names: string list) (part: 't :> DynamicObj) =
            names |> List.iter (fun name -> part.RemoveProperty name |> ignore)
            part

        let move (layout: Layout) (name: string, value: obj) =
            match name, value with
            | "xaxis", (:? LinearAxis as axis) ->
                layout
                |> Layout.setLinearAxis (StyleParam.SubPlotId.XAxis n, without [ "domain"; "anchor" ] axis)
            | "yaxis", (:? LinearAxis as axis) ->
                layout
                |> Layout.setLinearAxis (StyleParam.SubPlotId.YAxis n, without [ "domain"; "anchor" ] axis)
            | "scene", (:? Scene as scene) ->
                layout
                |> Layout.setScene (StyleParam.SubPlotId.Scene n, without [ "domain" ] scene)
            | "polar", (:? Polar as polar) ->
                layout
                |> Layout.setPolar (StyleParam.SubPlotId.Polar n, without [ "domain" ] polar)
            | "ternary", (:? Ternary as ternary) ->
                layout
                |> Layout.setTernary (StyleParam.SubPlotId.Ternary n, without [ "domain" ] ternary)
            | "geo", (:? Geo as geo) -> layout |> Layout.setGeo (StyleParam.SubPlotId.Geo n, without [ "domain" ] geo)
            | "mapbox", (:? Mapbox as map) ->
                layout
                |> Layout.setMapbox (StyleParam.SubPlotId.Mapbox n, without [ "domain" ] map)
            | "smith", (:? Smith as smith) ->
                layout
                |> Layout.setSmith (StyleParam.SubPlotId.Smith n, without [ "domain" ] smith)
            | "annotations", (:? seq<Annotation> as notes) ->
                layout
                |> Layout.style (
                    Annotations = [
                        for note in notes ->
                            note
                            |> Annotation.style (
                                ?XRef = (note.TryGetPropertyValue "xref" |> Option.map (reference "x")),
                                ?YRef = (note.TryGetPropertyValue "yref" |> Option.map (reference "y"))
                            )
                    ]
                )
            | "shapes", (:? seq<Shape> as shapes) ->
                layout
                |> Layout.style (
                    Shapes = [
                        for shape in shapes ->
                            shape
                            |> Shape.style (
                                ?Xref = (shape.TryGetPropertyValue "xref" |> Option.map (reference "x")),
                                ?Yref = (shape.TryGetPropertyValue "yref" |> Option.map (reference "y"))
                            )
                    ]
                )
            | name, _ when ofFigures.Contains name -> layout
            | name, value -> layout |> DynObj.withProperty name value

        List.fold move (Layout()) [ for part in theirs.GetProperties false -> part.Key, part.Value ]

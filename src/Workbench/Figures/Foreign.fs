namespace Workbench

open System
open System.Collections
open DynamicObj
open Plotly.NET

/// A part of a chart made with Plotly.NET. Theirs can be altered at any time: a chart of ours holds a copy that nobody
/// else has, and draws copies of that.
[<ReferenceEquality>]
type internal Foreign<'t when 't :> DynamicObj> = private { Part: 't }

/// A function of Plotly.NET's that changes a chart.
[<ReferenceEquality>]
type internal PlotlyStyle = { Apply: GenericChart -> GenericChart }

[<RequireQualifiedAccess>]
module internal PlotlyStyle =
    let applyAll (styles: PlotlyStyle list) (chart: GenericChart) : GenericChart =
        List.fold (fun chart style -> style.Apply chart) chart styles

[<RequireQualifiedAccess>]
module internal Foreign =
    let private filled (copy: obj -> obj) (original: DynamicObj) (arguments: obj[]) : obj =
        match Activator.CreateInstance(original.GetType(), arguments) with
        | :? DynamicObj as copied ->
            for part in original.GetProperties false do
                copied.SetProperty(part.Key, copy part.Value)

            copied
        | _ -> original

    /// With all that it holds, each part of its own type, which their functions look for.
    let rec private deep (value: obj) : obj =
        match value with
        | :? Trace as trace -> filled deep trace [| trace.``type`` |]
        | :? DynamicObj as part -> filled deep part [||]
        | :? Array as values -> values.Clone()
        | :? string -> value
        | :? IEnumerable as items when (items :? seq<DynamicObj>) ->
            // Shapes, annotations: a list of one type, since their functions look for that as well.
            let items = items |> Seq.cast<obj> |> Seq.map deep |> Array.ofSeq

            if items.Length = 0 then
                value
            else
                let typed = Array.CreateInstance(items[0].GetType(), items.Length)
                Array.Copy(items, typed, items.Length)
                typed
        | other -> other

    let copied (part: 't :> DynamicObj) : 't = deep part :?> 't
    let keep (part: 't :> DynamicObj) : Foreign<'t> = { Part = copied part }
    let copyOf (foreign: Foreign<'t>) : 't = copied foreign.Part

    /// In what kind of axes a series is drawn.
    let kind (foreign: Foreign<Trace>) : TraceID = TraceID.ofTrace foreign.Part

    let typeOf (foreign: Foreign<Trace>) : string = foreign.Part.``type``

    let text (name: string) (foreign: Foreign<'t>) : string =
        foreign.Part.TryGetTypedPropertyValue<string> name |> Option.defaultValue ""

    let private items (name: string) (foreign: Foreign<Trace>) : seq<obj> =
        match foreign.Part.TryGetPropertyValue name with
        | Some(:? string)
        | Some(:? DynamicObj) -> Seq.empty
        | Some(:? IEnumerable as values) -> Seq.cast<obj> values
        | _ -> Seq.empty

    /// The numbers along an axis; none where they are words, dates or binary.
    let numbers (name: string) (foreign: Foreign<Trace>) : seq<float> =
        items name foreign
        |> Seq.choose (fun value ->
            match value with
            | :? float as number -> Some number
            | :? float32 as number -> Some(float number)
            | :? int as number -> Some(float number)
            | _ -> None)

    /// How many values a series has, where that can be counted.
    let count (foreign: Foreign<Trace>) : int option =
        [ "x"; "y"; "values"; "r"; "labels"; "z" ]
        |> List.map (fun name -> Seq.length (items name foreign))
        |> List.tryFind (fun n -> n > 0)

    /// What a legend calls it: a pie has a name for each slice.
    let names (foreign: Foreign<Trace>) : string list =
        match typeOf foreign with
        | "pie"
        | "funnelarea" -> [ for label in items "labels" foreign -> string label ]
        | _ -> [ text "name" foreign ]

    /// The axes that a series stands in, where it names some.
    let private axes (foreign: Foreign<Trace>) =
        [ "xaxis"; "yaxis"; "scene"; "subplot"; "geo"; "domain" ]
        |> List.map foreign.Part.TryGetPropertyValue

    /// Whether series stand in several sets of axes, which only their author can place.
    let isGrid (traces: Foreign<Trace> list) : bool =
        (List.distinctBy axes traces).Length > 1

    let private ownBars =
        set [
            "heatmap"
            "contour"
            "histogram2d"
            "histogram2dcontour"
            "surface"
            "cone"
            "streamtube"
            "isosurface"
            "volume"
            "choropleth"
            "contourcarpet"
        ]

    /// Whether a series brings a colour bar of its own.
    let hasColourBar (foreign: Foreign<Trace>) : bool =
        ownBars.Contains(typeOf foreign)
        && foreign.Part.TryGetTypedPropertyValue<bool> "showscale" <> Some false
        && (foreign.Part.TryGetPropertyValue "coloraxis").IsNone

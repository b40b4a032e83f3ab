namespace Workbench

open System
open System.Globalization
open System.Net
open System.Text.RegularExpressions
open DynamicObj
open Plotly.NET
open Plotly.NET.LayoutObjects

/// Charts made with Plotly.NET as drawings of ours.
[<RequireQualifiedAccess>]
module internal PlotlyReader =
    /// Words without the marks that plotly reads in them.
    let private plain (text: string) =
        let unbroken = Regex.Replace(text, "<br */?>", " ")

        Regex.Replace(unbroken, "</?(b|i|u|s|em|strong|sub|sup|span|a)( [^>]*)?>", "")
        |> WebUtility.HtmlDecode
        |> string

    /// What is taken out of a part is ours to draw, and to change by our verbs.
    let private take (name: string) (part: DynamicObj) : 't option =
        let value = part.TryGetTypedPropertyValue<'t> name

        if value.IsSome then
            part.RemoveProperty name |> ignore

        value

    let private title (part: DynamicObj) : string =
        take "title" part
        |> Option.bind (fun (title: Title) -> title.TryGetTypedPropertyValue<string> "text")
        |> Option.map plain
        |> Option.defaultValue ""

    let private axis (name: string) (layout: DynamicObj) : AxisStyle =
        match layout.TryGetTypedPropertyValue<LinearAxis> name with
        | None -> Panel.plainAxis
        | Some axis ->
            let logarithmic = axis.TryGetTypedPropertyValue<string> "type" = Some "log"

            let place exponent =
                if logarithmic then 10.0 ** exponent else exponent

            let range =
                match axis.TryGetPropertyValue "range" with
                | Some(:? seq<float> as ends) when Seq.length ends = 2 -> Some ends
                | Some(:? seq<IConvertible> as ends) when
                    Seq.length ends = 2
                    && Seq.forall (fun bound -> box bound :? float || box bound :? int) ends
                    ->
                    Some(ends |> Seq.map (fun bound -> bound.ToDouble CultureInfo.InvariantCulture))
                | _ -> None

            let range =
                match range |> Option.map List.ofSeq with
                | Some [ low; high ] when low < high ->
                    axis.RemoveProperty "range" |> ignore
                    Some(place low, place high)
                | _ -> None

            {
                Panel.plainAxis with
                    Title =
                        match title axis with
                        | "" -> None
                        | words -> Some words
                    Range = range
                    Logarithmic = logarithmic
            }

    /// Its title, the words and ranges of its axes and its size become ours; all else stays theirs. What Plotly.NET
    /// sets on every chart by itself, a template and a size, is nobody's wish.
    let read (chart: GenericChart) : Drawing =
        let layout = Foreign.copied (GenericChart.getLayout chart)
        let config = Foreign.copied (GenericChart.getConfig chart)
        let heading = title layout

        if layout.TryGetTypedPropertyValue<DynamicObj> "template" = Some(Defaults.DefaultTemplate :> DynamicObj) then
            layout.RemoveProperty "template" |> ignore

        let size =
            match take "width" layout, take "height" layout with
            | Some width, Some height when (width, height) <> (Defaults.DefaultWidth, Defaults.DefaultHeight) ->
                Some(max 100 width, max 100 height)
            | _ -> None

        let scene =
            layout.TryGetTypedPropertyValue<Scene> "scene" |> Option.defaultWith Scene

        let flat = axis "xaxis" layout, axis "yaxis" layout, Panel.plainAxis
        let spatial = axis "xaxis" scene, axis "yaxis" scene, axis "zaxis" scene

        let traces = [
            for trace in GenericChart.getTraces chart -> ForeignTrace(Foreign.keep trace)
        ]

        let x, y, z =
            if Panel.isSpatial { Panel.empty with Traces = traces } then
                spatial
            else
                flat

        {
            Title = heading
            Sources = []
            N = []
            Caption = None
            Reductions = []
            Panels = [
                {
                    Panel.empty with
                        Traces = traces
                        X = x
                        Y = y
                        Z = z
                        Layout = Some(Foreign.keep layout)
                }
            ]
            Columns = 1
            Shared = Set.empty
            Size = size
            Legend = Legend.Automatic
            Styles = [
                if config <> Defaults.DefaultConfig then
                    {
                        Apply = GenericChart.addConfig (Foreign.copied config)
                    }
            ]
        }

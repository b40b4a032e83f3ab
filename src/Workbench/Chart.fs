namespace Workbench

/// Stand-in until the real one is merged.
type Chart = { Data: string; Layout: string }

[<RequireQualifiedAccess>]
module Chart =
    let mutable private count = 0

    let toHtml (chart: Chart) : string =
        count <- count + 1
        $"<figure class=\"workbench-figure\"><div id=\"chart-{count}\" class=\"workbench-plot\"></div><script>(window.workbenchFigure ??= (place, data, layouts, config) => Plotly.newPlot(place, data, layouts.wide, config))(document.currentScript.parentElement.querySelector('.workbench-plot'), {chart.Data}, {{wide:{chart.Layout},narrow:{chart.Layout}}}, {{displaylogo: false, responsive: true}})</script></figure>"

    let heatmap (title: string) (matrix: Labelled) : Chart =
        let rows = [ for i in 0 .. matrix.Rows.Length - 1 -> "[" + System.String.Join(",", Labelled.row i matrix |> Array.map (fun v -> v.ToString "0.000")) + "]" ]
        {
            Data = $"""[{{"type":"heatmap","z":[{System.String.Join(",", rows)}],"colorscale":"RdBu"}}]"""
            Layout = $"""{{"title":{{"text":"{title}"}},"xaxis":{{"title":{{"text":"{matrix.Columns.Name}"}}}},"yaxis":{{"title":{{"text":"{matrix.Rows.Name}"}}}}}}"""
        }

type Table = { Html: string }

[<RequireQualifiedAccess>]
module Table =
    let toHtml (table: Table) = table.Html

(**
---
title: Charts and Plotly.NET
category: Guide
categoryindex: 1
index: 6
description: A chart of ours with their styling, a chart of theirs on our page, and three dimensions.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"
#load "../scripts/plotly-net.fsx"

open Plotly.NET
open Workbench

(**
# Charts and Plotly.NET

`Chart` describes a figure; [Plotly.NET](https://plotly.net) turns it into what plotly.js draws. So everything that
Plotly.NET knows can be said to a chart, and every chart that it can make has a place on a page here. A script that uses
it loads `scripts/plotly-net.fsx` after the prelude: it names the libraries that lie beside ours.

Both namespaces may be opened, in either order. `Chart.heatmap` and all that begins in lower case is ours,
`Chart.Heatmap` theirs. Eight names both have (`withTitle`, `withSize`, `withLegend`, `withMarker`, `withLineStyle`,
`combine`, `show`, `saveHtml`): there `Chart` means ours, and `PlotlyChart` has theirs.

## Ours, with their styling

`Chart.withPlotly` takes any function from a `GenericChart` to a `GenericChart`, and applies it when all else is done,
whenever the chart is drawn. The chart itself stays a value: it can be shown, changed and put into a grid as before.
*)
let model = [ "gpt2" ] |> Model.firstOr "pocket-gpt2" Embedding.hasTokens
let norms = Embedding.positions model |> Norms.ofRows

Chart.values norms
|> Chart.withXTitle "Position"
|> Chart.withYTitle "Norm"
|> Chart.withPlotly (
    Chart.withXAxisRangeSlider (LayoutObjects.RangeSlider.init (Thickness = 0.12))
    >> PlotlyChart.withLineStyle (Shape = StyleParam.Shape.Hv)
    >> Chart.withAnnotation (
        LayoutObjects.Annotation.init (X = 0, Y = norms[0], AX = 120, AY = 0, Text = "the first position")
    )
)
(*** include-it ***)

(**
## Theirs, on our page

`Chart.ofPlotly` copies a chart of theirs. It gets our fonts, follows the text colour and the width of the page, and its
title, axis titles, ranges, caption and size are changed by our functions; its series keep their looks. It goes into
grids and lessons like any other.
*)
let positions = Embedding.positions model

let table =
    positions |> Labelled.selectRows [| 0..16 .. positions.Rows.Length - 1 |]

let cosines = Similarity.cosine Rows table |> Pairs.matrix
let n = table.Rows.Length

let pairs = [|
    for j in 1 .. n - 1 do
        yield! Array.truncate j (Labelled.column j cosines)
|]

let violin =
    Chart.Violin(Y = pairs, Name = "every 16th position", MeanLine = TraceObjects.MeanLine.init (Visible = true))
    |> Chart.ofPlotly
    |> Chart.withYTitle "Cosine"
    |> Chart.withTitle "Theirs: a violin"

let ours = Chart.heatmap cosines |> Chart.withTitle "Ours: a heat-map"

Chart.grid 2 [ violin; ours ]
|> Chart.withCaption $"{pairs.Length} pairs of positions of {model.Weights.Name}."
(*** include-it ***)

(**
## Three dimensions

`Chart.scatter3d`, `Chart.path3d` and `Chart.points` are ours; surfaces, meshes and volumes are theirs. Pages load one
copy of plotly.js with everything in it, 4.8 MB beside the pages; the build for flat figures alone would be 1.5 MB. A
browser keeps about sixteen spaces alive at once, so on a page with more than twelve those out of view are put away and
drawn again when they come back.
*)
Chart.Surface([ for j in 0..31 -> Labelled.column j table ], ColorScale = StyleParam.Colorscale.Viridis)
|> Chart.ofPlotly
|> Chart.withXTitle "Every 16th position"
|> Chart.withYTitle "Dimension"
|> Chart.withZTitle "Value"
|> Chart.withCaption "The first 32 dimensions of every 16th position embedding."
(*** include-it ***)

(**
## And back

`Chart.toPlotly` makes a new `GenericChart` each time: alter it as you like, the chart stays as it was. `Chart.toJson`
gives {data, layout, config} for any other program that draws with plotly.
*)
Chart.values norms
|> Chart.toPlotly
|> GenericChart.getTraces
|> List.map _.``type``
(*** include-it ***)

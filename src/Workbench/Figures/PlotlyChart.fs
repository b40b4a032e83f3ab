namespace Workbench

/// <summary>The functions of Plotly.NET that change a chart of theirs, under a name of their own. Where both namespaces
/// are opened, `Chart.heatmap` is ours and `Chart.Heatmap` theirs; of the few names that both have, such as
/// `Chart.withTitle`, `Chart` means ours and this theirs: `PlotlyChart.withTitle`.</summary>
/// <category index="7">Figures</category>
type PlotlyChart = Plotly.NET.Chart

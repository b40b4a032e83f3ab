namespace Workbench

/// <summary>More of the module `Chart`: what makes one chart of several.</summary>
/// <category index="7">Figures</category>
[<AutoOpen>]
module ChartJoin =
    /// Joins charts: over each other, or side by side.
    [<RequireQualifiedAccess>]
    module Chart =
        let private single (action: string) (chart: Chart) =
            match chart.Panels with
            | [ panel ] -> panel
            | panels ->
                invalidArg "charts" $"Charts to {action} must have one panel each, but one of them has {panels.Length}."

        /// <summary>Lays charts over each other in the same axes. Titles, ranges and sizes are those of the first chart
        /// that has one.</summary>
        /// <exception cref="T:System.ArgumentException">There are no charts, one of them is a grid, or flat ones are
        /// mixed with spatial ones.</exception>
        let combine (charts: seq<Chart>) : Chart =
            let charts = List.ofSeq charts

            if charts.IsEmpty then
                invalidArg (nameof charts) "At least one chart is needed to combine, but there are none."

            let panels = charts |> List.map (single "combine")
            let first = panels.Head

            if
                panels
                |> List.exists (fun panel -> Panel.isSpatial panel <> Panel.isSpatial first)
            then
                invalidArg
                    (nameof charts)
                    "Charts in two and in three dimensions have no axes in common; put them into a grid."

            let axis (side: Panel -> AxisStyle) = {
                Title = panels |> List.tryPick (fun panel -> (side panel).Title)
                Range = panels |> List.tryPick (fun panel -> (side panel).Range)
                Logarithmic = panels |> List.exists (fun panel -> (side panel).Logarithmic)
                Names = panels |> List.map (fun panel -> (side panel).Names) |> List.maxBy _.Length
                Reversed = (side first).Reversed
                FromZero = panels |> List.exists (fun panel -> (side panel).FromZero)
            }

            {
                charts.Head with
                    Title =
                        charts
                        |> List.map _.Title
                        |> List.tryFind (fun title -> title <> "")
                        |> Option.defaultValue ""
                    Sources = charts |> List.collect _.Sources |> List.distinct
                    Caption = charts |> List.tryPick _.Caption
                    Reductions = charts |> List.collect _.Reductions |> List.distinct
                    Size = charts |> List.tryPick _.Size
                    Panels = [
                        {
                            first with
                                Traces = panels |> List.collect _.Traces
                                X = axis _.X
                                Y = axis _.Y
                                Z = axis _.Z
                                Lines = panels |> List.collect _.Lines |> List.distinct
                                Limits = panels |> List.tryPick _.Limits
                        }
                    ]
            }

        /// <summary>Charts side by side, row by row, so many in a row; the title of each stands above its
        /// panel.</summary>
        /// <example><code lang="fsharp">curves |> List.map Chart.values |> Chart.grid 4 |> Chart.withShared [ Share.X; Share.Y ]</code></example>
        /// <exception cref="T:System.ArgumentException">There are no charts, one of them is a grid itself, or `columns`
        /// is below 1.</exception>
        let grid (columns: int) (charts: seq<Chart>) : Chart =
            Check.atLeast 1 (nameof columns) columns
            let charts = List.ofSeq charts

            if charts.IsEmpty then
                invalidArg (nameof charts) "At least one chart is needed for a grid, but there are none."

            let panel (chart: Chart) = {
                single "put into a grid" chart with
                    Title = chart.Title
            }

            {
                charts.Head with
                    Title = ""
                    Sources = charts |> List.collect _.Sources |> List.distinct
                    Caption = charts |> List.tryPick _.Caption
                    Reductions = charts |> List.collect _.Reductions |> List.distinct
                    Panels = charts |> List.map panel
                    Columns = min columns charts.Length
                    Size = None
                    Legend = Legend.Automatic
            }

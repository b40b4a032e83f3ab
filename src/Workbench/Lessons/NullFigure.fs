namespace Workbench

/// <summary>Figures of statistics beside what chance gives.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module NullFigure =
    let private ofStatistic (statistic: string, nulls: NullDistribution list) =
        [
            for place, each in List.indexed nulls ->
                Chart.scatter each.Draws (Array.create each.Draws.Length (float place))
                |> Chart.withMarker Marker.Circle 5.0
                |> Chart.withOpacity 0.35
                |> Chart.withName (string each.Rung)
        ]
        |> Chart.combine
        |> Chart.withYLabels [ for each in nulls -> string each.Rung ]
        |> Chart.withLabelledVerticalLine "observed" nulls.Head.Observed
        |> Chart.withXTitle statistic

    /// <summary>Every draw as a mark in the row of its null, the observed value as a line across all: a panel for each
    /// statistic.</summary>
    /// <param name="nulls">At least one, as of `Null.ladders`.</param>
    /// <exception cref="T:System.ArgumentException">There is none.</exception>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.ladder (Seed 7UL) 19 Statistic.meanAbsoluteCosine |> NullFigure.draws
    /// </code> is <c>Chart: 19 points “AllEntries” (opacity 0.35), 19 points “WithinRows” (opacity 0.35), …</c>.
    /// </example>
    /// <example><code lang="fsharp">NullFigure.draws []</code> throws <c>ArgumentException</c>.</example>
    let draws (nulls: NullDistribution list) : Chart =
        match List.groupBy _.Statistic nulls with
        | [] -> invalidArg (nameof nulls) "There is nothing to draw: the list of nulls is empty."
        | [ one ] -> ofStatistic one |> Chart.withLegend Legend.Hidden
        | some -> some |> List.map ofStatistic |> Chart.grid 1 |> Chart.withLegend Legend.Hidden

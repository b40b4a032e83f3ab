namespace Workbench

open System

/// <summary>What one pass over all pairs of positions or dimensions tells.</summary>
/// <category index="8">Lessons</category>
type PositionSurvey = {
    /// 4,000 bins.
    Shape: Histogram
    Summary: Summary
    /// The 201 most similar pairs.
    Closest: RankedPair list
}

/// <summary>Figures and tables of position embeddings.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module PositionFigure =
    /// <summary>Some dimensions as curves over the positions, a panel each with its zero line.</summary>
    /// <example><code lang="fsharp">positions |> PositionFigure.curves [| 0; 7 |]</code> is <c>Chart: 1 × 2 panels,
    /// 2 × line of 256 points; …</c>.</example>
    let curves (dimensions: int[]) (matrix: Labelled) : Chart =
        [
            for dimension in dimensions ->
                Labelled.column dimension matrix
                |> Chart.values
                |> Chart.withHorizontalLine 0.0
                |> Chart.withTitle $"dimension {dimension}"
        ]
        |> Chart.grid 4
        |> Chart.withXTitle "position"
        |> Chart.withYTitle "entry"

    /// <summary>Heat-maps of cosines from −1 to 1, blue to red, under one title.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.matrix |> Chart.heatmap |> PositionFigure.asCosines
    /// </code> is <c>Chart “Cosine similarity”: heat-map of 256 × 256; …</c>.</example>
    let asCosines (chart: Chart) : Chart =
        chart
        |> Chart.withLimits -1.0 1.0
        |> Chart.withColours ColourScale.Diverging
        |> Chart.withTitle "Cosine similarity"

    /// <summary>A matrix with some of its dimensions marked by lines, and these dimensions as curves.</summary>
    /// <example><code lang="fsharp">positions |> PositionFigure.marked [ 50; 150 ]</code> is <c>Chart: 1 × 2 panels,
    /// …</c>.</example>
    let marked (dimensions: int list) (matrix: Labelled) : Chart =
        [
            matrix
            |> Labelled.transpose
            |> Chart.heatmapWithin 192
            |> List.foldBack (fun i -> Chart.withLabelledHorizontalLine $"{i}" (float i)) dimensions
            |> Chart.withTitle "All of it"
            [
                for dimension in dimensions ->
                    Labelled.column dimension matrix
                    |> Chart.values
                    |> Chart.withName $"dimension {dimension}"
            ]
            |> Chart.combine
            |> Chart.withXTitle "position"
            |> Chart.withYTitle "entry"
            |> Chart.withTitle "The marked dimensions"
        ]
        |> Chart.grid 2

    /// <summary>Histograms of the strongest frequency of each dimension, in cycles over all positions, and of its share
    /// of the variance.</summary>
    /// <param name="positions">How many there are.</param>
    /// <param name="provenance">Of the matrix.</param>
    /// <param name="spectra">Of its dimensions.</param>
    /// <example><code lang="fsharp">
    /// positions |> Spectrum.ofColumns |> PositionFigure.periodogram 256 positions.Provenance
    /// </code> is <c>Chart: 1 × 2 panels, …</c>.</example>
    let periodogram (positions: int) (provenance: Provenance) (spectra: Spectrum[]) : Chart =
        [
            spectra
            |> Array.map (fun spectrum -> min 20.0 (spectrum.Peak * float positions))
            |> Distribution.histogram 40 "cycles (20 and more in the last bin)" provenance
            spectra
            |> Array.map _.FisherG
            |> Distribution.histogram 40 "share of the variance, g" provenance
        ]
        |> List.map (Chart.histogram >> Chart.withYTitle "dimensions")
        |> Chart.grid 2

    /// <summary>Principal angles beside those of chance, with a line at the right angle.</summary>
    /// <example><code lang="fsharp">PositionFigure.angles [| 1.5; 1.2 |] [| 1.4; 1.1 |]</code> is <c>Chart “Angles
    /// between …”: line of 2 points “positions”, line of 2 points “shuffled positions”; …</c>.</example>
    let angles (found: float[]) (chance: float[]) : Chart =
        [ found, "positions"; chance, "shuffled positions" ]
        |> List.map (fun (values, name) -> Chart.values values |> Chart.withName name)
        |> Chart.combine
        |> Chart.withXTitle "principal angle, the largest first"
        |> Chart.withYTitle "radians"
        |> Chart.withLabelledHorizontalLine "right angle" (Math.PI / 2.0)
        |> Chart.withTitle "Angles between the directions of positions and of tokens"

    /// <summary>Histogram, moments and ranking in one pass over the pairs.</summary>
    /// <example><code lang="fsharp">
    /// (positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey).Closest.Length
    /// </code> is <c>201</c>.</example>
    let survey: Fold<PositionSurvey> =
        Fold.scan {
            let! shape = Fold.histogram 4000
            and! summary = Fold.moments
            and! closest = Fold.top 201

            return {
                Shape = shape
                Summary = summary
                Closest = List.ofArray closest
            }
        }

    /// <summary>Histograms of a survey over each other, in a hundred bins.</summary>
    /// <example><code lang="fsharp">
    /// let found = positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey
    /// PositionFigure.outlines [ "dimensions", found.Shape ]
    /// </code> is <c>Chart: line of … “dimensions”; …</c>.</example>
    let outlines (histograms: (string * Histogram) list) : Chart =
        [
            for name, histogram in histograms ->
                histogram
                |> Distribution.rebin 40
                |> Chart.densityOutline
                |> Chart.withName name
        ]
        |> Chart.combine

    /// <summary>Matrices of positions one below the other, cut off at the same limit.</summary>
    /// <example><code lang="fsharp">PositionFigure.matrices 0.1 [ "positions", positions ]</code> is <c>Chart:
    /// heat-map of 192 × 256; …</c>.</example>
    let matrices (limit: float) (named: (string * Labelled) list) : Chart =
        [
            for name, matrix in named ->
                matrix
                |> Labelled.transpose
                |> Chart.heatmapWithin 256
                |> Chart.withColourTitle "entry"
                |> Chart.withTitle name
        ]
        |> Chart.grid 1
        |> Chart.withLimits -limit limit

    /// <summary>Ranked pairs as rows of numbers: rank, dimension, dimension, cosine.</summary>
    /// <example><code lang="fsharp">
    /// let found = positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey
    /// PositionFigure.ofRanked [ 0, found.Closest[0] ] |> List.length
    /// </code> is <c>1</c>.</example>
    let ofRanked (ranked: (int * RankedPair) list) : float seq list = [
        for rank, pair in ranked -> Seq.ofList [ float rank; float pair.I; float pair.J; pair.Similarity ]
    ]

    /// <summary>Ranked pairs as a table.</summary>
    /// <example><code lang="fsharp">
    /// let found = positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey
    /// (PositionFigure.rankedTable [ 0, found.Closest[0] ]).Rows.Length
    /// </code> is <c>1</c>.</example>
    let rankedTable (ranked: (int * RankedPair) list) : Table =
        ranked
        |> Table.ofItems [
            "rank", (fun (rank, _) -> Count(int64 rank))
            "dimension", (fun (_, pair) -> Count(int64 pair.I))
            "and", (fun (_, pair) -> Count(int64 pair.J))
            "cosine", (fun (_, pair) -> Number pair.Similarity)
        ]

    /// <summary>Ranked pairs in words: "(356, 528) 0.992, …".</summary>
    /// <example><code lang="fsharp">
    /// let found = positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey
    /// (PositionFigure.listed [ 0, found.Closest[0] ]).StartsWith "("
    /// </code> is <c>true</c>.</example>
    let listed (ranked: (int * RankedPair) list) : string =
        [
            for _, pair in ranked -> FormattableString.Invariant $"({pair.I}, {pair.J}) {pair.Similarity:F3}"
        ]
        |> String.concat ", "

    /// <summary>One dimension of a pair against the other, a point per position, pairs over each other.</summary>
    /// <example><code lang="fsharp">
    /// let found = positions |> Similarity.cosine Columns |> Pairs.fold PositionFigure.survey
    /// positions |> PositionFigure.pairs [ 0, found.Closest[0] ]
    /// </code> is <c>Chart: 256 points …</c>.</example>
    let pairs (ranked: (int * RankedPair) list) (matrix: Labelled) : Chart =
        [
            for _, pair in ranked ->
                Chart.scatter (Labelled.column pair.I matrix) (Labelled.column pair.J matrix)
                |> Chart.withName $"({pair.I}, {pair.J})"
                |> Chart.withMarker Marker.Circle 3.0
        ]
        |> Chart.combine
        |> Chart.withXTitle "first dimension"
        |> Chart.withYTitle "second dimension"

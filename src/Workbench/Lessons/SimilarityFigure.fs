namespace Workbench

open type System.FormattableString

/// <summary>Figures of similarities: of two vectors, of a matrix, of a vocabulary.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module SimilarityFigure =
    /// <summary>Two vectors of one length: as curves over their dimensions, and one against the other.</summary>
    /// <example><code lang="fsharp">
    /// let words = gpt2 |> Embedding.ofWords [ " king"; " queen" ]
    /// SimilarityFigure.two ("king", Labelled.row 0 words) ("queen", Labelled.row 1 words)
    /// </code> is <c>Chart: 1 × 2 panels, …</c>.</example>
    let two (first: string, x: float[]) (second: string, y: float[]) : Chart =
        [
            [
                Chart.values x |> Chart.withName first
                Chart.values y |> Chart.withName second
            ]
            |> Chart.combine
            |> Chart.withXTitle "dimension"
            |> Chart.withYTitle "entry"
            |> Chart.withTitle "Over the dimensions"
            Chart.scatter x y
            |> Chart.withMarker Marker.Circle 4.0
            |> Chart.withHorizontalLine 0.0
            |> Chart.withVerticalLine 0.0
            |> Chart.withXTitle $"entry of {first}"
            |> Chart.withYTitle $"entry of {second}"
            |> Chart.withTitle "One against the other"
        ]
        |> Chart.grid 2

    /// <summary>A matrix, the cosines and the correlations of its columns, and the ones against the others.</summary>
    /// <param name="data">At least two columns, few enough to be seen.</param>
    /// <example><code lang="fsharp">
    /// Sample.normalAround (Seed 5UL) 100 [| -1.0; 0.0; 1.0 |] |> SimilarityFigure.cosineAndCorrelation
    /// </code> is <c>Chart: 2 × 2 panels, …</c>.</example>
    let cosineAndCorrelation (data: Labelled) : Chart =
        let cosines, correlations =
            Similarity.cosine Columns data, Similarity.correlation Columns data

        let map title pairs =
            pairs
            |> Pairs.matrix
            |> Chart.heatmap
            |> Chart.withLimits -1.0 1.0
            |> Chart.withColours ColourScale.Diverging
            |> Chart.withXTitle "feature"
            |> Chart.withYTitle "feature"
            |> Chart.withTitle title

        [
            data
            |> Labelled.transpose
            |> Chart.heatmap
            |> Chart.withXTitle "observation"
            |> Chart.withYTitle "feature"
            |> Chart.withTitle "Data"
            map "Cosine" cosines
            map "Correlation" correlations
            Chart.scatter (Pairs.values cosines) (Pairs.values correlations)
            |> Chart.withHorizontalLine 0.0
            |> Chart.withVerticalLine 0.0
            |> Chart.withXRange -1.0 1.0
            |> Chart.withYRange -1.0 1.0
            |> Chart.withXTitle "cosine"
            |> Chart.withYTitle "correlation"
            |> Chart.withTitle "One against the other"
        ]
        |> Chart.grid 2

    /// <summary>Two panels of a survey: the matrix in blocks, its colours within two standard deviations of the mean,
    /// and the histogram on a logarithmic scale.</summary>
    /// <param name="name">Of the vocabulary's model; it stands in both titles.</param>
    /// <param name="survey">Of all its pairs.</param>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// let survey = animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)
    /// survey |> SimilarityFigure.ofSurvey "animals" |> List.length
    /// </code> is <c>2</c>.</example>
    let ofSurvey (name: string) (survey: VocabularySurvey) : Chart list =
        let mean, sd = survey.Summary.Mean, survey.Summary.Sd

        [
            survey.Picture
            |> Chart.heatmap
            |> Chart.withLimits (mean - 2.0 * sd) (min 1.0 (mean + 2.0 * sd))
            |> Chart.withXTitle "token"
            |> Chart.withYTitle "token"
            |> Chart.withColourTitle "cosine"
            |> Chart.withTitle $"{name}: all pairs"
            survey.Shape
            |> Distribution.rebin 20
            |> Distribution.trim
            |> Chart.density
            |> Chart.withLogY
            |> Chart.withYTitle "density, logarithmic"
            |> Chart.withTitle (Invariant $"{name}: mean {mean:F3}, sd {sd:F3}")
        ]

    // In a small vocabulary no class has so many.
    let private enough = 1000L

    /// <summary>The similarities within each class of tokens as outlines over each other, the density on a logarithmic
    /// scale: a class whose members are nearly equal is a spike beside which the others would be flat. Classes with
    /// fewer than 1,000 pairs are left out where another has as many.</summary>
    /// <param name="name">Of the vocabulary's model.</param>
    /// <param name="survey">Of all its pairs.</param>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// let survey = animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)
    /// survey |> SimilarityFigure.classes "animals"
    /// </code> is <c>Chart “animals”: line of …</c>.</example>
    let classes (name: string) (survey: VocabularySurvey) : Chart =
        let most =
            survey
            |> VocabularySurvey.within 1L
            |> List.map (fun (_, shape) -> shape.N)
            |> List.max

        [
            for kind, shape in survey |> VocabularySurvey.within (min enough most) ->
                let coarse = Distribution.rebin 4 shape

                let edges, heights = coarse.Edges, coarse.Density

                // Level over each filled bin, so that one bin alone is seen; empty ones have no logarithm.
                let steps = [|
                    for i in 0 .. heights.Length - 1 do
                        if heights[i] > 0.0 then
                            edges[i], heights[i]
                            edges[i + 1], heights[i]
                |]

                Chart.line (Array.map fst steps) (Array.map snd steps)
                |> Chart.withName $"{kind} × {kind}"
        ]
        |> Chart.combine
        |> Chart.withLogY
        |> Chart.withXTitle "cosine similarity"
        |> Chart.withYTitle "density, logarithmic"
        |> Chart.withTitle name

    /// <summary>Where in a vocabulary the tokens of one class are: 1 at their ids, 0 elsewhere.</summary>
    /// <example><code lang="fsharp">SimilarityFigure.whereIs Unused (Tokens.classes 8192 bert)</code> is <c>Chart: line
    /// of … points; x “token id”, …</c>.</example>
    let whereIs (kind: TokenClass) (classes: TokenClass[]) : Chart =
        let height id = if classes[id] = kind then 1.0 else 0.0
        let last = classes.Length - 1

        // Both ends of every run: what lies between is level.
        let ends = [|
            for id in 0..last do
                if
                    id = 0
                    || id = last
                    || height id <> height (id - 1)
                    || height id <> height (id + 1)
                then
                    id
        |]

        Chart.line (Array.map float ends) (Array.map height ends)
        |> Chart.withYLabels [ "another"; $"{kind}".ToLowerInvariant() ]
        |> Chart.withXTitle "token id"
        |> Chart.withYTitle "class of the token"

    /// <summary>The same pairs by both measures, and the rows' means beside the means of their absolute values: where
    /// the first are small against the second, a row's own mean is a small part of it, and correlation and cosine
    /// agree.</summary>
    /// <param name="name">Of the model.</param>
    /// <param name="sampled">Pairs with their cosines.</param>
    /// <param name="embeddings">The rows that they are pairs of.</param>
    /// <example><code lang="fsharp">
    /// let sampled = positions |> Similarity.cosine Rows |> Pairs.fold (Fold.sample (Seed 9UL) 100)
    /// positions |> SimilarityFigure.measures "positions" sampled |> List.length
    /// </code> is <c>2</c>.</example>
    let measures (name: string) (sampled: RankedPair[]) (embeddings: Labelled) : Chart list =
        let correlation (pair: RankedPair) =
            let row i =
                let values = Labelled.row i embeddings
                let mean = Array.average values
                values |> Array.map (fun value -> value - mean)

            Similarity.ofTwo (row pair.I) (row pair.J)

        let outline (name: string) values =
            values
            |> Distribution.histogram 80 "mean over a row's entries" embeddings.Provenance
            |> Chart.histogramOutline
            |> Chart.withName name

        [
            Chart.scatter (Array.map correlation sampled) (sampled |> Array.map _.Similarity)
            |> Chart.withMarker Marker.Circle 3.0
            |> Chart.withOpacity 0.5
            |> Chart.withUnityLine
            |> Chart.withXTitle "correlation"
            |> Chart.withYTitle "cosine"
            |> Chart.withTitle $"{name}: the same pairs"
            [
                outline "of the entries" (Norms.rowMeans embeddings)
                outline "of their absolute values" (Norms.rowMeanAbsolutes embeddings)
            ]
            |> Chart.combine
            |> Chart.withYTitle "tokens"
            |> Chart.withTitle $"{name}: row means"
        ]

namespace Workbench

/// <summary>Pictures of comparisons of two geometries.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module RsaFigure =
    /// <summary>One point for each pair of items: its similarity in the first space, and in the second.</summary>
    /// <exception cref="T:System.ArgumentException">The items differ or are fewer than three.</exception>
    /// <example><code lang="fsharp">
    /// let near, far = Sample.normal (Seed 1UL) 9 3, Sample.normal (Seed 2UL) 9 4
    /// RsaFigure.scatter (Similarity.cosine Rows near) (Similarity.cosine Rows far)
    /// </code> is <c>Chart: 36 points (labelled on hover); x “cosine similarity in normal numbers, seed 1”,
    /// …</c>.</example>
    let scatter (a: Pairs) (b: Pairs) : Chart =
        let title (pairs: Pairs) =
            $"{pairs.Quantity} in {Rsa.nameOf pairs.Provenance}"

        Rsa.triangles a b
        ||> Chart.scatter
        |> Chart.withMarker Marker.Circle 3.0
        |> Chart.withHoverLabels (Pairs.labels a)
        |> Chart.withHorizontalLine 0.0
        |> Chart.withVerticalLine 0.0
        |> Chart.withXTitle (title a)
        |> Chart.withYTitle (title b)

    /// <summary>The similarities of words in one space as a map with the words beside it; its colours go from the
    /// twentieth part of its pairs to the hundredth from above, so that each space is seen at its own scale.</summary>
    /// <param name="name">Of the space.</param>
    /// <param name="pairs">Of words, few enough to be read.</param>
    /// <example><code lang="fsharp">
    /// gpt2 |> Embedding.ofWords [ " king"; " queen"; " man" ]
    /// |> Similarity.cosine Rows
    /// |> RsaFigure.words "pocket-gpt2"
    /// </code> is <c>Chart “pocket-gpt2: …”: heat-map of 3 × 3; …</c>.</example>
    let words (name: string) (pairs: Pairs) : Chart =
        let values = Pairs.values pairs

        let low, high = Distribution.quantile 0.05 values, Distribution.quantile 0.99 values

        pairs
        |> Pairs.matrix
        |> Chart.heatmap
        |> Chart.withLimits low high
        |> Chart.withColours ColourScale.Sequential
        |> Chart.withXTitle "word"
        |> Chart.withYTitle "word"
        |> Chart.withColourTitle "cosine"
        |> Chart.withTitle (System.FormattableString.Invariant $"{name}: from {low:F2} to {high:F2}")

    /// <summary>Linear CKA and Procrustes similarity as they are usually stated, and beside each what keeps it
    /// honest.</summary>
    /// <example><code lang="fsharp">
    /// let near, far = Sample.normal (Seed 1UL) 9 3, Sample.normal (Seed 2UL) 9 4
    /// let turned = Rsa.procrustes (Seed 1UL) 19 near far
    /// (RsaFigure.alignmentTable (Rsa.alignment near far) turned).Rows.Length
    /// </code> is <c>2</c>.</example>
    let alignmentTable (alignment: Alignment) (turned: ProcrustesFit) : Table =
        [
            [
                Text "linear CKA"
                Number alignment.Biased
                Text(System.FormattableString.Invariant $"debiased {alignment.Debiased:F3}")
            ]
            [
                Text "Procrustes"
                Number turned.Similarity
                Text(
                    System.FormattableString.Invariant
                        $"{turned.Chance:F3} for words in random order, p = {turned.P:G3}, {turned.Seed}"
                )
            ]
        ]
        |> Table.ofRows [ ""; "as usually stated"; "beside it" ]

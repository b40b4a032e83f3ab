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

namespace Workbench

/// <summary>How much of all similarities is a direction that the vectors share: their mean cosine as they are, and when
/// what they share is taken out.</summary>
/// <category index="4">Models</category>
[<StructuredFormatDisplay("{Display}")>]
type Anisotropy = {
    Plain: Summary
    /// Less the mean row.
    Centred: Summary
    /// Less the mean row and the directions of largest variance, one for every hundred dimensions (Mu and Viswanath,
    /// "All-but-the-Top", 2018).
    AllButTheTop: Summary
    /// Pearson's correlation, which takes each row's own mean out.
    Correlation: Summary
} with

    /// The four with their names.
    member this.Rows = [
        "as they are", this.Plain
        "less the mean row", this.Centred
        "all but the top", this.AllButTheTop
        "correlation", this.Correlation
    ]

    member this.Display =
        System.FormattableString.Invariant
            $"mean cosine {this.Plain.Mean:F3}, centred {this.Centred.Mean:F3}, all but the top \
              {this.AllButTheTop.Mean:F3}, correlation {this.Correlation.Mean:F3}, n = {this.Plain.N:N0}"

    override this.ToString() = this.Display

/// <summary>Measures what all rows of a matrix share.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Anisotropy =
    let private moments (pairs: Pairs) =
        pairs |> Pairs.withoutUndefined |> Pairs.fold Fold.moments

    /// <summary>Of the rows of a matrix whose cosines are known already: three passes over all pairs. A row that is
    /// left without direction is left out.</summary>
    /// <param name="plain">The moments of the rows' cosines.</param>
    /// <param name="matrix">[n, d].</param>
    /// <example><code lang="fsharp">
    /// let plain = positions |> Similarity.cosine Rows |> Pairs.fold Fold.moments
    /// positions |> Anisotropy.beside plain
    /// </code> is <c>mean cosine 0.108, centred 0.004, all but the top -0.003, correlation 0.109, n =
    /// 32,640</c>.</example>
    let beside (plain: Summary) (matrix: Labelled) : Anisotropy = {
        Plain = plain
        Centred = matrix |> Labelled.centre |> Similarity.cosine Rows |> moments
        AllButTheTop =
            matrix
            |> Embedding.allButTheTop (max 1 (matrix.Columns.Length / 100))
            |> Similarity.cosine Rows
            |> moments
        Correlation = matrix |> Similarity.correlation Rows |> moments
    }

    /// <summary>One row per treatment: mean cosine, standard deviation and pairs.</summary>
    /// <example><code lang="fsharp">
    /// let plain = positions |> Similarity.cosine Rows |> Pairs.fold Fold.moments
    /// (positions |> Anisotropy.beside plain |> Anisotropy.toTable).Rows.Length
    /// </code> is <c>4</c>.</example>
    let toTable (anisotropy: Anisotropy) : Table =
        anisotropy.Rows
        |> Table.ofItems [
            "rows", fst >> Text
            "mean", (fun (_, summary) -> Number summary.Mean)
            "sd", (fun (_, summary) -> Number summary.Sd)
            "pairs", (fun (_, summary) -> Count summary.N)
        ]

namespace Workbench

open Workbench.Core.Pairs

/// <summary>A number that says something of a matrix.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Name}")>]
type Statistic =
    /// Any function of the matrix.
    | OfMatrix of name: string * value: (Labelled -> float)
    /// The answer of a fold over the cosines of all pairs of columns; several of these share one pass.
    | OfColumns of name: string * fold: Fold<float>

    member this.Name =
        match this with
        | OfMatrix(name, _)
        | OfColumns(name, _) -> name

    override this.ToString() = this.Name

/// <summary>Statistics that null hypotheses are tested with.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Statistic =
    /// <summary>A statistic of one's own.</summary>
    /// <example><code lang="fsharp">
    /// let heaviest = Statistic.named "heaviest" (Labelled.column 1 >> Array.max)
    /// animals |> Statistic.ofMatrix [ heaviest ]
    /// </code>is <c>[600.0]</c>.</example>
    let named (name: string) (value: Labelled -> float) : Statistic = OfMatrix(name, value)

    /// The mean absolute cosine between columns.
    let meanAbsoluteCosine: Statistic =
        OfColumns("mean |cosine| between columns", Fold.meanAbsolute)

    /// The largest cosine between two columns: with it, a p-value is one for the most similar of all pairs (max-T).
    let maximumCosine: Statistic =
        OfColumns("largest cosine between columns", Fold.extrema |> Fold.map (snd >> _.Similarity))

    // The answers of those that are folds, in one pass.
    let private folds (statistics: Statistic list) : Fold<float list> =
        List.foldBack
            (fun statistic rest ->
                match statistic with
                | OfColumns(_, fold) -> Fold.zip fold rest |> Fold.map List.Cons
                | OfMatrix _ -> rest)
            statistics
            (Fold.answer [])

    // A fold over no pairs at all has no answer.
    let private answers (prepare: Pairs -> Pairs) (statistics: Statistic list) (matrix: Labelled) : float list =
        let shared =
            lazy
                (let pairs = matrix |> Similarity.cosine Columns |> prepare

                 if pairs.Count = 0L then
                     List.map (fun _ -> nan) statistics
                 else
                     Pairs.fold (folds statistics) pairs)

        statistics
        |> List.mapFold
            (fun answered statistic ->
                match statistic with
                | OfMatrix(_, value) -> value matrix, answered
                | OfColumns _ -> List.item answered shared.Value, answered + 1)
            0
        |> fst

    let private checkColumns (statistics: Statistic list) (matrix: Labelled) =
        for statistic in statistics do
            match statistic with
            | OfColumns(name, _) when matrix.Columns.Length < 2 ->
                invalidArg
                    (nameof matrix)
                    $"The {name} needs at least two columns, but the matrix has {matrix.Columns.Length}."
            | _ -> ()

    /// <summary>Several statistics of a matrix, in their order.</summary>
    /// <exception cref="T:System.ArgumentException">One of pairs of columns is asked of fewer than two columns, or a
    /// column, which is named, has no cosine.</exception>
    /// <example><code lang="fsharp">
    /// animals |> Statistic.ofMatrix [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ]
    /// </code>is <c>[0.586; 0.915]</c>.</example>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.selectColumns [| 0 |] |> Statistic.ofMatrix [ Statistic.maximumCosine ]
    /// </code>throws <c>ArgumentException</c>.</example>
    let ofMatrix (statistics: Statistic list) (matrix: Labelled) : float list =
        checkColumns statistics matrix
        answers id statistics matrix

    /// The same of a random matrix that may have columns of zeros: they have no cosine, and take no part.
    let internal ofSurrogate (statistics: Statistic list) (matrix: Labelled) : float list =
        answers Pairs.withoutUndefined statistics matrix

    /// Those of pairs of columns, of shuffles that the engine of the matrix draws where it computes. Each is told with
    /// its number; `named` tells its provenance.
    let internal ofShuffles
        (statistics: Statistic list)
        (shuffles: Shuffles)
        (seeds: Seed[])
        (named: Seed -> Labelled -> Labelled)
        (tell: int -> float list -> unit)
        (matrix: Labelled)
        : unit =
        checkColumns statistics matrix

        matrix
        |> Similarity.cosine Columns
        |> Pairs.foldShuffles (folds statistics) shuffles seeds named tell

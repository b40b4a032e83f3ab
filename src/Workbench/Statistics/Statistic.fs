namespace Workbench

/// <summary>A number that says something of a matrix.</summary>
/// <category index="3">Statistics</category>
type Statistic =
    /// Any function of the matrix.
    | OfMatrix of name: string * value: (Labelled -> float)
    /// The answer of a fold over the cosines of all pairs of columns; several of these share one pass.
    | OfColumns of name: string * fold: Fold<float>

    member this.Name =
        match this with
        | OfMatrix(name, _)
        | OfColumns(name, _) -> name

/// <summary>Statistics that null hypotheses are tested with.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Statistic =
    /// A statistic of one's own.
    let named (name: string) (value: Labelled -> float) : Statistic = OfMatrix(name, value)

    /// The mean absolute cosine between columns.
    let meanAbsoluteCosine: Statistic =
        OfColumns("mean |cosine| between columns", Fold.meanAbsolute)

    /// The largest cosine between two columns: with it, a p-value is one for the most similar of all pairs (max-T).
    let maximumCosine: Statistic =
        OfColumns("largest cosine between columns", Fold.extrema |> Fold.map (snd >> _.Similarity))

    /// Several statistics of a matrix, in their order.
    let ofMatrix (statistics: Statistic list) (matrix: Labelled) : float list =
        let shared =
            lazy
                (let folds =
                    List.foldBack
                        (fun statistic rest ->
                            match statistic with
                            | OfColumns(_, fold) -> Fold.zip fold rest |> Fold.map List.Cons
                            | OfMatrix _ -> rest)
                        statistics
                        (Fold.answer [])

                 matrix |> Similarity.cosine Columns |> Pairs.fold folds)

        statistics
        |> List.mapFold
            (fun answered statistic ->
                match statistic with
                | OfMatrix(_, value) -> value matrix, answered
                | OfColumns _ -> List.item answered shared.Value, answered + 1)
            0
        |> fst

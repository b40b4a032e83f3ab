namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Pairs
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>Finds the rows of a table that are nearest to vectors, exactly.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
module Nearest =
    let private search (engine: Engine) (measure: Measure) (k: int) (table: Matrix) (queries: Matrix) =
        engine.TopK(MatrixView.op_Implicit queries, MatrixView.op_Implicit table, k, measure)

    // Looks for the row to name only where there is one.
    let private named (nearness: Nearness) (table: Labelled) (work: unit -> NearToken[][]) =
        try
            work ()
        with :? DegenerateRowsException ->
            Labelled.checkFinite (nameof table) table

            if nearness <> Nearness.DotProduct then
                Labelled.checkDirections (nameof table) table

            reraise ()

    let private means (found: TopKResult) =
        Array.init found.Queries (fun query ->
            let mutable sum = 0.0

            for score in found.Scores query do
                sum <- sum + float score

            sum / float found.K)

    // Each row of length `scale`, and one more column.
    let private extended (scale: float) (last: int -> float) (rows: Matrix) =
        let result = Matrix.Uninitialized(rows.Rows, rows.Columns + 1)

        for i in 0 .. rows.Rows - 1 do
            let row = rows.Row i

            let values = row.ToArray() |> Array.map float
            let norm = Vector.length values
            let target = result.WritableRow i
            // In float64: the factor of a very short row is beyond single precision.
            for j in 0 .. values.Length - 1 do
                target[j] <- float32 (values[j] * scale / norm)

            target[row.Length] <- float32 (last i)

        result

    let private labelled (table: Labelled) (shift: int -> float) (found: TopKResult) : NearToken[][] =
        Array.init found.Queries (fun query ->
            let ids, scores = found.Indices(query).ToArray(), found.Scores(query).ToArray()

            Array.map2
                (fun id score -> {
                    Id = id
                    Token = table.Rows.Label id
                    Score = float score - shift query
                })
                ids
                scores)

    /// <summary>The k rows of a table nearest to each query, best first, ties by smallest row. The table is read a
    /// block at a time, on all cores; the matrix of scores never exists.</summary>
    /// <param name="nearness">What near means. For CSLS the queries are the other set: give all that belong together at
    /// once.</param>
    /// <param name="k">How many for each query.</param>
    /// <param name="table">One vector per row, such as the token embeddings: [n, d].</param>
    /// <param name="queries">[q, d].</param>
    /// <exception cref="T:System.ArgumentException">Lengths of rows differ; a row, which is named, is not finite or has
    /// no direction where one is needed; or dot products are beyond single precision, or below it.</exception>
    /// <example><code lang="fsharp">
    /// let king = gpt2 |> Embedding.ofWords [| " king" |]
    /// king.Values |> Nearest.tokens Nearness.Cosine 3 (Embedding.tokens gpt2)
    /// </code> is <c>[|[|" king" 1; " queen" 0.751; " prince" 0.727|]|]</c>.</example>
    /// <example><code lang="fsharp">animals.Values |> Nearest.tokens Nearness.Cosine 1 positions</code> throws
    /// <c>ArgumentException</c>: rows of 3 and of 192 numbers.</example>
    let tokens (nearness: Nearness) (k: int) (table: Labelled) (queries: Matrix) : NearToken[][] =
        Check.atLeast 1 (nameof k) k
        let search = search table.Provenance.Engine

        named nearness table (fun () ->
            match nearness with
            | Nearness.DotProduct ->
                search Measure.DotProduct k table.Values queries
                |> labelled table (fun _ -> 0.0)
            | Nearness.Cosine -> search Measure.Cosine k table.Values queries |> labelled table (fun _ -> 0.0)
            | Nearness.Csls neighbourhood ->
                Check.atLeast 1 (nameof neighbourhood) neighbourhood
                let ofQueries = search Measure.Cosine neighbourhood table.Values queries |> means
                let ofTable = search Measure.Cosine neighbourhood queries table.Values |> means
                // (2x, −1) · (y, r(y)) = 2 cos(x, y) − r(y) for unit x and y: one more search by dot products.
                let left = extended 2.0 (fun _ -> -1.0) queries
                let right = extended 1.0 (fun row -> ofTable[row]) table.Values

                search Measure.DotProduct k right left
                |> labelled table (fun query -> ofQueries[query]))

namespace Workbench

open System
open System.Numerics.Tensors

/// Lengths of vectors, and which of them stand apart.
[<RequireQualifiedAccess>]
module Norms =
    /// The Euclidean length of each row, summed in float64.
    let ofRows (matrix: Labelled) : float[] =
        Array.init matrix.Rows.Length (fun i ->
            let row = Labelled.row i matrix
            sqrt (TensorPrimitives.SumOfSquares(ReadOnlySpan row)))

    /// The places of values further from the median than `times` the median absolute deviation: a rule that outliers cannot bend.
    /// <example><code lang="fsharp">[| 1.0; 1.1; 0.9; 9.0 |] |> Norms.outliers 5.0</code> is [| 3 |].</example>
    let outliers (times: float) (values: float[]) : int[] =
        let median = Distribution.quantile 0.5 values
        let deviations = values |> Array.map (fun value -> abs (value - median))
        let limit = times * Distribution.quantile 0.5 deviations

        [|
            for i in 0 .. values.Length - 1 do
                if deviations[i] > limit then
                    i
        |]

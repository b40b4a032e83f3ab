namespace Workbench

open System
open System.Numerics.Tensors

/// Plain vectors of doubles.
[<RequireQualifiedAccess>]
module internal Vector =
    /// A power of two that brings all values to −1 … 1, so that their squares neither overflow nor vanish; dividing by
    /// it is exact.
    let unit (vector: float[]) : float =
        match vector |> Array.fold (fun largest value -> max largest (abs value)) 0.0 with
        | largest when largest > 0.0 && Double.IsFinite largest -> Math.ScaleB(1.0, min 1023 (Math.ILogB largest + 1))
        | _ -> 1.0

    /// The mean and the standard deviation of a sample. Measured from the first value, so that equal values have
    /// exactly their own mean, and deviate by 0.
    let meanAndSd (vector: float[]) : float * float =
        let unit = unit vector
        let first = vector[0] / unit
        let from = vector |> Array.map (fun value -> value / unit - first)
        let mean = Array.average from
        let square = from |> Array.sumBy (fun value -> (value - mean) * (value - mean))
        (first + mean) * unit, sqrt (square / float (vector.Length - 1)) * unit

    /// The Euclidean length.
    let length (vector: float[]) : float =
        sqrt (TensorPrimitives.SumOfSquares(ReadOnlySpan vector))

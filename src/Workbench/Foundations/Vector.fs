namespace Workbench

open System
open System.Numerics.Tensors

/// Plain vectors of doubles.
[<RequireQualifiedAccess>]
module internal Vector =
    /// The Euclidean length.
    let length (vector: float[]) : float =
        sqrt (TensorPrimitives.SumOfSquares(ReadOnlySpan vector))

namespace Workbench

open System
open Workbench.Core.Tensors

/// <summary>Where a derivative is taken: numbers as a matrix, and how a matrix becomes numbers of that kind
/// again.</summary>
/// <category index="6">Stream</category>
[<NoComparison; NoEquality>]
type Point<'numbers> = {
    Values: Matrix
    Like: Matrix -> 'numbers
}

/// <summary>What derivatives can be taken with respect to. Gradients are of the same kind.</summary>
/// <category index="6">Stream</category>
[<AbstractClass; Sealed>]
type Point =
    /// One number, 1 × 1.
    static member Of(number: float) : Point<float> = {
        Values = Matrix.FromArray(1, 1, ReadOnlySpan [| float32 number |])
        Like = fun values -> float values[0, 0]
    }

    /// A vector, one row.
    static member Of(vector: float[]) : Point<float[]> = {
        Values = Matrix.FromArray(1, vector.Length, ReadOnlySpan(Array.map float32 vector))
        Like = fun values -> Array.map float (values.ToArray())
    }

    /// A matrix, not copied.
    static member Of(matrix: Matrix) : Point<Matrix> = { Values = matrix; Like = id }

    /// A labelled matrix; what is made of it keeps the labels.
    static member Of(matrix: Labelled) : Point<Labelled> = {
        Values = matrix.Values
        Like = Labelled.ofMatrix matrix.Rows matrix.Columns matrix.Provenance
    }

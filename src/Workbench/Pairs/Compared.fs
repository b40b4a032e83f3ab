namespace Workbench

open Workbench.Core.Tensors

/// <summary>What a scan compared, as the answer of a fold needs it: the vectors themselves stay where they
/// lie.</summary>
/// <category index="2">Pairs</category>
[<NoComparison; NoEquality>]
type Compared = {
    /// What the vectors are called.
    Items: Axis
    /// What those are called that they are compared with: the same, unless there are two tables.
    Others: Axis
    Measure: Measure
    Provenance: Provenance
} with

    /// What a similarity is called on an axis.
    member this.Quantity =
        match this.Measure with
        | Measure.Cosine -> "cosine similarity"
        | Measure.Pearson -> "correlation"
        | _ -> "dot product"

namespace Workbench

/// How two vectors are compared.
type Measure =
    /// x·y / (|x| |y|)
    | Cosine
    /// x·y
    | DotProduct
    /// The cosine after subtracting from each vector its own mean.
    | Pearson

/// All unordered pairs i < j of a set of vectors under a measure: a description, not the values.
/// Never the diagonal, never a pair twice.
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Pairs = {
    /// One vector per row, as given.
    Vectors: Labelled
    Measure: Measure
} with

    /// n(n−1)/2.
    member this.Count =
        int64 this.Vectors.Rows.Length * int64 (this.Vectors.Rows.Length - 1) / 2L

    member this.Display =
        $"{this.Count:N0} pairs of {this.Vectors.Rows}, {string this.Measure}, {Provenance.describe this.Vectors.Provenance}"

    override this.ToString() = this.Display

namespace Workbench

open System
open type System.FormattableString

/// <summary>How alike two models' token embeddings are, on words that both have as single tokens.</summary>
/// <category index="4">Models</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type EmbeddingComparison = {
    /// The words in the first model, one per row.
    First: Labelled
    /// The same words in the second.
    Second: Labelled
    /// Whether they find the same words alike: the correlation of all cosines.
    Geometry: Rsa
    /// Linear centred kernel alignment.
    Alignment: Alignment
    /// How well one can be turned onto the other.
    Procrustes: ProcrustesFit
    /// Largest first; None where there are no more words than dimensions, so that they mean nothing.
    CanonicalCorrelations: float[] option
} with

    /// The words that were compared.
    member this.Words = Axis.labels this.First.Rows

    /// A line for each measure.
    member this.Display =
        let names (matrix: Labelled) =
            matrix.Provenance.Weights |> List.map string |> String.concat ", "

        let canonical =
            match this.CanonicalCorrelations with
            | Some values ->
                Invariant
                    $"canonical correlations {values[0]:F3} to {Array.last values:F3}, mean {Array.average values:F3}"
            | None ->
                $"no canonical correlations: they need more words than the \
                  {this.First.Columns.Length + this.Second.Columns.Length} dimensions of both"

        String.Join(
            "\n",
            [
                Invariant $"{names this.First} and {names this.Second} on {this.First.Rows.Length:N0} words"
                Invariant
                    $"  geometry: {this.Geometry.Correlation} r {this.Geometry.Value:F3} of \
                      {this.Geometry.Pairs:N0} pairs, p = {this.Geometry.P:G3}"
                $"  {this.Alignment}"
                $"  {this.Procrustes}"
                $"  {canonical}"
            ]
        )

    override this.ToString() = this.Display

namespace Workbench

open type System.FormattableString

/// Where bins begin and end.
[<RequireQualifiedAccess>]
module internal Histogram =
    let edges (bins: int) (minimum: float) (maximum: float) : float[] =
        let width = (maximum - minimum) / float bins
        Array.init (bins + 1) (fun i -> minimum + width * float i)

/// <summary>Counts of values in bins of equal width.</summary>
/// <category index="1">Foundations</category>
[<StructuredFormatDisplay("{Display}")>]
type Histogram = {
    /// What was counted, e.g. "cosine similarity".
    Quantity: string
    /// Left edge of the first bin.
    Minimum: float
    /// Right edge of the last bin, which belongs to it.
    Maximum: float
    /// One count per bin; a bin holds its left edge and not its right one, but for the last.
    Counts: int64[]
    Provenance: Provenance
} with

    /// Number of values counted.
    member this.N = Array.sum this.Counts
    member this.BinWidth = (this.Maximum - this.Minimum) / float this.Counts.Length

    /// The left edges and the last right edge: one more than there are bins.
    member this.Edges = Histogram.edges this.Counts.Length this.Minimum this.Maximum

    /// The middle of each bin.
    member this.Centres =
        Array.init this.Counts.Length (fun i -> this.Minimum + this.BinWidth * (float i + 0.5))

    /// Share of values per unit of the quantity; integrates to 1.
    member this.Density =
        let total = float this.N * this.BinWidth
        this.Counts |> Array.map (fun count -> float count / total)

    member this.Display =
        Invariant
            $"{this.N:N0} values of {this.Quantity} in {this.Counts.Length} bins from {this.Minimum} to {this.Maximum}"

    override this.ToString() = this.Display

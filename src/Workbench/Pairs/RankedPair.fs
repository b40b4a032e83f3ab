namespace Workbench

open type System.FormattableString

/// <summary>Two items and how similar they are.</summary>
/// <category index="2">Pairs</category>
[<StructuredFormatDisplay("{Display}")>]
type RankedPair = {
    Similarity: float
    /// The smaller index.
    I: int
    J: int
    First: string
    Second: string
} with

    member this.Display =
        Invariant $"{this.Similarity:F3} ({this.I}, {this.J}) {this.First} · {this.Second}"

    override this.ToString() = this.Display

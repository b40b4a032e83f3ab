namespace Workbench

open type System.FormattableString

/// <summary>Moments and extremes of a set of values.</summary>
/// <category index="1">Foundations</category>
[<StructuredFormatDisplay("{Display}")>]
type Summary = {
    /// What was measured.
    Quantity: string
    N: int64
    Mean: float
    /// Standard deviation with divisor n − 1; NaN for one value.
    Sd: float
    Minimum: float
    Maximum: float
    Provenance: Provenance
} with

    member this.Display =
        Invariant
            $"{this.Quantity}: n = {this.N:N0}, mean {this.Mean:G6}, sd {this.Sd:G6}, min {this.Minimum:G6}, max \
              {this.Maximum:G6}"

    override this.ToString() = this.Display

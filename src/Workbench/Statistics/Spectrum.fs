namespace Workbench

open Workbench.Core.Decompositions
open Workbench.Core.Statistics
open type System.FormattableString

/// <summary>How the variance of a real sequence is spread over frequencies, and whether one of them stands
/// out.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Spectrum = {
    /// Cycles per step: 0, 1/n, 2/n … 1/2.
    Frequencies: float[]
    /// One-sided power spectral density with the mean removed: 2|X_k|²/n, without the factor 2 at zero and at 1/2.
    Density: float[]
    /// Fisher's statistic: the largest power over their sum, zero frequency and 1/2 left out; NaN for a constant.
    FisherG: float
    /// The frequency of that largest power, in cycles per step.
    Peak: float
    /// Chance of as large a g in white Gaussian noise, exact.
    P: float
} with

    member this.Display =
        Invariant $"peak at {this.Peak:G4} cycles per step, g = {this.FisherG:G4}, p = {this.P:G3}"

    override this.ToString() = this.Display

/// <summary>Periodicity of sequences: the periodogram, and Fisher's test of its largest ordinate.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Spectrum =
    /// <summary>The periodogram of a sequence and Fisher's g-test (1929).</summary>
    /// <param name="values">At least three finite values, equally spaced.</param>
    /// <example><code lang="fsharp">[| for t in 0..127 -> sin (float t / 4.0) |] |> Spectrum.ofValues</code></example>
    let ofValues (values: float[]) : Spectrum =
        Check.atLeast 3 "the number of values" values.Length
        Check.finite (nameof values) values
        let periodogram = Periodogram(values.Length, PeriodogramScaling.Density)
        let density = Array.zeroCreate<float> periodogram.Frequencies
        periodogram.Compute(values, density)
        let struct (g, peak, count) = FisherG.Statistic(density, values.Length)

        {
            Frequencies = Array.init density.Length periodogram.Frequency
            Density = density
            FisherG = g
            Peak = periodogram.Frequency peak
            P = FisherG.PValue(g, count)
        }

    /// The spectrum of every column of a matrix, in their order.
    let ofColumns (matrix: Labelled) : Spectrum[] =
        Array.Parallel.init matrix.Columns.Length (fun j -> ofValues (Labelled.column j matrix))

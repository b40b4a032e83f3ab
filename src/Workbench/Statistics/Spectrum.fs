namespace Workbench

open System
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
    /// Fisher's statistic: the largest power over their sum, zero frequency and 1/2 left out; NaN where that sum is
    /// zero, as for a constant.
    FisherG: float
    /// The frequency of that largest power, in cycles per step; NaN where g is.
    Peak: float
    /// Chance of as large a g in white Gaussian noise: exact, above 0 and at most 1. NaN where g is, and where values
    /// repeat so much that they cannot be such noise: more than a tenth of them are the same.
    P: float
} with

    member this.Display =
        if System.Double.IsNaN this.FisherG then
            "no spectrum: the values are constant, or go up and down by the same at every step"
        else
            Invariant $"peak at {this.Peak:G4} cycles per step, g = {this.FisherG:G4}, p = {this.P:G3}"

    override this.ToString() = this.Display

/// <summary>Periodicity of sequences: the periodogram, and Fisher's test of its largest ordinate.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Spectrum =
    // Fisher's p is one for white Gaussian noise, in which no value comes twice. Values rounded to a fine grid do no
    // harm; with two or three values g reaches 1 by chance, which the formula calls impossible.
    let private commonest (values: float[]) =
        values |> Array.countBy id |> Array.map snd |> Array.max

    /// <summary>The periodogram of a sequence and Fisher's g-test (1929).</summary>
    /// <remarks>Where values repeat, so that p is NaN, a permutation test asks the same of the orders of these
    /// values, as in the second example.</remarks>
    /// <param name="values">At least three finite values, equally spaced.</param>
    /// <exception cref="T:System.ArgumentException">There are fewer than three values; one is not finite; or their
    /// squares are beyond a double, or their differences so small that the squares vanish.</exception>
    /// <example><code lang="fsharp">
    /// let noise = Sample.normal (Seed 1UL) 64 1 |> Labelled.column 0
    /// noise |> Array.mapi (fun t value -> value + sin (Math.PI * float t / 4.0)) |> Spectrum.ofValues
    /// </code>is <c>peak at 0.125 cycles per step, g = 0.314, p = 0.000376</c>.</example>
    /// <example><code lang="fsharp">
    /// let g = Statistic.named "g" (fun matrix -> (matrix |> Labelled.column 0 |> Spectrum.ofValues).FisherG)
    /// let steps, one = Axis.numbered "step" 32, Axis.numbered "column" 1
    /// let square = Labelled.init steps one (Provenance.computed "off and on") (fun step _ -> float (step / 4 % 2))
    /// square |> Null.distribution (Seed 1UL) 99 g WithinColumns
    /// </code>is <c>g = 0.8536; under WithinColumns 0.2367 ± 0.064, z = 9.7, p = 0.01 (99 draws)</c>, where Fisher's p
    /// is NaN.</example>
    /// <example><code lang="fsharp">Array.create 8 1.0 |> Spectrum.ofValues</code> is
    /// <c>no spectrum: the values are constant, or go up and down by the same at every step</c>.</example>
    /// <example><code lang="fsharp">[| 1.0; 2.0 |] |> Spectrum.ofValues</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofValues (values: float[]) : Spectrum =
        Check.atLeast 3 "the number of values" values.Length
        Check.finite (nameof values) values
        let periodogram = Periodogram(values.Length, PeriodogramScaling.Density)
        let density = Array.zeroCreate<float> periodogram.Frequencies
        periodogram.Compute(values, density)

        if Array.exists Double.IsInfinity density then
            invalidArg (nameof values) "The squares of these values are beyond a double; scale them down."

        if Array.forall ((=) 0.0) density && Array.exists ((<>) values[0]) values then
            invalidArg (nameof values) "The differences of these values vanish when squared; scale them up."

        let struct (g, peak, count) = FisherG.Statistic(density, values.Length)

        {
            Frequencies = Array.init density.Length periodogram.Frequency
            Density = density
            FisherG = g
            Peak = if Double.IsNaN g then nan else periodogram.Frequency peak
            P =
                if commonest values > max 1 (values.Length / 10) then
                    nan
                else
                    FisherG.PValue(g, count)
        }

    /// <summary>The spectrum of every column of a matrix, in their order.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than three rows, or a row, which is named, holds
    /// NaN or infinity.</exception>
    /// <example><code lang="fsharp">Embedding.sinusoidal 64 4 |> Spectrum.ofColumns |> Array.map _.Peak</code> is
    /// <c>[|0.15625; 0.15625; 0.015625; 0.015625|]</c>: a sine and a cosine of each frequency.</example>
    let ofColumns (matrix: Labelled) : Spectrum[] =
        Labelled.checkFinite (nameof matrix) matrix
        Concurrently.init matrix.Columns.Length (fun j -> ofValues (Labelled.column j matrix))

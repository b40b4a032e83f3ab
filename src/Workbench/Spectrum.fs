namespace Workbench

open System.Numerics

/// How the variance of a real sequence is spread over frequencies.
[<StructuredFormatDisplay("{Display}")>]
type Periodogram = {
    /// Cycles per step: 0, 1/n, 2/n … 1/2.
    Frequencies: float[]
    /// One-sided power spectral density with the mean removed: 2|X_k|²/n, without the factor 2 at zero and at 1/2.
    Density: float[]
    /// Fisher's statistic: the largest |X_k|² over their sum, zero frequency and 1/2 left out; NaN for a constant.
    FisherG: float
    /// The frequency of that largest ordinate.
    Peak: float
    /// Chance of as large a g in white Gaussian noise.
    P: float
} with

    member this.Display =
        $"peak at {this.Peak:G4} cycles per step, g = {this.FisherG:G4}, p = {this.P:G3}"

    override this.ToString() = this.Display

/// Periodicity of sequences: what a Fourier transform shows and whether it is more than noise.
[<RequireQualifiedAccess>]
module Spectrum =
    /// Chance that the largest of m periodogram ordinates of white Gaussian noise has at least the share g of their sum:
    /// Σ_{j=1}^{⌊1/g⌋} (−1)^{j−1} C(m, j) (1 − jg)^{m−1} (Fisher 1929).
    /// Summed in whole numbers with 128 + 2m fractional bits, since the terms cancel to far below their size.
    /// <param name="m">Number of ordinates, at least 1.</param>
    /// <param name="g">From 1/m to 1.</param>
    let fisherP (m: int) (g: float) : float =
        Check.atLeast 1 (nameof m) m

        if not (g >= 0.0 && g <= 1.0 + 1e-12) then
            invalidArg (nameof g) $"g is a share and must lie between 0 and 1, but is {g}."

        if m = 1 || g * float m <= 1.0 then
            1.0
        else
            let bits = 128 + 2 * m
            let one = BigInteger.One <<< bits
            let multiply (x: BigInteger) y = (x * y) >>> bits

            let rec power (x: BigInteger) n =
                if n = 0 then one
                elif n % 2 = 0 then power (multiply x x) (n / 2)
                else multiply x (power x (n - 1))

            // A double is a whole number times a power of two, so g is exact here.
            let scaled = BigInteger(g * 2.0 ** 60.0) <<< (bits - 60)
            let mutable choose, sum, j = BigInteger.One, BigInteger.Zero, 1

            while j <= m && BigInteger(j) * scaled < one do
                choose <- choose * BigInteger(m - j + 1) / BigInteger j
                let term = choose * power (one - BigInteger j * scaled) (m - 1)
                sum <- if j % 2 = 1 then sum + term else sum - term
                j <- j + 1

            // Keep 1,000 bits after the point: exact to double precision for p down to 1e-285.
            min 1.0 (max 0.0 (float (sum * (BigInteger.One <<< 1000) / one) * 2.0 ** -1000.0))

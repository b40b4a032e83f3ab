namespace Workbench

open System
open type System.FormattableString

/// <summary>Describes how values are spread. Inputs must be finite; nothing is dropped silently.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Distribution =
    let private refuseHuge (low: float) (high: float) =
        if not (Double.IsFinite(high - low)) then
            invalidArg
                "values"
                (Invariant
                    $"The range from {low} to {high} is wider than any float ({Double.MaxValue:G3}); scale them first.")

    let private refuseShare (share: float) =
        if not (share >= 0.0 && share <= 1.0) then
            invalidArg (nameof share) (Invariant $"share must lie between 0 and 1, but is {share}.")

    /// <summary>Counts values in bins from `minimum` to `maximum`; values outside are refused, not dropped.</summary>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <param name="minimum">Left edge of the first bin.</param>
    /// <param name="maximum">Right edge of the last bin.</param>
    /// <param name="quantity">What the values are.</param>
    /// <param name="provenance">Where they come from.</param>
    /// <param name="values">The values.</param>
    /// <exception cref="T:System.ArgumentException">A value is not finite or outside, the range is empty or wider than
    /// a float can say, or there are no bins.</exception>
    /// <example><code lang="fsharp">
    /// let typed = Provenance.computed "typed"
    /// ([| 0.1; 0.4; 0.9 |] |> Distribution.histogramOver 2 0.0 1.0 "share" typed).Counts
    /// </code> is <c>[|2L; 1L|]</c>.</example>
    /// <example><code lang="fsharp">
    /// [| 1.2 |] |> Distribution.histogramOver 2 0.0 1.0 "share" (Provenance.computed "typed")
    /// </code> throws <c>ArgumentException</c>: it lies outside.</example>
    let histogramOver bins (minimum: float) (maximum: float) quantity provenance (values: float[]) : Histogram =
        Check.atLeast 1 (nameof bins) bins
        Check.affordable (nameof bins) 8L bins
        Check.finite (nameof values) values

        if not (minimum < maximum) then
            invalidArg
                (nameof maximum)
                (Invariant $"maximum must be above minimum, but they are {maximum} and {minimum}.")

        refuseHuge minimum maximum
        let edges = Histogram.edges bins minimum maximum
        let counts = Array.zeroCreate<int64> bins

        for value in values do
            if value < minimum || value > maximum then
                invalidArg
                    (nameof values)
                    (Invariant $"{value} lies outside the range from {minimum} to {maximum}; widen it.")

            // Rounding may take the bin beside, which the edges decide.
            let mutable bin =
                min (bins - 1) (int ((value - minimum) / (maximum - minimum) * float bins))

            while bin > 0 && value < edges[bin] do
                bin <- bin - 1

            while bin < bins - 1 && value >= edges[bin + 1] do
                bin <- bin + 1

            counts[bin] <- counts[bin] + 1L

        {
            Quantity = quantity
            Minimum = minimum
            Maximum = maximum
            Counts = counts
            Provenance = provenance
        }

    /// <summary>Counts values in bins from their minimum to their maximum.</summary>
    /// <example><code lang="fsharp">
    /// [| 1.0; 2.0; 2.0; 5.0 |] |> Distribution.histogram 4 "letters" (Provenance.computed "counted")
    /// </code> is <c>4 values of letters in 4 bins from 1 to 5</c>.</example>
    /// <example><code lang="fsharp">
    /// ([| 1.0; 2.0; 2.0; 5.0 |] |> Distribution.histogram 4 "letters" (Provenance.computed "counted")).Counts
    /// </code> is <c>[|1L; 2L; 0L; 1L|]</c>.</example>
    let histogram bins quantity provenance (values: float[]) : Histogram =
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values
        let low, high = Array.min values, Array.max values
        // Half a unit to each side, or the next float where that is further.
        let aside = max 0.5 (Math.BitIncrement(abs low) - abs low)
        let low, high = if low < high then low, high else low - aside, high + aside
        histogramOver bins low high quantity provenance values

    /// <summary>Adjacent bins of a histogram put together, `factor` at a time.</summary>
    /// <exception cref="T:System.ArgumentException">The number of bins is not a multiple of the factor.</exception>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 4000) |> Distribution.rebin 500 |> _.Counts
    /// </code> is <c>[|0L; 2L; 3939L; 7540L; 11070L; 7208L; 2878L; 3L|]</c>.</example>
    /// <example><code lang="fsharp">
    /// Distribution.histogram 8 "norm" positions.Provenance (Norms.ofRows positions) |> Distribution.rebin 3
    /// </code> throws <c>ArgumentException</c>: 8 is no multiple of 3.</example>
    let rebin (factor: int) (histogram: Histogram) : Histogram =
        Check.atLeast 1 (nameof factor) factor

        if histogram.Counts.Length % factor <> 0 then
            invalidArg (nameof factor) $"{histogram.Counts.Length} bins cannot be put together {factor} at a time."

        {
            histogram with
                Counts = histogram.Counts |> Array.chunkBySize factor |> Array.map Array.sum
        }

    /// <summary>The part of a histogram between the first and the last bin that is not empty.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 4000) |> Distribution.trim
    /// </code> is <c>32,640 values of cosine similarity in 2554 bins from -0.514 to 0.763</c>.</example>
    let trim (histogram: Histogram) : Histogram =
        match Array.tryFindIndex ((<>) 0L) histogram.Counts, Array.tryFindIndexBack ((<>) 0L) histogram.Counts with
        | Some first, Some last -> {
            histogram with
                Minimum = histogram.Minimum + float first * histogram.BinWidth
                Maximum = histogram.Minimum + float (last + 1) * histogram.BinWidth
                Counts = histogram.Counts[first..last]
          }
        | _ -> histogram

    /// <summary>The value below which a share of a histogram's values lies, linear within its bin.</summary>
    /// <exception cref="T:System.ArgumentException">The histogram counts nothing, or the share is not between 0 and
    /// 1.</exception>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 4000) |> Distribution.quantileOf 0.5
    /// </code> is <c>0.120</c>.</example>
    let quantileOf (share: float) (histogram: Histogram) : float =
        refuseShare share

        if histogram.N = 0L then
            invalidArg
                (nameof histogram)
                $"The histogram of {histogram.Quantity} counts nothing, so it has no quantiles."

        let wanted = share * float histogram.N
        let mutable below, bin = 0.0, 0

        // Bins before the first value hold no part of any share.
        while bin < histogram.Counts.Length - 1
              && (below + float histogram.Counts[bin] < wanted
                  || below = 0.0 && histogram.Counts[bin] = 0L) do
            below <- below + float histogram.Counts[bin]
            bin <- bin + 1

        let inside = (wanted - below) / float (max 1L histogram.Counts[bin])
        histogram.Minimum + histogram.BinWidth * (float bin + min 1.0 inside)

    /// <summary>Number, mean, standard deviation and extremes, summed in float64.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Norms.ofRows |> Distribution.summary "norm" positions.Provenance
    /// </code> is <c>norm: n = 256, mean 0.213, sd 0.058, min 0.160, max 0.788</c>.</example>
    /// <example><code lang="fsharp">(Distribution.summary "norm" positions.Provenance [| 2.5 |]).Sd</code> is
    /// <c>nan</c>.</example>
    let summary quantity provenance (values: float[]) : Summary =
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values

        let mean, sd = Vector.meanAndSd values

        {
            Quantity = quantity
            N = int64 values.Length
            Mean = mean
            Sd = sd
            Minimum = Array.min values
            Maximum = Array.max values
            Provenance = provenance
        }

    /// <summary>The value below which a share of the values lies, linear between order statistics (type 7, NumPy's and
    /// R's default).</summary>
    /// <exception cref="T:System.ArgumentException">There is no value, one is not finite, or the share is not between 0
    /// and 1.</exception>
    /// <example><code lang="fsharp">[| 1.0; 2.0; 4.0 |] |> Distribution.quantile 0.75</code> is <c>3.0</c>.</example>
    /// <example><code lang="fsharp">[||] |> Distribution.quantile 0.75</code> throws
    /// <c>ArgumentException</c>.</example>
    let quantile (share: float) (values: float[]) : float =
        refuseShare share
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values

        MathNet.Numerics.Statistics.SortedArrayStatistics.QuantileCustom(
            Array.sort values,
            share,
            MathNet.Numerics.Statistics.QuantileDefinition.R7
        )

    /// <summary>Gaussian kernel density at `points` places between the extremes, bandwidth by Silverman's rule
    /// 0.9 · min(sd, IQR/1.34) · n^(−1/5).</summary>
    /// <returns>Places and densities.</returns>
    /// <exception cref="T:System.ArgumentException">There is no value, all are equal, one is not finite, or their range
    /// is wider, or the densities larger, than a float can say.</exception>
    /// <example><code lang="fsharp">[| 1.0; 2.0; 4.0 |] |> Distribution.density 3</code> is
    /// <c>[|(1.0, 0.241); (2.5, 0.195); (4.0, 0.172)|]</c>.</example>
    /// <example><code lang="fsharp">[| 2.0; 2.0 |] |> Distribution.density 3</code> throws <c>ArgumentException</c>:
    /// all are equal.</example>
    let density (points: int) (values: float[]) : (float * float)[] =
        Check.atLeast 2 (nameof points) points
        Check.affordable (nameof points) 24L points
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values
        refuseHuge (Array.min values) (Array.max values)
        let unit = Vector.unit values
        let scaled = values |> Array.map (fun value -> value / unit)
        let spread = (quantile 0.75 scaled - quantile 0.25 scaled) / 1.34
        let sd = snd (Vector.meanAndSd scaled)

        let width =
            0.9 * (if spread > 0.0 then min sd spread else sd) * float values.Length ** -0.2

        if not (width > 0.0) then
            invalidArg (nameof values) "The values are all equal, so they have no density; show a histogram."

        let low, high = Array.min scaled, Array.max scaled
        let peak = 1.0 / (float values.Length * width * Math.Sqrt(2.0 * Math.PI)) / unit

        if not (Double.IsFinite(peak * float values.Length)) then
            invalidArg
                (nameof values)
                "The values lie so close together that their density is beyond a float; scale them up."

        Array.init points (fun i ->
            let x = low + (high - low) * float i / float (points - 1)

            let kernel value =
                Math.Exp(-0.5 * ((x - value) / width) ** 2.0)

            x * unit, Array.sumBy kernel scaled * peak)

    /// <summary>Skewness of the population, m₃ / m₂^1.5; 0 for symmetric values.</summary>
    /// <example><code lang="fsharp">[| 1.0; 2.0; 6.0 |] |> Distribution.skewness</code> is <c>0.595</c>.</example>
    /// <example><code lang="fsharp">[| 1.0; 2.0; 3.0 |] |> Distribution.skewness</code> is <c>0.0</c>.</example>
    let skewness (values: float[]) : float =
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values
        let unit = Vector.unit values

        values
        |> Seq.map (fun value -> value / unit)
        |> MathNet.Numerics.Statistics.Statistics.PopulationSkewness

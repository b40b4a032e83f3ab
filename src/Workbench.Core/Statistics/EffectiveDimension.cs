using System;

namespace Workbench.Core.Statistics;

/// <summary>In how many dimensions a matrix or a cloud of points really lies, by three definitions.</summary>
/// <example><code>EffectiveDimension.EffectiveRank([2, 2, 2, 0])</code> is 3.</example>
public static class EffectiveDimension
{
    /// <summary>
    /// exp(−Σ p ln p) with p = σ/Σσ: the number of equal singular values of the same entropy (Roy and Vetterli, "The
    /// effective rank", 2007).
    /// </summary>
    /// <param name="singularValues">Not their squares; none negative.</param>
    /// <returns>From 1 to their number; NaN where all are 0 or there are none.</returns>
    public static double EffectiveRank(ReadOnlySpan<double> singularValues)
    {
        var sum = Sum(singularValues, nameof(singularValues), value => value);
        var entropy = 0.0;
        foreach (var value in singularValues)
            if (value > 0) entropy -= value / sum * Math.Log(value / sum);
        return sum > 0 ? Math.Exp(entropy) : double.NaN;
    }

    /// <summary>Σσ²/σ₁², which is |A|²_F/|A|²₂.</summary>
    /// <param name="singularValues">In any order; none negative.</param>
    /// <returns>From 1 to their number; NaN where all are 0 or there are none.</returns>
    public static double StableRank(ReadOnlySpan<double> singularValues)
    {
        var largest = 0.0;
        foreach (var value in singularValues) largest = Math.Max(largest, value);
        return Sum(singularValues, nameof(singularValues), value => value * value) / (largest * largest);
    }

    /// <summary>(Σλ)²/Σλ²: in how many dimensions a cloud with these variances spreads.</summary>
    /// <param name="variances">Eigenvalues of the covariance, or squared singular values; none negative.</param>
    /// <returns>From 1 to their number; NaN where all are 0 or there are none.</returns>
    public static double ParticipationRatio(ReadOnlySpan<double> variances)
    {
        var sum = Sum(variances, nameof(variances), value => value);
        return sum * sum / Sum(variances, nameof(variances), value => value * value);
    }

    private static double Sum(ReadOnlySpan<double> values, string name, Func<double, double> term)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] < 0) throw new ArgumentException($"Value {i} is {values[i]}; none may be negative.", name);
            sum += term(values[i]);
        }
        return sum;
    }
}

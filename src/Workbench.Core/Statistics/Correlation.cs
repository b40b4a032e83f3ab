using System;
using System.Collections.Generic;
using System.Numerics.Tensors;

namespace Workbench.Core.Statistics;

/// <namespacedoc><summary>Correlations, permutation tests and comparisons of similarity
/// matrices.</summary></namespacedoc>
/// <summary>How two lists of numbers that belong together are compared.</summary>
public enum CorrelationKind
{
    /// <summary>Covariance over the product of standard deviations.</summary>
    Pearson,
    /// <summary>Pearson's correlation of average ranks.</summary>
    Spearman,
    /// <summary>12 Σ (rₓ − r̄)(r_y − r̄) / (m³ − m) on average ranks: Spearman's value in expectation when ties are
    /// broken at random (Schütt, Kipnis, Diedrichsen and Kriegeskorte, "Statistical inference on representational
    /// geometries", eLife 2023).</summary>
    RhoA,
    /// <summary>x·y / (|x| |y|), the mean not removed.</summary>
    Cosine,
    /// <summary>Kendall's τ-a: concordant less discordant, over all m(m − 1)/2 comparisons of two values; ties keep it
    /// from reaching 1.</summary>
    TauA,
    /// <summary>Kendall's τ-b: the same over √(comparisons not tied in x · not tied in y); 1 for lists in the same
    /// order with the same ties.</summary>
    TauB,
}

/// <summary>Correlations of two lists, summed in float64.</summary>
/// <remarks>Undefined cases (fewer than two values, a constant list, a zero list for the cosine) give NaN, as do
/// values that are not finite. A list is constant when its deviations from the mean are the rounding of that
/// mean.</remarks>
public static class Correlation
{
    /// <summary>One of the correlations.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="x">The first list.</param>
    /// <param name="y">The second, of the same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Of(CorrelationKind kind, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException(
                $"The lists must go together, but x has {x.Length} values and y has {y.Length}.", nameof(y));
        if (kind is CorrelationKind.TauA or CorrelationKind.TauB)
            return IsFinite(x) && IsFinite(y) ? new KendallTau(x).With(kind, y) : double.NaN;
        var (a, b) = (new double[x.Length], new double[y.Length]);
        var (left, right) = (Standardise(kind, x, a), Standardise(kind, y, b));
        return left && right ? Dot(a, b) : double.NaN;
    }

    /// <summary>The ranks of values from 1, equal values sharing the mean of their ranks.</summary>
    /// <param name="values">Finite numbers.</param>
    /// <param name="destination">Gets one rank per value.</param>
    public static void AverageRanks(ReadOnlySpan<double> values, Span<double> destination)
    {
        var sorted = values.ToArray();
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);
        for (var first = 0; first < sorted.Length;)
        {
            var next = first + 1;
            while (next < sorted.Length && sorted[next] == sorted[first]) next++;
            for (var i = first; i < next; i++) destination[order[i]] = (first + 1 + next) / 2.0;
            first = next;
        }
    }

    /// <summary>
    /// Brings a list into the form in which a correlation is the plain dot product of two lists; a rearrangement of the
    /// list then only rearranges the form, which is what makes permutation tests cheap.
    /// </summary>
    /// <param name="kind">Which correlation; Kendall's two have no such form.</param>
    /// <param name="values">The list.</param>
    /// <param name="destination">Gets the form, as long as the list.</param>
    /// <returns>False when the correlation is undefined for this list.</returns>
    /// <exception cref="ArgumentException">Kendall's τ.</exception>
    public static bool Standardise(CorrelationKind kind, ReadOnlySpan<double> values, Span<double> destination)
    {
        if (kind is CorrelationKind.TauA or CorrelationKind.TauB)
            throw new ArgumentException($"{kind} is no dot product of two lists; use {nameof(Of)}.", nameof(kind));
        if (!IsFinite(values)) return false;
        if (kind is CorrelationKind.Spearman or CorrelationKind.RhoA) AverageRanks(values, destination);
        else values.CopyTo(destination);
        Scale(destination);
        if (kind != CorrelationKind.Cosine && !Centre(destination)) return false;
        var m = (double)values.Length;
        var square = kind == CorrelationKind.RhoA ? (m * m * m - m) / 12 : Dot(destination, destination);
        if (!(square > 0)) return false;
        var scale = 1 / Math.Sqrt(square);
        foreach (ref var value in destination) value *= scale;
        return true;
    }

    /// <summary>
    /// Takes out of a list everything that a straight-line combination of others explains, and its mean
    /// (the residuals of least squares on 1 and the controls, by modified Gram–Schmidt, twice for accuracy).
    /// </summary>
    /// <param name="values">The list.</param>
    /// <param name="controls">Lists of the same length; those that others already explain count for nothing.</param>
    /// <param name="destination">Gets the residuals.</param>
    public static void Residuals(ReadOnlySpan<double> values, double[][] controls, Span<double> destination)
    {
        var basis = Basis(values.Length, controls);
        values.CopyTo(destination);
        if (Centre(destination)) RemoveDirections(basis, destination);
        else destination.Clear();
    }

    /// <summary>
    /// The correlation of what is left of two lists after the controls are taken out of both; for ranks, all lists are
    /// ranked first.
    /// </summary>
    /// <param name="kind">Pearson or Spearman; the others have no partial form.</param>
    /// <param name="x">The first list.</param>
    /// <param name="y">The second.</param>
    /// <param name="controls">Lists of the same length.</param>
    /// <returns>NaN where the controls explain a list wholly.</returns>
    /// <exception cref="ArgumentException">Another kind, or lengths that differ.</exception>
    public static double Partial(
        CorrelationKind kind, ReadOnlySpan<double> x, ReadOnlySpan<double> y, double[][] controls)
    {
        if (kind is not (CorrelationKind.Pearson or CorrelationKind.Spearman))
            throw new ArgumentException(
                $"Partial correlation is defined for Pearson and Spearman, not for {kind}.", nameof(kind));
        var ranked = kind == CorrelationKind.Spearman;
        var (a, b) = (Prepare(x), Prepare(y));
        var given = Array.ConvertAll(controls, control => Prepare(control));
        return IsLeft(a, given) && IsLeft(b, given) ? Of(CorrelationKind.Pearson, a, b) : double.NaN;

        double[] Prepare(ReadOnlySpan<double> list)
        {
            var result = list.ToArray();
            if (ranked) AverageRanks(list, result);
            return result;
        }
    }

    internal static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => TensorPrimitives.Dot(x, y);

    // Replaces a list by its residuals; false when they are but rounding.
    private static bool IsLeft(double[] list, double[][] controls)
    {
        if (!Centre(list)) return false;
        var before = Dot(list, list);
        Residuals(list, controls, list);
        return Dot(list, list) > 1e-20 * before;
    }

    /// <summary>Directions of length 1, at right angles to each other and of mean zero, that span the controls and a
    /// constant with them.</summary>
    /// <param name="length">Number of values that each control must have.</param>
    /// <param name="controls">Those that others already explain add none.</param>
    internal static List<double[]> Basis(int length, double[][] controls)
    {
        var basis = new List<double[]>();
        foreach (var control in controls)
        {
            if (control.Length != length)
                throw new ArgumentException(
                    $"A control has {control.Length} values, but the list has {length}.", nameof(controls));
            var direction = (double[])control.Clone();
            if (!Centre(direction)) continue; // a constant explains nothing
            var before = Math.Sqrt(Dot(direction, direction));
            RemoveDirections(basis, direction);
            var left = Math.Sqrt(Dot(direction, direction));
            if (!(left > 1e-10 * before)) continue; // what is left is rounding
            foreach (ref var value in direction.AsSpan()) value /= left;
            basis.Add(direction);
        }
        return basis;
    }

    // By a power of two, so that squares neither leave the range of a double nor vanish; other lists stay as they are.
    private static void Scale(Span<double> values)
    {
        const int most = 400; // squares of 2⁴⁰⁰ and sums of them are far from 2¹⁰²³, those of 2⁻⁴⁰⁰ from 2⁻¹⁰²²
        var largest = values.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude<double>(values));
        if (largest == 0 || Math.Abs(Math.ILogB(largest)) <= most) return;
        foreach (ref var value in values) value = Math.ScaleB(value, -Math.ILogB(largest));
    }

    internal static bool IsFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (!double.IsFinite(value)) return false;
        return true;
    }

    // Subtracts the mean; false when what is left is the rounding of that mean. Thirty units in the last place: the
    // mean of equal values is off by a few.
    internal static bool Centre(Span<double> values)
    {
        var raw = Dot(values, values);
        var mean = TensorPrimitives.Sum<double>(values) / values.Length;
        foreach (ref var value in values) value -= mean;
        return Dot(values, values) > raw * 1e-28;
    }

    private static void RemoveDirections(List<double[]> basis, Span<double> values)
    {
        for (var pass = 0; pass < 2; pass++)
            foreach (var direction in basis)
            {
                var share = Dot(direction, values);
                for (var i = 0; i < values.Length; i++) values[i] -= share * direction[i];
            }
    }
}

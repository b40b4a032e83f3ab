using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// What preparing one vector needs: x ↦ (x − <see cref="Mean"/>) · <see cref="Scale"/>, and its length after that.
/// </summary>
/// <param name="Mean">The elements' mean for <see cref="Measure.Pearson"/>, else 0.</param>
/// <param name="Scale">One over the length of x − mean, or 1 for <see cref="Measure.DotProduct"/>; NaN for a degenerate
/// vector.</param>
/// <param name="Norm">The prepared vector's length: 1, or |x| for <see cref="Measure.DotProduct"/>.</param>
/// <param name="Defect">Why there is no similarity, if there is none.</param>
internal readonly record struct RowStatistics(double Mean, double Scale, double Norm, RowDefect? Defect)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    // All sums run in double over eight lanes, element k in lane k mod 8, and the lanes are added in one fixed order,
    // so that the prepared values are the same bits on every processor. Products are rounded before they are added: no
    // fused steps here.

    public static RowStatistics Of(ReadOnlySpan<float> row, Measure measure)
    {
        var mean = measure == Measure.Pearson ? Sum(row, 0, squared: false) / row.Length : 0;
        return FromSums(mean, Sum(row, mean, squared: true), measure);
    }

    /// <summary>What follows from a row's mean (0 unless the measure takes it off) and the sum of (x −
    /// mean)².</summary>
    public static RowStatistics FromSums(double mean, double squares, Measure measure)
    {
        if (!double.IsFinite(squares)) return new RowStatistics(0, double.NaN, double.NaN, RowDefect.NotFinite);
        var norm = Math.Sqrt(squares);
        if (measure == Measure.DotProduct)
            return new RowStatistics(0, 1, norm, null);
        if (norm == 0)
            return new RowStatistics(
                0, double.NaN, double.NaN, measure == Measure.Pearson ? RowDefect.Constant : RowDefect.Zero);
        return new RowStatistics(mean, 1 / norm, 1, null);
    }

    /// <summary>destination[k] = (row[k] − Mean) · Scale, rounded to single precision once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(ReadOnlySpan<float> row, Span<float> destination)
    {
        if (Mean == 0 && Scale == 1)
        {
            row.CopyTo(destination);
            return;
        }
        var k = 0;
        var (mean, scale) = (Vector256.Create(Mean), Vector256.Create(Scale));
        for (; k + 8 <= row.Length; k += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(row.Slice(k, 8)));
            Vector256.Narrow((low - mean) * scale, (high - mean) * scale).CopyTo(destination.Slice(k, 8));
        }
        for (; k < row.Length; k++) destination[k] = (float)((row[k] - Mean) * Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(ReadOnlySpan<float> row, double mean, bool squared)
    {
        var (low, high, shift) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256.Create(mean));
        var k = 0;
        for (; k + 8 <= row.Length; k += 8)
        {
            var (x, y) = Vector256.Widen(Vector256.Create(row.Slice(k, 8)));
            (x, y) = (x - shift, y - shift);
            low += squared ? x * x : x;
            high += squared ? y * y : y;
        }
        Span<double> lanes = stackalloc double[8];
        low.CopyTo(lanes);
        high.CopyTo(lanes[4..]);
        for (var lane = 0; k < row.Length; k++, lane++)
        {
            var x = row[k] - mean;
            lanes[lane] += squared ? x * x : x;
        }
        return Total(lanes);
    }

    /// <summary>The lanes' sum, added in the one order that all rows share.</summary>
    public static double Total(ReadOnlySpan<double> lanes) =>
        ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// Rows that lie side by side in memory, as the columns of a row-major matrix do: surveyed and packed together where
/// they lie, a vector of rows at a time, with the bits that <see cref="RowStatistics"/> gives them one by one.
/// </summary>
internal static unsafe class RowGroup
{
    /// <summary>Groups are whole multiples of this many rows.</summary>
    public const int Unit = 16;

    private const int Lanes = 8;

    /// <summary>The statistics of each row.</summary>
    /// <param name="start">Element 0 of the first row; the rows' elements follow each other.</param>
    /// <param name="stride">Floats from an element to the next of the same row.</param>
    /// <param name="depth">Length of the rows.</param>
    /// <param name="measure">What they will be used for.</param>
    /// <param name="destination">One for each row; a multiple of <see cref="Unit"/>.</param>
    public static void Survey(float* start, long stride, int depth, Measure measure, Span<RowStatistics> destination)
    {
        var rows = destination.Length;
        Span<double> means = stackalloc double[rows], squares = stackalloc double[rows];
        means.Clear();
        if (measure == Measure.Pearson)
        {
            Sum(start, stride, depth, squared: false, means, squares);
            for (var r = 0; r < rows; r++) means[r] = squares[r] / depth;
        }
        Sum(start, stride, depth, squared: true, means, squares);
        for (var r = 0; r < rows; r++) destination[r] = RowStatistics.FromSums(means[r], squares[r], measure);
    }

    /// <summary>Prepares and interleaves the rows: element k of row r goes to k · rows + r of the panel.</summary>
    /// <param name="start">Element 0 of the first row.</param>
    /// <param name="stride">Floats from an element to the next of the same row.</param>
    /// <param name="depth">Length of the rows.</param>
    /// <param name="statistics">Of each row; a multiple of <see cref="Unit"/>.</param>
    /// <param name="panel">depth · rows floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* start, long stride, int depth, ReadOnlySpan<RowStatistics> statistics, float* panel)
    {
        var rows = statistics.Length;
        var means = stackalloc double[rows];
        var scales = stackalloc double[rows];
        for (var r = 0; r < rows; r++) (means[r], scales[r]) = (statistics[r].Mean, statistics[r].Scale);
        for (var k = 0; k < depth; k++, start += stride, panel += rows)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                for (var r = 0; r < rows; r += Unit)
                {
                    var (low, high) = Vector512.Widen(Vector512.Load(start + r));
                    low = (low - Vector512.Load(means + r)) * Vector512.Load(scales + r);
                    high = (high - Vector512.Load(means + r + 8)) * Vector512.Load(scales + r + 8);
                    Vector512.Narrow(low, high).Store(panel + r);
                }
                continue;
            }
            // Where it is not accelerated, Vector512.Narrow alone takes three times as long as all of this.
            for (var r = 0; r < rows; r += Unit / 2)
            {
                var (low, high) = Vector256.Widen(Vector256.Load(start + r));
                low = (low - Vector256.Load(means + r)) * Vector256.Load(scales + r);
                high = (high - Vector256.Load(means + r + 4)) * Vector256.Load(scales + r + 4);
                Vector256.Narrow(low, high).Store(panel + r);
            }
        }
    }

    // Σ (x − mean) or Σ (x − mean)² of each row, element k in lane k mod 8 of its sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(
        float* start, long stride, int depth, bool squared, ReadOnlySpan<double> means, Span<double> sums)
    {
        var rows = sums.Length;
        var lanes = stackalloc double[Lanes * rows];
        new Span<double>(lanes, Lanes * rows).Clear();
        fixed (double* mean = means)
        {
            for (var k = 0; k < depth; k++, start += stride)
            {
                var lane = lanes + k % Lanes * rows;
                if (!Vector512.IsHardwareAccelerated)
                {
                    for (var r = 0; r < rows; r += Unit / 2)
                    {
                        var (x, y) = Vector256.Widen(Vector256.Load(start + r));
                        (x, y) = (x - Vector256.Load(mean + r), y - Vector256.Load(mean + r + Lanes / 2));
                        if (squared) (x, y) = (x * x, y * y);
                        (Vector256.Load(lane + r) + x).Store(lane + r);
                        (Vector256.Load(lane + r + Lanes / 2) + y).Store(lane + r + Lanes / 2);
                    }
                    continue;
                }
                for (var r = 0; r < rows; r += Unit)
                {
                    var (low, high) = Vector512.Widen(Vector512.Load(start + r));
                    (low, high) = (low - Vector512.Load(mean + r), high - Vector512.Load(mean + r + Lanes));
                    if (squared) (low, high) = (low * low, high * high);
                    (Vector512.Load(lane + r) + low).Store(lane + r);
                    (Vector512.Load(lane + r + Lanes) + high).Store(lane + r + Lanes);
                }
            }
        }
        Span<double> ofRow = stackalloc double[Lanes];
        for (var r = 0; r < rows; r++)
        {
            for (var lane = 0; lane < Lanes; lane++) ofRow[lane] = lanes[lane * rows + r];
            sums[r] = RowStatistics.Total(ofRow);
        }
    }
}

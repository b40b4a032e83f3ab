using System;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>Sums of float32 values in float64: eight interleaved partial sums and one fixed order of adding them, the
/// same bits on every processor.</summary>
internal static class DoubleSum
{
    private const int Lanes = 8;

    /// <summary>Σ x.</summary>
    public static double Of(ReadOnlySpan<float> x)
    {
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(Vector256.Create(x.Slice(i, Lanes)));
            low += a;
            high += b;
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += x[i];
        return sum;
    }

    /// <summary>Σ (x − centre)².</summary>
    public static double OfSquares(ReadOnlySpan<float> x, double centre)
    {
        var shift = Vector256.Create(centre);
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(Vector256.Create(x.Slice(i, Lanes)));
            low += (a - shift) * (a - shift);
            high += (b - shift) * (b - shift);
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += (x[i] - centre) * (x[i] - centre);
        return sum;
    }

    /// <summary>Σ x · y.</summary>
    public static double OfProducts(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(Vector256.Create(x.Slice(i, Lanes)));
            var (c, d) = Vector256.Widen(Vector256.Create(y.Slice(i, Lanes)));
            low += a * c;
            high += b * d;
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += (double)x[i] * y[i];
        return sum;
    }

    /// <summary>sums += x, element by element.</summary>
    public static void AddTo(ReadOnlySpan<float> x, Span<double> sums)
    {
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(x.Slice(i, Lanes)));
            (Vector256.Create<double>(sums[i..]) + low).CopyTo(sums[i..]);
            (Vector256.Create<double>(sums[(i + Lanes / 2)..]) + high).CopyTo(sums[(i + Lanes / 2)..]);
        }
        for (; i < x.Length; i++) sums[i] += x[i];
    }

    private static double Add(Vector256<double> lanes) => lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>Sums of float32 values in float64: eight interleaved partial sums and one fixed order of adding them, the
/// same bits on every processor.</summary>
internal static class DoubleSum
{
    private const int Lanes = 8;

    /// <summary>Σ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of(ReadOnlySpan<float> x)
    {
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(At(x, i));
            low += a;
            high += b;
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += x[i];
        return sum;
    }

    /// <summary>Σ (x − centre)².</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double OfSquares(ReadOnlySpan<float> x, double centre)
    {
        var shift = Vector256.Create(centre);
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(At(x, i));
            low += (a - shift) * (a - shift);
            high += (b - shift) * (b - shift);
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += (x[i] - centre) * (x[i] - centre);
        return sum;
    }

    /// <summary>Σ x · y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double OfProducts(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        y = y[..x.Length];
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(At(x, i));
            var (c, d) = Vector256.Widen(At(y, i));
            low += a * c;
            high += b * d;
        }
        var sum = Add(low + high);
        for (; i < x.Length; i++) sum += (double)x[i] * y[i];
        return sum;
    }

    /// <summary>sums += x, element by element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(ReadOnlySpan<float> x, Span<double> sums)
    {
        sums = sums[..x.Length];
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var (low, high) = Vector256.Widen(At(x, i));
            ref var sum = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), i);
            (Vector256.LoadUnsafe(ref sum) + low).StoreUnsafe(ref sum);
            (Vector256.LoadUnsafe(ref sum, Lanes / 2) + high).StoreUnsafe(ref sum, Lanes / 2);
        }
        for (; i < x.Length; i++) sums[i] += x[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(ReadOnlySpan<float> x, int i) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(x), (nuint)i);

    /// <summary>The sum of the partial sums of elements 0 and 4, 1 and 5, and so on.</summary>
    public static double Add(Vector256<double> lanes) => lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
}

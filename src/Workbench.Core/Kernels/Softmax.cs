using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <namespacedoc><summary>The operations that models are made of, each on plain spans.</summary></namespacedoc>
/// <summary>Scores to probabilities.</summary>
public static class Softmax
{
    /// <summary>exp(x_i − max) / Σ_j exp(x_j − max): no overflow however large the scores; the sum is in
    /// float64.</summary>
    /// <param name="x">Scores. −∞ gives probability 0; a NaN, +∞, or −∞ everywhere makes the whole result NaN.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory. For a causal row, pass the
    /// part that may be seen, and clear the rest.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example><code>Softmax.Apply([0, MathF.Log(3)], y)</code> gives [0.25, 0.75].</example>
    public static void Apply(ReadOnlySpan<float> x, Span<float> destination) => Apply(x, destination, 1);

    /// <summary>The same of scores that are multiplied by a number first.</summary>
    internal static void Apply(ReadOnlySpan<float> x, Span<float> destination, float scale)
    {
        if (destination.Length != x.Length)
            throw new ArgumentException(
                $"There are {x.Length} scores, but the destination has {destination.Length} elements.",
                nameof(destination));
        if (x.IsEmpty)
            return;
        var (sum, _) = Exponentials(x, destination, scale);
        Multiply(destination, (float)(1 / sum));
    }

    /// <summary>exp(s·x_i − max), which the caller divides by their sum: one sweep for the largest and one for the
    /// rest.</summary>
    /// <param name="x">At least one score.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <param name="scale">s, which every score is multiplied by first.</param>
    /// <returns>Σ_j exp(s·x_j − max) in float64, summed as <see cref="DoubleSum"/> does, and max: their logarithm and
    /// sum is ln Σ_j exp(s·x_j).</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (double Sum, float Largest) Exponentials(
        ReadOnlySpan<float> x, Span<float> destination, float scale = 1)
    {
        var largest = Largest(x, scale);
        var lanes = Vector256<float>.Count;
        var (factor, most) = (Vector256.Create(scale), Vector256.Create(largest));
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(destination[..x.Length]);
        Vector256<double> low = default, high = default;
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            var y = Exponential.Of(Vector256.LoadUnsafe(ref from, (nuint)i) * factor - most);
            y.StoreUnsafe(ref to, (nuint)i);
            var (a, b) = Vector256.Widen(y);
            low += a;
            high += b;
        }
        var sum = DoubleSum.Add(low + high);
        if (i == x.Length) return (sum, largest);
        Span<float> rest = stackalloc float[lanes];
        x[i..].CopyTo(rest);
        Exponential.Of(Vector256.Create<float>(rest) * factor - most).CopyTo(rest);
        rest = rest[..(x.Length - i)];
        rest.CopyTo(destination[i..]);
        foreach (var y in rest) sum += y;
        return (sum, largest);
    }

    // Of several numbers and a NaN any: then the sum of the exponentials is NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(ReadOnlySpan<float> x, float scale)
    {
        var lanes = Vector256<float>.Count;
        var factor = Vector256.Create(scale);
        ref var from = ref MemoryMarshal.GetReference(x);
        var (a, b) = (Vector256.Create(float.NegativeInfinity), Vector256.Create(float.NegativeInfinity));
        var i = 0;
        for (; i <= x.Length - 2 * lanes; i += 2 * lanes)
        {
            a = Vector256.MaxNative(Vector256.LoadUnsafe(ref from, (nuint)i) * factor, a);
            b = Vector256.MaxNative(Vector256.LoadUnsafe(ref from, (nuint)(i + lanes)) * factor, b);
        }
        a = Vector256.MaxNative(a, b);
        var largest = a[0];
        for (var lane = 1; lane < lanes; lane++) largest = Math.Max(largest, a[lane]);
        for (; i < x.Length; i++) largest = Math.Max(largest, x[i] * scale);
        return largest;
    }

    /// <summary>Every element times a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(Span<float> x, float factor)
    {
        var lanes = Vector256<float>.Count;
        ref var start = ref MemoryMarshal.GetReference(x);
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
            (Vector256.LoadUnsafe(ref start, (nuint)i) * factor).StoreUnsafe(ref start, (nuint)i);
        for (; i < x.Length; i++) x[i] *= factor;
    }
}

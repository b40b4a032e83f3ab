using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>Normalisation of one vector by its root mean square (Zhang and Sennrich, "Root Mean Square Layer
/// Normalization", 2019).</summary>
public static class RmsNorm
{
    /// <summary>x / √(mean(x²) + ε) ∘ gain. The sum and the products are in float64; only the result is
    /// rounded.</summary>
    /// <param name="x">The vector; a NaN or an infinity in it makes the whole result NaN.</param>
    /// <param name="gain">As long as <paramref name="x"/>, or empty for ones.</param>
    /// <param name="epsilon">ε, added to the mean square: a vector of zeros gives zeros when it is above 0, NaN when it
    /// is 0.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example><code>RmsNorm.Apply([1, 7], [], 0, y)</code> gives [0.2, 1.4].</example>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, double epsilon, Span<float> destination)
    {
        if (!gain.IsEmpty && gain.Length != x.Length)
            throw new ArgumentException(
                $"The vector has {x.Length} elements, but gain has {gain.Length}.", nameof(gain));
        if (destination.Length != x.Length)
            throw new ArgumentException(
                $"The vector has {x.Length} elements, but destination has {destination.Length}.", nameof(destination));
        if (x.IsEmpty) return;
        var scale = 1 / Math.Sqrt(DoubleSum.OfSquares(x, 0) / x.Length + epsilon);
        var lanes = Vector256<float>.Count;
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(destination);
        ref var gains = ref MemoryMarshal.GetReference(gain);
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (low, high) = (low * scale, high * scale);
            if (!gain.IsEmpty)
            {
                var (gainLow, gainHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref gains, (nuint)i));
                (low, high) = (low * gainLow, high * gainHigh);
            }
            Vector256.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < x.Length; i++) destination[i] = (float)(x[i] * scale * (gain.IsEmpty ? 1 : gain[i]));
    }
}

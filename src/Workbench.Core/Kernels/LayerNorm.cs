using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>Layer normalisation of one vector (Ba, Kiros and Hinton, "Layer Normalization", 2016).</summary>
public static class LayerNorm
{
    /// <summary>
    /// (x − mean(x)) / √(var(x) + ε) ∘ gain + bias, with the population's variance (the divisor is n). Sums and
    /// products are in float64; only the result is rounded.
    /// </summary>
    /// <param name="x">The vector; a NaN or an infinity in it makes the whole result NaN.</param>
    /// <param name="gain">γ, as long as <paramref name="x"/>, or empty for ones.</param>
    /// <param name="bias">β, as long as <paramref name="x"/>, or empty for zeros.</param>
    /// <param name="epsilon">ε, added to the variance: a constant vector gives the bias when it is above 0, NaN when it
    /// is 0.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example><code>LayerNorm.Apply([1, 3], [], [], 0, y)</code> gives [−1, 1].</example>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, double epsilon,
        Span<float> destination)
    {
        CheckLength(x.Length, gain.Length, nameof(gain), orEmpty: true);
        CheckLength(x.Length, bias.Length, nameof(bias), orEmpty: true);
        CheckLength(x.Length, destination.Length, nameof(destination), orEmpty: false);
        if (x.IsEmpty) return;
        var (mean, scale) = MeanAndScale(x, epsilon);
        var lanes = Vector256<float>.Count;
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(destination);
        ref var gains = ref MemoryMarshal.GetReference(gain);
        ref var biases = ref MemoryMarshal.GetReference(bias);
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            low = (low - Vector256.Create(mean)) * scale;
            high = (high - Vector256.Create(mean)) * scale;
            if (!gain.IsEmpty)
            {
                var (gainLow, gainHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref gains, (nuint)i));
                low *= gainLow;
                high *= gainHigh;
            }
            if (!bias.IsEmpty)
            {
                var (biasLow, biasHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref biases, (nuint)i));
                low += biasLow;
                high += biasHigh;
            }
            Vector256.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < x.Length; i++)
            destination[i] = (float)(
                (x[i] - mean) * scale * (gain.IsEmpty ? 1 : gain[i]) + (bias.IsEmpty ? 0 : bias[i]));
    }

    /// <summary>Passes one vector's gradient back: with x̂ = (x − mean)/σ and h = γ∘g adds (h − mean(h) −
    /// x̂·mean(h∘x̂))/σ to the gradient of x, g∘x̂ to that of γ and g to that of β.</summary>
    /// <param name="x">The vector.</param>
    /// <param name="gain">γ.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="g">The gradient of the result.</param>
    /// <param name="standard">Overwritten by x̂.</param>
    /// <param name="gainSlopes">The sum for γ.</param>
    /// <param name="biasSlopes">The sum for β.</param>
    /// <param name="slopes">The gradient of x; empty where none is wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void PassBack(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, double epsilon, ReadOnlySpan<float> g, Span<float> standard,
        Span<double> gainSlopes, Span<double> biasSlopes, Span<float> slopes)
    {
        var n = x.Length;
        gain = gain[..n];
        g = g[..n];
        standard = standard[..n];
        gainSlopes = gainSlopes[..n];
        biasSlopes = biasSlopes[..n];
        var (mean, scale) = MeanAndScale(x, epsilon);
        var (centre, lanes) = (Vector256.Create(mean), Vector256<float>.Count);
        Vector256<double> low = default, high = default, alongLow = default, alongHigh = default;
        var i = 0;
        for (; i <= n - lanes; i += lanes)
        {
            var (a, b) = Vector256.Widen(Load(x, i));
            var unit = Vector256.Narrow((a - centre) * scale, (b - centre) * scale);
            unit.StoreUnsafe(ref MemoryMarshal.GetReference(standard), (nuint)i);
            var own = Load(g, i);
            Add(own * unit, gainSlopes, i);
            Add(own, biasSlopes, i);
            (a, b) = Vector256.Widen(own * Load(gain, i));
            low += a;
            high += b;
            var (c, d) = Vector256.Widen(unit);
            alongLow += a * c;
            alongHigh += b * d;
        }
        var (sum, along) = (DoubleSum.Add(low + high), DoubleSum.Add(alongLow + alongHigh));
        for (var k = i; k < n; k++)
        {
            standard[k] = (float)((x[k] - mean) * scale);
            gainSlopes[k] += g[k] * standard[k];
            biasSlopes[k] += g[k];
            sum += g[k] * gain[k];
            along += (double)(g[k] * gain[k]) * standard[k];
        }
        if (slopes.IsEmpty) return;
        slopes = slopes[..n];
        var (shift, tilt, factor) = ((float)(sum / n), (float)(along / n), (float)scale);
        for (i = 0; i <= n - lanes; i += lanes)
        {
            ref var slope = ref MemoryMarshal.GetReference(slopes);
            var h = Load(g, i) * Load(gain, i) - Vector256.Create(shift);
            h -= Load(standard, i) * tilt;
            (h * factor + Load(slopes, i)).StoreUnsafe(ref slope, (nuint)i);
        }
        for (; i < n; i++) slopes[i] += (g[i] * gain[i] - shift - standard[i] * tilt) * factor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ReadOnlySpan<float> x, int i) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(x), (nuint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float> x, Span<double> sums, int i)
    {
        ref var sum = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), i);
        var (low, high) = Vector256.Widen(x);
        (Vector256.LoadUnsafe(ref sum) + low).StoreUnsafe(ref sum);
        (Vector256.LoadUnsafe(ref sum, 4) + high).StoreUnsafe(ref sum, 4);
    }

    private static (double Mean, double Scale) MeanAndScale(ReadOnlySpan<float> x, double epsilon)
    {
        var mean = DoubleSum.Of(x) / x.Length;
        return (mean, 1 / Math.Sqrt(DoubleSum.OfSquares(x, mean) / x.Length + epsilon));
    }

    private static void CheckLength(int wanted, int given, string name, bool orEmpty)
    {
        if (given != wanted && !(orEmpty && given == 0))
            throw new ArgumentException($"The vector has {wanted} elements, but {name} has {given}.", name);
    }
}

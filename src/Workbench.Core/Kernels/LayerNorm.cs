using System;
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
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(x.Slice(i, lanes)));
            low = (low - Vector256.Create(mean)) * scale;
            high = (high - Vector256.Create(mean)) * scale;
            if (!gain.IsEmpty)
            {
                var (gainLow, gainHigh) = Vector256.Widen(Vector256.Create(gain.Slice(i, lanes)));
                low *= gainLow;
                high *= gainHigh;
            }
            if (!bias.IsEmpty)
            {
                var (biasLow, biasHigh) = Vector256.Widen(Vector256.Create(bias.Slice(i, lanes)));
                low += biasLow;
                high += biasHigh;
            }
            Vector256.Narrow(low, high).CopyTo(destination[i..]);
        }
        for (; i < x.Length; i++)
            destination[i] = (float)(
                (x[i] - mean) * scale * (gain.IsEmpty ? 1 : gain[i]) + (bias.IsEmpty ? 0 : bias[i]));
    }

    /// <summary>1/√(var(x) + ε), by which the centred vector is multiplied.</summary>
    internal static double Scale(ReadOnlySpan<float> x, double epsilon) => MeanAndScale(x, epsilon).Scale;

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

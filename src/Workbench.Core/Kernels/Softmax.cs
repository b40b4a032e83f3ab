using System;
using System.Numerics.Tensors;

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
    public static void Apply(ReadOnlySpan<float> x, Span<float> destination)
    {
        if (destination.Length != x.Length)
            throw new ArgumentException(
                $"There are {x.Length} scores, but the destination has {destination.Length} elements.",
                nameof(destination));
        if (x.IsEmpty)
            return;
        var (sum, _) = Exponentials(x, destination);
        TensorPrimitives.Multiply(destination, (float)(1 / sum), destination);
    }

    /// <summary>exp(x_i − max), which the caller divides by their sum.</summary>
    /// <param name="x">At least one score.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <returns>Σ_j exp(x_j − max) in float64, and max: their logarithm and sum is ln Σ_j exp(x_j).</returns>
    internal static (double Sum, float Largest) Exponentials(ReadOnlySpan<float> x, Span<float> destination)
    {
        var largest = TensorPrimitives.Max(x);
        TensorPrimitives.Subtract(x, largest, destination);
        TensorPrimitives.Exp<float>(destination, destination);
        return (DoubleSum.Of(destination), largest);
    }
}

using System;
using System.Collections.Generic;
using Workbench.Core.Kernels;

namespace Workbench.Core.Training.Optimisers;

/// <summary>The length of all gradients together, and how far to shorten them (Pascanu, Mikolov and Bengio, ICML
/// 2013).</summary>
public static class GradientNorm
{
    // Keeps a gradient of zero from being divided by zero; PyTorch's clip_grad_norm_ adds the same.
    private const double Smallest = 1e-6;

    /// <summary>√Σg² over every element of every gradient, summed in float64 with the same bits for any number of
    /// threads.</summary>
    /// <param name="parameters">Their <see cref="Parameter.Gradient"/>s are read.</param>
    /// <param name="threads">0 for every processor.</param>
    /// <returns>0 without parameters; NaN or ∞ when an element is.</returns>
    public static double Of(IReadOnlyList<Parameter> parameters, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var slices = ParameterSlices.Of(parameters);
        var squares = new double[slices.Length];
        Workers.Share(
            Workers.Count(threads),
            slices.Length,
            index =>
                squares[index] = DoubleSum.OfSquares(
                    ParameterSlices.Elements(parameters[slices[index].Parameter].Gradient, slices[index]), 0)
        );
        GC.KeepAlive(parameters);
        var sum = 0.0;
        foreach (var square in squares) sum += square;
        return Math.Sqrt(sum);
    }

    /// <summary>What gradients are multiplied by so that their norm is at most <paramref name="limit"/>: min(1, limit /
    /// (norm + 10⁻⁶)).</summary>
    /// <param name="norm">The result of <see cref="Of"/>.</param>
    /// <param name="limit">Above 0; ∞ leaves every gradient as it is.</param>
    /// <example><code>GradientNorm.ClippingScale(0.5, 1)</code> is 1; with a norm of 4 it is 0.24999994.</example>
    public static double ClippingScale(double norm, double limit)
    {
        if (!(limit > 0))
            throw Argument.OutOfRange(nameof(limit), limit, "The largest norm must be above 0.");
        return double.IsPositiveInfinity(limit) ? 1 : Math.Min(1, limit / (norm + Smallest));
    }
}

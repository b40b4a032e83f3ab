using System;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>A normalisation with its learned gain and bias.</summary>
public sealed class Norm
{
    private const int RowsPerItem = 16;
    private readonly float[] gain;
    private readonly float[]? bias;

    /// <summary>A normalisation of vectors as long as the gain.</summary>
    /// <param name="gain">γ; kept, not copied.</param>
    /// <param name="bias">β, of the same length, or null for none; kept, not copied.</param>
    /// <param name="epsilon">Added to the variance, or to the mean square.</param>
    /// <param name="kind">What is computed; a gain of 1 + w is given as that sum.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a norm that does not centre is to have a
    /// bias.</exception>
    public Norm(float[] gain, float[]? bias, double epsilon, NormKind kind = NormKind.Layer)
    {
        if (bias is not null && bias.Length != gain.Length)
            throw new ArgumentException(
                $"The gain has {gain.Length} elements, but the bias has {bias.Length}.", nameof(bias));
        if (bias is not null && kind != NormKind.Layer)
            throw new ArgumentException($"A norm of kind {kind} has no bias.", nameof(bias));
        (this.gain, this.bias, Epsilon, Kind) = (gain, bias, epsilon, kind);
    }

    /// <summary>What is computed.</summary>
    public NormKind Kind { get; }

    /// <summary>Whether the mean is taken away first.</summary>
    public bool Centres => Kind == NormKind.Layer;

    /// <summary>γ, one number per dimension: of a norm that multiplies with 1 + w, that sum.</summary>
    public ReadOnlySpan<float> Gain => gain;

    /// <summary>β, one number per dimension; empty when the model has no biases.</summary>
    public ReadOnlySpan<float> Bias => bias;

    /// <summary>What is added to the variance, or to the mean square.</summary>
    public double Epsilon { get; }

    /// <summary>Every row normalised (<see cref="LayerNorm.Apply"/>, <see cref="RmsNorm.Apply"/>).</summary>
    /// <param name="x">[n, dimensions].</param>
    /// <param name="threads">At most this many, 0 for one on each processor; the result is the same for any
    /// number.</param>
    /// <returns>[n, dimensions]</returns>
    /// <exception cref="ArgumentException">The rows have another length than the gain.</exception>
    public Matrix Apply(Matrix x, int threads = 0)
    {
        var result = Matrix.Uninitialized(x.Rows, x.Columns);
        Apply(x, Workers.Count(threads), result);
        return result;
    }

    internal void Apply(Matrix x, int threads, Matrix destination)
    {
        if (x.Columns != gain.Length)
            throw new ArgumentException(
                $"The normalisation is of {gain.Length} dimensions, but the rows are of {x.Shape}.", nameof(x));
        Workers.Share(
            threads,
            (x.Rows + RowsPerItem - 1) / RowsPerItem,
            item =>
            {
                for (var row = item * RowsPerItem; row < Math.Min((item + 1) * RowsPerItem, x.Rows); row++)
                    Apply(x.Row(row), destination.WritableRow(row));
            }
        );
    }

    /// <summary>One vector normalised; the destination may be the same memory.</summary>
    internal void Apply(ReadOnlySpan<float> x, Span<float> destination)
    {
        if (Centres) LayerNorm.Apply(x, gain, bias, Epsilon, destination);
        else RmsNorm.Apply(x, gain, Epsilon, destination);
    }
}

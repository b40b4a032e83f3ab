using System;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>A layer normalisation with its learned gain and bias.</summary>
public sealed class Norm
{
    private const int RowsPerItem = 16;
    private readonly float[] gain;
    private readonly float[]? bias;

    /// <summary>A normalisation of vectors as long as the gain.</summary>
    /// <param name="gain">γ; kept, not copied.</param>
    /// <param name="bias">β, of the same length, or null for none; kept, not copied.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Norm(float[] gain, float[]? bias, double epsilon)
    {
        if (bias is not null && bias.Length != gain.Length)
            throw new ArgumentException(
                $"The gain has {gain.Length} elements, but the bias has {bias.Length}.", nameof(bias));
        (this.gain, this.bias, Epsilon) = (gain, bias, epsilon);
    }

    /// <summary>γ, one number per dimension.</summary>
    public ReadOnlySpan<float> Gain => gain;

    /// <summary>β, one number per dimension; empty when the model has no biases.</summary>
    public ReadOnlySpan<float> Bias => bias;

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>Every row normalised (<see cref="LayerNorm.Apply"/>).</summary>
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
                    LayerNorm.Apply(x.Row(row), gain, bias, Epsilon, destination.WritableRow(row));
            }
        );
    }
}

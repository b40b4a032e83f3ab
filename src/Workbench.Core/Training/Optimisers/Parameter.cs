using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Training.Optimisers;

/// <namespacedoc><summary>What it takes to train a small language model: batches, AdamW, schedules, checkpoints, and
/// the baselines to beat.</summary></namespacedoc>
/// <summary>One trained tensor: its name in the checkpoint, its values, and the gradient of the last step.</summary>
public sealed class Parameter
{
    /// <summary>Takes the values over and makes a gradient of zeros beside them.</summary>
    /// <param name="name">The tensor's name in a checkpoint, e.g. <c>h.0.attn.c_attn.weight</c>.</param>
    /// <param name="value">The values, n × m, which training rewrites in place; a vector is 1 × n. Ownership passes to
    /// the parameter.</param>
    /// <param name="isVector">Whether the tensor is stored with rank 1 (a bias or a gain); then
    /// <paramref name="value"/> has one row.</param>
    /// <exception cref="ArgumentException">The name is empty, a vector has not one row, or the values view a read-only
    /// file.</exception>
    public Parameter(string name, Matrix value, bool isVector)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(value);
        if (isVector && value.Rows != 1)
            throw new ArgumentException(
                $"The vector '{name}' is to be 1 × n, but its values are {value.Rows} × {value.Columns}.",
                nameof(value));
        if (value.IsReadOnly)
            throw new ArgumentException(
                $"The values of '{name}' view a file and cannot be trained; pass a Copy() of them.", nameof(value));
        (Name, Value, IsVector) = (name, value, isVector);
        Gradient = new Matrix(value.Rows, value.Columns);
    }

    /// <summary>The same with memory for the gradient that is there already, such as a part of a larger
    /// matrix.</summary>
    internal Parameter(string name, Matrix value, Matrix gradient, bool isVector)
    {
        (Name, Value, Gradient, IsVector) = (name, value, gradient, isVector);
    }

    /// <summary>The tensor's name in a checkpoint.</summary>
    public string Name { get; }

    /// <summary>The values, rewritten by every step.</summary>
    public Matrix Value { get; }

    /// <summary>The gradient of the last loss with respect to <see cref="Value"/>, of the same shape; zeros before the
    /// first.</summary>
    public Matrix Gradient { get; }

    /// <summary>Whether the tensor is stored with rank 1; <see cref="Value"/> is then 1 × n.</summary>
    public bool IsVector { get; }

    /// <summary>The shape the tensor is stored with: [n] for a vector, [rows, columns] otherwise.</summary>
    public Shape Shape => IsVector ? new Shape(Value.Columns) : Value.Shape;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}

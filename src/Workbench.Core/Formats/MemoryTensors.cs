using System;
using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Named float32 tensors made in memory, for models that come from no file: planted ones, and those being
/// trained.</summary>
/// <remarks>Matrices are kept, not copied: what is written to one later is seen by whoever reads it from
/// here.</remarks>
/// <example><code>new MemoryTensors("planted").Add("wpe.weight", positions)</code></example>
public sealed class MemoryTensors : TensorFile
{
    private readonly List<TensorInfo> tensors = [];
    private readonly Dictionary<string, Matrix> values = [];

    /// <summary>No tensors yet.</summary>
    /// <param name="name">Stands where messages would name a file.</param>
    public MemoryTensors(string name) => Path = name;

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors => tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>Adds a tensor of rank 2.</summary>
    /// <param name="name">Not yet taken.</param>
    /// <param name="matrix">Kept, not copied.</param>
    /// <returns>This, for more.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public MemoryTensors Add(string name, Matrix matrix) => Add(name, matrix, matrix.Shape);

    /// <summary>Adds a tensor of rank 1.</summary>
    /// <param name="name">Not yet taken.</param>
    /// <param name="vector">Copied.</param>
    /// <returns>This, for more.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public MemoryTensors Add(string name, ReadOnlySpan<float> vector) =>
        Add(name, Matrix.FromArray(1, vector.Length, vector), new Shape(vector.Length));

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => values[Find(name).Name];

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) =>
        Array.ConvertAll(ReadMatrix(name).ToArray(), value => (double)value);

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) =>
        throw new WeightFileException(
            FileProblem.UnsupportedDType, Path, "its elements are F32, but integers were asked for.", Find(name).Name);

    /// <summary>Does nothing: memory is reclaimed when nobody uses it.</summary>
    public override void Dispose() { }

    private MemoryTensors Add(string name, Matrix matrix, Shape shape)
    {
        if (!values.TryAdd(name, matrix))
            throw new ArgumentException(
                $"\"{name}\" is already among the {tensors.Count} tensors of {Path}.", nameof(name));
        tensors.Add(new TensorInfo(name, DType.F32, shape));
        return this;
    }
}

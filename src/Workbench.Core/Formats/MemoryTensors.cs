using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Named float32 matrices in memory behind the interface of a file: what a model made by a program is opened from.</summary>
/// <remarks>The matrices are neither copied nor owned; <see cref="Dispose"/> does nothing.</remarks>
public sealed class MemoryTensors : TensorFile
{
    private readonly IReadOnlyDictionary<string, Matrix> matrices;

    /// <summary>Puts a name to each matrix.</summary>
    /// <param name="path">What stands for the file's path in messages, e.g. "planted (seed 7)".</param>
    /// <param name="matrices">A matrix of one row counts as a vector (rank 1).</param>
    public MemoryTensors(string path, IReadOnlyDictionary<string, Matrix> matrices)
    {
        Path = path;
        this.matrices = matrices;
        Tensors = [.. matrices.Select(entry => new TensorInfo(entry.Key, DType.F32,
            entry.Value.Rows == 1 ? new Shape(entry.Value.Columns) : entry.Value.Shape))];
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => matrices[Find(name).Name];

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => Array.ConvertAll(ReadMatrix(name).ToArray(), value => (double)value);

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) =>
        throw new WeightFileException(FileProblem.UnsupportedDType, Path, "holds float32, not integers; read it as a matrix.", name);

    /// <inheritdoc/>
    public override void Dispose() { }
}

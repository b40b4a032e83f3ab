using System;
using System.Collections.Immutable;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>Rows that the processor has prepared and keeps, so that their values are those of every engine, for an
/// engine that computes on a copy of them elsewhere.</summary>
/// <param name="prepared">The rows, which go with these.</param>
public abstract class CopiedRows(PreparedRows prepared) : IPreparedRows
{
    /// <inheritdoc/>
    public abstract string Engine { get; }

    /// <inheritdoc/>
    public abstract Arithmetic Arithmetic { get; }

    /// <inheritdoc/>
    public int Count => prepared.Count;

    /// <inheritdoc/>
    public int Depth => prepared.Depth;

    /// <inheritdoc/>
    public Measure Measure => prepared.Measure;

    /// <inheritdoc/>
    public ImmutableArray<int> SourceRows => prepared.SourceRows;

    /// <inheritdoc/>
    public ImmutableArray<DegenerateRow> Excluded => prepared.Excluded;

    /// <inheritdoc/>
    public double LargestNorm => prepared.LargestNorm;

    /// <inheritdoc/>
    public string Fingerprint => prepared.Fingerprint;

    /// <inheritdoc/>
    public abstract int BlocksAtOnce { get; }

    /// <summary>One: a device does one thing at a time, and a library such as torch has threads of its own.</summary>
    public int MostSweeps => 1;

    /// <inheritdoc/>
    public void CopyRow(int row, Span<float> destination) => prepared.CopyRow(row, destination);

    /// <inheritdoc/>
    public virtual void Replace(MatrixView source) => prepared.Replace(source);

    /// <inheritdoc/>
    public abstract IPairSweep Sweep(IPreparedRows columns, bool symmetric);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        prepared.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>As the rows on the processor say it.</summary>
    public override string ToString() => prepared.ToString();
}

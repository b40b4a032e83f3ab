using System;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>Rows that the processor has prepared, so that their values are those of every engine, and a copy on the
/// device.</summary>
internal sealed class TorchRows : IPreparedRows
{
    private readonly TorchEngine engine;
    private readonly PreparedRows prepared;

    public TorchRows(TorchEngine engine, PreparedRows prepared)
    {
        (this.engine, this.prepared) = (engine, prepared);
        Values = Copy();
    }

    /// <summary>[<see cref="Count"/>, <see cref="Depth"/>], on the device.</summary>
    public Tensor Values { get; private set; }

    public string Engine => $"{engine.Name}, {engine.Device}";

    public Arithmetic Arithmetic => engine.Arithmetic;

    public int Count => prepared.Count;

    public int Depth => prepared.Depth;

    public Measure Measure => prepared.Measure;

    public ImmutableArray<int> SourceRows => prepared.SourceRows;

    public ImmutableArray<DegenerateRow> Excluded => prepared.Excluded;

    public double LargestNorm => prepared.LargestNorm;

    public string Fingerprint => prepared.Fingerprint;

    /// <summary>So many that one product is worth its start.</summary>
    public int BlocksAtOnce => 32;

    /// <summary>One: torch has threads of its own.</summary>
    public int MostSweeps => 1;

    public void CopyRow(int row, Span<float> destination) => prepared.CopyRow(row, destination);

    public void Replace(MatrixView source)
    {
        prepared.Replace(source);
        Values.Dispose();
        Values = Copy();
    }

    public IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
        columns is TorchRows mine && mine.engine == engine
            ? new TorchSweep(engine, this, mine, symmetric)
            : throw new ArgumentException(
                $"Rows and columns must be prepared by the same engine, but these are {Engine} and {columns.Engine}.",
                nameof(columns));

    public void Dispose()
    {
        Values.Dispose();
        prepared.Dispose();
    }

    public override string ToString() => prepared.ToString();

    private Tensor Copy()
    {
        var rows = Matrix.Uninitialized(Count, Depth);
        Parallel.For(0, Count, row => prepared.CopyRow(row, rows.WritableRow(row)));
        return engine.Compute(() => engine.Send(rows).DetachFromDisposeScope());
    }
}

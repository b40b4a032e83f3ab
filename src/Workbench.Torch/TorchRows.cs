using System;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>Rows with a copy on the device.</summary>
internal sealed class TorchRows : CopiedRows
{
    private readonly TorchEngine engine;

    public TorchRows(TorchEngine engine, PreparedRows prepared) : base(prepared)
    {
        this.engine = engine;
        Values = Copy();
    }

    /// <summary>[<see cref="IPreparedRows.Count"/>, <see cref="IPreparedRows.Depth"/>], on the device.</summary>
    public Tensor Values { get; private set; }

    public override string Engine => $"{engine.Name}, {engine.Device}";

    public override Arithmetic Arithmetic => engine.Arithmetic;

    /// <summary>So many that one product is worth its start.</summary>
    public override int BlocksAtOnce => 32;

    public override void Replace(MatrixView source)
    {
        base.Replace(source);
        Values.Dispose();
        Values = Copy();
    }

    public override IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
        columns is TorchRows mine && mine.Belongs(engine)
            ? new TorchSweep(engine, this, mine, symmetric)
            : throw new ArgumentException(
                $"Rows and columns must be prepared by the same engine, but these are {Engine} and {columns.Engine}.",
                nameof(columns));

    /// <summary>Whether an engine has prepared them.</summary>
    public bool Belongs(TorchEngine other) => engine == other;

    public override void Dispose()
    {
        Values.Dispose();
        base.Dispose();
    }

    private Tensor Copy()
    {
        var rows = Matrix.Uninitialized(Count, Depth);
        Workers.Share(Workers.Count(0), Count, row => CopyRow(row, rows.WritableRow(row)));
        return engine.Compute(() => engine.Send(rows).DetachFromDisposeScope());
    }
}

using System;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>Rows with a copy on the device if it has room; else parts of them go there when they are needed.</summary>
internal sealed class GpuRows(GpuEngine engine, PreparedRows prepared) : CopiedRows(prepared), IDeviceRows
{
    /// <summary>Rows of a launch: 32 row blocks are 21 tiles of 128, without a remainder.</summary>
    public const int RowsAtOnce = 32 * PairSpace.RowBlock;

    private DeviceBuffer? resident;
    private bool isTooLarge;

    ~GpuRows() => Release();

    public override string Engine => $"{engine.Name}, {engine.Description.Name}";

    public override Arithmetic Arithmetic => engine.Arithmetic;

    public override int BlocksAtOnce => RowsAtOnce / PairSpace.RowBlock;

    public int MostLent => Settle() ? Count : engine.RowsInBlock(Depth);

    public override void Replace(MatrixView source)
    {
        base.Replace(source);
        lock (engine.Gate)
            if (resident is not null) engine.Upload(resident, 0, Count, Depth, CopyRow);
    }

    public override IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
        GpuSweep.Of(engine, this, columns, symmetric);

    public LentRows Lend(int first, int count)
    {
        if (Settle()) return new LentRows(resident!, first, IsOwn: false);
        var buffer = engine.AllocateRows(count, Depth);
        try
        {
            engine.Upload(buffer, first, count, Depth, CopyRow);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        return new LentRows(buffer, 0, IsOwn: true);
    }

    public override void Dispose()
    {
        Release();
        base.Dispose();
    }

    // Whether all of it is on the device, where it goes when it is first needed and if it fits.
    private bool Settle()
    {
        if (resident is not null || isTooLarge) return resident is not null;
        isTooLarge = !engine.TryReserve(GpuEngine.BytesOf(Count, Depth));
        if (isTooLarge) return false;
        try
        {
            resident = engine.AllocateRows(Count, Depth);
            engine.Upload(resident, 0, Count, Depth, CopyRow);
            return true;
        }
        catch (GpuException exception) when (exception.Problem == GpuProblem.OutOfMemory)
        {
            // Others hold more of it than was thought.
            resident?.Dispose();
            resident = null;
            engine.Unreserve(GpuEngine.BytesOf(Count, Depth));
            isTooLarge = true;
            return false;
        }
    }

    public bool Belongs(GpuEngine other) => engine == other;

    private void Release()
    {
        if (resident is null) return;
        resident.Dispose();
        resident = null;
        engine.Unreserve(GpuEngine.BytesOf(Count, Depth));
    }
}

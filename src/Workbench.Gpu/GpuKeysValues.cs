using System;

namespace Workbench.Gpu;

/// <summary>Keys and values of a text's tokens for one block, on the device.</summary>
internal sealed class GpuKeysValues : IDisposable
{
    public GpuKeysValues(GpuEngine engine, int rows, int width)
    {
        (Engine, Rows) = (engine, rows);
        Buffer = engine.Allocate(sizeof(float) * (long)rows * width);
    }

    ~GpuKeysValues() => Buffer?.Dispose();

    public GpuEngine Engine { get; }

    public DeviceBuffer Buffer { get; }

    /// <summary>Tokens that there is room for.</summary>
    public int Rows { get; }

    public void Dispose()
    {
        Buffer.Dispose();
        GC.SuppressFinalize(this);
    }
}

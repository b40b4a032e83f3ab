using System;

namespace Workbench.Gpu;

/// <summary>Rows on the device.</summary>
/// <param name="Buffer">Where they lie.</param>
/// <param name="First">The place of the first of them there, in rows.</param>
/// <param name="IsOwn">Whether the buffer holds nothing else, and goes with them.</param>
internal readonly record struct LentRows(DeviceBuffer Buffer, int First, bool IsOwn) : IDisposable
{
    public void Dispose()
    {
        if (IsOwn) Buffer.Dispose();
    }
}

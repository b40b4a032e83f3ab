using System;

namespace Workbench.Gpu;

/// <summary>Memory of the processor that the device writes to.</summary>
/// <param name="start">Its address.</param>
/// <param name="bytes">Its size.</param>
/// <param name="free">Gives it back.</param>
internal sealed unsafe class HostMemory(void* start, long bytes, Action free) : IDisposable
{
    private bool isFree;

    public long Bytes => bytes;

    /// <summary>The first of its numbers.</summary>
    public Span<float> Floats(int count)
    {
        ObjectDisposedException.ThrowIf(isFree, this);
        return new(start, count);
    }

    public void Dispose()
    {
        if (isFree) return;
        isFree = true;
        free();
    }
}

using System;

namespace Workbench.Gpu;

/// <summary>Memory of a device: a handle of OpenCL's or an address of CUDA's, which both have 64 bits.</summary>
/// <param name="handle">Handle or address.</param>
/// <param name="bytes">Its size.</param>
/// <param name="free">Gives it back.</param>
internal sealed class DeviceBuffer(nint handle, long bytes, Action<nint> free) : IDisposable
{
    private bool isFree;

    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(isFree, this);
            return handle;
        }
    }

    public long Bytes => bytes;

    public void Dispose()
    {
        if (isFree) return;
        isFree = true;
        free(handle);
    }
}

using System;

namespace Workbench.Gpu;

/// <summary>A device with the kernels of pairs built for it, and those of models when one of them is first started:
/// memory, copies, launches. The two drivers differ behind this, and nothing else does.</summary>
/// <remarks>Called by one thread at a time. Launches and copies happen in the order in which they are asked for, and a
/// read waits for all that came before it. Memory may be freed before what was launched with it is done.</remarks>
internal interface IDevice : IDisposable
{
    GpuDevice Description { get; }

    /// <summary>The largest buffer that the driver allots.</summary>
    long LargestBuffer { get; }

    /// <summary>Whether kernels may use double precision.</summary>
    bool HasDoubles { get; }

    /// <summary>Allots memory, whose content is not defined.</summary>
    /// <exception cref="GpuException">There is not so much.</exception>
    DeviceBuffer Allocate(long bytes);

    void Free(DeviceBuffer buffer);

    /// <summary>Allots memory of the processor that stays in its place, so that the device copies into it by
    /// itself.</summary>
    HostMemory AllocateHost(long bytes);

    void Write(DeviceBuffer destination, long offset, ReadOnlySpan<byte> source);

    void Read(DeviceBuffer source, long offset, Span<byte> destination);

    void Clear(DeviceBuffer buffer);

    /// <summary>Starts groups of 256 items, <paramref name="across"/> × <paramref name="down"/> of them.</summary>
    void Launch(string kernel, int across, int down, params ReadOnlySpan<KernelArgument> arguments);
}

/// <summary>Memory of a device: a handle of OpenCL's or an address of CUDA's, which both have 64 bits.</summary>
internal sealed class DeviceBuffer(IDevice device, nint handle, long bytes) : IDisposable
{
    private bool disposed;

    public nint Handle => handle;

    public long Bytes => bytes;

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        device.Free(this);
    }
}

/// <summary>Memory of the processor that the device writes to.</summary>
/// <param name="start">Its address.</param>
/// <param name="bytes">Its size.</param>
/// <param name="free">Gives it back.</param>
internal sealed unsafe class HostMemory(void* start, long bytes, Action free) : IDisposable
{
    public long Bytes => bytes;

    /// <summary>The first of its numbers.</summary>
    public Span<float> Floats(int count) => new(start, count);

    public void Dispose() => free();
}

/// <summary>What a kernel is called with: memory, or a number of 32 bits.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(ulong bits, int size) => (Bits, Size) = (bits, size);

    public ulong Bits { get; }

    public int Size { get; }

    public static implicit operator KernelArgument(DeviceBuffer buffer) => new((ulong)buffer.Handle, sizeof(ulong));

    public static implicit operator KernelArgument(int number) => new((uint)number, sizeof(uint));

    public static implicit operator KernelArgument(float number) =>
        new(BitConverter.SingleToUInt32Bits(number), sizeof(float));

    public static implicit operator KernelArgument(bool truth) => new(truth ? 1u : 0u, sizeof(uint));
}

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

    /// <summary>Allots memory of the processor that stays in its place, so that the device copies into it by
    /// itself.</summary>
    HostMemory AllocateHost(long bytes);

    void Write(DeviceBuffer destination, long offset, ReadOnlySpan<byte> source);

    void Read(DeviceBuffer source, long offset, Span<byte> destination);

    void Clear(DeviceBuffer buffer);

    /// <summary>Starts groups of 256 items, <paramref name="across"/> × <paramref name="down"/> of them.</summary>
    void Launch(string kernel, int across, int down, params ReadOnlySpan<KernelArgument> arguments);
}

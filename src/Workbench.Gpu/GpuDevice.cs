using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Gpu;

/// <summary>By which driver a device is reached.</summary>
public enum GpuDriver
{
    /// <summary>NVIDIA's own, libcuda.</summary>
    Cuda,
    /// <summary>OpenCL: cards of any maker, and processors.</summary>
    OpenCl,
}

/// <summary>A device that can run the kernels. <see cref="List"/> finds them.</summary>
public sealed class GpuDevice
{
    private readonly Func<GpuDevice, KernelEdit?, IDevice> open;

    // Opens it with the kernels that ship, or changed for a test.
    internal GpuDevice(
        string name, GpuDriver driver, string driverVersion, long memory, bool isProcessor,
        Func<GpuDevice, KernelEdit?, IDevice> open) =>
        (Name, Driver, DriverVersion, Memory, IsProcessor, this.open) = (
            name, driver, driverVersion, memory, isProcessor, open);

    /// <summary>As its driver tells it.</summary>
    public string Name { get; }

    /// <summary>By what it is reached.</summary>
    public GpuDriver Driver { get; }

    /// <summary>The driver's name and version, as it tells them.</summary>
    public string DriverVersion { get; }

    /// <summary>Its memory in bytes.</summary>
    public long Memory { get; }

    /// <summary>Whether it is a processor, which runs the kernels to be tested, and not to be fast.</summary>
    public bool IsProcessor { get; }

    /// <summary>All devices of this machine: cards first, and of a card that two drivers reach, NVIDIA's own
    /// first.</summary>
    /// <returns>Empty where there is no driver or no device; nothing is opened.</returns>
    public static IReadOnlyList<GpuDevice> List() => [.. All().OrderBy(device => device.IsProcessor)];

    /// <summary>"NVIDIA H100 (CUDA 12.4), 80 GB".</summary>
    public override string ToString() => $"{Name} ({DriverVersion}), {Memory / 1e9:F0} GB";

    internal IDevice Open(KernelEdit? edit = null) => open(this, edit);

    private static IEnumerable<GpuDevice> All() => [.. CudaDevice.List(), .. OpenClDevice.List()];
}

/// <summary>Changes the text of kernels before it is built.</summary>
internal delegate string KernelEdit(string text);

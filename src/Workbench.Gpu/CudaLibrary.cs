using System;
using System.Runtime.InteropServices;

namespace Workbench.Gpu;

/// <summary>The functions of NVIDIA's driver that are called here, and the names of its errors.</summary>
/// <remarks>NVIDIA, "CUDA Driver API". The names with _v2 are what the library exports.</remarks>
internal static unsafe partial class CudaLibrary
{
    private const string Library = "cuda";

    /// <summary>Whether there is a driver.</summary>
    public static bool IsThere => DriverLibraries.TryLoad(Library, out _);

    /// <summary>Throws what an error code means.</summary>
    /// <param name="code">0 is no error.</param>
    /// <param name="doing">What was tried, as "reading 12 bytes on …".</param>
    public static void Check(int code, string doing)
    {
        if (code == 0) return;
        var (problem, name, cure) = code switch
        {
            2 => (GpuProblem.OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "Dispose of other tables"),
            34 => (GpuProblem.NoDriver, "CUDA_ERROR_STUB_LIBRARY", "Install the display driver, not a stand-in for it"),
            46 => (GpuProblem.Busy, "CUDA_ERROR_DEVICE_UNAVAILABLE", "Another program has it alone; wait for that"),
            100 => (GpuProblem.NoDevice, "CUDA_ERROR_NO_DEVICE", "Put a card in"),
            35 or 803 => (GpuProblem.UnsuitableDriver, $"error {code}", "Install a newer display driver"),
            209 or 218 or 222 => (
                GpuProblem.UnsuitableDriver, $"error {code}, it cannot build the kernels",
                "Cards from Turing (2018) on, and drivers from CUDA 10 on, are meant to"),
            221 or 223 => (GpuProblem.UnsuitableDriver, $"error {code}, its compiler is missing or disabled",
                "Install the whole display driver"),
            700 or 702 or 214 or 714 or 715 or 716 or 717 or 718 or 719 or 999 => (
                GpuProblem.Lost, $"error {code}", "The device stopped; start the program again"),
            _ => (GpuProblem.DriverError, $"error {code}", "Tell how it happened"),
        };
        throw new GpuException(problem, $"CUDA failed at {doing}: {name}. {cure}, or use another engine.");
    }

    [LibraryImport(Library)]
    public static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    public static partial int cuDriverGetVersion(int* version);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetCount(int* count);

    [LibraryImport(Library)]
    public static partial int cuDeviceGet(int* device, int ordinal);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library)]
    public static partial int cuDeviceTotalMem_v2(nuint* bytes, int device);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRetain(nint* context, int device);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    public static partial int cuCtxSetCurrent(nint context);

    [LibraryImport(Library)]
    public static partial int cuModuleLoadDataEx(
        nint* module, byte* image, uint count, int* options, void** values);

    [LibraryImport(Library)]
    public static partial int cuModuleUnload(nint module);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(nint* function, nint module, string name);

    [LibraryImport(Library)]
    public static partial int cuMemAlloc_v2(nint* address, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cuMemFree_v2(nint address);

    [LibraryImport(Library)]
    public static partial int cuMemHostAlloc(void** start, nuint bytes, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemFreeHost(void* start);

    [LibraryImport(Library)]
    public static partial int cuMemcpyHtoD_v2(nint destination, void* source, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoH_v2(void* destination, nint source, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cuMemsetD8_v2(nint destination, byte value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes,
        nint stream, void** parameters, void** extra);
}

using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Workbench.Gpu;

/// <summary>The functions of OpenCL's loader that are called here, and the names of its errors.</summary>
/// <remarks>Khronos, "The OpenCL API", version 1.2.</remarks>
internal static unsafe partial class OpenClLibrary
{
    public const ulong AllDevices = 0xFFFFFFFF, ReadWrite = 1, AllocatedByHost = 16, ReadAndWrite = 3;
    public const uint PlatformName = 0x0902;
    public const uint DeviceType = 0x1000, MaxGroupSize = 0x1004, MaxBuffer = 0x1010, Memory = 0x101F,
        LocalMemory = 0x1023, EndianLittle = 0x1026, Available = 0x1027, DeviceName = 0x102B, DriverVersion = 0x102D,
        Extensions = 0x1030;
    public const uint BuildLog = 0x1183;
    public const int NoPlatform = -1001, NotFound = -1;

    private const string Library = "OpenCL";

    /// <summary>Whether there is a loader.</summary>
    public static bool IsThere => DriverLibraries.TryLoad(Library, out _);

    /// <summary>A text that a query gives.</summary>
    public static string Text(nint handle, uint what, bool ofPlatform = false)
    {
        nuint size = 0;
        Check(Info(handle, what, 0, null, &size, ofPlatform), "asking for a name");
        var bytes = new byte[size];
        fixed (byte* start = bytes) Check(Info(handle, what, size, start, null, ofPlatform), "asking for a name");
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim();
    }

    /// <summary>A number that a query gives, of 4 or 8 bytes.</summary>
    public static long Number(nint device, uint what)
    {
        ulong value = 0;
        Check(clGetDeviceInfo(device, what, sizeof(ulong), &value, null), "asking for a size");
        return (long)Math.Min(value, long.MaxValue);
    }

    /// <summary>Throws what an error code means.</summary>
    /// <param name="code">0 is no error.</param>
    /// <param name="doing">What was tried, as "reading 12 bytes on …".</param>
    public static void Check(int code, string doing)
    {
        if (code == 0) return;
        var (problem, name, cure) = code switch
        {
            -2 => (GpuProblem.Busy, "CL_DEVICE_NOT_AVAILABLE", "Another program may have it alone; wait for that"),
            -4 => (GpuProblem.OutOfMemory, "CL_MEM_OBJECT_ALLOCATION_FAILURE", "Dispose of other tables"),
            -5 => (GpuProblem.OutOfMemory, "CL_OUT_OF_RESOURCES", "Dispose of other tables"),
            -6 => (GpuProblem.OutOfMemory, "CL_OUT_OF_HOST_MEMORY", "This machine's own memory is used up"),
            -61 => (GpuProblem.OutOfMemory, "CL_INVALID_BUFFER_SIZE", "Dispose of other tables"),
            -11 => (GpuProblem.UnsuitableDriver, "CL_BUILD_PROGRAM_FAILURE", "Install a newer driver"),
            -14 or -36 or -9999 => (GpuProblem.Lost, $"error {code}", "The device stopped; start the program again"),
            _ => (GpuProblem.DriverError, $"error {code}", "Tell how it happened"),
        };
        throw new GpuException(problem, $"OpenCL failed at {doing}: {name}. {cure}, or use another engine.");
    }

    private static int Info(nint handle, uint what, nuint size, void* value, nuint* needed, bool ofPlatform) =>
        ofPlatform
            ? clGetPlatformInfo(handle, what, size, value, needed)
            : clGetDeviceInfo(handle, what, size, value, needed);

    [LibraryImport(Library)]
    public static partial int clGetPlatformIDs(uint entries, nint* platforms, uint* count);

    [LibraryImport(Library)]
    private static partial int clGetPlatformInfo(nint platform, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clGetDeviceIDs(nint platform, ulong type, uint entries, nint* devices, uint* count);

    [LibraryImport(Library)]
    private static partial int clGetDeviceInfo(nint device, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial nint clCreateContext(
        nint* properties, uint count, nint* devices, void* notify, void* data, int* error);

    [LibraryImport(Library)]
    public static partial nint clCreateCommandQueue(nint context, nint device, ulong properties, int* error);

    [LibraryImport(Library)]
    public static partial nint clCreateProgramWithSource(
        nint context, uint count, byte** sources, nuint* lengths, int* error);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int clBuildProgram(
        nint program, uint count, nint* devices, string options, void* notify, void* data);

    [LibraryImport(Library)]
    public static partial int clGetProgramBuildInfo(
        nint program, nint device, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint clCreateKernel(nint program, string name, int* error);

    [LibraryImport(Library)]
    public static partial int clSetKernelArg(nint kernel, uint index, nuint size, void* value);

    [LibraryImport(Library)]
    public static partial nint clCreateBuffer(nint context, ulong flags, nuint size, void* host, int* error);

    [LibraryImport(Library)]
    public static partial int clEnqueueWriteBuffer(
        nint queue, nint buffer, uint wait, nuint offset, nuint size, void* source, uint events, void* list,
        void* result);

    [LibraryImport(Library)]
    public static partial int clEnqueueReadBuffer(
        nint queue, nint buffer, uint wait, nuint offset, nuint size, void* destination, uint events, void* list,
        void* result);

    [LibraryImport(Library)]
    public static partial int clEnqueueFillBuffer(
        nint queue, nint buffer, void* pattern, nuint patternSize, nuint offset, nuint size, uint events, void* list,
        void* result);

    [LibraryImport(Library)]
    public static partial void* clEnqueueMapBuffer(
        nint queue, nint buffer, uint wait, ulong flags, nuint offset, nuint size, uint events, void* list,
        void* result, int* error);

    [LibraryImport(Library)]
    public static partial int clEnqueueUnmapMemObject(
        nint queue, nint buffer, void* mapped, uint events, void* list, void* result);

    [LibraryImport(Library)]
    public static partial int clEnqueueNDRangeKernel(
        nint queue, nint kernel, uint dimensions, nuint* offset, nuint* global, nuint* local, uint events, void* list,
        void* result);

    [LibraryImport(Library)]
    public static partial int clFinish(nint queue);

    [LibraryImport(Library)]
    public static partial int clReleaseMemObject(nint buffer);

    [LibraryImport(Library)]
    public static partial int clReleaseKernel(nint kernel);

    [LibraryImport(Library)]
    public static partial int clReleaseProgram(nint program);

    [LibraryImport(Library)]
    public static partial int clReleaseCommandQueue(nint queue);

    [LibraryImport(Library)]
    public static partial int clReleaseContext(nint context);
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core;
using static Workbench.Gpu.OpenClLibrary;

namespace Workbench.Gpu;

/// <summary>A device of any maker, by OpenCL 1.2.</summary>
internal sealed unsafe class OpenClDevice : IDevice
{
    // What would round otherwise is never asked for: no fast-relaxed-math, no mad-enable, no denorms-are-zero.
    private const string Options = "-cl-std=CL1.2";
    private const int Items = 256;
    private const long SharedBytes = 16_896;

    private readonly nint context;
    private readonly nint queue;
    private readonly nint device;
    private readonly KernelEdit? edit;
    private readonly Dictionary<KernelFile, nint> programs = [];
    private readonly Dictionary<string, nint> kernels = [];

    /// <summary>Opens a device and builds the kernels of pairs for it.</summary>
    /// <exception cref="GpuException">It cannot be opened, or its driver cannot build them.</exception>
    public OpenClDevice(nint device, GpuDevice description, KernelEdit? edit)
    {
        (this.device, Description, LargestBuffer, this.edit) = (device, description, Number(device, MaxBuffer), edit);
        var doing = $"opening {description.Name}";
        int error;
        context = clCreateContext(null, 1, &device, null, null, &error);
        Check(error, doing);
        try
        {
            queue = clCreateCommandQueue(context, device, 0, &error);
            Check(error, doing);
            programs.Add(GpuKernels.Pairs, Build(GpuKernels.Pairs));
        }
        catch (GpuException)
        {
            Dispose();
            throw;
        }
    }

    public GpuDevice Description { get; }

    public long LargestBuffer { get; }

    public bool HasDoubles => Text(device, Extensions).Split(' ').Contains("cl_khr_fp64");

    /// <summary>All devices of all platforms that can run the kernels.</summary>
    public static List<GpuDevice> List()
    {
        var list = new List<GpuDevice>();
        if (!IsThere) return list;
        uint count = 0;
        var code = clGetPlatformIDs(0, null, &count);
        if (code == NoPlatform || count == 0) return list;
        Check(code, "asking for platforms");
        var platforms = stackalloc nint[(int)count];
        Check(clGetPlatformIDs(count, platforms, null), "asking for platforms");
        for (var p = 0; p < count; p++)
        {
            uint many = 0;
            if (clGetDeviceIDs(platforms[p], AllDevices, 0, null, &many) != 0) continue; // a platform without devices
            var devices = new nint[many];
            fixed (nint* start = devices)
                Check(clGetDeviceIDs(platforms[p], AllDevices, many, start, null), "asking for devices");
            foreach (var device in devices)
                if (Number(device, MaxGroupSize) >= Items && Number(device, LocalMemory) >= SharedBytes
                    && Number(device, Available) != 0 && Number(device, EndianLittle) != 0)
                    list.Add(Describe(platforms[p], device));
        }
        return list;
    }

    public DeviceBuffer Allocate(long bytes)
    {
        int error;
        var handle = clCreateBuffer(context, ReadWrite, (nuint)bytes, null, &error);
        Check(error, $"allotting {bytes:N0} bytes on {Description.Name}");
        return new DeviceBuffer(handle, bytes, static buffer => clReleaseMemObject(buffer));
    }

    public HostMemory AllocateHost(long bytes)
    {
        int error;
        var doing = $"allotting {bytes:N0} bytes for {Description.Name}";
        var handle = clCreateBuffer(context, ReadWrite | AllocatedByHost, (nuint)bytes, null, &error);
        Check(error, doing);
        var start = clEnqueueMapBuffer(queue, handle, 1, ReadAndWrite, 0, (nuint)bytes, 0, null, null, &error);
        if (error != 0) clReleaseMemObject(handle);
        Check(error, doing);
        return new HostMemory(start, bytes, () =>
        {
            clEnqueueUnmapMemObject(queue, handle, start, 0, null, null);
            clReleaseMemObject(handle);
        });
    }

    public void Write(DeviceBuffer destination, long offset, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return;
        fixed (byte* start = source)
            Check(
                clEnqueueWriteBuffer(
                    queue, destination.Handle, 1, (nuint)offset, (nuint)source.Length, start, 0, null, null),
                $"writing {source.Length:N0} bytes to {Description.Name}");
    }

    public void Read(DeviceBuffer source, long offset, Span<byte> destination)
    {
        if (destination.IsEmpty) return;
        fixed (byte* start = destination)
            Check(
                clEnqueueReadBuffer(
                    queue, source.Handle, 1, (nuint)offset, (nuint)destination.Length, start, 0, null, null),
                $"reading {destination.Length:N0} bytes from {Description.Name}");
    }

    public void Clear(DeviceBuffer buffer)
    {
        var zero = 0u;
        Check(
            clEnqueueFillBuffer(
                queue, buffer.Handle, &zero, sizeof(uint), 0, (nuint)buffer.Bytes, 0, null, null),
            $"clearing {buffer.Bytes:N0} bytes on {Description.Name}");
    }

    public void Launch(string kernel, int across, int down, params ReadOnlySpan<KernelArgument> arguments)
    {
        var doing = $"starting {kernel} on {Description.Name}";
        if (!kernels.TryGetValue(kernel, out var handle))
        {
            int error;
            var file = GpuKernels.FileOf(kernel);
            if (!programs.TryGetValue(file, out var program)) programs.Add(file, program = Build(file));
            handle = clCreateKernel(program, kernel, &error);
            Check(error, doing);
            kernels.Add(kernel, handle);
        }
        for (var n = 0; n < arguments.Length; n++)
        {
            var bits = arguments[n].Bits;
            Check(clSetKernelArg(handle, (uint)n, (nuint)arguments[n].Size, &bits), doing);
        }
        var global = stackalloc nuint[] { (nuint)across * Items, (nuint)down };
        var local = stackalloc nuint[] { Items, 1 };
        Check(clEnqueueNDRangeKernel(queue, handle, 2, null, global, local, 0, null, null), doing);
    }

    public void Dispose()
    {
        if (queue != 0) clFinish(queue);
        foreach (var kernel in kernels.Values) clReleaseKernel(kernel);
        foreach (var program in programs.Values) clReleaseProgram(program);
        if (queue != 0) clReleaseCommandQueue(queue);
        clReleaseContext(context);
    }

    private static GpuDevice Describe(nint platform, nint device)
    {
        // Bit 1 of the type: a processor.
        var isProcessor = (Number(device, DeviceType) & 2) != 0;
        var driver = $"{Text(platform, PlatformName, ofPlatform: true)}, {Text(device, DriverVersion)}";
        return new GpuDevice(
            Excerpt.Of(Text(device, DeviceName)), GpuDriver.OpenCl, Excerpt.Of(driver), Number(device, Memory),
            isProcessor, (description, edit) => new OpenClDevice(device, description, edit));
    }

    private nint Build(KernelFile file)
    {
        var bytes = Encoding.UTF8.GetBytes(edit is null ? file.Source : edit(file.Source));
        int error;
        nint built;
        fixed (byte* start = bytes)
        {
            var text = start;
            var length = (nuint)bytes.Length;
            built = clCreateProgramWithSource(context, 1, &text, &length, &error);
        }
        Check(error, $"building the kernels for {Description.Name}");
        var options = Description.IsProcessor ? $"{Options} -DPROCESSOR" : Options;
        var target = device;
        error = clBuildProgram(built, 1, &target, options, null, null);
        if (error == 0) return built;
        nuint size = 0;
        clGetProgramBuildInfo(built, device, BuildLog, 0, null, &size);
        var log = new byte[size];
        fixed (byte* start = log) clGetProgramBuildInfo(built, device, BuildLog, size, start, null);
        clReleaseProgram(built);
        throw new GpuException(
            GpuProblem.UnsuitableDriver,
            $"{Description.DriverVersion} cannot build the kernels for {Description.Name} (error {error}): "
                + $"{Excerpt.Of(log)}. Install a newer driver, or use another engine.");
    }
}

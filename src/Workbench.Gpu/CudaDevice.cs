using System;
using System.Collections.Generic;
using System.Text;
using Workbench.Core;
using static Workbench.Gpu.CudaLibrary;

namespace Workbench.Gpu;

/// <summary>A card of NVIDIA's, by its display driver alone, which compiles the PTX that ships.</summary>
internal sealed unsafe class CudaDevice : IDevice
{
    private const int Items = 256;
    private const int ErrorLog = 5, ErrorLogBytes = 6; // options of cuModuleLoadDataEx

    private readonly int device;
    private readonly nint context;
    private readonly KernelEdit? edit;
    private readonly Dictionary<KernelFile, nint> modules = [];
    private readonly Dictionary<string, nint> kernels = [];

    /// <summary>Opens a card and builds the kernels of pairs for it.</summary>
    /// <exception cref="GpuException">It cannot be opened, or its driver cannot build them.</exception>
    public CudaDevice(int device, GpuDevice description, KernelEdit? edit)
    {
        (this.device, Description, this.edit) = (device, description, edit);
        nint handle;
        Check(cuDevicePrimaryCtxRetain(&handle, device), $"opening {description.Name}");
        context = handle;
        try
        {
            Enter();
            modules.Add(GpuKernels.Pairs, Build(GpuKernels.Pairs));
        }
        catch (GpuException)
        {
            Dispose();
            throw;
        }
    }

    public GpuDevice Description { get; }

    public long LargestBuffer => Description.Memory;

    public bool HasDoubles => true;

    /// <summary>All cards that the driver knows.</summary>
    public static List<GpuDevice> List()
    {
        var list = new List<GpuDevice>();
        if (!IsThere || cuInit(0) != 0) return list; // a driver without a card refuses
        int count, version;
        Check(cuDeviceGetCount(&count), "counting the cards");
        Check(cuDriverGetVersion(&version), "asking for the driver's version");
        var driver = $"CUDA {version / 1000}.{version % 1000 / 10}";
        var name = stackalloc byte[256];
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            int device;
            nuint memory;
            Check(cuDeviceGet(&device, ordinal), "asking for a card");
            Check(cuDeviceGetName(name, 256, device), "asking for a card's name");
            Check(cuDeviceTotalMem_v2(&memory, device), "asking for a card's memory");
            var text = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(name, 256)).Split('\0')[0];
            var card = device; // whose address nobody takes
            list.Add(new GpuDevice(
                Excerpt.Of(text), GpuDriver.Cuda, driver, (long)memory, false,
                (description, edit) => new CudaDevice(card, description, edit)));
        }
        return list;
    }

    public DeviceBuffer Allocate(long bytes)
    {
        Enter();
        nint address;
        Check(cuMemAlloc_v2(&address, (nuint)bytes), $"allotting {bytes:N0} bytes on {Description.Name}");
        return new DeviceBuffer(address, bytes, Free);
    }

    private void Free(nint address)
    {
        if (cuCtxSetCurrent(context) == 0) cuMemFree_v2(address);
    }

    public HostMemory AllocateHost(long bytes)
    {
        Enter();
        void* start;
        Check(cuMemHostAlloc(&start, (nuint)bytes, 0), $"allotting {bytes:N0} bytes for {Description.Name}");
        var held = start; // whose address nobody takes
        return new HostMemory(held, bytes, () =>
        {
            if (cuCtxSetCurrent(context) == 0) cuMemFreeHost(held);
        });
    }

    public void Write(DeviceBuffer destination, long offset, ReadOnlySpan<byte> source)
    {
        Enter();
        fixed (byte* start = source)
            Check(
                cuMemcpyHtoD_v2(destination.Handle + (nint)offset, start, (nuint)source.Length),
                $"writing {source.Length:N0} bytes to {Description.Name}");
    }

    public void Read(DeviceBuffer source, long offset, Span<byte> destination)
    {
        Enter();
        fixed (byte* start = destination)
            Check(
                cuMemcpyDtoH_v2(start, source.Handle + (nint)offset, (nuint)destination.Length),
                $"reading {destination.Length:N0} bytes from {Description.Name}");
    }

    public void Clear(DeviceBuffer buffer)
    {
        Enter();
        Check(
            cuMemsetD8_v2(buffer.Handle, 0, (nuint)buffer.Bytes),
            $"clearing {buffer.Bytes:N0} bytes on {Description.Name}");
    }

    public void Launch(string kernel, int across, int down, params ReadOnlySpan<KernelArgument> arguments)
    {
        Enter();
        var doing = $"starting {kernel} on {Description.Name}";
        if (!kernels.TryGetValue(kernel, out var function))
        {
            nint found;
            var file = GpuKernels.FileOf(kernel);
            if (!modules.TryGetValue(file, out var module)) modules.Add(file, module = Build(file));
            Check(cuModuleGetFunction(&found, module, kernel), doing);
            kernels.Add(kernel, function = found);
        }
        // The driver reads as many bytes of each as the kernel's parameter has, from the lowest on.
        var values = stackalloc ulong[arguments.Length];
        var places = stackalloc void*[arguments.Length];
        for (var n = 0; n < arguments.Length; n++)
        {
            values[n] = arguments[n].Bits;
            places[n] = values + n;
        }
        Check(cuLaunchKernel(function, (uint)across, (uint)down, 1, Items, 1, 1, 0, 0, places, null), doing);
    }

    public void Dispose()
    {
        if (cuCtxSetCurrent(context) == 0)
            foreach (var module in modules.Values) cuModuleUnload(module);
        cuDevicePrimaryCtxRelease_v2(device);
    }

    // The card's context is a thread's own, and any thread may come.
    private void Enter() => Check(cuCtxSetCurrent(context), $"turning to {Description.Name}");

    private nint Build(KernelFile file)
    {
        var text = Encoding.UTF8.GetBytes((edit is null ? file.Ptx : edit(file.Ptx)) + '\0');
        var log = new byte[4096];
        nint built;
        int code;
        fixed (byte* image = text, start = log)
        {
            var options = stackalloc int[] { ErrorLog, ErrorLogBytes };
            var values = stackalloc void*[] { start, (void*)log.Length };
            code = cuModuleLoadDataEx(&built, image, 2, options, values);
        }
        var said = Encoding.UTF8.GetString(log).Split('\0')[0];
        Check(code, $"building the kernels for {Description.Name} ({Description.DriverVersion}): {Excerpt.Of(said)}");
        return built;
    }
}

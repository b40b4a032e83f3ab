using System.IO;

namespace Workbench.Gpu;

/// <summary>The kernels as they ship: the source, and PTX made of it.</summary>
internal static class GpuKernels
{
    public static string Source { get; } = Read("kernels.cl");

    public static string Ptx { get; } = Read("kernels.ptx");

    private static string Read(string name)
    {
        using var stream = typeof(GpuKernels).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Gpu;

/// <summary>A file of kernels as it ships: the source, and PTX made of it.</summary>
/// <param name="Name">Of the file, without its ending.</param>
/// <param name="Source">With what makes it portable before it.</param>
/// <param name="Ptx">By clang, from the same.</param>
internal sealed record KernelFile(string Name, string Source, string Ptx)
{
    public bool Has(string kernel) => Source.Contains($"KERNEL {kernel}(", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The kernels that ship.</summary>
internal static class GpuKernels
{
    /// <summary>Products of rows and what folds ask of them.</summary>
    public static KernelFile Pairs { get; } = Read("kernels");

    /// <summary>The parts of forward passes.</summary>
    public static KernelFile Model { get; } = Read("model");

    /// <summary>Shuffles, and what prepares them.</summary>
    public static KernelFile Shuffles { get; } = Read("shuffles");

    public static IReadOnlyList<KernelFile> Files { get; } = [Pairs, Model, Shuffles];

    /// <summary>The file that a kernel is in.</summary>
    public static KernelFile FileOf(string kernel) => Files.First(file => file.Has(kernel));

    private static KernelFile Read(string name) =>
        new(name, $"{Text("portable.h")}\n{Text($"{name}.cl")}", Text($"{name}.ptx"));

    private static string Text(string name)
    {
        using var stream = typeof(GpuKernels).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

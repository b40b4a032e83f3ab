using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Workbench.Core;

namespace Workbench.Torch;

/// <summary>A processor and its operating system, as packages of native libraries are named after them.</summary>
/// <param name="Name">"linux-x64".</param>
internal sealed record TorchSystem(string Name)
{
    private static readonly string[] Supported = ["linux-x64", "win-x64", "win-arm64", "osx-arm64"];

    /// <summary>This one.</summary>
    public static TorchSystem Here { get; } = new(
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-"
            + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());

    /// <summary>Whether TorchSharp's package has a library for it.</summary>
    public bool IsSupported => Array.IndexOf(Supported, Name) >= 0;

    /// <summary>The package of torch for the processor.</summary>
    public string CpuPackage => $"libtorch-cpu-{Name}";

    /// <summary>A library's file: "libtorch_cpu.so".</summary>
    public string FileName(string library) =>
        Name.StartsWith("win") ? $"{library}.dll" : Name.StartsWith("osx") ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The folders in which native libraries may lie.</summary>
    /// <param name="managed">Where TorchSharp.dll lies: beside a program, or in the folder of a package.</param>
    public IEnumerable<string> Places(string managed)
    {
        if (Environment.GetEnvironmentVariable(TorchLibrary.FolderVariable) is { Length: > 0 } folder)
            yield return Path.GetFullPath(folder);
        yield return managed;
        var native = Path.Combine("runtimes", Name, "native");
        yield return Path.Combine(managed, native);
        // …/packages/torchsharp/0.107.0/lib/net8.0
        yield return Path.Combine(managed, "..", "..", native);
        var ours = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } packages
            ? packages
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var all in new[] { Path.GetFullPath(Path.Combine(managed, "..", "..", "..", "..")), ours })
            yield return Path.Combine(all, CpuPackage, TorchLibrary.Version, native);
    }

    /// <summary>Why torch does not load here, as far as the architecture goes.</summary>
    public TorchException Refusal() =>
        new(
            TorchProblem.Architecture,
            $"Torch has no native half for {Name}; it has for {string.Join(", ", Supported)}. Use another engine.");

    /// <summary>Why torch does not load here.</summary>
    /// <param name="needed">What its library asks of the C++ library: GLIBCXX_3.4.32; null where that is not
    /// known.</param>
    /// <param name="found">What this system's C++ library has at most.</param>
    /// <param name="torchFolder">Where torch lies; null where it was not found.</param>
    /// <param name="reason">What the loader says.</param>
    public TorchException Refusal(Version? needed, Version? found, string? torchFolder, string reason) =>
        needed > found
            ? new TorchException(
                TorchProblem.OldStandardLibrary,
                $"Torch's native half needs the C++ library (libstdc++.so.6) with GLIBCXX_{needed}, but this system's "
                    + $"ends with GLIBCXX_{found}. Debian 13, Ubuntu 24.04 and later have it. Run the program there, "
                    + "in a container for example, or use another engine.")
            : torchFolder is null
                ? new TorchException(
                    TorchProblem.NoNativeLibrary,
                    $"Torch's native half is not there. Add the package {CpuPackage} {TorchLibrary.Version}, or one of "
                        + $"those for cards, to the program or script, or name a folder that holds "
                        + $"{FileName("torch_cpu")} of that version by {TorchLibrary.FolderVariable}.")
                : new TorchException(
                    TorchProblem.LoaderError,
                    $"Torch's native half in {torchFolder} does not load. It must be version {TorchLibrary.Version}. "
                        + $"The system says: {Excerpt.Of(reason, 500)}");
}

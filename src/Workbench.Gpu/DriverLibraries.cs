using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Gpu;

/// <summary>Where the drivers' libraries lie: under another name on each system.</summary>
internal static class DriverLibraries
{
    private static readonly Dictionary<string, string[]> Files = new()
    {
        ["OpenCL"] =
        [
            "libOpenCL.so.1", "OpenCL.dll", "/System/Library/Frameworks/OpenCL.framework/OpenCL",
        ],
        ["cuda"] = ["libcuda.so.1", "nvcuda.dll"],
    };

    /// <summary>Loads a library if this machine has it.</summary>
    /// <param name="name">As the imports name it.</param>
    /// <param name="library">Its handle.</param>
    public static bool TryLoad(string name, out nint library)
    {
        foreach (var file in Files.GetValueOrDefault(name, []))
            if (NativeLibrary.TryLoad(file, out library)) return true;
        library = 0;
        return false;
    }

#pragma warning disable CA2255 // imports are resolved for this assembly alone, before any of them is called
    [ModuleInitializer]
    internal static void Resolve() =>
        NativeLibrary.SetDllImportResolver(
            typeof(DriverLibraries).Assembly, (name, _, _) => TryLoad(name, out var library) ? library : 0);
#pragma warning restore CA2255
}

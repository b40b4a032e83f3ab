using System.Runtime.CompilerServices;
using Workbench.Torch;

namespace Workbench.Witnesses;

/// <summary>Loads torch where it lies among the packages, before TorchSharp looks for it and makes a copy of its
/// own.</summary>
internal static class NativeHalf
{
    [ModuleInitializer]
    internal static void Load() => TorchLibrary.Load();
}

using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using TorchSharp;

namespace Workbench.Torch;

/// <summary>Torch's native half, which is the user's choice: for processors, or for some generation of cards.</summary>
/// <remarks>
/// <para>It is looked for where a program keeps the native libraries of its packages, in the folder that the
/// environment variable WORKBENCH_TORCH names, and among the packages that were fetched for this user
/// (<c>libtorch-cpu-linux-x64</c> and its kin), where it is used in place and not copied.</para>
/// <para>TorchSharp looks for it too, and where it does not load blames a missing reference, whatever the reason
/// is. So it is loaded here first.</para>
/// </remarks>
public static class TorchLibrary
{
    /// <summary>The environment variable that names a folder with the native libraries of torch.</summary>
    public const string FolderVariable = "WORKBENCH_TORCH";

    private const string Shim = "LibTorchSharp";
    private static readonly Lock Gate = new();
    private static nint shim;

    /// <summary>The version of the native half that goes with TorchSharp 0.107, and no other does.</summary>
    public const string Version = "2.10.0";

    /// <summary>Loads the native half, if that was not done yet.</summary>
    /// <exception cref="TorchException">It cannot be; the message says the reason and the cure.</exception>
    public static void Load() => _ = Handle();

    /// <summary>The address of one of the shim's functions.</summary>
    internal static nint Export(string name) => NativeLibrary.GetExport(Handle(), name);

    private static nint Handle()
    {
        lock (Gate)
            return shim != 0 ? shim : shim = Open();
    }

    private static nint Open()
    {
        var system = TorchSystem.Here;
        if (!system.IsSupported) throw system.Refusal();
        if (TryOpenByName(out var handle)) return handle;
        var places = system.Places(Path.GetDirectoryName(typeof(torch).Assembly.Location) ?? "").ToArray();
        var torchFile = system.FileName("torch_cpu");
        var torchFolder = places.FirstOrDefault(folder => File.Exists(Path.Combine(folder, torchFile)));
        // Once they are there under their names, whatever needs them finds them: none need be copied beside it.
        if (torchFolder is not null)
            foreach (var name in new[] { "c10", "torch_cpu", "torch" })
                NativeLibrary.TryLoad(Path.Combine(torchFolder, system.FileName(name)), out _);
        if (TryOpenByName(out handle)) return handle;
        var shimFile = places.Select(folder => Path.Combine(folder, system.FileName(Shim))).FirstOrDefault(File.Exists);
        var reason = $"{system.FileName(Shim)} is in none of the places where it is looked for";
        if (shimFile is not null)
            try
            {
                return NativeLibrary.Load(shimFile);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                reason = exception.Message;
            }
        throw system.Refusal(
            shimFile is null ? null : LibraryVersions.Highest(shimFile), LibraryVersions.OfThisSystem(), torchFolder,
            reason);
    }

    private static bool TryOpenByName(out nint handle) =>
        NativeLibrary.TryLoad(Shim, typeof(torch).Assembly, null, out handle);
}

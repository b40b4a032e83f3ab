using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Workbench.Torch;

/// <summary>The versions of the C++ library that a file names: those that it needs, or, in libstdc++ itself, those that
/// it has.</summary>
internal static partial class LibraryVersions
{
    private const string Name = "libstdc++.so.6";

    /// <summary>The highest; null where it names none.</summary>
    public static Version? Highest(string path) =>
        Versions()
            .Matches(Encoding.Latin1.GetString(File.ReadAllBytes(path)))
            .Select(match => Version.Parse(match.Groups[1].ValueSpan))
            .Max();

    /// <summary>The highest of the library that this process uses; null where there is none, as outside
    /// Linux.</summary>
    public static Version? OfThisSystem()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad(Name, out _)) return null;
        // Lines end with the file that lies there.
        var path = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.IndexOf('/') is var start && start < 0 ? line.Length : start)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith(Name));
        return path is null ? null : Highest(path);
    }

    [GeneratedRegex(@"GLIBCXX_(3\.4(?:\.\d+)?)\0")]
    private static partial Regex Versions();
}

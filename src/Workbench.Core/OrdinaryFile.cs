using System.IO;

namespace Workbench.Core;

/// <summary>Files that are read whole. A pipe or a device under such a name is not read: opening or reading it might
/// never end. The system says that they have no bytes, and so they are told from files that have some.</summary>
internal static class OrdinaryFile
{
    /// <summary>The file itself at the end of however many links; null when there is none, or the links lead nowhere or
    /// in a circle.</summary>
    public static FileInfo? Target(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var end = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
            return end is { Exists: true } ? end : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>A path without links, in any part of it; null when it leads nowhere or in a circle.</summary>
    public static string? RealPath(string path) => RealPath(Path.GetFullPath(path), 0);

    private static string? RealPath(string path, int links)
    {
        const int mostLinks = 40; // as many as Linux follows
        var root = Path.GetPathRoot(path)!;
        var real = root;
        foreach (var part in path[root.Length..].Split(
            Path.DirectorySeparatorChar, System.StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is { } target)
            {
                if (links == mostLinks) return null;
                var resolved = RealPath(Path.GetFullPath(target, real), links + 1);
                if (resolved is null) return null;
                next = resolved;
            }
            real = next;
        }
        return Path.Exists(real) ? real : null;
    }

    /// <summary>All bytes of a file.</summary>
    /// <exception cref="IOException">It is not there, is empty, or is no ordinary file.</exception>
    public static byte[] ReadAllBytes(string path) => File.ReadAllBytes(Required(path));

    /// <summary>The text of a file, UTF-8 unless its first bytes say otherwise.</summary>
    /// <exception cref="IOException">It is not there, is empty, or is no ordinary file.</exception>
    public static string ReadAllText(string path) => File.ReadAllText(Required(path));

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="IOException">It is not there, is empty, or is no ordinary file.</exception>
    public static FileStream OpenRead(string path) => File.OpenRead(Required(path));

    // What is not there is refused by the system, in its own words.
    private static string Required(string path) =>
        Target(path) is { Length: 0 }
            ? throw new IOException(
                $"{Excerpt.Of(path)} is empty, or no ordinary file: a pipe or a device is not read under this name.")
            : path;
}

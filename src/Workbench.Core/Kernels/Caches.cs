using System;
using System.Globalization;
using System.IO;

namespace Workbench.Core.Kernels;

/// <summary>The processor's caches, as far as block sizes depend on them.</summary>
internal static class Caches
{
    // Zen 4 and 5, and no more than half of what Intel's servers and Apple's processors have: blocks that are too small
    // cost less than blocks that fall out of the cache.
    private const int UnknownBytes = 1 << 20;

    /// <summary>Bytes of the first processor's second-level cache, read once; 1 MiB where the system does not say (it
    /// is asked on Linux only).</summary>
    public static int SecondLevelBytes { get; } = SecondLevelIn("/sys/devices/system/cpu/cpu0/cache");

    /// <summary>The same from a folder laid out as Linux lays out a processor's.</summary>
    internal static int SecondLevelIn(string folder)
    {
        try
        {
            foreach (var cache in Directory.EnumerateDirectories(folder, "index*"))
            {
                if (Text(cache, "level") != "2" || Text(cache, "type") == "Instruction") continue;
                var size = Text(cache, "size");
                var unit = size.EndsWith('K') ? 10 : size.EndsWith('M') ? 20 : 0;
                if (
                    int.TryParse(
                        size.AsSpan().TrimEnd("KM"), NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    && (long)n << unit is >= 64 << 10 and <= 64 << 20)
                    return n << unit;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nothing is said of the cache, as outside Linux.
        }
        return UnknownBytes;
    }

    private static string Text(string folder, string name) => File.ReadAllText(Path.Combine(folder, name)).Trim();
}

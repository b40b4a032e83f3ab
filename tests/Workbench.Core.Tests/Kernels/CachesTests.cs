using System;
using System.IO;
using Workbench.Core.Kernels;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

public sealed class CachesTests
{
    [
        Theory,
        InlineData("512K", 512 << 10),
        InlineData("2048K", 2 << 20),
        InlineData("2M", 2 << 20),
        InlineData("1048576", 1 << 20),
        InlineData("", 1 << 20),
        InlineData("0K", 1 << 20),
        InlineData("-1K", 1 << 20),
        InlineData("99999999999K", 1 << 20),
        InlineData("4000000M", 1 << 20)
    ]
    public void The_second_level_cache_is_read_from_the_system_and_taken_for_1_MiB_where_it_says_nonsense(
        string size, int bytes)
    {
        var folder = Directory.CreateTempSubdirectory("workbench-caches-").FullName;
        try
        {
            Cache("index0", "1", "Data", "32K");
            Cache("index1", "2", "Instruction", "128K");
            Cache("index2", "2", "Unified", size);
            Cache("index3", "3", "Unified", "32768K");
            Assert.Equal(bytes, Caches.SecondLevelIn(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Cache(string name, string level, string type, string text)
        {
            var cache = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            File.WriteAllText(Path.Combine(cache, "level"), level + "\n");
            File.WriteAllText(Path.Combine(cache, "type"), type + "\n");
            File.WriteAllText(Path.Combine(cache, "size"), text + "\n");
        }
    }

    [Fact]
    public void Where_the_system_says_nothing_the_cache_is_taken_for_1_MiB() =>
        Assert.Equal(1 << 20, Caches.SecondLevelIn(Path.Combine(Path.GetTempPath(), $"no-such-{Guid.NewGuid():N}")));
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

public sealed class HubCacheTests
{
    private const string Commit = FakeHub.Commit;
    private static readonly HubRepo Tiny = new("acme/tiny-gpt2");

    [WeightsTheory("reference/formats/hub")]
    [InlineData("hub-cache.tar"), InlineData("hub-cache-copies.tar")]
    public void Every_file_of_the_Python_clients_cache_resolves_as_it_does_there(string tar)
    {
        using var folder = Unpack(tar);
        var cache = new HubCache(folder.At("hub"));
        var rows = Expected(tar).GetProperty("resolve").EnumerateArray().ToArray();
        Assert.True(rows.Length > 30);
        foreach (var row in rows)
        {
            var entry = cache.Find(
                new HubRepo(row.GetProperty("repo").GetString()!), row.GetProperty("file").GetString()!,
                row.GetProperty("revision").GetString()!);
            var state = row.GetProperty("is").GetString() switch
            {
                "cached" => CacheState.Cached,
                "known-absent" => CacheState.KnownAbsent,
                _ => CacheState.NotCached,
            };
            Assert.Equal((row.ToString(), state), (row.ToString(), entry.State));
            if (state != CacheState.Cached)
            {
                Assert.Null(entry.Path);
                continue;
            }
            Assert.Equal(
                row.GetProperty("path").GetString(),
                Path.GetRelativePath(cache.Folder, entry.Path!).Replace('\\', '/'));
            Assert.Equal(row.GetProperty("sha256").GetString(), FakeHub.Sha256(File.ReadAllBytes(entry.Path!)));
        }
    }

    [WeightsFact("reference/formats/hub")]
    public void A_file_in_the_store_that_repositories_share_is_found_through_both_links()
    {
        using var folder = Unpack("hub-cache-shared-store.tar");
        var cache = new HubCache(folder.At("hub"));
        var entry = cache.Find(Tiny, "model.safetensors");
        Assert.Equal(
            "1299db77b5a1071ac8f4601a2ef64e17ddc87a9d172d6b2261dce8f349849511",
            FakeHub.Sha256(File.ReadAllBytes(entry.Path!)));
        Assert.Equal(["acme/tiny-gpt2"], cache.Repositories().Select(repo => repo.Name));
    }

    [WeightsTheory("reference/formats/hub")]
    [InlineData("hub-cache.tar"), InlineData("hub-cache-copies.tar")]
    public void Unfinished_downloads_and_locks_are_not_seen(string tar)
    {
        using var folder = Unpack(tar);
        var cache = new HubCache(folder.At("hub"));
        Assert.Equal(["acme/corpus", "acme/tiny-gpt2", "tiny"], cache.Repositories().Select(repo => repo.Name));
        Assert.Equal(HubRepoKind.Dataset, cache.Repositories()[0].Kind);
        Assert.Equal(
            ["config.json", "model.safetensors", "naïve file.txt", "onnx/merges.txt", "vocab.json"],
            cache.Files(cache.FindSnapshot(Tiny)!)
        );
        Assert.Equal(["config.json"], cache.Files(cache.FindSnapshot(Tiny, "refs/pr/1")!));
    }

    [Theory]
    [InlineData("\n", true), InlineData("\r\n", true), InlineData("", true)]
    [InlineData(" ", false), InlineData("\nmore", false), InlineData("0", false)]
    public void A_reference_may_end_in_a_line_end_and_in_nothing_else(string end, bool resolves)
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--a/refs/main", Commit + end);
        folder.Write($"models--a/snapshots/{Commit}/f", "");
        Assert.Equal(resolves ? Commit : null, new HubCache(folder.Path).FindCommit(new HubRepo("a")));
        Assert.Equal(CacheState.Cached, new HubCache(folder.Path).Find(new HubRepo("a"), "f", Commit).State);
    }

    [UnixTheory]
    [InlineData("pipe"), InlineData("/dev/zero"), InlineData("large")]
    public async Task A_reference_that_would_never_end_is_not_read(string what)
    {
        using var folder = new TemporaryFolder();
        var main = folder.Write("models--a/refs/main", new string('a', 100_000));
        folder.Write($"models--a/snapshots/{Commit}/f", "");
        if (what != "large") File.Delete(main);
        if (what == "/dev/zero") File.CreateSymbolicLink(main, what);
        if (what == "pipe")
        {
            using var made = Process.Start("mkfifo", [main]);
            await made.WaitForExitAsync();
        }
        Assert.True(File.Exists(main));
        var found = Task.Run(() => new HubCache(folder.Path).FindCommit(new HubRepo("a")));
        Assert.Null(await found.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Folders_that_link_in_a_circle_are_listed_once()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--a/refs/main", Commit);
        folder.Write($"models--a/snapshots/{Commit}/f", "");
        folder.Write($"models--a/snapshots/{Commit}/onnx/g", "");
        File.CreateSymbolicLink(folder.At("models--a", "snapshots", Commit, "onnx", "round"), "..");
        var cache = new HubCache(folder.Path);
        Assert.Equal(["f", "onnx/g"], cache.Files(cache.FindSnapshot(new HubRepo("a"))!));
    }

    [Theory]
    [InlineData("C0F4CF70C1D271E291B12219B92FBA5B7A77699A"), InlineData("c0f4cf7"), InlineData("../snapshots")]
    public void Only_a_whole_lower_case_commit_or_a_known_reference_resolves(string revision)
    {
        using var folder = new TemporaryFolder();
        folder.Write($"models--a/snapshots/{Commit}/f", "");
        var cache = new HubCache(folder.Path);
        if (revision.Contains("..", StringComparison.Ordinal))
            Assert.Equal(
                HubProblem.BadName,
                Assert.Throws<HubException>(() => cache.FindCommit(new HubRepo("a"), revision)).Problem);
        else
            Assert.Null(cache.FindCommit(new HubRepo("a"), revision));
    }

    [Fact]
    public void A_link_that_leads_nowhere_or_in_a_circle_is_not_a_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--a/refs/main", Commit);
        var snapshot = Directory.CreateDirectory(folder.At("models--a", "snapshots", Commit)).FullName;
        File.CreateSymbolicLink(Path.Combine(snapshot, "gone"), "../../blobs/none");
        File.CreateSymbolicLink(Path.Combine(snapshot, "round"), "round");
        var cache = new HubCache(folder.Path);
        Assert.Equal(CacheState.NotCached, cache.Find(new HubRepo("a"), "gone").State);
        Assert.Equal(CacheState.NotCached, cache.Find(new HubRepo("a"), "round").State);
        Assert.Empty(cache.Files(cache.FindSnapshot(new HubRepo("a"))!));
    }

    [Fact]
    public void What_is_known_to_be_absent_is_asked_first()
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--a/refs/main", Commit);
        folder.Write($"models--a/.no_exist/{Commit}/f", "");
        folder.Write($"models--a/snapshots/{Commit}/f", "");
        Assert.Equal(CacheState.KnownAbsent, new HubCache(folder.Path).Find(new HubRepo("a"), "f").State);
    }

    [Theory]
    [
        InlineData("../refs/main"),
        InlineData("/etc/passwd"),
        InlineData("a//b"),
        InlineData("."),
        InlineData("a/./b"),
        InlineData(""),
        InlineData("a\\..\\b"),
        InlineData("c:x")
    ]
    public void A_name_that_leads_out_of_the_snapshot_is_refused(string file)
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--a/refs/main", Commit);
        Assert.Equal(
            HubProblem.BadName,
            Assert.Throws<HubException>(() => new HubCache(folder.Path).Find(new HubRepo("a"), file)).Problem);
    }

    [Fact]
    public void A_cache_that_is_not_there_holds_nothing()
    {
        using var folder = new TemporaryFolder();
        var cache = new HubCache(folder.At("none"));
        Assert.Empty(cache.Repositories());
        Assert.Null(cache.FindSnapshot(Tiny));
        Assert.Equal(new CacheEntry(CacheState.NotCached, null, null), cache.Find(Tiny, "config.json"));
        Assert.False(Directory.Exists(cache.Folder));
    }

    internal static TemporaryFolder Unpack(string tar)
    {
        var folder = new TemporaryFolder();
        TarFile.ExtractToDirectory(Weights.At("reference", "formats", "hub", tar), folder.Path, overwriteFiles: false);
        return folder;
    }

    internal static JsonElement Expected(string tar) =>
        JsonDocument
            .Parse(File.ReadAllBytes(Weights.At("reference", "formats", "expected.json")))
            .RootElement.GetProperty("files")
            .GetProperty($"hub/{tar}");

    /// <summary>Every entry below a folder: files with their content's hash, links with their target.</summary>
    internal static SortedDictionary<string, string> Picture(string folder)
    {
        var picture = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Walk(DirectoryInfo at)
        {
            foreach (var entry in at.EnumerateFileSystemInfos())
            {
                var name = Path.GetRelativePath(folder, entry.FullName).Replace('\\', '/');
                if (entry.LinkTarget is { } target) picture[name] = "-> " + target.Replace('\\', '/');
                else if (entry is DirectoryInfo below) Walk(below);
                else picture[name] = FakeHub.Sha256(File.ReadAllBytes(entry.FullName));
            }
        }
        Walk(new DirectoryInfo(folder));
        return picture;
    }
}

/// <summary>A test of what lies in a file system of Unix only; skipped, and counted as skipped, elsewhere.</summary>
internal sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows keeps no pipes and devices among files.";
    }
}

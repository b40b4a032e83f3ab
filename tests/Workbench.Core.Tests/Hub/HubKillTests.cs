using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

/// <summary>Downloads in a process of their own that is killed, as by power or by the system, without a chance to tidy
/// up.</summary>
public sealed class HubKillTests : IDisposable
{
    private static readonly HubRepo Tiny = new("acme/tiny");
    private static readonly byte[] Content = Enumerable
        .Range(0, 2_000_000)
        .Select(i => (byte)(i * 13 ^ i >> 9))
        .ToArray();
    private readonly TemporaryFolder folder = new();
    private readonly FakeHub hub = new FakeHub()
        .Names("acme/tiny", "main", FakeHub.Commit)
        .Small("acme/tiny", FakeHub.Commit, "config.json", "{}"u8.ToArray())
        .Large("acme/tiny", FakeHub.Commit, "model.safetensors", Content);

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    /// <summary>What the child does: downloads the model "acme/tiny" from an endpoint into a cache.</summary>
    internal static async Task<int> DownloadAsync(string endpoint, string cacheFolder)
    {
        using var client = HubClientTests.Client(endpoint, cacheFolder);
        await client.DownloadModelAsync(Tiny);
        return 0;
    }

    [Fact]
    public async Task A_killed_download_leaves_nothing_under_the_final_name_and_is_resumed()
    {
        var cache = new HubCache(folder.At("hub"));
        var blob = cache.BlobPath(Tiny, FakeHub.Sha256(Content));
        var partial = blob + ".incomplete";
        var never = new TaskCompletionSource().Task;
        // Three children in a row, each killed a little further on; the last one starts where the second one died.
        foreach (var stop in new[] { 500_000, 1_100_000, 1_999_999 })
        {
            hub.InterceptStore = request =>
                FakeHub.Ranged(Content, request) with
                {
                    CutAfter = stop - request.From,
                    HoldOpen = never,
                };
            using var child = ChildProcess.Start([], "hub-download", hub.Address, cache.Folder);
            try
            {
                await Patience.Until(() =>
                {
                    Assert.False(File.Exists(blob));
                    Assert.False(child.HasExited, "the child ended by itself");
                    return File.Exists(partial) && new FileInfo(partial).Length == stop;
                });
            }
            finally
            {
                child.Kill();
                await child.WaitForExitAsync();
            }
            Assert.False(File.Exists(blob));
            Assert.Null(cache.FindCommit(Tiny));
            Assert.Equal(CacheState.NotCached, cache.Find(Tiny, "model.safetensors", FakeHub.Commit).State);
            Assert.Equal(FakeHub.Sha256(Content[..stop]), FakeHub.Sha256(File.ReadAllBytes(partial)));
        }

        hub.InterceptStore = null;
        using (var child = ChildProcess.Start([], "hub-download", hub.Address, cache.Folder))
        {
            await child.WaitForExitAsync();
            Assert.Equal(0, child.ExitCode);
        }
        Assert.Equal([0, 500_000, 1_100_000, 1_999_999], hub.Store.Requests.Select(request => request.From));
        Assert.Equal(
            FakeHub.Sha256(Content), FakeHub.Sha256(File.ReadAllBytes(cache.Find(Tiny, "model.safetensors").Path!)));
        Assert.False(File.Exists(partial));
    }

    // Not on xunit's own few threads: behind other tests' long work, what follows an await would come after the child's
    // end.
    [Fact]
    public Task Another_process_waits_for_the_one_that_downloads() =>
        Task.Run(async () =>
        {
            var cache = new HubCache(folder.At("hub"));
            var release = new TaskCompletionSource();
            hub.InterceptStore = request =>
                FakeHub.Ranged(Content, request) with
                {
                    CutAfter = request.From == 0 ? 1_000_000 : null,
                    HoldOpen = request.From == 0 ? release.Task : null,
                };
            using var child = ChildProcess.Start([], "hub-download", hub.Address, cache.Folder);
            try
            {
                await Patience.Until(() => !hub.Store.Requests.IsEmpty);
                using var client = HubClientTests.Client(hub.Address, cache.Folder);
                var waiting = new TaskCompletionSource();
                var ours = client.DownloadFileAsync(Tiny, "model.safetensors", progress: new OnFirst(waiting));
                await Task.WhenAny(waiting.Task, ours);
                Assert.False(ours.IsCompleted);
                release.SetResult();
                Assert.Equal(FakeHub.Sha256(Content), FakeHub.Sha256(File.ReadAllBytes(await ours)));
                await child.WaitForExitAsync();
                Assert.Equal(0, child.ExitCode);
            }
            finally
            {
                if (!child.HasExited)
                    child.Kill();
            }
            Assert.Equal([0, 1_000_000], hub.Store.Requests.Select(request => request.From));
        });

    private sealed class OnFirst(TaskCompletionSource source) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            if (value.Stage == DownloadStage.Waiting)
                source.TrySetResult();
        }
    }
}

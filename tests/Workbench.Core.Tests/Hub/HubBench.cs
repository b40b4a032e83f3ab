using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

/// <summary>A hub with one large file, a cache, and what must hold of them whatever goes wrong in between.</summary>
public abstract class HubBench : IDisposable
{
    protected const string Name = "model.safetensors";
    protected static readonly HubRepo Tiny = new("acme/tiny");
    protected static readonly byte[] Content = Enumerable
        .Range(0, 300_000)
        .Select(i => (byte)(i * 31 ^ i >> 8))
        .ToArray();
    private readonly TemporaryFolder folder = new();
    private protected readonly FakeHub hub = new FakeHub()
        .Names("acme/tiny", "main", FakeHub.Commit)
        .Large("acme/tiny", FakeHub.Commit, Name, Content);
    protected readonly HubCache cache;

    protected HubBench() => cache = new HubCache(folder.At("hub"));

    protected string Blob => cache.BlobPath(Tiny, FakeHub.Sha256(Content));

    protected string Partial => Blob + ".incomplete";

    protected int[] Ranges => [.. hub.Store.Requests.Select(request => request.From)];

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    protected HubClient Client(Func<HubSettings, HubSettings>? change = null) =>
        HubClientTests.Client(hub.Address, cache.Folder, change);

    protected async Task DownloadsIntact(Func<HubSettings, HubSettings>? change = null)
    {
        using var client = Client(change);
        Assert.Equal(
            FakeHub.Sha256(Content), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
        Assert.False(File.Exists(Partial));
    }

    protected async Task<HubException> Fails(HubProblem problem, Func<HubSettings, HubSettings>? change = null)
    {
        using var client = Client(change);
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name));
        Assert.Equal((problem, false), (error.Problem, File.Exists(Blob)));
        Assert.Equal(CacheState.NotCached, cache.Find(Tiny, Name).State);
        return error;
    }

    /// <summary>The store's replies, one after the other; the last one stays.</summary>
    private protected void Store(params Func<Request, Reply?>[] replies)
    {
        var next = 0;
        hub.InterceptStore = request => replies[Math.Min(next++, replies.Length - 1)](request);
    }

    private protected static Reply Honest(Request request) => FakeHub.Ranged(Content, request);

    private protected static Reply Cut(Request request, int after) =>
        FakeHub.Ranged(Content, request) with
        {
            CutAfter = after,
        };
}

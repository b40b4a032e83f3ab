using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

public sealed class HubClientTests : IDisposable
{
    private const string First = FakeHub.Commit;
    private const string Second = "90f8747528c6452ac651e6c3979ea22273ee05ed";
    private static readonly HubRepo Tiny = new("acme/tiny-gpt2");
    private static readonly byte[] Config = "{\"model_type\": \"gpt2\"}"u8.ToArray();
    private static readonly byte[] Shard = Enumerable.Range(0, 3000).Select(i => (byte)(i * 7)).ToArray();
    private readonly TemporaryFolder folder = new();
    private readonly FakeHub hub = new();

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    internal static HubClient Client(string endpoint, string cache, Func<HubSettings, HubSettings>? change = null)
    {
        var settings = new HubSettings
        {
            CacheFolder = cache,
            Endpoint = endpoint,
            DownloadTimeout = TimeSpan.FromMinutes(2),
            AnswerTimeout = TimeSpan.FromMinutes(2),
        };
        return new HubClient(change is null ? settings : change(settings), QuickRetries);
    }

    internal static readonly RetryPolicy QuickRetries = new()
    {
        Retries = 3,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        LongestDelay = TimeSpan.FromMilliseconds(4),
        Seed = 1,
    };

    private HubClient Client(Func<HubSettings, HubSettings>? change = null) =>
        Client(hub.Address, folder.At("hub"), change);

    [WeightsTheory("reference/formats/hub")]
    [InlineData("hub-cache.tar", true), InlineData("hub-cache-copies.tar", false)]
    public async Task What_ours_writes_is_entry_for_entry_what_the_Python_client_wrote(string tar, bool useSymlinks)
    {
        using var theirs = HubCacheTests.Unpack(tar);
        var read = new HubCache(theirs.At("hub"));
        var corpus = new HubRepo("acme/corpus", HubRepoKind.Dataset);
        (HubRepo Repo, string Revision)[] states =
        [
            (Tiny, "v1"),
            (Tiny, "main"),
            (Tiny, "refs/pr/1"),
            (new HubRepo("tiny"), "main"),
            (corpus, "main"),
        ];
        foreach (var (repo, revision) in states)
        {
            var path = repo.Kind == HubRepoKind.Model ? repo.Name : $"datasets/{repo.Name}";
            var snapshot = read.FindSnapshot(repo, revision)!;
            hub.Names(path, revision, snapshot.Commit);
            foreach (var file in read.Files(snapshot))
            {
                var content = File.ReadAllBytes(Path.Combine(snapshot.Folder, file));
                _ = file.EndsWith(".safetensors", StringComparison.Ordinal)
                    ? hub.Large(path, snapshot.Commit, file, content)
                    : hub.Small(path, snapshot.Commit, file, content);
            }
        }

        using var client = Client(settings => settings with { UseSymlinks = useSymlinks });
        foreach (var (repo, revision) in states)
            foreach (var file in read.Files(read.FindSnapshot(repo, revision)!))
                await client.DownloadFileAsync(repo, file, revision);
        var absent = await Assert.ThrowsAsync<HubException>(() =>
            client.DownloadFileAsync(Tiny, "tokenizer.json", "v1")
        );
        Assert.Equal(HubProblem.FileNotFound, absent.Problem);

        // Theirs also holds leftovers put there on purpose, and listings of whole snapshots, which have a test of their
        // own.
        var wanted = HubCacheTests
            .Picture(theirs.At("hub"))
            .Where(entry =>
                !entry.Key.EndsWith(".incomplete", StringComparison.Ordinal)
                && !entry.Key.Contains("/trees/", StringComparison.Ordinal)
            );
        var got = HubCacheTests.Picture(folder.At("hub"));
        Assert.StartsWith(
            "Signature: 8a477f597d28d172789f06886806bc55\n", File.ReadAllText(folder.At("hub", "CACHEDIR.TAG")));
        Assert.Equal(Lines(wanted), Lines(got));

        static IEnumerable<string> Lines(IEnumerable<KeyValuePair<string, string>> picture) =>
            picture.Where(entry => entry.Key != "CACHEDIR.TAG").Select(entry => $"{entry.Key} {entry.Value}");
    }

    [WeightsFact("reference/formats/hub")]
    public async Task The_requests_are_the_Python_clients()
    {
        using var theirs = HubCacheTests.Unpack("hub-cache.tar");
        string Blob(string hash) => theirs.At("hub", "models--acme--tiny-gpt2", "blobs", hash);
        hub.Names("acme/tiny-gpt2", "main", First)
            .Names("acme/tiny-gpt2", "refs/pr/1", "360796998b89100e162ae937360640e07f507420")
            .Names("datasets/acme/corpus", "main", "c90865726f51c90431df56e3c724affbd7e8cbc7");
        hub.Small(
            "acme/tiny-gpt2", First, "config.json",
            File.ReadAllBytes(Blob("4bfd15700fe177863b2dde2540e6722f16630c9a")));
        hub.Large(
            "acme/tiny-gpt2", First, "model.safetensors",
            File.ReadAllBytes(Blob("cddce20eede7cc44c5c0b75a5428488090c4cf9290deb949ee23ac61a5991120")));
        hub.Small(
            "acme/tiny-gpt2", "360796998b89100e162ae937360640e07f507420", "config.json",
            File.ReadAllBytes(Blob("5d46d690b85816531ea24e06fc5e34eb5d21a0fc")));
        hub.Small(
            "datasets/acme/corpus",
            "c90865726f51c90431df56e3c724affbd7e8cbc7",
            "text.txt",
            File.ReadAllBytes(
                theirs.At("hub", "datasets--acme--corpus", "blobs", "bd46cf2dd8a0efb8d22237b97619a246c884b6c7"))
        );

        using var plain = Client();
        using var withToken = Client(settings => settings with { Token = new HubToken("hf_fixture") });
        await plain.DownloadFileAsync(Tiny, "config.json");
        await withToken.DownloadFileAsync(Tiny, "model.safetensors");
        await plain.DownloadFileAsync(Tiny, "model.safetensors");
        await plain.DownloadFileAsync(Tiny, "model.safetensors", First);
        await Assert.ThrowsAsync<HubException>(() => plain.DownloadFileAsync(Tiny, "tokenizer.json"));
        await plain.DownloadFileAsync(Tiny, "config.json", "refs/pr/1");
        await plain.DownloadFileAsync(new HubRepo("acme/corpus", HubRepoKind.Dataset), "text.txt");
        await Assert.ThrowsAsync<HubException>(() =>
            plain.DownloadFileAsync(new HubRepo("acme/absent"), "config.json")
        );

        string[] steps = ["1", "2", "3", "5", "8", "10", "11"];
        var recorded = JsonDocument
            .Parse(File.ReadAllBytes(Weights.At("reference", "formats", "hub", "requests.json")))
            .RootElement.EnumerateArray()
            .Where(row => steps.Contains(row.GetProperty("step").GetString()!.Split(' ')[0]))
            .ToArray();
        string[] compared = ["accept", "authorization", "range", "x-hf-download-counter"];
        foreach (var (server, made) in new[] { ("hub", hub.Requests), ("cdn", [.. hub.Store.Requests]) })
        {
            var wanted = recorded
                .Where(row => row.GetProperty("to").GetString() == server)
                .Select(row =>
                    $"{row.GetProperty("method")} {row.GetProperty("path")} "
                    + string.Join(
                        ' ',
                        compared.Select(name =>
                            row.GetProperty("headers").TryGetProperty(name, out var value) ? $"{name}={value}" : ""
                        )
                    )
                );
            Assert.Equal(
                wanted,
                made.Select(request =>
                    $"{request.Method} {request.Path} "
                    + string.Join(
                        ' ', compared.Select(name => request.Header(name) is { } value ? $"{name}={value}" : ""))
                )
            );
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_model_is_its_configuration_its_shards_and_its_tokenizer(bool useSymlinks)
    {
        byte[][] shards = [Shard, [.. Shard, 1]];
        hub.Names("acme/tiny-gpt2", "main", First)
            .Small("acme/tiny-gpt2", First, "config.json", Config)
            .Small("acme/tiny-gpt2", First, "vocab.txt", "a"u8.ToArray())
            .Small("acme/tiny-gpt2", First, "README.md", "no"u8.ToArray())
            .Large("acme/tiny-gpt2", First, "pytorch_model.bin", [9])
            .Small(
                "acme/tiny-gpt2",
                First,
                "model.safetensors.index.json",
                Encoding.UTF8.GetBytes(
                    """{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors","""
                        + """ "c": "model-1.safetensors"}}""")
            )
            .Large("acme/tiny-gpt2", First, "model-1.safetensors", shards[0])
            .Large("acme/tiny-gpt2", First, "model-2.safetensors", shards[1]);
        using var client = Client(settings => settings with { UseSymlinks = useSymlinks });
        var snapshot = await client.DownloadModelAsync(Tiny);
        Assert.Equal(First, snapshot.Commit);
        Assert.Equal(
            ["config.json", "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json", "vocab.txt"],
            client.Cache.Files(snapshot)
        );
        Assert.Equal(shards[1], File.ReadAllBytes(client.Cache.Find(Tiny, "model-2.safetensors").Path!));
        Assert.Empty(ModelFiles.MissingFrom(snapshot.Folder));
        Assert.Equal(useSymlinks, File.Exists(client.Cache.BlobPath(Tiny, FakeHub.Sha256(Shard))));
    }

    [Fact]
    public async Task A_repository_without_weights_says_what_was_looked_for()
    {
        hub.Names("acme/tiny-gpt2", "main", First)
            .Small("acme/tiny-gpt2", First, "config.json", Config)
            .Large("acme/tiny-gpt2", First, "tf_model.h5", Shard);
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadModelAsync(Tiny));
        Assert.Equal(HubProblem.FileNotFound, error.Problem);
        Assert.Contains("model.safetensors, model.safetensors.index.json, pytorch_model.bin", error.Message);
    }

    [WeightsFact("reference/formats/hub")]
    public void The_listing_kept_beside_a_model_says_what_the_Python_clients_says()
    {
        using var theirs = HubCacheTests.Unpack("hub-cache.tar");
        var text = File.ReadAllText(theirs.At("hub", "models--acme--tiny-gpt2", "trees", Second + ".json"));
        var files = JsonDocument
            .Parse(text)
            .RootElement.GetProperty("files")
            .EnumerateObject()
            .Select(file => new HubEntry(
                file.Name, file.Value.GetProperty("size").GetInt64(), file.Value.GetProperty("blob_id").GetString()!,
                file.Value.TryGetProperty("lfs_sha256", out var large) ? large.GetString() : null))
            .ToArray();
        Assert.Equal(5, files.Length);
        var cache = new HubCache(folder.At("hub"));
        new HubCacheWriter(cache, useSymlinks: true).WriteTree(Tiny, new HubListing(Tiny, Second, files));
        // JSON leaves the case of \u00ef open; everything else is the same byte for byte.
        Assert.Equal(
            text.TrimEnd(),
            File.ReadAllText(Path.Combine(cache.RepoFolder(Tiny), "trees", Second + ".json"))
                .Replace("\\u00EF", "\\u00ef")
        );
    }

    [Fact]
    public async Task A_listing_of_several_pages_is_read_to_its_end()
    {
        hub.Names("acme/tiny-gpt2", "main", First);
        string Page(string file) =>
            $"[{{\"type\": \"file\", \"oid\": \"{First}\", \"size\": 3, \"path\": \"{file}\"}}]";
        hub.Intercept = request =>
            !request.Path.Contains("/tree/", StringComparison.Ordinal) ? null
            : request.Path.Contains("cursor=2", StringComparison.Ordinal)
                ? new Reply(200, Encoding.UTF8.GetBytes(Page("b")))
            : new Reply(200, Encoding.UTF8.GetBytes(Page("a"))).With(
                "Link", $"<{hub.Address}/api/models/acme/tiny-gpt2/tree/{First}?cursor=2>; rel=\"next\"");
        using var client = Client();
        Assert.Equal(["a", "b"], (await client.ListAsync(Tiny)).Files.Select(file => file.Path));
    }

    [Fact]
    public async Task When_a_branch_moves_only_what_changed_is_fetched_and_the_old_state_stays()
    {
        hub.Names("acme/tiny-gpt2", "main", First)
            .Small("acme/tiny-gpt2", First, "config.json", Config)
            .Large("acme/tiny-gpt2", First, "model.safetensors", Shard);
        using var client = Client();
        await client.DownloadModelAsync(Tiny);
        byte[] changed = [.. Config, (byte)' '];
        hub.Names("acme/tiny-gpt2", "main", Second)
            .Small("acme/tiny-gpt2", Second, "config.json", changed)
            .Large("acme/tiny-gpt2", Second, "model.safetensors", Shard);
        await client.DownloadModelAsync(Tiny);
        Assert.Single(hub.Store.Requests);
        Assert.Equal(changed, File.ReadAllBytes(client.Cache.Find(Tiny, "config.json").Path!));
        Assert.Equal(Config, File.ReadAllBytes(client.Cache.Find(Tiny, "config.json", First).Path!));
    }

    [Fact]
    public async Task Name_and_size_are_told_before_the_first_byte_is_asked_for_more()
    {
        hub.Names("acme/tiny-gpt2", "main", First).Large("acme/tiny-gpt2", First, "model.safetensors", Shard);
        var reports = new List<DownloadProgress>();
        using var client = Client();
        await client.DownloadFileAsync(Tiny, "model.safetensors", progress: new Collector(reports));
        Assert.Equal(new DownloadProgress("model.safetensors", DownloadStage.Announced, 0, Shard.Length), reports[0]);
        Assert.Equal(
            new DownloadProgress("model.safetensors", DownloadStage.Done, Shard.Length, Shard.Length), reports[^1]);
        Assert.Equal(DownloadStage.Checking, reports[^2].Stage);
    }

    [Fact]
    public async Task Offline_no_request_is_made_and_the_cure_is_named()
    {
        hub.Names("acme/tiny-gpt2", "main", First)
            .Small("acme/tiny-gpt2", First, "config.json", Config)
            .Small("acme/tiny-gpt2", First, "vocab.txt", Config);
        using (var online = Client())
            await online.DownloadFileAsync(Tiny, "config.json");
        var before = hub.Requests.Count;
        using var client = Client(settings => settings with { Offline = true });
        Assert.Equal(Config, File.ReadAllBytes(await client.DownloadFileAsync(Tiny, "config.json")));
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, "vocab.txt"));
        Assert.Equal(HubProblem.Offline, error.Problem);
        Assert.Contains("HF_HUB_OFFLINE", error.Message);
        Assert.Equal(before, hub.Requests.Count);
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

/// <summary>A hub, a store and a network that break every promise: what lies under the final name is right or not there.</summary>
public sealed class HubFailureTests : IDisposable
{
    private const string Name = "model.safetensors";
    private static readonly HubRepo Tiny = new("acme/tiny");
    private static readonly byte[] Content = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 ^ i >> 8)).ToArray();
    private readonly TemporaryFolder folder = new();
    private readonly FakeHub hub = new FakeHub().Names("acme/tiny", "main", FakeHub.Commit).Large("acme/tiny", FakeHub.Commit, Name, Content);
    private readonly HubCache cache;

    public HubFailureTests() => cache = new HubCache(folder.At("hub"));

    private string Blob => cache.BlobPath(Tiny, FakeHub.Sha256(Content));

    private string Partial => Blob + ".incomplete";

    private int[] Ranges => [.. hub.Store.Requests.Select(request => request.From)];

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    private HubClient Client(Func<HubSettings, HubSettings>? change = null) => HubClientTests.Client(hub.Address, cache.Folder, change);

    private async Task DownloadsIntact(Func<HubSettings, HubSettings>? change = null)
    {
        using var client = Client(change);
        Assert.Equal(FakeHub.Sha256(Content), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
        Assert.False(File.Exists(Partial));
    }

    private async Task<HubException> Fails(HubProblem problem, Func<HubSettings, HubSettings>? change = null)
    {
        using var client = Client(change);
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name));
        Assert.Equal((problem, false), (error.Problem, File.Exists(Blob)));
        Assert.Equal(CacheState.NotCached, cache.Find(Tiny, Name).State);
        return error;
    }

    /// <summary>The store's replies, one after the other; the last one stays.</summary>
    private void Store(params Func<Request, Reply?>[] replies)
    {
        var next = 0;
        hub.InterceptStore = request => replies[Math.Min(next++, replies.Length - 1)](request);
    }

    private static Reply Honest(Request request) => FakeHub.Ranged(Content, request);

    private static Reply Cut(Request request, int after) => FakeHub.Ranged(Content, request) with { CutAfter = after };

    [Fact]
    public async Task A_cut_connection_is_taken_up_where_it_broke()
    {
        Store(request => Cut(request, 100_000), request => Cut(request, 150_000), _ => new Reply(0), Honest);
        await DownloadsIntact();
        Assert.Equal([0, 100_000, 250_000, 250_000], Ranges);
    }

    [Fact]
    public async Task Retries_are_bounded_and_what_has_arrived_is_kept_for_the_next_time()
    {
        Store(request => Cut(request, request.From == 0 ? 100_000 : 0));
        var error = await Fails(HubProblem.Unreachable);
        Assert.Contains("4 times", error.Message);
        Assert.Equal([0, 100_000, 100_000, 100_000], Ranges);
        Assert.Equal(FakeHub.Sha256(Content[..100_000]), FakeHub.Sha256(File.ReadAllBytes(Partial)));
        hub.InterceptStore = null;
        await DownloadsIntact();
        Assert.Equal(100_000, Ranges[^1]);
    }

    [Fact]
    public async Task Breaks_after_real_headway_do_not_use_up_the_retries()
    {
        var large = new byte[8 << 20];
        new Random(1).NextBytes(large);
        hub.Large("acme/tiny", FakeHub.Commit, Name, large);
        hub.InterceptStore = request => FakeHub.Ranged(large, request) with { CutAfter = 1_200_000 };
        using var client = Client();
        Assert.Equal(FakeHub.Sha256(large), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
        Assert.Equal(7, Ranges.Length);
    }

    [Fact]
    public async Task A_store_that_ignores_the_range_is_read_from_the_start()
    {
        Store(request => Cut(request, 100_000), _ => new Reply(200, Content));
        await DownloadsIntact();
        Assert.Equal([0, 100_000], Ranges);
    }

    [Fact]
    public async Task Another_range_than_the_one_asked_for_is_thrown_away()
    {
        Store(request => Cut(request, 100_000),
            _ => new Reply(206, Content[50_000..]).With("Content-Range", $"bytes 50000-{Content.Length - 1}/{Content.Length}"), Honest);
        await DownloadsIntact();
        Assert.Equal([0, 100_000, 0], Ranges);
    }

    [Fact]
    public async Task A_range_without_its_place_is_thrown_away()
    {
        Store(request => Cut(request, 100_000), _ => new Reply(206, Content[100_000..]), Honest);
        await DownloadsIntact();
        Assert.Equal([0, 100_000, 0], Ranges);
    }

    [Fact]
    public async Task A_refused_range_starts_over()
    {
        Store(request => Cut(request, 100_000), _ => new Reply(416), Honest);
        await DownloadsIntact();
        Assert.Equal([0, 100_000, 0], Ranges);
    }

    [Theory]
    [InlineData(100_000), InlineData(299_999)]
    public async Task A_body_that_is_shorter_than_the_hub_said_is_completed(int length)
    {
        Store(_ => new Reply(200, Content[..length]), Honest);
        await DownloadsIntact();
        Assert.Equal([0, length], Ranges);
    }

    [Fact]
    public async Task A_body_without_a_length_that_ends_early_is_completed()
    {
        Store(_ => new Reply(200, Content[..70_000]) { Length = -1 }, Honest);
        await DownloadsIntact();
        Assert.Equal([0, 70_000], Ranges);
    }

    [Fact]
    public async Task A_body_that_is_longer_than_the_hub_said_never_gets_the_final_name()
    {
        Store(_ => new Reply(200, [.. Content, 0]));
        var error = await Fails(HubProblem.WrongHash);
        Assert.Contains("3 times", error.Message);
        Assert.False(File.Exists(Partial));
    }

    [Fact]
    public async Task A_length_beyond_the_body_is_a_broken_connection()
    {
        Store(_ => new Reply(200, Content[..1000]) { Length = Content.Length + 5 }, Honest);
        await DownloadsIntact();
        Assert.Equal([0, 1000], Ranges);
    }

    [Fact]
    public async Task A_file_that_changes_between_ranges_is_found_out_and_fetched_anew()
    {
        var other = Content.Select(value => (byte)~value).ToArray();
        Store(request => Cut(request, 100_000), request => FakeHub.Ranged(other, request), Honest);
        await DownloadsIntact();
        Assert.Equal([0, 100_000, 0], Ranges);
    }

    [Fact]
    public async Task A_file_that_changes_on_the_hub_meanwhile_is_fetched_as_it_is_now()
    {
        var other = Content.Select(value => (byte)~value).ToArray();
        Store(request => Cut(request, 100_000), request =>
        {
            hub.Large("acme/tiny", FakeHub.Commit, Name, other);
            return FakeHub.Ranged(other, request);
        }, request => FakeHub.Ranged(other, request));
        using var client = Client();
        Assert.Equal(FakeHub.Sha256(other), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
        Assert.False(File.Exists(Blob));
    }

    [Fact]
    public async Task Altered_bytes_never_get_the_final_name()
    {
        var altered = Content.ToArray();
        altered[123_456] ^= 1;
        Store(_ => new Reply(200, altered));
        await Fails(HubProblem.WrongHash);
        Assert.Equal(3, Ranges.Length);
        Assert.False(File.Exists(Partial));
    }

    [Fact]
    public async Task A_small_file_is_compared_with_gits_hash()
    {
        hub.Small("acme/tiny", FakeHub.Commit, "config.json", "{}"u8.ToArray());
        hub.Intercept = request => request.Method == "GET" ? new Reply(200, "[]"u8.ToArray()) : null;
        using var client = Client();
        Assert.Equal(HubProblem.WrongHash, (await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, "config.json"))).Problem);
    }

    [Fact]
    public async Task What_an_older_client_left_unfinished_is_completed_or_replaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Partial)!);
        File.WriteAllBytes(Partial, Content[..120_000]);
        await DownloadsIntact();
        Assert.Equal([120_000], Ranges);

        File.Delete(Blob);
        Directory.Delete(Path.Combine(cache.RepoFolder(Tiny), "snapshots"), recursive: true);
        File.WriteAllBytes(Partial, new byte[120_000]);
        await DownloadsIntact();
        Assert.Equal([120_000, 120_000, 0], Ranges);
    }

    [Fact]
    public async Task Silence_counts_as_a_lost_connection()
    {
        var never = new TaskCompletionSource().Task;
        Store(request => Cut(request, 100_000) with { HoldOpen = never }, Honest);
        await DownloadsIntact(settings => settings with { DownloadTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal([0, 100_000], Ranges[..2]);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_to_no_other_host()
    {
        await DownloadsIntact(settings => settings with { Token = new HubToken("hf_secret") });
        Assert.All(hub.Requests, request => Assert.Equal("Bearer hf_secret", request.Header("authorization")));
        Assert.NotEmpty(hub.Store.Requests);
        Assert.All(hub.Store.Requests, request => Assert.Null(request.Header("authorization")));
    }

    [Fact]
    public async Task The_token_does_not_follow_a_redirect_to_the_same_port_under_another_name_nor_back()
    {
        // hub (127.0.0.1) → the same server as "localhost" → content: only the first request may carry it.
        hub.Small("acme/tiny", FakeHub.Commit, "config.json", "{}"u8.ToArray());
        var port = new Uri(hub.Address).Port;
        hub.Intercept = request => request.Header("host")!.StartsWith("localhost", StringComparison.Ordinal) ? new Reply(200, "{}"u8.ToArray())
            : new Reply(302).With("X-Repo-Commit", FakeHub.Commit).With("X-Linked-Etag", FakeHub.GitHash("{}"u8.ToArray())).With("Location", $"http://localhost:{port}/elsewhere");
        using var client = Client(settings => settings with { Token = new HubToken("hf_secret") });
        await client.DownloadFileAsync(Tiny, "config.json");
        Assert.Equal([("127.0.0.1", "Bearer hf_secret"), ("localhost", null)],
            hub.Requests.Select(request => (request.Header("host")!.Split(':')[0], request.Header("authorization"))));
    }

    [Fact]
    public async Task A_token_that_cannot_be_sent_is_not_printed()
    {
        var error = await Fails(HubProblem.BadSetting, settings => settings with { Token = new HubToken("hf sec\tret") });
        Assert.DoesNotContain("sec", error.Message.Replace("seconds", ""));
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task A_link_that_has_expired_is_renewed_and_the_download_goes_on()
    {
        var locations = 0;
        hub.Intercept = request => request.Method != "HEAD" ? null : new Reply(302).With("X-Repo-Commit", FakeHub.Commit).With("X-Linked-Size", $"{Content.Length}")
            .With("X-Linked-Etag", FakeHub.Sha256(Content)).With("Location", $"{hub.Store.OtherAddress}/link{++locations}");
        hub.InterceptStore = request => request switch
        {
            { Path: "/link1", From: 0 } => Cut(request, 100_000),
            { Path: "/link1" } => new Reply(403),
            _ => FakeHub.Ranged(Content, request),
        };
        await DownloadsIntact();
        Assert.Equal(["/link1 0", "/link1 100000", "/link2 100000"], hub.Store.Requests.Select(request => $"{request.Path} {request.From}"));
    }

    [Theory]
    [InlineData(401, "RepoNotFound", HubProblem.AccessDenied, "HF_TOKEN", 1)]
    [InlineData(401, "", HubProblem.AccessDenied, "HF_TOKEN", 1)]
    [InlineData(403, "GatedRepo", HubProblem.AccessDenied, "Accept its conditions", 1)]
    [InlineData(404, "RepoNotFound", HubProblem.RepositoryNotFound, "organisation/name", 1)]
    [InlineData(404, "RevisionNotFound", HubProblem.RevisionNotFound, "branch, tag or commit", 1)]
    [InlineData(404, "EntryNotFound", HubProblem.FileNotFound, "file's name", 1)]
    [InlineData(429, "", HubProblem.RateLimited, "4 times", 4)]
    [InlineData(500, "", HubProblem.ServerError, "4 times", 4)]
    [InlineData(503, "", HubProblem.ServerError, "try again later", 4)]
    [InlineData(407, "", HubProblem.UnexpectedAnswer, "proxy", 1)]
    public async Task Each_refusal_has_its_own_reason_and_cure(int status, string code, HubProblem problem, string says, int requests)
    {
        hub.Intercept = _ => FakeHub.Error(status, code);
        var error = await Fails(problem);
        Assert.Equal(status, (int)error.Status!.Value);
        Assert.Contains(says, error.Message);
        Assert.Contains($"{Name} of acme/tiny at main", error.Message);
        Assert.Equal(requests, hub.Requests.Count);
    }

    [Fact]
    public async Task A_refused_token_is_told_from_a_missing_one()
    {
        hub.Intercept = _ => FakeHub.Error(401, "");
        Assert.Contains("does not accept the token", (await Fails(HubProblem.AccessDenied, settings => settings with { Token = new HubToken("hf_secret") })).Message);
    }

    [Theory]
    [InlineData(429), InlineData(500), InlineData(502)]
    public async Task A_failure_that_passes_is_retried(int status)
    {
        var (asked, fetched) = (0, 0);
        hub.Intercept = request => asked++ < 2 ? new Reply(status).With("Retry-After", "0") : null;
        hub.InterceptStore = request => fetched++ < 2 ? new Reply(status) : null;
        await DownloadsIntact();
        Assert.Equal((3, 3), (hub.Requests.Count, Ranges.Length));
    }

    [Fact]
    public async Task A_web_page_in_place_of_the_hub_is_recognised()
    {
        hub.Intercept = _ => new Reply(200, "<html>Please log in"u8.ToArray()).With("Content-Type", "text/html; charset=utf-8");
        Assert.Contains("captive portal", (await Fails(HubProblem.WebPage)).Message);
        using var client = Client();
        Assert.Equal(HubProblem.WebPage, (await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny))).Problem);
    }

    [Fact]
    public async Task A_web_page_in_place_of_the_content_is_recognised()
    {
        Store(_ => new Reply(200, "<html>"u8.ToArray()).With("Content-Type", "text/html"));
        await Fails(HubProblem.WebPage);
    }

    [Fact]
    public async Task An_answer_that_is_not_JSON_is_refused()
    {
        hub.Intercept = _ => new Reply(200, "{\"sha\": "u8.ToArray());
        using var client = Client();
        Assert.Equal(HubProblem.UnexpectedAnswer, (await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny))).Problem);
    }

    [Theory]
    [InlineData("X-Repo-Commit", "../../../etc"), InlineData("X-Repo-Commit", "main"), InlineData("X-Linked-Etag", "../../evil"), InlineData("X-Linked-Etag", "\"d41d8cd98f00b204\"")]
    public async Task Names_from_the_server_that_are_no_hashes_are_refused(string header, string value)
    {
        hub.Intercept = _ => new Reply(302)
            .With("X-Repo-Commit", header == "X-Repo-Commit" ? value : FakeHub.Commit)
            .With("X-Linked-Etag", header == "X-Linked-Etag" ? value : FakeHub.Sha256(Content)).With("Location", hub.Store.OtherAddress);
        await Fails(HubProblem.UnexpectedAnswer);
        Assert.Empty(hub.Store.Requests);
    }

    [Fact]
    public async Task A_weak_or_bare_etag_is_understood()
    {
        hub.Intercept = request => request.Method != "HEAD" ? new Reply(200, "{}"u8.ToArray())
            : new Reply(200, "{}"u8.ToArray()).With("X-Repo-Commit", FakeHub.Commit).With("ETag", $"W/\"{FakeHub.GitHash("{}"u8.ToArray())}\"");
        using var client = Client();
        Assert.Equal("{}", File.ReadAllText(await client.DownloadFileAsync(Tiny, "config.json")));
    }

    [Fact]
    public async Task A_large_file_of_untold_size_is_refused()
    {
        var large = new byte[600_000];
        hub.Intercept = request => new Reply(302).With("X-Repo-Commit", FakeHub.Commit).With("X-Linked-Etag", FakeHub.Sha256(large)).With("Location", $"{hub.Store.OtherAddress}/x");
        Store(_ => new Reply(200, large) { Length = -1 });
        Assert.Contains("size", (await Fails(HubProblem.UnexpectedAnswer)).Message);
    }

    [Fact]
    public async Task A_disk_too_small_is_noticed_before_the_first_byte()
    {
        hub.Intercept = _ => new Reply(302).With("X-Repo-Commit", FakeHub.Commit).With("X-Linked-Etag", FakeHub.Sha256(Content))
            .With("X-Linked-Size", $"{long.MaxValue / 2}").With("Location", $"{hub.Store.OtherAddress}/x");
        hub.InterceptStore = _ => new Reply(200, Content) { Length = -1 };
        Assert.Contains("HF_HUB_CACHE", (await Fails(HubProblem.DiskFull)).Message);
        Assert.Equal(0, new FileInfo(Partial).Length);
    }

    [Fact]
    public async Task A_cache_that_is_a_file_says_so()
    {
        File.WriteAllText(cache.Folder, "");
        using var client = Client();
        Assert.Equal(HubProblem.CacheUnusable, (await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name))).Problem);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        hub.Intercept = request => new Reply(307).With("Location", request.Path);
        await Fails(HubProblem.UnexpectedAnswer);
    }

    [Fact]
    public async Task A_redirect_to_another_scheme_is_refused()
    {
        hub.Intercept = _ => new Reply(302).With("Location", "file:///etc/passwd");
        await Fails(HubProblem.UnexpectedAnswer);
    }

    [Theory]
    [InlineData("huggingface.co"), InlineData(""), InlineData("ftp://a.test")]
    public void An_endpoint_that_is_no_address_names_its_variable(string endpoint)
    {
        var error = Assert.Throws<HubException>(() => HubClientTests.Client(endpoint, cache.Folder));
        Assert.Equal(HubProblem.BadSetting, error.Problem);
        Assert.Contains("HF_ENDPOINT", error.Message);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable_and_no_message_repeats_the_links_signature()
    {
        hub.Store.Dispose();
        var error = await Fails(HubProblem.Unreachable);
        Assert.DoesNotContain("Signature", error.ToString());
    }

    [Fact]
    public async Task Cancelling_keeps_what_has_arrived_and_nothing_under_the_final_name()
    {
        var never = new TaskCompletionSource().Task;
        Store(request => Cut(request, 100_000) with { HoldOpen = never }, Honest);
        using var cancel = new CancellationTokenSource();
        using (var client = Client())
        {
            var download = client.DownloadFileAsync(Tiny, Name, cancel: cancel.Token);
            await Patience.Until(() => File.Exists(Partial) && new FileInfo(Partial).Length == 100_000);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        }
        Assert.False(File.Exists(Blob));
        await DownloadsIntact();
        Assert.Equal([0, 100_000], Ranges);
    }

    [Fact]
    public async Task Two_clients_at_once_download_once()
    {
        var release = new TaskCompletionSource();
        Store(request => Cut(request, 100_000) with { HoldOpen = release.Task }, Honest);
        var reports = new List<DownloadProgress>();
        using var first = Client();
        using var second = Client();
        var one = first.DownloadFileAsync(Tiny, Name);
        await Patience.Until(() => !hub.Store.Requests.IsEmpty);
        var two = second.DownloadFileAsync(Tiny, Name, progress: new Collector(reports));
        await Patience.Until(() => reports.Count > 0);
        release.SetResult();
        Assert.Equal(await one, await two);
        Assert.Equal(DownloadStage.Waiting, Assert.Single(reports).Stage);
        Assert.Equal([0, 100_000], Ranges);
        Assert.Equal(FakeHub.Sha256(Content), FakeHub.Sha256(File.ReadAllBytes(await two)));
    }

    [Fact]
    public async Task Many_clients_at_once_leave_one_sound_cache()
    {
        for (var i = 0; i < 6; i++) hub.Small("acme/tiny", FakeHub.Commit, $"part-{i}.txt", [(byte)i]);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            using var client = Client();
            Assert.Equal([(byte)(i % 6)], File.ReadAllBytes(await client.DownloadFileAsync(Tiny, $"part-{i % 6}.txt")));
        }));
        Assert.Empty(Directory.EnumerateFiles(cache.Folder, "*.tmp", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(cache.Folder, "*.incomplete", SearchOption.AllDirectories)));
        Assert.Equal(6, hub.Requests.Count(request => request.Method == "GET"));
    }
}

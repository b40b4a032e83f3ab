using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

/// <summary>Where the token goes, and what each answer outside the plan is taken for.</summary>
public sealed class HubRefusalTests : HubBench
{
    [Fact]
    public async Task The_token_goes_to_the_hub_and_to_no_other_host()
    {
        await DownloadsIntact(settings => settings with { Token = new HubToken("hf_secret") });
        Assert.NotEmpty(hub.Requests);
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
        hub.Intercept = request =>
            request.Header("host")!.StartsWith("localhost", StringComparison.Ordinal)
                ? new Reply(200, "{}"u8.ToArray())
                : new Reply(302)
                    .With("X-Repo-Commit", FakeHub.Commit)
                    .With("X-Linked-Etag", FakeHub.GitHash("{}"u8.ToArray()))
                    .With("Location", $"http://localhost:{port}/elsewhere");
        using var client = Client(settings => settings with { Token = new HubToken("hf_secret") });
        await client.DownloadFileAsync(Tiny, "config.json");
        Assert.Equal([("127.0.0.1", "Bearer hf_secret"), ("localhost", null)],
            hub.Requests.Select(request => (request.Header("host")!.Split(':')[0], request.Header("authorization"))));
    }

    [Fact]
    public async Task A_token_that_cannot_be_sent_is_not_printed()
    {
        var error = await Fails(
            HubProblem.BadSetting, settings => settings with { Token = new HubToken("hf sec\tret") });
        Assert.DoesNotContain("sec", error.Message.Replace("seconds", ""));
        Assert.Empty(hub.Requests);
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
    public async Task Each_refusal_has_its_own_reason_and_cure(
        int status, string code, HubProblem problem, string says, int requests)
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
        Assert.Contains(
            "does not accept the token",
            (
                await Fails(HubProblem.AccessDenied, settings => settings with { Token = new HubToken("hf_secret") })
            ).Message
        );
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
        hub.Intercept = _ =>
            new Reply(200, "<html>Please log in"u8.ToArray()).With("Content-Type", "text/html; charset=utf-8");
        Assert.Contains("captive portal", (await Fails(HubProblem.WebPage)).Message);
        using var client = Client();
        Assert.Equal(
            HubProblem.WebPage, (await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny))).Problem);
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
        Assert.Equal(
            HubProblem.UnexpectedAnswer,
            (await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny))).Problem);
    }

    [Theory]
    [
        InlineData("X-Repo-Commit", "../../../etc"),
        InlineData("X-Repo-Commit", "main"),
        InlineData("X-Linked-Etag", "../../evil"),
        InlineData("X-Linked-Etag", "\"d41d8cd98f00b204\"")
    ]
    public async Task Names_from_the_server_that_are_no_hashes_are_refused(string header, string value)
    {
        hub.Intercept = _ =>
            new Reply(302)
                .With("X-Repo-Commit", header == "X-Repo-Commit" ? value : FakeHub.Commit)
                .With("X-Linked-Etag", header == "X-Linked-Etag" ? value : FakeHub.Sha256(Content))
                .With("Location", hub.Store.OtherAddress);
        await Fails(HubProblem.UnexpectedAnswer);
        Assert.Empty(hub.Store.Requests);
    }

    [Fact]
    public async Task A_missing_hash_is_told_from_a_wrong_one()
    {
        hub.Intercept = _ => new Reply(200, "{}"u8.ToArray()).With("X-Repo-Commit", FakeHub.Commit);
        Assert.Contains("gives no hash of the content (ETag)", (await Fails(HubProblem.UnexpectedAnswer)).Message);
        hub.Intercept = _ =>
            new Reply(200, "{}"u8.ToArray()).With("X-Repo-Commit", FakeHub.Commit).With("ETag", "\"abc\"");
        Assert.Contains("gives \"abc\" for a hash", (await Fails(HubProblem.UnexpectedAnswer)).Message);
    }

    [Theory]
    [InlineData(404), InlineData(410)]
    public async Task A_file_that_the_store_lacks_is_not_said_to_be_missing_in_the_repository(int status)
    {
        Store(_ => new Reply(status));
        var error = await Fails(HubProblem.UnexpectedAnswer);
        var store = new Uri(hub.Store.OtherAddress).Authority;
        Assert.Contains($"{store}, where the hub keeps it, does not have it", error.Message);
        Assert.Equal(CacheState.NotCached, cache.Find(Tiny, Name, FakeHub.Commit).State);
    }

    [Fact]
    public async Task Packed_answers_are_refused_whole_or_cut_off()
    {
        byte[] packed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x8b];
        Reply Packed() => new Reply(200, packed) { Length = 900 }.With("Content-Encoding", "gzip");
        Store(_ => Packed());
        Assert.Contains("sent it packed (gzip)", (await Fails(HubProblem.UnexpectedAnswer)).Message);
        hub.Intercept = _ => Packed();
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Contains("sent it packed (gzip)", error.Message);
        Assert.Single(hub.Requests, request => request.Path.Contains("/revision/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "\n <!DOCTYPE html>", 200)]
    [InlineData("application/xhtml+xml", "<html>", 200)]
    [InlineData("text/html", "<html>", 511)]
    public async Task A_portals_page_is_recognised_by_its_type_its_first_letter_or_its_status(
        string type, string page, int status)
    {
        var reply = new Reply(status, System.Text.Encoding.UTF8.GetBytes(page));
        hub.Intercept = _ => type == "" ? reply : reply.With("Content-Type", type);
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Equal(HubProblem.WebPage, error.Problem);
        Assert.Single(hub.Requests);
    }

    [Fact]
    public async Task A_portal_that_sends_elsewhere_is_named_with_the_place()
    {
        hub.Intercept = _ => new Reply(302).With("Location", $"{hub.Store.OtherAddress}/login");
        var error = await Fails(HubProblem.UnexpectedAnswer);
        Assert.Contains($"sends on to {new Uri(hub.Store.OtherAddress).Authority}", error.Message);
        Assert.Contains("captive portal", error.Message);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_listing_that_never_ends_is_refused(bool inCircle)
    {
        var page = 0;
        hub.Intercept = request =>
            !request.Path.Contains("/tree/", StringComparison.Ordinal) ? null
            : new Reply(200, "[]"u8.ToArray()).With(
                "Link", $"<{request.Path.Split('&')[0]}{(inCircle ? "" : $"&cursor={++page}")}>; rel=\"next\"");
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Equal(HubProblem.UnexpectedAnswer, error.Problem);
        Assert.Contains(inCircle ? "the same page" : "0 files on 1000 pages", error.Message);
        Assert.InRange(hub.Requests.Count, 2, 1001);
    }

    [Fact]
    public async Task A_listing_that_goes_on_at_another_host_is_not_taken_for_whole()
    {
        hub.Intercept = request =>
            !request.Path.Contains("/tree/", StringComparison.Ordinal) ? null
            : new Reply(200, "[]"u8.ToArray()).With("Link", $"<{hub.Store.OtherAddress}/2>; rel=\"next\"");
        using var client = Client(settings => settings with { Token = new HubToken("hf_secret") });
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Contains("another host", error.Message);
        Assert.Empty(hub.Store.Requests);
    }

    [Fact]
    public async Task An_answer_without_end_fills_no_memory()
    {
        var endless = new byte[(16 << 20) + 1];
        endless.AsSpan().Fill((byte)' ');
        hub.Intercept = _ => new Reply(200, endless) { Length = -1 };
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Contains("more than 16777216 bytes, and no end", error.Message);
    }

    [Fact]
    public async Task An_answer_that_is_slow_is_not_silent()
    {
        // Half a second in all, and never more than a moment between two bytes.
        var text = System.Text.Encoding.UTF8.GetBytes($"{{\"sha\": \"{FakeHub.Commit}\"}}");
        hub.Intercept = request =>
            request.Path.Contains("/revision/", StringComparison.Ordinal)
                ? new Reply(200, text) { Pace = TimeSpan.FromMilliseconds(50) }
                : null;
        using var client = Client(settings => settings with { DownloadTimeout = TimeSpan.FromSeconds(1.5) });
        Assert.Single((await client.ListAsync(Tiny)).Files);
    }

    [Fact]
    public async Task An_answer_that_trickles_comes_to_an_end()
    {
        hub.Intercept = _ => new Reply(200, new byte[100_000]) { Pace = TimeSpan.FromMilliseconds(5) };
        using var client = Client(settings => settings with { DownloadTimeout = TimeSpan.FromMilliseconds(100) });
        var error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(Tiny));
        Assert.Equal(HubProblem.Unreachable, error.Problem);
    }

    [Fact]
    public async Task Names_from_the_server_steer_no_terminal_and_are_short()
    {
        var name = "\u001b[31m" + new string('x', 5000);
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, name));
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.InRange(error.Message.Length, 100, 600);
        error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, name + "/../x"));
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.InRange(error.Message.Length, 100, 600);
    }

    [Fact]
    public async Task A_password_in_the_endpoint_is_sent_and_shown_nowhere()
    {
        var address = hub.Address.Replace("http://", "http://ada:s%40cret@");
        await DownloadsIntact(settings => settings with { Endpoint = address });
        var wanted = "Basic " + Convert.ToBase64String("ada:s@cret"u8);
        Assert.All(hub.Requests, request => Assert.Equal(wanted, request.Header("authorization")));
        Assert.All(hub.Store.Requests, request => Assert.Null(request.Header("authorization")));

        var settings = new HubSettings { CacheFolder = cache.Folder, Endpoint = "https://ada:s/ecret@mirror.test" };
        Assert.Equal("https://mirror.test", settings.Endpoint);
        Assert.DoesNotContain("ecret", settings + System.Text.Json.JsonSerializer.Serialize(settings));
        var wrong = Assert.Throws<HubException>(() => HubClientTests.Client("ada:secret@mirror.test", cache.Folder));
        Assert.DoesNotContain("secret", wrong.Message);
        Assert.Equal("https://a.test/@team", (settings with { Endpoint = "https://a.test/@team" }).Endpoint);
    }

    [Fact]
    public async Task A_password_and_a_token_cannot_both_be_sent()
    {
        var error = await Fails(HubProblem.BadSetting, settings => settings with
        {
            Endpoint = hub.Address.Replace("http://", "http://ada:secret@"),
            Token = new HubToken("hf_secret"),
        });
        Assert.DoesNotContain("secret", error.Message);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task A_token_file_that_gave_no_token_is_spoken_of_where_the_hub_refuses()
    {
        hub.Intercept = _ => FakeHub.Error(401, "");
        var error = await Fails(
            HubProblem.AccessDenied, settings => settings with { TokenProblem = "the file t is a folder" });
        Assert.Contains("No token was sent: the file t is a folder.", error.Message);
    }

    [Fact]
    public async Task A_weak_or_bare_etag_is_understood()
    {
        hub.Intercept = request =>
            request.Method != "HEAD"
                ? new Reply(200, "{}"u8.ToArray())
                : new Reply(200, "{}"u8.ToArray())
                    .With("X-Repo-Commit", FakeHub.Commit)
                    .With("ETag", $"W/\"{FakeHub.GitHash("{}"u8.ToArray())}\"");
        using var client = Client();
        Assert.Equal("{}", File.ReadAllText(await client.DownloadFileAsync(Tiny, "config.json")));
    }

    [Fact]
    public async Task A_large_file_of_untold_size_is_refused()
    {
        var large = new byte[600_000];
        hub.Intercept = request =>
            new Reply(302)
                .With("X-Repo-Commit", FakeHub.Commit)
                .With("X-Linked-Etag", FakeHub.Sha256(large))
                .With("Location", $"{hub.Store.OtherAddress}/x");
        Store(_ => new Reply(200, large) { Length = -1 });
        Assert.Contains("size", (await Fails(HubProblem.UnexpectedAnswer)).Message);
    }

    [Fact]
    public async Task A_disk_too_small_is_noticed_before_the_first_byte()
    {
        hub.Intercept = _ =>
            new Reply(302)
                .With("X-Repo-Commit", FakeHub.Commit)
                .With("X-Linked-Etag", FakeHub.Sha256(Content))
                .With("X-Linked-Size", $"{long.MaxValue / 2}")
                .With("Location", $"{hub.Store.OtherAddress}/x");
        hub.InterceptStore = _ => new Reply(200, Content) { Length = -1 };
        Assert.Contains("HF_HUB_CACHE", (await Fails(HubProblem.DiskFull)).Message);
        Assert.Equal(0, new FileInfo(Partial).Length);
    }

    [Fact]
    public async Task A_cache_that_is_a_file_says_so()
    {
        File.WriteAllText(cache.Folder, "");
        using var client = Client();
        Assert.Equal(
            HubProblem.CacheUnusable,
            (await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name))).Problem);
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
}

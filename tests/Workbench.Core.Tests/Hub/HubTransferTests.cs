using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

/// <summary>Connections that break and contents that are not what was promised: what lies under the final name is right
/// or not there.</summary>
public sealed class HubTransferTests : HubBench
{
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
        Assert.Equal(
            FakeHub.Sha256(large), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
        Assert.Equal(7, Ranges.Length);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_store_that_has_less_than_was_announced_is_given_up_and_what_came_is_kept(bool tellsItsSize)
    {
        var large = new byte[3 << 20];
        new Random(2).NextBytes(large);
        hub.Large("acme/tiny", FakeHub.Commit, Name, large);
        Store(request =>
            request.From < 2 << 20 ? FakeHub.Ranged(large[..(2 << 20)], request)
            : tellsItsSize ? new Reply(416).With("Content-Range", $"bytes */{2 << 20}")
            : new Reply(416)
        );
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name));
        Assert.Equal(HubProblem.Unreachable, error.Problem);
        Assert.Contains(tellsItsSize ? "it has 2097152 bytes where 3145728 were announced" : "refused", error.Message);
        // Once from the start, and at most once more where the store does not say what it has.
        Assert.Equal(tellsItsSize ? [0] : [0, 0], Ranges.Where(from => from == 0));
        Assert.InRange(Ranges.Length, 4, 6);
        Assert.Equal(
            2 << 20, new FileInfo(cache.BlobPath(Tiny, FakeHub.Sha256(large)) + ".incomplete").Length);
    }

    [Fact]
    public async Task A_store_that_ignores_the_range_and_breaks_each_time_is_given_up()
    {
        var large = new byte[3 << 20];
        hub.Large("acme/tiny", FakeHub.Commit, Name, large);
        Store(_ => new Reply(200, large) { CutAfter = 2 << 20 });
        using var client = Client();
        var error = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, Name));
        Assert.Contains("4 times in a row", error.Message);
        Assert.Equal(4, Ranges.Length);
    }

    [Fact]
    public async Task A_blob_of_the_wrong_size_is_replaced_and_never_shortened_under_a_reader()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        var old = new byte[Content.Length + 1000];
        old.AsSpan().Fill(7);
        File.WriteAllBytes(Blob, old);
        using var reader = File.OpenRead(Blob);
        await DownloadsIntact();
        var seen = new byte[old.Length];
        reader.ReadExactly(seen);
        Assert.Equal(old, seen);
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
        Store(
            request => Cut(request, 100_000),
            _ =>
                new Reply(206, Content[50_000..]).With(
                    "Content-Range", $"bytes 50000-{Content.Length - 1}/{Content.Length}"),
            Honest
        );
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
        Assert.Equal(
            FakeHub.Sha256(other), FakeHub.Sha256(File.ReadAllBytes(await client.DownloadFileAsync(Tiny, Name))));
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
        Assert.Equal(
            HubProblem.WrongHash,
            (await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(Tiny, "config.json"))).Problem);
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
    public async Task A_link_that_has_expired_is_renewed_and_the_download_goes_on()
    {
        var locations = 0;
        hub.Intercept = request =>
            request.Method != "HEAD"
                ? null
                : new Reply(302)
                    .With("X-Repo-Commit", FakeHub.Commit)
                    .With("X-Linked-Size", $"{Content.Length}")
                    .With("X-Linked-Etag", FakeHub.Sha256(Content))
                    .With("Location", $"{hub.Store.OtherAddress}/link{++locations}");
        hub.InterceptStore = request =>
            request switch
            {
                { Path: "/link1", From: 0 } => Cut(request, 100_000),
                { Path: "/link1" } => new Reply(403),
                _ => FakeHub.Ranged(Content, request),
            };
        await DownloadsIntact();
        Assert.Equal(
            ["/link1 0", "/link1 100000", "/link2 100000"],
            hub.Store.Requests.Select(request => $"{request.Path} {request.From}")
        );
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
        for (var i = 0; i < 6; i++)
            hub.Small("acme/tiny", FakeHub.Commit, $"part-{i}.txt", [(byte)i]);
        await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(async i =>
                {
                    using var client = Client();
                    Assert.Equal(
                        [(byte)(i % 6)],
                        File.ReadAllBytes(await client.DownloadFileAsync(Tiny, $"part-{i % 6}.txt"))
                    );
                })
        );
        Assert.Empty(
            Directory
                .EnumerateFiles(cache.Folder, "*.tmp", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(cache.Folder, "*.incomplete", SearchOption.AllDirectories))
        );
        Assert.Equal(6, hub.Requests.Count(request => request.Method == "GET"));
    }
}

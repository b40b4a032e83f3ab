using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Hub;

/// <namespacedoc><summary>Finding models by name: the cache that the Python tools keep, and the hub behind
/// it.</summary></namespacedoc>
/// <summary>
/// Downloads what the cache lacks, in the Python client's own layout and protocol. A file appears under its final name
/// only when its bytes have the hub's hash; whatever interrupts a download, the next one goes on from there.
/// </summary>
/// <remarks>
/// Safe for any number of threads and processes on the same cache: a file is downloaded once, the others wait. Failures
/// are <see cref="HubException"/>; cancelling throws <see cref="OperationCanceledException"/> and keeps what has
/// arrived.
/// </remarks>
/// <example><code>
/// using var hub = new HubClient(HubSettings.FromEnvironment());
/// var snapshot = await hub.DownloadModelAsync(new HubRepo("gpt2"));
/// </code></example>
public sealed class HubClient : IDisposable
{
    // The content differs from its hash: once is an accident (or the file has just changed), three times is not.
    private const int MostRounds = 3;

    // A listing has 1,000 files a page; the hub advises against repositories of more than 100,000.
    private const int MostPages = 1000;
    private const long MostListing = 256 << 20;

    private readonly HubSettings settings;
    private readonly TimeProvider time;
    private readonly HubConnection hub;
    private readonly HubCacheWriter writer;

    /// <summary>A client for one cache and one server.</summary>
    /// <param name="settings">Where the cache is and how the hub is asked.</param>
    /// <param name="retries">How often and after what time failed requests are repeated; five times by default.</param>
    /// <param name="time">The clock of rates and waits; the system's by default.</param>
    /// <exception cref="HubException">The endpoint is not an address.</exception>
    public HubClient(HubSettings settings, RetryPolicy? retries = null, TimeProvider? time = null)
    {
        this.settings = settings;
        this.time = time ?? TimeProvider.System;
        hub = new HubConnection(settings, retries ?? new RetryPolicy(), this.time);
        Cache = new HubCache(settings.CacheFolder);
        writer = new HubCacheWriter(Cache, settings.UseSymlinks);
    }

    /// <summary>The cache that downloads go to.</summary>
    public HubCache Cache { get; }

    /// <summary>The server's name, and its port where it is not the usual one.</summary>
    public string Host => hub.Host;

    /// <summary>Lists a revision's files with their sizes and hashes.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a whole commit.</param>
    /// <param name="cancel">Stops the request.</param>
    /// <exception cref="HubException">The hub does not answer, or refuses.</exception>
    public async Task<HubListing> ListAsync(HubRepo repo, string revision = "main", CancellationToken cancel = default)
    {
        var asked = HubConnection.Asked(repo, revision);
        var commit = HubRepo.IsCommit(revision)
            ? revision
            : await CommitAsync(repo, revision, asked, cancel).ConfigureAwait(false);
        var files = new List<HubEntry>();
        var (pages, total) = (new HashSet<Uri>(), 0L);
        for (var page = hub.Address($"{repo.ApiPath}/tree/{commit}?recursive=true&expand=false"); page is not null;)
        {
            if (!pages.Add(page)) throw HubConnection.Unexpected(asked, $"{Host} lists the same page of files again");
            var (json, bytes, next) = await hub.AskAsync(page, asked, cancel).ConfigureAwait(false);
            using (json) files.AddRange(Entries(json.RootElement, asked));
            total += bytes;
            if (next is not null && (pages.Count == MostPages || total > MostListing))
                throw HubConnection.Unexpected(
                    asked, $"{Host} lists {files.Count} files on {pages.Count} pages, and no end of them");
            page = next;
        }
        return new HubListing(repo, commit, files);
    }

    /// <summary>The branches and tags of a repository, in natural order: step2 before step10.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="cancel">Stops the request.</param>
    /// <exception cref="HubException">The hub does not answer, or refuses.</exception>
    public async Task<IReadOnlyList<HubRevision>> RevisionsAsync(HubRepo repo, CancellationToken cancel = default)
    {
        var asked = $"the branches and tags of {repo}";
        var (json, _, _) = await hub.AskAsync(hub.Address($"{repo.ApiPath}/refs"), asked, cancel).ConfigureAwait(false);
        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw HubConnection.Unexpected(asked, $"{Host} lists none");
            return
            [
                .. Revisions(json.RootElement, "branches", asked)
                    .Concat(Revisions(json.RootElement, "tags", asked))
                    .OrderBy(revision => revision.Name, NaturalOrder.Comparer),
            ];
        }
    }

    private IEnumerable<HubRevision> Revisions(JsonElement answer, string kind, string asked)
    {
        if (!answer.TryGetProperty(kind, out var list) || list.ValueKind != JsonValueKind.Array) yield break;
        foreach (var item in list.EnumerateArray())
            yield return item.ValueKind == JsonValueKind.Object
                && Text(item, "name") is { } name
                && Text(item, "targetCommit") is { } commit
                && HubRepo.IsCommit(commit)
                    ? new HubRevision(name, commit, IsTag: kind == "tags")
                    : throw HubConnection.Unexpected(asked, $"{Host} lists one without a name or a commit");
    }

    /// <summary>Brings one file into the cache, unless the revision's own is there already.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="file">The file's name in it, with <c>/</c> between folders.</param>
    /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a whole commit; the last is answered from the cache
    /// without a request.</param>
    /// <param name="progress">Told the name and the size before the first byte, then how far it is; called from the
    /// downloading thread.</param>
    /// <param name="cancel">Stops the download and keeps what has arrived.</param>
    /// <returns>Where the file can be opened.</returns>
    /// <exception cref="HubException">The file could not be had.</exception>
    public async Task<string> DownloadFileAsync(HubRepo repo, string file, string revision = "main",
        IProgress<DownloadProgress>? progress = null, CancellationToken cancel = default)
    {
        var asked = HubConnection.Asked(repo, revision, file);
        if (
            (settings.Offline || HubRepo.IsCommit(revision)) && Cache.Find(repo, file, revision) is { Path: { } cached }
        )
            return cached;
        try
        {
            var meter = new DownloadMeter(file, progress, time);
            for (var round = 0; round < MostRounds; round++)
            {
                var remote = await LocateAsync(repo, file, revision, cancel).ConfigureAwait(false);
                var pointer = Cache.SnapshotPath(repo, remote.Commit, file);
                if (
                    OrdinaryFile.Target(pointer) is not null
                    || await FetchAsync(repo, file, revision, remote, meter, asked, cancel).ConfigureAwait(false)
                )
                {
                    writer.WriteRef(repo, revision, remote.Commit);
                    return pointer;
                }
            }
        }
        catch (Exception error) when (error is IOException and not HubException or UnauthorizedAccessException)
        {
            throw DiskFailure(asked, error);
        }
        throw new HubException(
            HubProblem.WrongHash,
            asked,
            $"what {Host} sends is not what its own hash describes; it was deleted and fetched again, {MostRounds} "
                + "times in all",
            "Something between here and the hub alters files: try another network, or another HF_ENDPOINT."
        );
    }

    /// <summary>Brings a model into the cache: <see cref="ModelFiles.Config"/>, its weights, whole or in shards, and
    /// what there is of a tokenizer.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a whole commit. The cache's note of it is moved
    /// when all files are in.</param>
    /// <param name="progress">As for <see cref="DownloadFileAsync"/>, file after file.</param>
    /// <param name="cancel">Stops the download and keeps what has arrived.</param>
    /// <exception cref="HubException">A file could not be had, or the repository holds no weights that are read
    /// here.</exception>
    public async Task<HubSnapshot> DownloadModelAsync(HubRepo repo, string revision = "main",
        IProgress<DownloadProgress>? progress = null, CancellationToken cancel = default)
    {
        var asked = HubConnection.Asked(repo, revision);
        var listing = await ListAsync(repo, revision, cancel).ConfigureAwait(false);
        var names = listing.Files.Select(entry => entry.Path).ToHashSet();
        var weights =
            ModelFiles.ChooseWeights(names)
            ?? throw new HubException(
                HubProblem.FileNotFound, asked, $"has none of {string.Join(", ", ModelFiles.Weights)}",
                "Choose a repository with weights in one of these forms, or convert them.");

        Task<string> Fetch(string file) => DownloadFileAsync(repo, file, listing.Commit, progress, cancel);
        foreach (var file in ModelFiles.Tokenizer.Prepend(ModelFiles.Config).Where(names.Contains))
            await Fetch(file).ConfigureAwait(false);
        var weightsPath = await Fetch(weights).ConfigureAwait(false);
        if (ModelFiles.IsIndex(weights))
            foreach (var shard in ModelFiles.Shards(weightsPath)) await Fetch(shard).ConfigureAwait(false);
        try
        {
            if (!names.Contains(ModelFiles.Config)) writer.WriteAbsence(repo, listing.Commit, ModelFiles.Config);
            writer.WriteTree(repo, listing);
            writer.WriteRef(repo, revision, listing.Commit);
        }
        catch (Exception error) when (error is IOException and not HubException or UnauthorizedAccessException)
        {
            throw DiskFailure(asked, error);
        }
        return new HubSnapshot(repo, listing.Commit, Cache.SnapshotFolder(repo, listing.Commit));
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => hub.Dispose();

    private async Task<RemoteFile> LocateAsync(HubRepo repo, string file, string revision, CancellationToken cancel)
    {
        try
        {
            return await hub.LocateAsync(repo, file, revision, cancel).ConfigureAwait(false);
        }
        catch (HubException error) when (error.Commit is { } commit && HubRepo.IsCommit(commit))
        {
            writer.Prepare();
            writer.WriteAbsence(repo, commit, file);
            writer.WriteRef(repo, revision, commit);
            throw;
        }
    }

    private async Task<bool> FetchAsync(
        HubRepo repo, string file, string revision, RemoteFile remote, DownloadMeter meter, string asked,
        CancellationToken cancel)
    {
        writer.Prepare();
        using var held = await writer
            .LockAsync(repo, remote.Hash, () => meter.Say(DownloadStage.Waiting), cancel)
            .ConfigureAwait(false);
        if (OrdinaryFile.Target(Cache.SnapshotPath(repo, remote.Commit, file)) is not null)
            return true; // by the one that held the lock
        var blob = Cache.BlobPath(repo, remote.Hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        var isThere = OrdinaryFile.Target(blob) is { } old && (remote.Size is null || old.Length == remote.Size);
        if (
            !isThere
            && !await new BlobDownload(hub, settings, meter, file, asked)
                .RunAsync(remote, blob, () => hub.LocateAsync(repo, file, revision, cancel), cancel)
                .ConfigureAwait(false)
        )
            return false;
        writer.Link(repo, remote.Commit, file, remote.Hash);
        meter.Say(DownloadStage.Done);
        return true;
    }

    private async Task<string> CommitAsync(HubRepo repo, string revision, string asked, CancellationToken cancel)
    {
        var (json, _, _) = await hub.AskAsync(
                hub.Address($"{repo.ApiPath}/revision/{Uri.EscapeDataString(revision)}"),
                asked,
                cancel
            )
            .ConfigureAwait(false);
        using (json)
        {
            return
                json.RootElement.ValueKind == JsonValueKind.Object
                && Text(json.RootElement, "sha") is { } commit
                && HubRepo.IsCommit(commit)
                ? commit
                : throw HubConnection.Unexpected(asked, $"{Host} names no commit");
        }
    }

    private IEnumerable<HubEntry> Entries(JsonElement page, string asked)
    {
        if (page.ValueKind != JsonValueKind.Array) throw HubConnection.Unexpected(asked, $"{Host} lists no files");
        foreach (var item in page.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || Text(item, "type") != "file")
                continue;
            var large =
                item.TryGetProperty("lfs", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
            if (
                Text(item, "path") is not { } path
                || Text(item, "oid") is not { } gitHash
                || !item.TryGetProperty("size", out var size)
                || !size.TryGetInt64(out var bytes)
            )
                throw HubConnection.Unexpected(asked, $"{Host} lists a file without path, hash or size");
            yield return new HubEntry(
                path, bytes, gitHash, large.ValueKind == JsonValueKind.Object ? Text(large, "oid") : null,
                Text(item, "xetHash"));
        }
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private HubException DiskFailure(string asked, Exception error)
    {
        // ENOSPC and EDQUOT on Unix, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows.
        var isFull = OperatingSystem.IsWindows()
            ? (error.HResult & 0xFFFF) is 39 or 112
            : error.HResult is 28 or 69 or 122;
        return isFull
            ? new HubException(
                HubProblem.DiskFull, asked, $"the disk of {Cache.Folder} is full",
                "Make room, or point HF_HUB_CACHE at another disk; what has arrived is kept.", inner: error)
            : new HubException(
                HubProblem.CacheUnusable, asked, $"{Cache.Folder} cannot be written ({Excerpt.Of(error.Message)})",
                "Check its permissions, or point HF_HUB_CACHE at another folder.", inner: error);
    }
}

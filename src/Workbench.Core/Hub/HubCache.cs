using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Enumeration;
using System.Linq;

namespace Workbench.Core.Hub;

/// <summary>What the cache knows of a file.</summary>
public enum CacheState
{
    /// <summary>The file is there.</summary>
    Cached,
    /// <summary>The hub has said that the revision has no such file.</summary>
    KnownAbsent,
    /// <summary>The cache does not know.</summary>
    NotCached,
}

/// <summary>The cache's answer about one file.</summary>
/// <param name="State">What it knows.</param>
/// <param name="Path">Where the file can be opened; null unless it is cached.</param>
/// <param name="Commit">The commit that the revision stands for; null when the cache does not know the
/// revision.</param>
public sealed record CacheEntry(CacheState State, string? Path, string? Commit);

/// <summary>The files of one commit that are at hand.</summary>
/// <param name="Repo">The repository.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="Folder">Where its files can be opened, under the names they have in the repository.</param>
public sealed record HubSnapshot(HubRepo Repo, string Commit, string Folder);

/// <summary>Reads the folder that the hub's Python client keeps its downloads in, in place: what either fetches, both
/// find.</summary>
/// <remarks>
/// A revision is looked up in <c>refs/</c>, a file in <c>snapshots/&lt;commit&gt;/</c>, where it is a link into
/// <c>blobs/</c> (itself perhaps a link into a store that repositories share) or the file itself. Unfinished downloads
/// are never seen. Nothing is written.
/// </remarks>
/// <example><code>
/// new HubCache(HubSettings.FromEnvironment().CacheFolder).Find(new HubRepo("gpt2"), "config.json").Path
/// </code></example>
public sealed class HubCache
{
    private const int MostReference = 64;

    /// <summary>The cache at a folder, which need not exist.</summary>
    /// <param name="folder">The folder that holds <c>models--…</c>.</param>
    public HubCache(string folder) => Folder = Path.GetFullPath(folder.Length == 0 ? "." : folder);

    /// <summary>The folder that holds <c>models--…</c>, in full.</summary>
    public string Folder { get; }

    /// <summary>The folder of a repository, whether it exists or not.</summary>
    public string RepoFolder(HubRepo repo) => Path.Combine(Folder, repo.FolderName);

    /// <summary>The commit that a revision stands for; null when the cache does not know.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a whole commit; the beginning of a commit is not
    /// enough.</param>
    /// <exception cref="HubException">The revision is no name that can lie in the cache.</exception>
    public string? FindCommit(HubRepo repo, string revision = "main")
    {
        var path = HubRepo.Below(Path.Combine(RepoFolder(repo), "refs"), revision);
        var text = Guard(path, () => File.Exists(path) ? Reference(path) : revision);
        return HubRepo.IsCommit(text) ? text : null;
    }

    // A commit and perhaps a line end. The length of a device or a pipe is 0: reading it might never end.
    private static string Reference(string path) =>
        OrdinaryFile.Target(path) is { Length: > 0 and <= MostReference }
            ? File.ReadAllText(path).TrimEnd('\r', '\n')
            : "";

    /// <summary>Looks a file up.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="file">Its name in the repository, with <c>/</c> between folders.</param>
    /// <param name="revision">As in <see cref="FindCommit"/>.</param>
    /// <exception cref="HubException">A name that cannot lie in the cache, or a cache that cannot be read.</exception>
    public CacheEntry Find(HubRepo repo, string file, string revision = "main")
    {
        var commit = FindCommit(repo, revision);
        if (commit is null) return new CacheEntry(CacheState.NotCached, null, null);
        if (File.Exists(AbsencePath(repo, commit, file))) return new CacheEntry(CacheState.KnownAbsent, null, commit);
        var path = SnapshotPath(repo, commit, file);
        return OrdinaryFile.Target(path) is null
            ? new CacheEntry(CacheState.NotCached, null, commit)
            : new CacheEntry(CacheState.Cached, path, commit);
    }

    /// <summary>The folder of a revision's files; null when none of them is at hand. It may hold only some of the
    /// revision's files.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="revision">As in <see cref="FindCommit"/>.</param>
    public HubSnapshot? FindSnapshot(HubRepo repo, string revision = "main")
    {
        if (FindCommit(repo, revision) is not { } commit) return null;
        var folder = SnapshotFolder(repo, commit);
        return Directory.Exists(folder) ? new HubSnapshot(repo, commit, folder) : null;
    }

    /// <summary>The branches and tags of a repository that the cache knows a commit of, in natural order: step2 before
    /// step10. It does not know which of them are tags.</summary>
    /// <param name="repo">The repository.</param>
    public IReadOnlyList<HubRevision> Revisions(HubRepo repo)
    {
        var folder = Path.Combine(RepoFolder(repo), "refs");
        return Guard(folder, () => !Directory.Exists(folder) ? [] : AllFiles(folder)
            .Select(path => (Name: Path.GetRelativePath(folder, path).Replace('\\', '/'), Commit: Reference(path)))
            .Where(revision => HubRepo.IsCommit(revision.Commit))
            .Select(revision => new HubRevision(revision.Name, revision.Commit, IsTag: false))
            .OrderBy(revision => revision.Name, NaturalOrder.Comparer)
            .ToArray());
    }

    /// <summary>The commits of a repository that have a snapshot, in ordinal order.</summary>
    internal IReadOnlyList<string> Commits(HubRepo repo)
    {
        var folder = Path.Combine(RepoFolder(repo), "snapshots");
        return Guard(folder, () => !Directory.Exists(folder) ? [] : Directory.EnumerateDirectories(folder)
            .Select(path => Path.GetFileName(path))
            .Where(HubRepo.IsCommit)
            .Order(StringComparer.Ordinal)
            .ToArray());
    }

    /// <summary>The names of a snapshot's files that can be opened, in ordinal order.</summary>
    /// <param name="snapshot">One of this cache.</param>
    public IReadOnlyList<string> Files(HubSnapshot snapshot) => Guard(snapshot.Folder, () =>
        AllFiles(snapshot.Folder)
            .Where(path => OrdinaryFile.Target(path) is not null)
            .Select(path => Path.GetRelativePath(snapshot.Folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .ToArray());

    /// <summary>The repositories that have at least one snapshot, ordered by name. An absent cache has none.</summary>
    public IReadOnlyList<HubRepo> Repositories() => Guard(Folder, () =>
        !Directory.Exists(Folder) ? [] : Directory.EnumerateDirectories(Folder)
            .Where(path => Directory.Exists(Path.Combine(path, "snapshots")))
            .Select(path => HubRepo.OfFolder(Path.GetFileName(path)))
            .OfType<HubRepo>()
            .OrderBy(repo => repo.FolderName, StringComparer.Ordinal)
            .ToArray());

    // Links to files are what a snapshot is made of; a link to a folder may lead round in a circle.
    private static FileSystemEnumerable<string> AllFiles(string folder) =>
        new(
            folder,
            (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false }
        )
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    internal string SnapshotFolder(HubRepo repo, string commit) => Path.Combine(RepoFolder(repo), "snapshots", commit);

    internal string SnapshotPath(HubRepo repo, string commit, string file) =>
        HubRepo.Below(SnapshotFolder(repo, commit), file);

    internal string AbsencePath(HubRepo repo, string commit, string file) =>
        HubRepo.Below(Path.Combine(RepoFolder(repo), ".no_exist", commit), file);

    internal string BlobPath(HubRepo repo, string hash) => Path.Combine(RepoFolder(repo), "blobs", hash);

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HubException(
                HubProblem.CacheUnusable, Excerpt.Of(path), $"cannot be read ({Excerpt.Of(error.Message)})",
                "Check its permissions, or point HF_HUB_CACHE at another folder.", inner: error);
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Hub;

/// <summary>Adds to a cache exactly what the Python client would: every change is one rename or one link, so that a
/// kill leaves no half file.</summary>
internal sealed class HubCacheWriter(HubCache cache, bool useSymlinks)
{
    // The first line is the signature that backup programs look for; it is fixed by the cache directory tagging
    // specification.
    private const string CacheTag =
        "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by Workbench.\n# "
            + "For information about cache directory tags, see https://bford.info/cachedir/\n";

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes the cache's folder and its tag.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(cache.Folder);
        var tag = Path.Combine(cache.Folder, "CACHEDIR.TAG");
        if (!File.Exists(tag)) File.WriteAllText(tag, CacheTag);
    }

    /// <summary>
    /// Takes the lock that the Python client takes for the same blob (<c>flock</c> on Unix, an unshared open file on
    /// Windows). The system lets go of it when the holder dies; the empty file stays behind.
    /// </summary>
    /// <param name="repo">The repository.</param>
    /// <param name="hash">The blob's name.</param>
    /// <param name="waiting">Called once if another process holds the lock.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<FileStream> LockAsync(HubRepo repo, string hash, Action waiting, CancellationToken cancel)
    {
        var path = Path.Combine(LocksFolder(repo), hash + ".lock");
        for (var told = false; ; told = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (IsHeldElsewhere(error))
            {
                if (!told) waiting();
                await Task.Delay(LockPoll, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Shows a blob under its name in a snapshot: by a relative link, or, where links are not to be had, by
    /// moving it there.</summary>
    public void Link(HubRepo repo, string commit, string file, string hash)
    {
        var pointer = cache.SnapshotPath(repo, commit, file);
        var blob = cache.BlobPath(repo, hash);
        var folder = Path.GetDirectoryName(pointer)!;
        Directory.CreateDirectory(folder);
        if (OrdinaryFile.Target(pointer) is not null) return;
        // Another process may be doing the same; each builds its own entry and the rename of the later one changes
        // nothing.
        var fresh = Temporary(repo);
        if (useSymlinks && TryLink(fresh, pointer, Path.GetRelativePath(folder, blob)))
            return;
        if (File.GetAttributes(blob).HasFlag(FileAttributes.ReparsePoint))
        {
            File.Copy(blob, fresh, overwrite: true); // a shared store keeps its file
            File.Move(fresh, pointer, overwrite: true);
        }
        else
        {
            File.Move(blob, pointer, overwrite: true);
        }
    }

    /// <summary>Notes which commit a branch or tag stands for; a whole commit needs no note.</summary>
    public void WriteRef(HubRepo repo, string revision, string commit)
    {
        if (revision == commit || cache.FindCommit(repo, revision) == commit) return;
        Replace(repo, HubRepo.Below(Path.Combine(cache.RepoFolder(repo), "refs"), revision), commit);
    }

    /// <summary>Notes that a commit has no such file.</summary>
    public void WriteAbsence(HubRepo repo, string commit, string file)
    {
        var path = cache.AbsencePath(repo, commit, file);
        if (!File.Exists(path)) Replace(repo, path, "");
    }

    /// <summary>Keeps a commit's listing as the Python client does: sizes and hashes by path.</summary>
    public void WriteTree(HubRepo repo, HubListing listing)
    {
        var path = Path.Combine(cache.RepoFolder(repo), "trees", listing.Commit + ".json");
        if (File.Exists(path)) return;
        var text = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                text,
                new JsonWriterOptions
                {
                    Indented = true,
                    IndentSize = 1,
                    NewLine = "\n",
                }
            )
        )
        {
            json.WriteStartObject();
            json.WriteNumber("format_version", 1);
            json.WriteStartObject("files");
            foreach (var entry in listing.Files)
            {
                json.WriteStartObject(entry.Path);
                json.WriteNumber("size", entry.Size);
                json.WriteString("blob_id", entry.GitHash);
                if (entry.Sha256 is not null)
                {
                    json.WriteString("lfs_sha256", entry.Sha256);
                    json.WriteNumber("lfs_size", entry.Size);
                }
                if (entry.XetHash is not null) json.WriteString("xet_hash", entry.XetHash);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        Replace(repo, path, System.Text.Encoding.UTF8.GetString(text.ToArray()));
    }

    private static bool TryLink(string fresh, string pointer, string target)
    {
        try
        {
            File.CreateSymbolicLink(fresh, target);
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
        File.Move(fresh, pointer, overwrite: true);
        return true;
    }

    private void Replace(HubRepo repo, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fresh = Temporary(repo);
        File.WriteAllText(fresh, text);
        File.Move(fresh, path, overwrite: true);
    }

    // Beside the locks, where neither client takes it for content should it be left behind.
    private string Temporary(HubRepo repo) => Path.Combine(LocksFolder(repo), $"{Guid.NewGuid():N}.tmp");

    private string LocksFolder(HubRepo repo) =>
        Directory.CreateDirectory(Path.Combine(cache.Folder, ".locks", repo.FolderName)).FullName;

    // EAGAIN on Linux, EWOULDBLOCK on macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows.
    private static bool IsHeldElsewhere(IOException error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 32 or 33 : error.HResult is 11 or 35;
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Hub;

/// <summary>Where a model was found.</summary>
public enum ModelOrigin
{
    /// <summary>One of the <see cref="PocketModels"/>, which ship with the workbench.</summary>
    Pocket,
    /// <summary>The folder of models that WORKBENCH_MODELS names.</summary>
    ModelsFolder,
    /// <summary>A file or folder of that very path.</summary>
    GivenPath,
    /// <summary>The hub's cache.</summary>
    Cache,
    /// <summary>The hub, just now; it is in the cache from here on.</summary>
    Hub,
}

/// <summary>A model at hand.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Path">Its folder, or the file itself when a file was named; in full.</param>
/// <param name="Origin">Where it was found.</param>
/// <param name="Commit">The hub's commit, when it came from there.</param>
public sealed record ModelSource(string Name, string Path, ModelOrigin Origin, string? Commit = null)
{
    private static readonly string[] WeightEndings =
    [
        ".safetensors",
        ".safetensors.index.json",
        ".bin",
        ".bin.index.json",
        ".pt",
        ".pth",
        ".ckpt",
    ];

    /// <summary>
    /// Finds a model: among those that ship, in the folder of models, at the path itself, in the hub's cache, and,
    /// unless the settings forbid it, on the hub.
    /// </summary>
    /// <param name="name">"gpt2", "organisation/name", a folder, or a file.</param>
    /// <param name="settings">Where to look.</param>
    /// <param name="revision">Which state of a repository.</param>
    /// <param name="progress">Told of downloads, sizes first.</param>
    /// <param name="retries">How often failed requests are repeated.</param>
    /// <param name="cancel">Stops a download and keeps what has arrived.</param>
    /// <exception cref="HubException">It is nowhere (the message lists each place and what was the matter there), or
    /// its download failed.</exception>
    /// <example><code>(await ModelSource.FindAsync("gpt2", HubSettings.FromEnvironment())).Path</code></example>
    public static async Task<ModelSource> FindAsync(string name, HubSettings settings, string revision = "main",
        IProgress<DownloadProgress>? progress = null, RetryPolicy? retries = null, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var tried = new List<string>();
        if (AtPath(name, settings, tried) is { } local) return local;
        if (settings.PocketOnly) throw Nowhere(name, settings, tried, null);
        if (!HubRepo.IsName(name))
        {
            tried.Add("the cache and the hub: no repository can have this name");
            throw Nowhere(name, settings, tried, null);
        }

        var repo = new HubRepo(name);
        if (InCache(repo, settings, revision, tried) is { } cached) return cached;
        try
        {
            using var hub = new HubClient(settings, retries);
            var snapshot = await hub.DownloadModelAsync(repo, revision, progress, cancel).ConfigureAwait(false);
            return new ModelSource(name, snapshot.Folder, ModelOrigin.Hub, snapshot.Commit);
        }
        catch (HubException error)
            when (error.Problem
                    is not (
                        HubProblem.BadSetting
                        or HubProblem.WrongHash
                        or HubProblem.DiskFull
                        or HubProblem.CacheUnusable
                    )
            )
        {
            tried.Add(
                settings.Offline ? "the hub: not asked, since HF_HUB_OFFLINE is set" : $"the hub: {error.Message}");
            throw Nowhere(name, settings, tried, error);
        }
    }

    /// <summary>Finds a model as <see cref="FindAsync"/> does, without asking the hub: null when it is not on this
    /// machine.</summary>
    /// <param name="name">"gpt2", "organisation/name", a folder, or a file.</param>
    /// <param name="settings">Where to look.</param>
    /// <param name="revision">Which state of a repository.</param>
    public static ModelSource? FindLocal(string name, HubSettings settings, string revision = "main")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var tried = new List<string>();
        return AtPath(name, settings, tried)
            ?? (
                HubRepo.IsName(name) && !settings.PocketOnly
                    ? InCache(new HubRepo(name), settings with { Offline = true }, revision, tried)
                    : null
            );
    }

    private static ModelSource? AtPath(string name, HubSettings settings, List<string> tried)
    {
        if (PocketModels.TryFind(name) is { } shipped) return new ModelSource(name, shipped, ModelOrigin.Pocket);
        if (settings.PocketOnly && !name.AsSpan().ContainsAny('/', '\\'))
        {
            tried.Add(
                $"the models that ship: WORKBENCH_MODELS is \"{PocketModels.Only}\", so that no others are looked for, and they are {string.Join(", ", PocketModels.Names)}"
            );
            return null;
        }
        if (settings.ModelsFolder is null)
        {
            tried.Add("the folder of models: WORKBENCH_MODELS is not set");
        }
        else if (!System.IO.Path.IsPathRooted(name))
        {
            var inModels = System.IO.Path.GetFullPath(System.IO.Path.Combine(settings.ModelsFolder, name));
            if (Holds(inModels, tried)) return new ModelSource(name, inModels, ModelOrigin.ModelsFolder);
        }
        var given = System.IO.Path.GetFullPath(name);
        return Holds(given, tried) ? new ModelSource(name, given, ModelOrigin.GivenPath) : null;
    }

    private static bool Holds(string path, List<string> tried)
    {
        if (File.Exists(path))
            return true;
        if (!Directory.Exists(path))
            tried.Add($"{path}: not there");
        else if (
            Directory
                .EnumerateFiles(path, "*", new EnumerationOptions())
                .Any(file => WeightEndings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
        )
            return true;
        else
            tried.Add($"{path}: holds no file of weights ({string.Join(", ", WeightEndings)})");
        return false;
    }

    private static ModelSource? InCache(HubRepo repo, HubSettings settings, string revision, List<string> tried)
    {
        var cache = new HubCache(settings.CacheFolder);
        if (cache.FindSnapshot(repo, revision) is not { } snapshot)
        {
            var near = cache
                .Repositories()
                .Where(other => other.Name.EndsWith("/" + repo.Name, StringComparison.OrdinalIgnoreCase))
                .Select(other => other.Name)
                .ToArray();
            tried.Add(
                $"{cache.RepoFolder(repo)}: no snapshot of {revision}"
                    + (near.Length > 0 ? $" (the cache holds {string.Join(", ", near)})" : "")
            );
            return null;
        }
        // The configuration is no reason to refuse weights when nothing can fetch it, or when the repository has none.
        var missing = ModelFiles
            .MissingFrom(snapshot.Folder)
            .Where(file =>
                file != ModelFiles.Config
                || !(settings.Offline || cache.Find(repo, file, revision).State == CacheState.KnownAbsent)
            )
            .ToArray();
        if (missing.Length == 0) return new ModelSource(repo.Name, snapshot.Folder, ModelOrigin.Cache, snapshot.Commit);
        tried.Add($"{snapshot.Folder}: lacks {string.Join(", ", missing)}");
        return null;
    }

    private static HubException Nowhere(string name, HubSettings settings, List<string> tried, HubException? last)
    {
        var online = settings.Offline
            ? "unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE, so that it can be downloaded"
            : $"make {settings.Endpoint} reachable, so that it can be downloaded";
        return new HubException(HubProblem.ModelNotFound, $"Model \"{name}\"",
            "was found nowhere. Tried:" + string.Concat(tried.Select(place => $"\n  - {place.TrimEnd('.')}")),
            $"\nAny one of these helps:\n  1. set WORKBENCH_MODELS to a folder that holds {name}/ with its weights"
                + $"\n  2. fill the cache {settings.CacheFolder} (HF_HUB_CACHE), for example with \"hf download {name}\" or a copy of another machine's"
                + $"\n  3. {online}",
            last?.Status,
            last
        );
    }
}

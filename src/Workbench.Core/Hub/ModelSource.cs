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
    /// <param name="name">"gpt2", "organisation/name", the address of a model's page on the hub, a folder, or a
    /// file.</param>
    /// <param name="settings">Where to look.</param>
    /// <param name="revision">Which state of a repository; a page of another one shows its own.</param>
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
        (name, revision) = Read(name, settings, revision);
        var tried = new List<string>();
        if (AtPath(name, settings, tried) is { } local) return local;
        if (settings.PocketOnly)
        {
            if (HubRepo.IsName(name) && InCache(new HubRepo(name), settings, revision, []) is { } hidden)
                tried.Add($"{hidden.Path}: it is there, and WORKBENCH_MODELS hides it");
            throw Nowhere(name, settings, tried, null);
        }
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
        (name, revision) = Read(name, settings, revision);
        var tried = new List<string>();
        return AtPath(name, settings, tried)
            ?? (
                HubRepo.IsName(name) && !settings.PocketOnly
                    ? InCache(new HubRepo(name), settings with { Offline = true }, revision, tried)
                    : null
            );
    }

    // The address of a page stands for the name it holds, unless it is a path on this machine.
    private static (string Name, string Revision) Read(string text, HubSettings settings, string revision)
    {
        if (HubPage.Of(text, settings.Endpoint) is not { } page || System.IO.Path.Exists(text)) return (text, revision);
        if (!page.IsModel || !HubRepo.IsName(page.Name))
            throw new HubException(
                HubProblem.NotAModel, Excerpt.Of(text), "is not the page of a model",
                "Give the name of a model, such as openai-community/gpt2, or the address of its page.");
        return (page.Name, revision == "main" ? page.Revision ?? revision : revision);
    }

    private static ModelSource? AtPath(string name, HubSettings settings, List<string> tried)
    {
        if (PocketModels.TryFind(name) is { } shipped) return new ModelSource(name, shipped, ModelOrigin.Pocket);
        if (settings.PocketOnly)
        {
            tried.Add(
                $"the models that ship: WORKBENCH_MODELS is \"{PocketModels.Only}\", so that no others are looked "
                    + $"for, and they are {string.Join(", ", PocketModels.Names)}"
            );
            if (!name.AsSpan().ContainsAny('/', '\\')) return null;
        }
        if (settings is { ModelsFolder: null, PocketOnly: false })
            tried.Add("the folder of models: WORKBENCH_MODELS is not set");
        if (settings.ModelsFolder is not null && !System.IO.Path.IsPathRooted(name))
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
            tried.Add($"{Excerpt.Of(path, LongestPath)}: {Absence(path)}");
        else
        {
            string[] weights =
            [
                .. Directory
                    .EnumerateFiles(path, "*", new EnumerationOptions())
                    .Where(file => WeightEndings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal))),
            ];
            if (weights.Any(file => OrdinaryFile.Target(file) is not null)) return true;
            tried.Add(
                $"{Excerpt.Of(path, LongestPath)}: "
                    + (
                        weights is [var first, ..]
                            ? $"{Excerpt.Of(System.IO.Path.GetFileName(first))} is {Absence(first)}"
                            : $"holds no file of weights ({string.Join(", ", WeightEndings)})"
                    )
            );
        }
        return false;
    }

    private const int LongestPath = 400;

    private static string Absence(string path) => BrokenLink(path) ?? "not there";

    private static string? BrokenLink(string path) =>
        new FileInfo(path).LinkTarget is { } target ? $"a link to {Excerpt.Of(target)}, which is not there" : null;

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
                $"{cache.RepoFolder(repo)}: no snapshot of {Excerpt.Of(revision)}{Others(cache, repo, revision)}"
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
        var named = missing.Take(MostNamed).Select(file =>
            BrokenLink(System.IO.Path.Combine(snapshot.Folder, file)) is { } link
                ? $"{Excerpt.Of(file)} ({link})"
                : Excerpt.Of(file));
        tried.Add(
            $"{snapshot.Folder}: lacks {string.Join(", ", named)}"
                + (missing.Length > MostNamed ? $" and {missing.Length - MostNamed} more" : ""));
        return null;
    }

    private const int MostNamed = 4;

    // What the cache has of a repository whose revision it does not know: a cache that was copied without its notes
    // still has the snapshots.
    private static string Others(HubCache cache, HubRepo repo, string revision)
    {
        var commits = cache.Commits(repo);
        return cache.FindCommit(repo, revision) is { } commit && commit != revision
                ? $"; refs/{Excerpt.Of(revision)} names {commit}, which is not among its snapshots"
            : commits.Count > 0
                ? $", since refs/{Excerpt.Of(revision)} is not there or names no commit; there is a snapshot "
                    + $"{string.Join(", ", commits.Take(MostNamed))}: write that into refs/{Excerpt.Of(revision)}, or "
                    + $"load the folder snapshots/{commits[0]} by its path"
            : "";
    }

    private static HubException Nowhere(string name, HubSettings settings, List<string> tried, HubException? last)
    {
        if (settings.TransformersCache is { } older)
            tried.Add(
                $"{Excerpt.Of(older, LongestPath)}: not looked in; TRANSFORMERS_CACHE names it, which libraries no "
                    + "longer obey, and HF_HUB_CACHE says where the cache is"
            );
        var shown = Excerpt.Of(name);
        var near = Spelling.Near(name, Known(settings));
        string[] cures = settings.PocketOnly
            ?
            [
                "load one of the models that ship",
                "unset WORKBENCH_MODELS, so that the cache and the hub are asked, or set it to a folder of models",
                "give the path of a folder or file, with a slash in it",
            ]
            :
            [
                $"set WORKBENCH_MODELS to a folder that holds {shown}/ with its weights",
                $"fill the cache {settings.CacheFolder} (HF_HUB_CACHE), for example with \"hf download {shown}\" or a "
                    + "copy of another machine's",
                settings.Offline
                    ? "unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE, so that it can be downloaded"
                    : $"make {settings.Endpoint} reachable, so that it can be downloaded",
            ];
        return new HubException(
            HubProblem.ModelNotFound,
            $"Model \"{shown}\"",
            "was found nowhere."
                + (near.Count > 0 ? $" Did you mean {string.Join(" or ", near.Select(other => $"\"{other}\""))}?" : "")
                + " Tried:"
                + string.Concat(tried.Select(place => $"\n  - {place.TrimEnd('.')}")),
            "\nAny one of these helps:" + string.Concat(cures.Select((cure, i) => $"\n  {i + 1}. {cure}")),
            last?.Status,
            last
        );
    }

    // Names that people know by heart; nothing depends on them but what is offered for a slip of the keyboard.
    private static readonly string[] Common =
    [
        "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2", "bert-base-uncased", "bert-base-cased",
        "bert-large-uncased", "distilbert-base-uncased", "roberta-base", "roberta-large",
        "sentence-transformers/all-MiniLM-L6-v2", "EleutherAI/pythia-70m", "EleutherAI/pythia-160m",
        "roneneldan/TinyStories-1M", "HuggingFaceTB/SmolLM2-135M",
    ];

    private static IEnumerable<string> Known(HubSettings settings)
    {
        if (settings.PocketOnly) return PocketModels.Names;
        try
        {
            return
            [
                .. PocketModels.Names,
                .. Directory.Exists(settings.ModelsFolder)
                    ? Directory.EnumerateDirectories(settings.ModelsFolder).Select(path =>
                        Excerpt.Of(System.IO.Path.GetFileName(path)))
                    : [],
                .. new HubCache(settings.CacheFolder).Repositories()
                    .Where(repo => repo.Kind == HubRepoKind.Model)
                    .Select(repo => repo.Name),
                .. Common,
            ];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Common; // a folder that cannot be read has been spoken of where it was looked in
        }
    }
}

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
/// <param name="Name">As it was asked for, with its revision where one was: "organisation/name@step1000".</param>
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
        ".gguf",
        ".onnx",
    ];

    /// <summary>
    /// Finds a model: among those that ship, in the folder of models, at the path itself, in the hub's cache, and,
    /// unless the settings forbid it, on the hub.
    /// </summary>
    /// <param name="name">"gpt2", "organisation/name", the address of a model's page on the hub, a folder, or a file. A
    /// branch, tag or commit may stand behind it: "organisation/name@step1000".</param>
    /// <param name="settings">Where to look. In the folder of models a revision is a folder of that name with the
    /// <c>@</c> in it.</param>
    /// <param name="revision">Which state of a repository, where the name or the page says none.</param>
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
        var (shown, repository) = Read(name, settings, ref revision);
        var tried = new List<string>();
        if (AtPath(shown, settings, tried) is { } local) return local;
        if (settings.PocketOnly)
        {
            if (
                HubRepo.IsName(repository)
                && InCache(shown, new HubRepo(repository), settings, revision, []) is { } hidden
            )
                tried.Add($"{hidden.Path}: it is there, and WORKBENCH_MODELS hides it");
            throw Nowhere(shown, repository, settings, tried, null);
        }
        if (!HubRepo.IsName(repository))
        {
            tried.Add("the cache and the hub: no repository can have this name");
            throw Nowhere(shown, repository, settings, tried, null);
        }

        var repo = new HubRepo(repository);
        if (InCache(shown, repo, settings, revision, tried) is { } cached) return cached;
        using var hub = new HubClient(settings, retries);
        try
        {
            var snapshot = await hub.DownloadModelAsync(repo, revision, progress, cancel).ConfigureAwait(false);
            return new ModelSource(shown, snapshot.Folder, ModelOrigin.Hub, snapshot.Commit);
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
            if (error.Problem == HubProblem.RevisionNotFound)
                tried[^1] += await ThereAreAsync(hub, repo, revision, cancel).ConfigureAwait(false);
            throw Nowhere(shown, repository, settings, tried, error);
        }
    }

    /// <summary>The branches and tags of a model: as the hub tells them, or, where it is not to be asked, those that
    /// the cache knows.</summary>
    /// <param name="name">"organisation/name", or the address of a page.</param>
    /// <param name="settings">Where to look.</param>
    /// <param name="retries">How often failed requests are repeated.</param>
    /// <param name="cancel">Stops the request.</param>
    /// <returns>In natural order: step2 before step10.</returns>
    /// <exception cref="HubException">The hub does not answer, or knows no such model; or this is no name of
    /// one.</exception>
    public static async Task<IReadOnlyList<HubRevision>> RevisionsAsync(
        string name, HubSettings settings, RetryPolicy? retries = null, CancellationToken cancel = default)
    {
        var revision = Main;
        var repo = new HubRepo(Read(name, settings, ref revision).Repository);
        using var hub = new HubClient(settings, retries);
        return settings.Offline
            ? hub.Cache.Revisions(repo)
            : await hub.RevisionsAsync(repo, cancel).ConfigureAwait(false);
    }

    private const string Main = "main";
    private const int MostRevisions = 8;

    private static async Task<string> ThereAreAsync(
        HubClient hub, HubRepo repo, string revision, CancellationToken cancel)
    {
        try
        {
            return Listed(await hub.RevisionsAsync(repo, cancel).ConfigureAwait(false), revision);
        }
        catch (HubException)
        {
            return ""; // a mirror need not tell them, and the refusal stands without
        }
    }

    // Those that are spelled alike, then the first and the last.
    private static string Listed(IReadOnlyList<HubRevision> revisions, string revision)
    {
        string[] names = [.. revisions.Select(one => Excerpt.Of(one.Name, 60))];
        if (names.Length == 0) return "";
        var near = Spelling.Near(revision, names);
        var offer = near.Count > 0 ? $" Did you mean {string.Join(" or ", near)}?" : "";
        var half = MostRevisions / 2;
        var shown = names.Length <= MostRevisions
            ? string.Join(", ", names)
            : $"{string.Join(", ", names[..half])} … {string.Join(", ", names[^half..])} ({names.Length} in all)";
        return $"{offer} There are {shown}";
    }

    /// <summary>Finds a model as <see cref="FindAsync"/> does, without asking the hub: null when it is not on this
    /// machine.</summary>
    /// <param name="name">"gpt2", "organisation/name", a folder, or a file.</param>
    /// <param name="settings">Where to look.</param>
    /// <param name="revision">Which state of a repository.</param>
    public static ModelSource? FindLocal(string name, HubSettings settings, string revision = "main")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var (shown, repository) = Read(name, settings, ref revision);
        var tried = new List<string>();
        return AtPath(shown, settings, tried)
            ?? (
                HubRepo.IsName(repository) && !settings.PocketOnly
                    ? InCache(shown, new HubRepo(repository), settings with { Offline = true }, revision, tried)
                    : null
            );
    }

    // What is a path on this machine stays what it is; the address of a page stands for the name it holds, and what
    // follows a name behind an @ is its revision. Another state than the usual one is part of the name that is shown
    // and looked for in the folder of models, where "gpt2" is no "gpt2@v2".
    private static (string Shown, string Repository) Read(string text, HubSettings settings, ref string revision)
    {
        if (System.IO.Path.Exists(text)) return (text, text);
        var name = text;
        if (HubPage.Of(text, settings.Endpoint) is { } page)
        {
            if (!page.IsModel || !HubRepo.IsName(page.Name))
                throw new HubException(
                    HubProblem.NotAModel, Excerpt.Of(text), "is not the page of a model",
                    "Give the name of a model, such as openai-community/gpt2, or the address of its page.");
            (name, revision) = (page.Name, page.Revision ?? revision);
        }
        else if (text.IndexOf('@') is > 0 and var at && at < text.Length - 1 && HubRepo.IsName(text[..at]))
        {
            (name, revision) = (text[..at], text[(at + 1)..]);
            return (text, name);
        }
        return (revision == Main ? name : $"{name}@{revision}", name);
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
                .. new[] { path, System.IO.Path.Combine(path, "onnx") }
                    .Where(Directory.Exists)
                    .SelectMany(folder => Directory.EnumerateFiles(folder, "*", new EnumerationOptions()))
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

    private static ModelSource? InCache(
        string shown, HubRepo repo, HubSettings settings, string revision, List<string> tried)
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
        if (missing.Length == 0) return new ModelSource(shown, snapshot.Folder, ModelOrigin.Cache, snapshot.Commit);
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
        var known = cache.Revisions(repo).Where(other => commits.Contains(other.Commit)).ToArray();
        return known.Length > 0 && cache.FindCommit(repo, revision) is null
                ? $", which is not there or names no commit.{Listed(known, revision)}"
            : cache.FindCommit(repo, revision) is { } commit && commit != revision
                ? $"; refs/{Excerpt.Of(revision)} names {commit}, which is not among its snapshots"
            : commits.Count > 0
                ? $", since refs/{Excerpt.Of(revision)} is not there or names no commit; there is a snapshot "
                    + $"{string.Join(", ", commits.Take(MostNamed))}: write that into refs/{Excerpt.Of(revision)}, or "
                    + $"load the folder snapshots/{commits[0]} by its path"
            : "";
    }

    private static HubException Nowhere(
        string name, string repository, HubSettings settings, List<string> tried, HubException? last)
    {
        if (settings.TransformersCache is { } older)
            tried.Add(
                $"{Excerpt.Of(older, LongestPath)}: not looked in; TRANSFORMERS_CACHE names it, which libraries no "
                    + "longer obey, and HF_HUB_CACHE says where the cache is"
            );
        var shown = Excerpt.Of(name);
        // Where the revision alone is unknown, the name is right.
        var near = last?.Problem == HubProblem.RevisionNotFound ? [] : Spelling.Near(repository, Known(settings));
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
                $"fill the cache {settings.CacheFolder} (HF_HUB_CACHE), for example with "
                    + $"\"{Download(name, repository)}\" or a copy of another machine's",
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

    private static string Download(string name, string repository) =>
        name == repository
            ? $"hf download {Excerpt.Of(name)}"
            : $"hf download {Excerpt.Of(repository)} --revision {Excerpt.Of(name[(repository.Length + 1)..])}";

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

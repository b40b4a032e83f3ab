using System;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;

namespace Workbench.Core.Hub;

/// <summary>Where models are looked for and how the hub is asked: everything that the Python client takes from the
/// environment.</summary>
/// <example><code>HubSettings.FromEnvironment() with { Offline = true }</code> looks on disk only.</example>
public sealed partial record HubSettings
{
    internal const string DefaultEndpoint = "https://huggingface.co";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The hub's cache: the folder that holds <c>models--…</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>A folder of models by name, looked in before the cache; null when there is none.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>Whether names stand for <see cref="PocketModels"/> alone, wherever else models may lie: what
    /// <c>WORKBENCH_MODELS=pocket</c> asks for.</summary>
    public bool PocketOnly { get; init; }

    /// <summary>The server, without a slash at its end. A name and a password in it are sent to this server and shown
    /// nowhere: what is read here is without them.</summary>
    public string Endpoint
    {
        get;
        init => (field, Login) = Apart(value);
    } = DefaultEndpoint;

    /// <summary>"name:password" from the endpoint; null when it holds none.</summary>
    internal HubToken? Login { get; private init; }

    /// <summary>Sent to <see cref="Endpoint"/>'s own host and to no other; null sends none.</summary>
    public HubToken? Token { get; init; }

    /// <summary>Why the file that should hold the token gave none; null when it gave one, or when none was expected.
    /// Said where the hub refuses: what is public needs no token.</summary>
    public string? TokenProblem { get; init; }

    /// <summary>What <c>TRANSFORMERS_CACHE</c> names: a variable of older libraries that is not obeyed, and spoken of
    /// where a model is found nowhere. Null when it is not set.</summary>
    public string? TransformersCache { get; init; }

    /// <summary>Whether the network is left alone.</summary>
    public bool Offline { get; init; }

    /// <summary>Whether snapshots link to blobs. Without links files are moved into the snapshot; so they are where
    /// links cannot be made.</summary>
    public bool UseSymlinks { get; init; } = true;

    /// <summary>How long to wait for an answer about a file.</summary>
    public TimeSpan AnswerTimeout { get; init; } = DefaultTimeout;

    /// <summary>How long a download may be silent before the connection counts as lost.</summary>
    public TimeSpan DownloadTimeout { get; init; } = DefaultTimeout;

    /// <summary>
    /// The settings of this process: <c>WORKBENCH_MODELS</c> and the variables of the Python client, in its order:
    /// <c>HF_HUB_CACHE</c>, else <c>HUGGINGFACE_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, which is
    /// <c>huggingface</c> in <c>XDG_CACHE_HOME</c>, else in <c>~/.cache</c>; <c>HF_ENDPOINT</c>; <c>HF_TOKEN</c>, else
    /// <c>HUGGING_FACE_HUB_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> or <c>token</c> in <c>HF_HOME</c>, unless
    /// <c>HF_HUB_DISABLE_IMPLICIT_TOKEN</c>; <c>HF_HUB_OFFLINE</c>, else <c>TRANSFORMERS_OFFLINE</c>;
    /// <c>HF_HUB_DISABLE_SYMLINKS</c>; <c>HF_HUB_ETAG_TIMEOUT</c> and <c>HF_HUB_DOWNLOAD_TIMEOUT</c> in seconds.
    /// </summary>
    public static HubSettings FromEnvironment() =>
        From(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>As <see cref="FromEnvironment"/>, for variables and a home folder of the caller's choice.</summary>
    /// <param name="variable">The value of a variable, or null where it is not set. Set to the empty string, a folder
    /// is the current one.</param>
    /// <param name="home">What <c>~</c> stands for.</param>
    public static HubSettings From(Func<string, string?> variable, string home)
    {
        string Folder(string text) =>
            Variable()
                .Replace(
                    text == "~"
                    || text.StartsWith("~/", StringComparison.Ordinal)
                    || text.StartsWith("~\\", StringComparison.Ordinal)
                        ? home + text[1..]
                        : text,
                    match => variable(match.Groups[1].Value + match.Groups[2].Value) ?? match.Value
                );
        bool IsTrue(string? text) => text?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
        TimeSpan Seconds(string? text) =>
            int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
                ? TimeSpan.FromSeconds(seconds) : DefaultTimeout;
        string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

        var huggingFace = Folder(
            variable("HF_HOME")
                ?? Path.Combine(variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface")
        );
        var (token, tokenProblem) =
            IsTrue(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? (null, null)
            : TokenFrom(NotEmpty(variable("HF_TOKEN")) ?? NotEmpty(variable("HUGGING_FACE_HUB_TOKEN"))) is { } given
                ? (given, null)
            : variable("HF_TOKEN_PATH") is { } named ? TokenFromFile(Folder(named), isNamed: true)
            : TokenFromFile(Path.Combine(huggingFace, "token"), isNamed: false);
        return new HubSettings
        {
            CacheFolder = Folder(
                variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(huggingFace, "hub")),
            ModelsFolder =
                variable("WORKBENCH_MODELS") is PocketModels.Only ? null : NotEmpty(variable("WORKBENCH_MODELS")),
            PocketOnly = variable("WORKBENCH_MODELS") is PocketModels.Only,
            Endpoint = (variable("HF_ENDPOINT") ?? DefaultEndpoint).TrimEnd('/'),
            Token = token,
            TokenProblem = tokenProblem,
            TransformersCache = NotEmpty(variable("TRANSFORMERS_CACHE")) is { } older ? Folder(older) : null,
            Offline = IsTrue(NotEmpty(variable("HF_HUB_OFFLINE")) ?? variable("TRANSFORMERS_OFFLINE")),
            UseSymlinks = !IsTrue(variable("HF_HUB_DISABLE_SYMLINKS")),
            AnswerTimeout = Seconds(variable("HF_HUB_ETAG_TIMEOUT")),
            DownloadTimeout = Seconds(variable("HF_HUB_DOWNLOAD_TIMEOUT")),
        };
    }

    private const int MostToken = 1 << 16;

    private static HubToken? TokenFrom(string? text) => string.IsNullOrWhiteSpace(text) ? null : new HubToken(text);

    private static (HubToken? Token, string? Problem) TokenFromFile(string path, bool isNamed)
    {
        if (path.Length == 0) return (null, null);
        var file = new FileInfo(path);
        // Most people have none.
        if (!isNamed && file is { Exists: false, LinkTarget: null } && !Directory.Exists(path)) return (null, null);
        var problem = "is empty";
        try
        {
            if (Directory.Exists(path)) problem = "is a folder";
            else if (OrdinaryFile.Target(path) is not { } target)
                problem = "is not there, or a link that leads nowhere";
            // The length of a device or a pipe is 0: reading it might never end.
            else if (target.Length == 0) problem = "is empty, or no ordinary file";
            else if (target.Length > MostToken) problem = $"has {target.Length} bytes, more than any token";
            else if (TokenFrom(File.ReadAllText(path)) is { } token) return (token, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read ({Excerpt.Of(error.Message)})";
        }
        return (null, $"the file {Excerpt.Of(path)} {problem}");
    }

    // The name and password may hold any character but these of the address itself; where the text is no address
    // without them, the last @ is where they end.
    private static (string Endpoint, HubToken? Login) Apart(string endpoint)
    {
        var (start, end) = (endpoint.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0,
            endpoint.LastIndexOf('@'));
        if (
            end < start
            || (
                Uri.TryCreate(endpoint, UriKind.Absolute, out var address)
                && address is { Scheme: "http" or "https", UserInfo: "" }
            )
        )
            return (endpoint, null);
        return (
            string.Concat(endpoint.AsSpan(0, start), endpoint.AsSpan(end + 1)),
            new HubToken(Uri.UnescapeDataString(endpoint[start..end])));
    }

    [GeneratedRegex(@"\$(?:\{([^}]*)\}|([A-Za-z0-9_]+))")]
    private static partial Regex Variable();
}

using System;
using System.IO;
using System.Text.RegularExpressions;

namespace Workbench.Core.Hub;

/// <summary>Where models are looked for and how the hub is asked: everything that the Python client takes from the
/// environment.</summary>
/// <example><code>HubSettings.FromEnvironment() with { Offline = true }</code> looks on disk only.</example>
public sealed partial record HubSettings
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The hub's cache: the folder that holds <c>models--…</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>A folder of models by name, looked in before the cache; null when there is none.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>Whether names stand for <see cref="PocketModels"/> alone, wherever else models may lie: what
    /// <c>WORKBENCH_MODELS=pocket</c> asks for.</summary>
    public bool PocketOnly { get; init; }

    /// <summary>The server, without a slash at its end.</summary>
    public string Endpoint { get; init; } = "https://huggingface.co";

    /// <summary>Sent to <see cref="Endpoint"/>'s own host and to no other; null sends none.</summary>
    public HubToken? Token { get; init; }

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
    /// <c>huggingface</c> in
    /// <c>XDG_CACHE_HOME</c>, else in <c>~/.cache</c>; <c>HF_ENDPOINT</c>; <c>HF_TOKEN</c>, else
    /// <c>HUGGING_FACE_HUB_TOKEN</c>, else the
    /// file <c>HF_TOKEN_PATH</c> or <c>token</c> in <c>HF_HOME</c>, unless <c>HF_HUB_DISABLE_IMPLICIT_TOKEN</c>;
    /// <c>HF_HUB_OFFLINE</c>, else
    /// <c>TRANSFORMERS_OFFLINE</c>; <c>HF_HUB_DISABLE_SYMLINKS</c>; <c>HF_HUB_ETAG_TIMEOUT</c> and
    /// <c>HF_HUB_DOWNLOAD_TIMEOUT</c> in seconds.
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
            int.TryParse(text, out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : DefaultTimeout;
        string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

        var huggingFace = Folder(
            variable("HF_HOME")
                ?? Path.Combine(variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface")
        );
        return new HubSettings
        {
            CacheFolder = Folder(
                variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(huggingFace, "hub")),
            ModelsFolder =
                variable("WORKBENCH_MODELS") is PocketModels.Only ? null : NotEmpty(variable("WORKBENCH_MODELS")),
            PocketOnly = variable("WORKBENCH_MODELS") is PocketModels.Only,
            Endpoint = (variable("HF_ENDPOINT") ?? "https://huggingface.co").TrimEnd('/'),
            Token = IsTrue(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? null
                : TokenFrom(NotEmpty(variable("HF_TOKEN")) ?? NotEmpty(variable("HUGGING_FACE_HUB_TOKEN")))
                  ?? TokenFromFile(Folder(variable("HF_TOKEN_PATH") ?? Path.Combine(huggingFace, "token"))),
            Offline = IsTrue(NotEmpty(variable("HF_HUB_OFFLINE")) ?? variable("TRANSFORMERS_OFFLINE")),
            UseSymlinks = !IsTrue(variable("HF_HUB_DISABLE_SYMLINKS")),
            AnswerTimeout = Seconds(variable("HF_HUB_ETAG_TIMEOUT")),
            DownloadTimeout = Seconds(variable("HF_HUB_DOWNLOAD_TIMEOUT")),
        };
    }

    private static HubToken? TokenFrom(string? text) => string.IsNullOrWhiteSpace(text) ? null : new HubToken(text);

    private static HubToken? TokenFromFile(string path)
    {
        try
        {
            return TokenFrom(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // most people have none; public models need none
        }
    }

    [GeneratedRegex(@"\$(?:\{([^}]*)\}|([A-Za-z0-9_]+))")]
    private static partial Regex Variable();
}

using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Workbench.Core.Hub;

/// <summary>What a repository of the hub holds.</summary>
public enum HubRepoKind
{
    /// <summary>A model.</summary>
    Model,
    /// <summary>A data set.</summary>
    Dataset,
}

/// <summary>A repository of the hub: "gpt2", "organisation/name".</summary>
public sealed partial record HubRepo
{
    /// <summary>Names a repository.</summary>
    /// <param name="name">One or two parts of letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 96
    /// characters.</param>
    /// <param name="kind">What it holds.</param>
    /// <exception cref="HubException">The hub allows no such name.</exception>
    public HubRepo(string name, HubRepoKind kind = HubRepoKind.Model)
    {
        if (!IsName(name))
            throw new HubException(
                HubProblem.BadName,
                $"\"{Excerpt.Of(name)}\"",
                "is not the name of a repository",
                "Write name or organisation/name: letters, digits, \"-\", \"_\" and \".\", at most 96 characters, no "
                    + "\"--\" or \"..\"."
            );
        (Name, Kind) = (name, kind);
    }

    /// <summary>As on the hub: "name" or "organisation/name".</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public HubRepoKind Kind { get; }

    /// <summary>Its folder in the cache: <c>models--organisation--name</c>.</summary>
    public string FolderName => $"{Plural}--{Name.Replace("/", "--")}";

    /// <summary>Its path on the server for files.</summary>
    internal string FilePath => Kind == HubRepoKind.Model ? Name : $"{Plural}/{Name}";

    /// <summary>Its path on the server for questions about it.</summary>
    internal string ApiPath => $"api/{Plural}/{Name}";

    private string Plural => Kind == HubRepoKind.Model ? "models" : "datasets";

    /// <summary>Whether the hub allows this as a name of a repository.</summary>
    public static bool IsName(string name) =>
        name.Length <= 96 && NamePattern().IsMatch(name) && !name.Contains("--", StringComparison.Ordinal) &&
        !name.Contains("..", StringComparison.Ordinal) && !name.EndsWith(".git", StringComparison.Ordinal);

    /// <summary>"organisation/name".</summary>
    public override string ToString() => Name;

    /// <summary>The repository of a folder of the cache; null for a folder that is none.</summary>
    internal static HubRepo? OfFolder(string folderName)
    {
        var parts = folderName.Split("--", 2);
        if (parts.Length < 2) return null;
        var name = parts[1].Replace("--", "/");
        return !IsName(name) ? null
            : parts[0] == "models" ? new HubRepo(name)
            : parts[0] == "datasets" ? new HubRepo(name, HubRepoKind.Dataset)
            : null;
    }

    /// <summary>A commit as the hub and the cache write it: 40 lower-case hexadecimal digits.</summary>
    internal static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A content hash that can be recomputed: SHA-256 of the content, or git's SHA-1 of it.</summary>
    internal static bool IsContentHash(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A file name or revision as a path below a folder, refusing whatever would lead out of it.</summary>
    /// <param name="folder">Where it belongs.</param>
    /// <param name="name">With <c>/</c> between its parts.</param>
    /// <exception cref="HubException">The name is empty, absolute, or steps upwards.</exception>
    internal static string Below(string folder, string name)
    {
        var parts = name.Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.AsSpan().ContainsAny('\\', ':', '\0')))
            throw new HubException(
                HubProblem.BadName, $"\"{Excerpt.Of(name)}\"",
                "is not a file name or revision that can lie in the cache",
                "Write it as the hub does: parts joined by \"/\", none of them \".\" or \"..\".");
        return Path.Combine([folder, .. parts]);
    }

    [GeneratedRegex(
        @"\A(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?/)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\z")]
    private static partial Regex NamePattern();
}

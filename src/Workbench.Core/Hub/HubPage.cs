using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Core.Hub;

/// <summary>A page of the hub, as people copy its address from a browser: the name it is about, and the revision that
/// it shows.</summary>
/// <param name="Name">"name" or "organisation/name"; of a data set or a demo with that word before it.</param>
/// <param name="Revision">A branch, a tag or a commit; null for the page of the repository itself.</param>
internal sealed record HubPage(string Name, string? Revision)
{
    private static readonly string[] Hosts = ["huggingface.co", "www.huggingface.co", "hf.co"];
    private static readonly string[] Views = ["tree", "blob", "resolve", "raw", "commit", "commits", "discussions"];

    /// <summary>Whether it is about a model, not a data set or a demo.</summary>
    public bool IsModel => !Name.StartsWith("datasets/", StringComparison.Ordinal) &&
        !Name.StartsWith("spaces/", StringComparison.Ordinal);

    /// <summary>Understands an address with or without its scheme; null for what is none of the hub's.</summary>
    /// <param name="text">E.g. "https://huggingface.co/openai-community/gpt2/tree/main".</param>
    /// <param name="endpoint">The server in use, whose pages are understood too.</param>
    public static HubPage? Of(string text, string endpoint)
    {
        static string Bare(string address) =>
            address.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? address[(at + 3)..] : address;

        var address = Bare(text.Trim().Split('?', '#')[0]);
        var host = Hosts.Append(Bare(endpoint)).FirstOrDefault(host =>
            host.Length > 0 && address.StartsWith(host + "/", StringComparison.OrdinalIgnoreCase));
        if (host is null) return null;
        string[] parts = [.. address[(host.Length + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries)];
        var kind = parts is ["datasets" or "spaces", ..] ? 1 : 0;
        // The oldest models have no organisation.
        var end = Array.FindIndex(parts, kind, part => Views.Contains(part)) is > 0 and var view
            ? Math.Min(view, kind + 2)
            : Math.Min(parts.Length, kind + 2);
        return end == kind ? null : new HubPage(
            string.Join('/', parts[..end]),
            parts[end..] is ["tree" or "blob" or "resolve" or "raw" or "commit", var revision, ..]
                ? Uri.UnescapeDataString(revision)
                : null);
    }
}

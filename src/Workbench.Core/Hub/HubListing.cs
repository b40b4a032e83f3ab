using System.Collections.Generic;

namespace Workbench.Core.Hub;

/// <summary>A file as the hub lists it.</summary>
/// <param name="Path">Its name in the repository, with <c>/</c> between folders.</param>
/// <param name="Size">In bytes.</param>
/// <param name="GitHash">Git's SHA-1: of the content, or of the pointer to it for a large file.</param>
/// <param name="Sha256">Of the content, for a large file; null for a small one.</param>
/// <param name="XetHash">The hub's chunk store's name for it, if it has one.</param>
public sealed record HubEntry(string Path, long Size, string GitHash, string? Sha256 = null, string? XetHash = null);

/// <summary>All files of one commit.</summary>
/// <param name="Repo">The repository.</param>
/// <param name="Commit">What the revision asked for stands for.</param>
/// <param name="Files">In the hub's order, folders left out.</param>
public sealed record HubListing(HubRepo Repo, string Commit, IReadOnlyList<HubEntry> Files);

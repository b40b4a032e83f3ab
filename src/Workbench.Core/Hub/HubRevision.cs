namespace Workbench.Core.Hub;

/// <summary>A state of a repository that has a name: a branch or a tag.</summary>
/// <param name="Name">E.g. "main", "step1000".</param>
/// <param name="Commit">The commit that it stands for.</param>
/// <param name="IsTag">Whether it is a tag, which is not meant to move; else a branch.</param>
public sealed record HubRevision(string Name, string Commit, bool IsTag)
{
    /// <summary>Its name, and the beginning of its commit.</summary>
    public override string ToString() => $"{Name} ({Commit[..7]})";
}

namespace Workbench.Core.Models;

/// <summary>A table of vectors that are looked up: of tokens, positions or token types.</summary>
/// <param name="Name">The tensor's name without <c>.weight</c>.</param>
/// <param name="Count">Number of rows.</param>
public sealed record EmbeddingConfig(string Name, int Count)
{
    /// <summary>Length of a row; null where it is the stream's width.</summary>
    public int? Width { get; init; }
}

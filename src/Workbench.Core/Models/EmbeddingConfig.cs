namespace Workbench.Core.Models;

/// <summary>A table of vectors that are looked up: of tokens or token types.</summary>
/// <param name="Name">The tensor's name without <c>.weight</c>.</param>
/// <param name="Count">Number of rows, each as long as the stream is wide.</param>
public sealed record EmbeddingConfig(string Name, int Count);

using System;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>A text cannot be spelt with a vocabulary that has no token for what is unknown.</summary>
/// <param name="unknown">The token that the tokenizer's file names for it.</param>
/// <param name="piece">What could not be spelt.</param>
public sealed class UnknownPieceException(string? unknown, ReadOnlySpan<char> piece) : InvalidOperationException(
    $"\"{Excerpt.Of(piece.ToString(), 60)}\" cannot be spelt with this vocabulary, and it has no token for what is "
        + (unknown is null
            ? "unknown: none is named in its file."
            : $"unknown: \"{Excerpt.Of(unknown, 60)}\" is not in it."));

using System;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>Turns one piece of text into tokens, remembering what pieces became.</summary>
internal abstract class PieceModel
{
    private readonly PieceCache<PieceToken[]> cache = new();

    /// <summary>The tokens of a piece.</summary>
    public PieceToken[] Tokenize(ReadOnlySpan<char> piece)
    {
        if (cache.TryGet(piece, out var tokens)) return tokens;
        tokens = Cut(piece);
        cache.Add(piece, tokens);
        return tokens;
    }

    /// <summary>The id that stands for what cannot be spelt, or −1 when there is none.</summary>
    public abstract int UnknownId { get; }

    /// <summary>Whether a token of an unknown stretch is shown as that stretch, as the Rust library does for
    /// Unigram.</summary>
    public virtual bool ShowsUnknownText => false;

    /// <summary>The tokens of a piece that is not remembered.</summary>
    protected abstract PieceToken[] Cut(ReadOnlySpan<char> piece);
}

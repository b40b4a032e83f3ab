using System;
using System.Collections.Generic;
using System.Text;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>
/// <c>WordPiece</c>: each word is cut from the left into the longest pieces of the vocabulary, those inside a word
/// written with a prefix (<c>##</c>).
/// </summary>
/// <remarks>Devlin et al. 2019; Wu et al. 2016. A word that cannot be cut, or has too many characters, is one unknown
/// token.</remarks>
internal sealed class WordPieceModel : PieceModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> pieces;
    private readonly string prefix;
    private readonly string unknown;
    private readonly int longestWord;
    private readonly int longestPiece;

    public WordPieceModel(IReadOnlyDictionary<string, int> ids, string prefix, string unknown, int longestWord)
    {
        pieces = new Dictionary<string, int>(ids).GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var piece in ids.Keys) longestPiece = Math.Max(longestPiece, piece.Length);
        UnknownId = ids.GetValueOrDefault(unknown, -1);
        (this.prefix, this.unknown, this.longestWord) = (prefix, unknown, longestWord);
    }

    /// <inheritdoc/>
    public override int UnknownId { get; }

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece)
    {
        if (CodePoints(piece) > longestWord) return Unknown(piece);
        var tokens = new List<PieceToken>();
        Span<char> inside = new char[prefix.Length + Math.Min(piece.Length, longestPiece)];
        prefix.CopyTo(inside);
        for (var at = 0; at < piece.Length;)
        {
            var length = Math.Min(piece.Length - at, longestPiece);
            var id = -1;
            for (; length > 0; length--)
            {
                var part = piece.Slice(at, length);
                if (at > 0)
                {
                    part.CopyTo(inside[prefix.Length..]);
                    part = inside[..(prefix.Length + length)];
                }
                if (pieces.TryGetValue(part, out id)) break;
            }
            if (length == 0) return Unknown(piece);
            tokens.Add(new PieceToken(id, at, at + length));
            at += length;
        }
        return tokens.ToArray();
    }

    private PieceToken[] Unknown(ReadOnlySpan<char> piece) => UnknownId >= 0
        ? [new PieceToken(UnknownId, 0, piece.Length)]
        : throw new UnknownPieceException(unknown, piece);

    /// <summary>The length of a word as its limit counts it.</summary>
    public static int CodePoints(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes()) count++;
        return count;
    }
}

using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Models;

/// <summary><c>WordLevel</c>: every piece is a word of the vocabulary, or unknown.</summary>
internal sealed class WordLevelModel(IReadOnlyDictionary<string, int> ids, string unknown) : PieceModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> words =
        new Dictionary<string, int>(ids).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public override int UnknownId { get; } = ids.GetValueOrDefault(unknown, -1);

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece) =>
        words.TryGetValue(piece, out var id) || (id = UnknownId) >= 0
            ? [new PieceToken(id, 0, piece.Length)]
            : throw new UnknownPieceException(unknown, piece);
}

using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>Learned positions: a vector for each, added to the tokens'.</summary>
/// <param name="Table">The vectors.</param>
public sealed record PositionConfig(EmbeddingConfig Table)
{
    /// <summary>The id of a token that has no position of its own, as RoBERTa counts: such a token gets the row of this
    /// number, and the others get those behind it in their order. Null where token i gets row i.</summary>
    public int? Padding { get; init; }

    /// <summary>Rows before that of the first token that no text uses (2 for OPT); without
    /// <see cref="Padding"/>.</summary>
    public int Offset { get; init; }

    /// <summary>The row of the first token.</summary>
    public int First => Padding + 1 ?? Offset;

    /// <summary>Number of positions, the longest text that can be run.</summary>
    public int Count => Table.Count - First;

    /// <summary>The row of each token.</summary>
    /// <param name="tokens">Their ids.</param>
    /// <param name="before">Number of tokens of the same text before these; none of them is padding.</param>
    internal int[] RowsOf(IReadOnlyList<int> tokens, int before = 0)
    {
        var rows = new int[tokens.Count];
        var next = First + before;
        for (var i = 0; i < rows.Length; i++) rows[i] = tokens[i] == Padding ? tokens[i] : next++;
        return rows;
    }
}

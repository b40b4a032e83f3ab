using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>Learned positions: a vector for each, added to the tokens'.</summary>
/// <param name="Table">The vectors.</param>
public sealed record PositionConfig(EmbeddingConfig Table)
{
    /// <summary>The id of a token that has no position of its own, as RoBERTa counts: such a token gets the row of this
    /// number, and the others get those behind it in their order. Null where token i gets row i.</summary>
    public int? Padding { get; init; }

    /// <summary>The row of the first token.</summary>
    public int First => Padding + 1 ?? 0;

    /// <summary>Number of positions, the longest text that can be run.</summary>
    public int Count => Table.Count - First;

    /// <summary>The row of each token.</summary>
    internal int[] RowsOf(IReadOnlyList<int> tokens)
    {
        var rows = new int[tokens.Count];
        var next = First;
        for (var i = 0; i < rows.Length; i++) rows[i] = tokens[i] == Padding ? tokens[i] : next++;
        return rows;
    }
}

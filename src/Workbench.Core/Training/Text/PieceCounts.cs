using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Tokenizers;

namespace Workbench.Core.Training.Text;

/// <summary>How often each piece of text occurs, merges being learnt within pieces only.</summary>
internal sealed class PieceCounts
{
    private readonly Dictionary<string, long> counts = [];
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> lookup;

    private PieceCounts() => lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Counts the pieces of texts.</summary>
    /// <param name="texts">Read once.</param>
    /// <param name="special">Tokens that encoding takes out of a text before it is split; so they are taken out
    /// here.</param>
    /// <param name="split">Adds the pieces of a stretch of text.</param>
    /// <returns>Each piece with its count, in the order of their characters: nothing after this depends on the order of
    /// the texts.</returns>
    /// <exception cref="ArgumentException">There is no piece.</exception>
    public static (string Piece, long Count)[] Of(
        IEnumerable<string> texts, IEnumerable<string> special, Action<ReadOnlySpan<char>, PieceCounts> split)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var matcher = new AddedTokenMatcher(special.Select(content => (content, new AddedToken(0, content))));
        var pieces = new PieceCounts();
        var read = 0;
        foreach (var text in texts)
        {
            read++;
            var from = 0;
            var matches = matcher.In(text);
            while (matches.MoveNext(from, out _, out var start, out var end))
            {
                split(text.AsSpan(from, start - from), pieces);
                from = end;
            }
            split(text.AsSpan(from), pieces);
        }
        if (pieces.counts.Count == 0)
            throw new ArgumentException(
                $"A vocabulary is learnt from words, but the {read} texts hold none; give at least one word.",
                nameof(texts));
        return pieces
            .counts.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (entry.Key, entry.Value))
            .ToArray();
    }

    /// <summary>Counts one piece.</summary>
    public void Add(ReadOnlySpan<char> piece) => CollectionsMarshal.GetValueRefOrAddDefault(lookup, piece, out _)++;
}

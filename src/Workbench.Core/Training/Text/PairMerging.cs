using System;
using System.Collections.Generic;

namespace Workbench.Core.Training.Text;

/// <summary>
/// Words as rows of symbols in which the most frequent neighbouring pair is merged again and again; of equally frequent
/// pairs the one with the lower left symbol, then the lower right one.
/// </summary>
/// <remarks>
/// <para>
/// Sennrich, Haddow &amp; Birch 2016, algorithm 1. Ties are broken as in the Rust library <c>tokenizers</c>. Every pair
/// knows its places, so a merge costs what it changes; counting anew each time would cost all words for each of
/// thousands of merges.
/// </para>
/// <para>
/// No merge spells a symbol that is there already: the ends of a symbol have never been merged across, so what lies
/// between them was merged as it would have been alone, and the same characters always come from the same pair.
/// </para>
/// </remarks>
internal sealed class PairMerging
{
    /// <summary>A pair seen once says nothing about the language; subword-nmt and the Rust library's GPT-2 trainer stop
    /// there as well.</summary>
    private const long LowestCount = 2;

    private const int Gone = -1, None = -1;
    private readonly List<int> symbols = [], previous = [], next = [];
    private readonly List<long> weights = [];
    private readonly Dictionary<(int Left, int Right), Occurrences> pairs = [];
    private readonly PriorityQueue<(int Left, int Right), (long Rarity, int Left, int Right)> queue = new();

    /// <param name="words">The symbols of each distinct word, and how often the word occurs.</param>
    public PairMerging(IEnumerable<(int[] Symbols, long Count)> words)
    {
        foreach (var (word, count) in words)
        {
            for (var i = 0; i < word.Length; i++)
            {
                var at = symbols.Count;
                symbols.Add(word[i]);
                weights.Add(count);
                previous.Add(i > 0 ? at - 1 : None);
                next.Add(i + 1 < word.Length ? at + 1 : None);
                if (i > 0) Add((word[i - 1], word[i]), at - 1);
            }
        }
        foreach (var (pair, occurrences) in pairs) Queue(pair, occurrences.Count);
    }

    /// <summary>Merges the most frequent pair.</summary>
    /// <param name="product">The new symbol, higher than all before it.</param>
    /// <param name="pair">What was merged.</param>
    /// <returns>False, and nothing is changed, when no pair occurs <see cref="LowestCount"/> times.</returns>
    public bool TryMerge(int product, out (int Left, int Right) pair)
    {
        while (queue.TryDequeue(out pair, out var key))
        {
            if (!pairs.TryGetValue(pair, out var occurrences)) continue;
            if (occurrences.Count == -key.Rarity)
            {
                Merge(pair, product, occurrences.Places);
                return true;
            }
            // Counts only fall once a pair is queued, so the queue never ranks a pair too low.
            Queue(pair, occurrences.Count);
        }
        return false;
    }

    /// <summary>What to throw when a vocabulary of <paramref name="size"/> tokens was asked for and merging has ended
    /// after fewer.</summary>
    public static ArgumentOutOfRangeException Exhausted(int size, int tokens) =>
        new(
            nameof(size),
            size,
            $"The texts give {tokens} tokens: no pair is left that occurs {LowestCount} times. Ask for at most so "
                + "many, or give more text."
        );

    private void Merge((int Left, int Right) pair, int product, List<int> places)
    {
        var born = new HashSet<(int Left, int Right)>();
        // Places stand in ascending order: a pair comes into being in one pass from the left. So "aaa" becomes "aa",
        // "a".
        foreach (var at in places)
        {
            var right = next[at];
            if (symbols[at] != pair.Left || right == None || symbols[right] != pair.Right) continue;
            int before = previous[at], after = next[right];
            if (before != None) Replace((symbols[before], pair.Left), (symbols[before], product), before);
            if (after != None)
            {
                Replace((pair.Right, symbols[after]), (product, symbols[after]), at);
                previous[after] = at;
            }
            (symbols[at], symbols[right], next[at]) = (product, Gone, after);
        }
        pairs.Remove(pair);
        foreach (var made in born)
        {
            if (pairs.TryGetValue(made, out var occurrences)) Queue(made, occurrences.Count);
        }

        void Replace((int Left, int Right) old, (int Left, int Right) made, int at)
        {
            var occurrences = pairs[old];
            occurrences.Count -= weights[at];
            if (occurrences.Count == 0) pairs.Remove(old);
            Add(made, at);
            born.Add(made);
        }
    }

    private void Add((int Left, int Right) pair, int at)
    {
        if (!pairs.TryGetValue(pair, out var occurrences)) pairs.Add(pair, occurrences = new Occurrences());
        occurrences.Count += weights[at];
        occurrences.Places.Add(at);
    }

    private void Queue((int Left, int Right) pair, long count)
    {
        if (count >= LowestCount) queue.Enqueue(pair, (-count, pair.Left, pair.Right));
    }

    /// <summary>How often a pair occurs, and where its left symbol stood when the pair came into being.</summary>
    private sealed class Occurrences
    {
        public long Count;
        public readonly List<int> Places = [];
    }
}

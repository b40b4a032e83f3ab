using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;

namespace Workbench.Core.Training.Text;

/// <summary>A text as numbers: its vocabulary in order of frequency, and the words of every paragraph by their place in
/// it.</summary>
/// <remarks>Words outside the vocabulary are taken out, so that those beside them become neighbours, as word2vec.c does
/// it. Holds at most 2³¹ words.</remarks>
public sealed class WordCorpus
{
    private readonly int[] ids;
    private readonly int[] starts; // of each paragraph in ids, and their end

    private WordCorpus(string[] words, long[] counts, long wordsRead, int[] ids, int[] starts) =>
        (Words, Counts, WordsRead, this.ids, this.starts) = (words, counts, wordsRead, ids, starts);

    /// <summary>The vocabulary: the most frequent word first, equals in ordinal order.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>How often each word of the vocabulary occurs.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>Words of the text, those outside the vocabulary included.</summary>
    public long WordsRead { get; }

    /// <summary>Words of the text that are in the vocabulary: the sum of <see cref="Counts"/>.</summary>
    public long Total => ids.Length;

    /// <summary>Number of paragraphs; some may have lost all their words.</summary>
    public int Paragraphs => starts.Length - 1;

    /// <summary>Counts the words, and numbers them.</summary>
    /// <param name="paragraphs">Words, as <see cref="WordStream"/> gives them; read once.</param>
    /// <param name="minimumCount">Rarer words are left out; at least 1. word2vec.c's default is 5.</param>
    /// <param name="maximumWords">Only so many words, the most frequent, are the vocabulary; at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is too small.</exception>
    /// <exception cref="ArgumentException">Fewer than two words occur often enough.</exception>
    public static WordCorpus Of(
        IEnumerable<IReadOnlyList<string>> paragraphs, int minimumCount = 5, int maximumWords = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(paragraphs);
        if (minimumCount < 1)
            throw Argument.OutOfRange(
                nameof(minimumCount), minimumCount, "A word of the vocabulary occurs at least once.");
        if (maximumWords < 2)
            throw Argument.OutOfRange(
                nameof(maximumWords), maximumWords,
                "A vocabulary has at least 2 words: one to predict and one to tell it from.");
        var (numbers, words, counts) = (new Dictionary<string, int>(), new List<string>(), new List<long>());
        var (ids, starts) = (new List<int>(), new List<int> { 0 });
        foreach (var paragraph in paragraphs)
        {
            foreach (var word in paragraph)
            {
                ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, word, out var known);
                if (!known)
                {
                    number = words.Count;
                    words.Add(word);
                    counts.Add(0);
                }
                counts[number]++;
                ids.Add(number);
            }
            starts.Add(ids.Count);
        }
        var kept = Enumerable
            .Range(0, words.Count)
            .Where(number => counts[number] >= minimumCount)
            .OrderByDescending(number => counts[number])
            .ThenBy(number => words[number], StringComparer.Ordinal)
            .Take(maximumWords)
            .ToArray();
        if (kept.Length < 2)
            throw new ArgumentException(
                $"{kept.Length} of the {words.Count} different words occur {minimumCount} times or more, but a "
                    + $"vocabulary has at least 2; give more text or a lower {nameof(minimumCount)}.",
                nameof(paragraphs)
            );
        return Renumbered(
            ids,
            starts,
            kept,
            [.. kept.Select(number => words[number])],
            [.. kept.Select(number => counts[number])],
            words.Count
        );
    }

    /// <summary>One paragraph's words of the vocabulary, by their place in <see cref="Words"/>; a view, no
    /// copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such paragraph.</exception>
    public ReadOnlySpan<int> Paragraph(int index)
    {
        if ((uint)index >= (uint)Paragraphs)
            throw Argument.OutOfRange(nameof(index), index, $"There are {Paragraphs} paragraphs.");
        return ids.AsSpan(starts[index]..starts[index + 1]);
    }

    private static WordCorpus Renumbered(
        List<int> ids, List<int> starts, int[] kept, string[] words, long[] counts, int different)
    {
        var places = new int[different];
        Array.Fill(places, -1);
        for (var place = 0; place < kept.Length; place++) places[kept[place]] = place;
        var (result, ends) = (new int[counts.Sum()], new int[starts.Count]);
        var count = 0;
        for (var paragraph = 0; paragraph + 1 < starts.Count; paragraph++)
        {
            for (var i = starts[paragraph]; i < starts[paragraph + 1]; i++)
                if (places[ids[i]] is >= 0 and var place) result[count++] = place;
            ends[paragraph + 1] = count;
        }
        return new WordCorpus(words, counts, ids.Count, result, ends);
    }
}

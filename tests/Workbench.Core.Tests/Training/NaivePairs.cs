using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;

namespace Workbench.Core.Tests;

/// <summary>Vocabulary training as a plain double loop: all pairs are counted anew for every merge.</summary>
internal static class NaivePairs
{
    /// <summary>Enough English, with a little else, for about fifty merges.</summary>
    public const string Prose =
        "The king said that the queen was kinder than the king's own daughter; the daughter said nothing.\nNothing, "
            + "she thought, is kinder than the sea — “the sea”.\n\n"
        + "The sea was calm, the wind was calm, and the wind's daughter, the little wind, was not yet born in 1850 or "
        + "1851.\nCafé, naïve, 東京 and 東京!\n";

    /// <summary>Texts of words over few letters, so that pairs overlap, repeat and tie.</summary>
    public static readonly Arbitrary<string[]> Texts = Arb.From(
        Gen.Frequency(
                (8, Gen.Elements("a", "b", "c", "aa", "ab")),
                (3, Gen.Elements(" ", " ", "\n", "  ")),
                (1, Gen.Elements("'s", "1", ".", "é", "É"))
            )
            .ArrayOf()
            .Select(string.Concat)
            .NonEmptyListOf()
            .Select(texts => texts.Append("a").ToArray()),
        texts => texts.Length < 2 ? [] : [texts[1..], texts[..^1]]
    );

    /// <summary>Runs a law on 200 sets of texts.</summary>
    public static void Check(Func<string[], bool> law) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(60), Prop.ForAll(Texts, law));

    /// <summary>The merges that words give until no pair occurs twice.</summary>
    /// <param name="words">The pieces of every word of the text, repeated words included.</param>
    /// <param name="alphabet">Pieces in the order of their ids; every product is added.</param>
    /// <param name="join">The product of two pieces.</param>
    /// <param name="most">So many merges at most.</param>
    public static List<(string Left, string Right)> Merges(
        List<List<string>> words, List<string> alphabet, Func<string, string, string> join, int most)
    {
        var merges = new List<(string Left, string Right)>();
        while (merges.Count < most)
        {
            var counts = new Dictionary<(string Left, string Right), int>();
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
            }
            if (counts.Count == 0 || counts.Values.Max() < 2)
                break;
            var (left, right) = counts
                .OrderByDescending(entry => entry.Value)
                .ThenBy(entry => alphabet.IndexOf(entry.Key.Left))
                .ThenBy(entry => alphabet.IndexOf(entry.Key.Right))
                .First()
                .Key;
            merges.Add((left, right));
            alphabet.Add(join(left, right));
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right) continue;
                    word[i] = join(left, right);
                    word.RemoveAt(i + 1);
                }
            }
        }
        return merges;
    }
}

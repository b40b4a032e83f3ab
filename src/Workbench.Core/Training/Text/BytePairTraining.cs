using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Patterns;

namespace Workbench.Core.Training.Text;

/// <summary>
/// Learns a byte-level byte-pair vocabulary as GPT-2's: the 256 bytes in GPT-2's order, one token for each merge, and
/// <c>&lt;|endoftext|&gt;</c> last.
/// </summary>
/// <remarks>
/// <para>
/// Sennrich, Haddow &amp; Birch 2016; Radford et al. 2019. Text is cut by GPT-2's pattern and never merged across a
/// cut. Each step merges the pair that occurs most often; of equals the one whose left token has the lower id, then
/// whose right token has, as in the Rust library <c>tokenizers</c>.
/// </para>
/// <para>
/// The vocabulary depends on how often each piece occurs and on nothing else: neither on the order of the texts nor on
/// the machine.
/// Texts are taken as they are: carriage returns are learnt like everything else, so write line ends in one way before.
/// <c>&lt;|endoftext|&gt;</c> in a text separates and is not learnt.
/// </para>
/// </remarks>
/// <example><code>
/// BytePairTraining.Train(["low low low low low lower lower"], 259).Merges
/// </code> is (l, o), (lo, w).</example>
public static class BytePairTraining
{
    /// <summary>The bytes and the end of text: the smallest vocabulary there is.</summary>
    public const int SmallestSize = 257;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">Read once; a file's whole text, or its lines with their ends. A lone surrogate counts as
    /// U+FFFD.</param>
    /// <param name="size">Tokens in all: 256 bytes, the merges, and the end of text.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below <see cref="SmallestSize"/>, or the texts do not
    /// give so many tokens.</exception>
    /// <exception cref="ArgumentException">The texts are empty.</exception>
    public static BytePairVocabulary Train(IEnumerable<string> texts, int size)
    {
        if (size < SmallestSize)
            throw Argument.OutOfRange(
                nameof(size),
                size,
                $"A byte-pair vocabulary has 256 bytes and {BytePairVocabulary.EndOfText}, so {SmallestSize} tokens "
                    + "or more."
            );
        // GPT-2 numbers the bytes by the characters that stand for them.
        var pieces = Enumerable
            .Range(0, 256)
            .Select(value => ByteAlphabet.Character((byte)value).ToString())
            .Order(StringComparer.Ordinal)
            .ToList();
        var byteIds = new int[256];
        for (var id = 0; id < 256; id++)
            byteIds[ByteAlphabet.Value(pieces[id][0])] = id;
        var merging = new PairMerging(
            PieceCounts
                .Of(texts, [BytePairVocabulary.EndOfText], Split)
                .Select(entry =>
                    (Encoding.UTF8.GetBytes(entry.Piece).Select(value => byteIds[value]).ToArray(), entry.Count)
                )
        );
        var merges = new List<(string Left, string Right)>();
        while (pieces.Count + 1 < size)
        {
            if (!merging.TryMerge(pieces.Count, out var pair)) throw PairMerging.Exhausted(size, pieces.Count + 1);
            merges.Add((pieces[pair.Left], pieces[pair.Right]));
            pieces.Add(pieces[pair.Left] + pieces[pair.Right]);
        }
        pieces.Add(BytePairVocabulary.EndOfText);
        return new BytePairVocabulary(
            pieces.Select((piece, id) => (piece, id)).ToDictionary(entry => entry.piece, entry => entry.id), merges);
    }

    private static void Split(ReadOnlySpan<char> text, PieceCounts pieces)
    {
        while (text.Length > 0)
        {
            var length = Gpt2Pattern.NextLength(text);
            pieces.Add(text[..length]);
            text = text[length..];
        }
    }
}

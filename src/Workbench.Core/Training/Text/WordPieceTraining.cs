using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.PreTokenizers;

namespace Workbench.Core.Training.Text;

/// <summary>
/// Learns a WordPiece vocabulary as BERT uncased's: special tokens and unused slots, single characters, then pieces of
/// words.
/// </summary>
/// <remarks>
/// <para>
/// The order of ids: <c>[PAD]</c>, up to 99 <c>[unused…]</c>, <c>[UNK]</c>, <c>[CLS]</c>, <c>[SEP]</c>, <c>[MASK]</c>,
/// the remaining <c>[unused…]</c>; characters in the order of their code points, as words and then as <c>##</c> pieces;
/// merges in the order in which they were learnt. With 99 slots or more the special tokens have BERT's own ids 0 and
/// 100 to 103. Punctuation, which is always a word by itself, has no <c>##</c> piece.
/// </para>
/// <para>
/// Pieces are chosen by frequency: the pair that occurs most often is merged, ties as in
/// <see cref="BytePairTraining"/>. BERT's own
/// trainer was never published; Schuster &amp; Nakajima 2012 choose by likelihood, freq(ab) / (freq(a)·freq(b)), which
/// is highest for rare characters that occur only together. Frequency, which the Rust library <c>tokenizers</c> uses
/// too, makes the common words single tokens, and it is on single tokens that the geometry of words is measured.
/// </para>
/// <para>
/// The vocabulary depends on how often each word occurs and on nothing else. Words of more than 100 code points, which
/// encoding does not cut, are left out, and so are special tokens in a text. Every word of up to 100 learnt characters
/// can be encoded.
/// </para>
/// </remarks>
/// <example><code>
/// WordPieceTraining.Train(["hug hug hugs"], 15, unused: 0).Pieces.TakeLast(2)
/// </code> is hu, hug, after the five special tokens and g, h, s, u, ##g, ##h, ##s, ##u.</example>
public static class WordPieceTraining
{
    private static readonly BertNormalizer Normalizer = new(new BertNormalization());
    private static readonly BertPreTokenizer PreTokenizer = new();
    private static readonly int LongestWord = new WordPieceSettings().LongestWord;

    /// <summary>In BERT's vocabulary [UNK] has the id 100: so many slots stand before it.</summary>
    private const int UnusedBeforeUnknown = 99;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">Read once; cut into words as BERT uncased does.</param>
    /// <param name="size">Tokens in all.</param>
    /// <param name="unused">Slots that no text ever uses: <c>[unused0]</c> and so on. BERT uncased has 994.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size has no room for slots and characters, or the texts do not
    /// give so many tokens; or unused is negative.</exception>
    /// <exception cref="ArgumentException">The texts hold no word.</exception>
    public static WordPieceVocabulary Train(IEnumerable<string> texts, int size, int unused = UnusedBeforeUnknown)
    {
        Argument.AtLeast(unused, 0);
        var words = PieceCounts.Of(texts, WordPieceVocabulary.SpecialPieces, Split);
        var pieces = Slots(unused);
        var slots = pieces.Count;
        var alphabet = words.SelectMany(word => word.Piece.EnumerateRunes()).Distinct().Order().ToArray();
        pieces.AddRange(alphabet.Select(character => character.ToString()));
        pieces.AddRange(
            alphabet
                .Where(character => (BertCharacters.ClassOf(character.Value) & BertClass.Punctuation) == 0)
                .Select(character => $"{WordPieceVocabulary.Prefix}{character}")
        );
        if (size < pieces.Count)
            throw Argument.OutOfRange(
                nameof(size),
                size,
                $"{slots} special and unused tokens and the {pieces.Count - slots} characters of the texts need "
                    + $"{pieces.Count} tokens."
            );
        var ids = pieces.Select((piece, id) => (piece, id)).ToDictionary(entry => entry.piece, entry => entry.id);
        var merging = new PairMerging(words.Select(word => (Symbols(word.Piece, ids), word.Count)));
        while (pieces.Count < size)
        {
            if (!merging.TryMerge(pieces.Count, out var pair)) throw PairMerging.Exhausted(size, pieces.Count);
            pieces.Add(pieces[pair.Left] + pieces[pair.Right][WordPieceVocabulary.Prefix.Length..]);
        }
        return new WordPieceVocabulary(pieces);
    }

    private static List<string> Slots(int unused)
    {
        var names = Enumerable.Range(0, unused).Select(slot => $"[unused{slot}]").ToArray();
        var first = Math.Min(unused, UnusedBeforeUnknown);
        var special = WordPieceVocabulary.SpecialPieces;
        return [special[0], .. names[..first], .. special.Skip(1), .. names[first..]];
    }

    private static int[] Symbols(string word, Dictionary<string, int> ids) =>
        word.EnumerateRunes()
            .Select((character, at) => ids[at == 0 ? character.ToString() : $"{WordPieceVocabulary.Prefix}{character}"])
            .ToArray();

    private static void Split(ReadOnlySpan<char> text, PieceCounts words)
    {
        while (text.Length > 0)
        {
            var block = BertNormalizer.BlockLength(text);
            var cut = new PreTokenizedText(Normalizer.Normalize(new PlacedText(text[..block], 0)));
            PreTokenizer.Cut(ref cut);
            foreach (var (start, end) in cut.Pieces)
            {
                var word = cut.Text.Characters[start..end];
                if (WordPieceModel.CodePoints(word) <= LongestWord) words.Add(word);
            }
            text = text[block..];
        }
    }
}

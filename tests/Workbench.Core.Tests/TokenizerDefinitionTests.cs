using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.Patterns;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>The parts of tokenizers against their definitions, and against what the reference does with every code
/// point.</summary>
public sealed class TokenizerDefinitionTests
{
    private static readonly Regex Gpt2Regex = new(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    [Fact]
    public void Pieces_are_those_of_the_published_pattern() =>
        UnicodeGenerator.Check(
            UnicodeGenerator.Any,
            text =>
            {
                // .NET's expression sees UTF-16 units; letters and numbers beyond them are first replaced by ones
                // within.
                var units = string.Concat(
                    text.EnumerateRunes()
                        .Select(rune =>
                            rune.IsBmp ? rune.ToString()
                            : Rune.IsLetter(rune) ? "LL"
                            : Rune.IsNumber(rune) ? "11"
                            : "!!"
                        )
                );
                var want = Gpt2Regex.Matches(units).Select(match => match.Length);
                return want.SequenceEqual(Lengths(text));
            }
        );

    [Theory]
    [InlineData("Hello my friend, how is your day going?", "Hello| my| friend|,| how| is| your| day| going|?")]
    [
        InlineData("a   b", "a|  | b"),
        InlineData("a  ", "a|  "),
        InlineData("a \n b", "a| \n| b"),
        InlineData("a\tb", "a|\t|b"),
        InlineData("x\u00A0\u00A0y", "x|\u00A0|\u00A0|y")
    ]
    [
        InlineData("don't DON'T 'tis", "don|'t| DON|'|T| '|tis"),
        InlineData("we'll've", "we|'ll|'ve"),
        InlineData("x1½Ⅷ 𝟙y", "x|1½Ⅷ| 𝟙|y"),
        InlineData("🤗🤗 a", "🤗🤗| a")
    ]
    public void Pieces_of_the_odd_cases(string text, string pieces)
    {
        var at = 0;
        var got = Lengths(text).Select(length => text.Substring((at += length) - length, length));
        Assert.Equal(pieces, string.Join("|", got));
    }

    [Fact]
    public void Merging_with_a_queue_is_merging_the_best_pair_again_and_again()
    {
        // Random merges over three letters, some built on others, in random order of rank.
        var cases = from seed in Gen.Choose(0, 1_000_000) from word in Gen.Choose(0, 2).ArrayOf() select (seed, word);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(60), Prop.ForAll(Arb.From(cases), given =>
        {
            var merges = RandomMerges(new Random(given.seed));
            var word = given.word.Select(letter => "abc"[letter].ToString()).ToArray();
            var tokenizer = TokenizerTests.MakeBytePairs(merges);
            var got = tokenizer.EncodeToIds(string.Concat(word)).Select(tokenizer.Vocabulary.Piece);
            return got.SequenceEqual(MergeSlowly(word, merges));
        }));
    }

    [Fact]
    public void Words_are_cut_into_the_longest_pieces_from_the_left()
    {
        var cases =
            from seed in Gen.Choose(0, 1_000_000)
            from word in Gen.Choose(0, 2).NonEmptyListOf()
            select (seed, word);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(
                Arb.From(cases),
                given =>
                {
                    var random = new Random(given.seed);
                    var pieces = Enumerable
                        .Range(0, 12)
                        .Select(_ =>
                            (random.Next(2) == 0 ? "##" : "")
                            + string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)]))
                        )
                        .Append("[UNK]")
                        .Distinct()
                        .ToArray();
                    var tokenizer = Tokenizer.OfWordPieces(
                        pieces.Select((piece, id) => (piece, id)).ToDictionary(entry => entry.piece, entry => entry.id),
                        []
                    );
                    var word = string.Concat(given.word.Select(letter => "abc"[letter]));
                    return tokenizer
                        .Encode(word)
                        .Select(token => token.Text)
                        .SequenceEqual(CutSlowly(word, pieces) ?? ["[UNK]"]);
                }
            )
        );
    }

    // The digests below are over all 1,112,064 code points in order, one at a time through tokenizers 0.23.2.

    [Fact]
    public void Every_code_point_is_letter_number_space_or_other_as_for_the_reference() =>
        Assert.Equal(
            "e1a1f0836bc34bd48428ea7d17f6ab23d5f02f750c3824f198268a3dae3a62d0",
            Digest(character =>
                Lengths("a" + character).Count == 1 ? "L"
                : Lengths("1" + character).Count == 1 ? "N"
                : Lengths("!" + character).Count == 1 ? "O"
                : "S"
            )
        );

    [Fact]
    public void Every_code_point_splits_words_as_for_the_reference() =>
        Assert.Equal(
            "6d55309019ca33e64d369e696c044106608fe889cdf41d4d7a056c92d3429206",
            Digest(character =>
                BertCharacters.ClassOf(char.ConvertToUtf32(character, 0)) is var kind
                && (kind & BertClass.WhiteSpace) != 0
                    ? "S"
                : (kind & BertClass.Punctuation) != 0 ? "P"
                : "-"
            )
        );

    [Theory]
    [InlineData(true, true, true, true, "12acac5609ab4fec4e65ad87637ba38fd10aef3794f9ae1aad2aa99a1a542b94")]
    [InlineData(true, true, false, false, "47bfb61998f3cd7f8d8e6144ac77f23dc65ec9d0ebec66da2437f7639af70ef8")]
    [InlineData(false, false, false, true, "62a955092f4341ca841e803dc5d73e6df6210c1d7a8046780af533dc63ec2bd1")]
    public void Every_code_point_is_normalised_as_by_the_reference(
        bool cleans, bool spaces, bool strips, bool lowers, string digest)
    {
        var normalizer = new BertNormalizer(
            new BertNormalization
            {
                CleansText = cleans,
                SpacesIdeographs = spaces,
                StripsAccents = strips,
                LowerCases = lowers,
            }
        );
        Assert.Equal(
            digest,
            Digest(character => normalizer.Normalize(new PlacedText(character, 0)).Characters.ToString() + "\n"));
    }

    [Fact]
    public void Marks_are_ordered_before_they_are_dropped_and_keep_their_places_in_order()
    {
        var normalized = new BertNormalizer(new BertNormalization())
            .Normalize(new PlacedText("a\u0301\u302Eb", 0));
        Assert.Equal("a\u302Eb", normalized.Characters.ToString());
        // U+302E (class 224) comes before the accent (230), whose place it takes: so does the reference.
        Assert.Equal((1, 2), normalized.Place(1, 2));
    }

    private static List<int> Lengths(string text)
    {
        var lengths = new List<int>();
        for (var at = 0; at < text.Length; at += lengths[^1]) lengths.Add(Gpt2Pattern.NextLength(text.AsSpan(at)));
        return lengths;
    }

    private static string Digest(Func<string, string> line)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var c = 0; c < 0x110000; c++)
        {
            if (Rune.IsValid(c)) hash.AppendData(Encoding.UTF8.GetBytes(line(char.ConvertFromUtf32(c))));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (string Left, string Right)[] RandomMerges(Random random)
    {
        var pieces = new List<string> { "a", "b", "c" };
        var merges = new List<(string Left, string Right)>();
        for (var i = 0; i < 12; i++)
        {
            var merge = (Left: pieces[random.Next(pieces.Count)], Right: pieces[random.Next(pieces.Count)]);
            if (merges.Contains(merge) || pieces.Contains(merge.Left + merge.Right)) continue;
            merges.Add(merge);
            pieces.Add(merge.Left + merge.Right);
        }
        return merges.OrderBy(_ => random.Next()).ToArray();
    }

    private static List<string> MergeSlowly(IEnumerable<string> symbols, (string Left, string Right)[] merges)
    {
        var word = symbols.ToList();
        while (true)
        {
            var pairs = Enumerable
                .Range(0, Math.Max(0, word.Count - 1))
                .Select(at => (Rank: Array.IndexOf(merges, (word[at], word[at + 1])), At: at))
                .Where(pair => pair.Rank >= 0)
                .ToArray();
            if (pairs.Length == 0)
                return word;
            var best = pairs.Min().At;
            word[best] += word[best + 1];
            word.RemoveAt(best + 1);
        }
    }

    private static List<string>? CutSlowly(string word, string[] pieces)
    {
        var cut = new List<string>();
        for (var at = 0; at < word.Length;)
        {
            var longest = pieces
                .Where(piece =>
                    at == 0
                        ? word.StartsWith(piece, StringComparison.Ordinal)
                        : piece.StartsWith("##", StringComparison.Ordinal)
                            && word.AsSpan(at).StartsWith(piece.AsSpan(2))
                )
                .MaxBy(piece => piece.Length);
            if (longest is null) return null;
            cut.Add(longest);
            at += longest.Length - (at > 0 ? 2 : 0);
        }
        return cut;
    }
}

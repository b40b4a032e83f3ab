using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Training;
using Workbench.Core.Training.Text;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Byte-pair vocabularies that are learnt: against a double loop, published examples, and the laws of their
/// tokenizers.</summary>
public sealed class BytePairTrainingTests : IDisposable
{
    private static readonly Regex Gpt2Regex = new(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");
    private static readonly BytePairVocabulary Learnt = BytePairTraining.Train([NaivePairs.Prose], 300);
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-byte-pairs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Merges_are_those_of_counting_all_pairs_anew_for_each() => NaivePairs.Check(texts =>
    {
        var want = SlowMerges(texts);
        return BytePairTraining.Train(texts, 257 + want.Count).Merges.SequenceEqual(want);
    });

    [Fact]
    public void The_example_of_the_paper_gives_its_merges()
    {
        // Sennrich, Haddow & Birch 2016, the dictionary of algorithm 1. Theirs has a symbol for the end of a word, and
        // its first four merges without it are these; the fifth is a tie between three pairs.
        var merges = BytePairTraining
            .Train([Repeat(5, "low"), Repeat(2, "lower"), Repeat(6, "newest"), Repeat(3, "widest")], 257 + 7)
            .Merges;
        Assert.Equal([("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w")], merges.Take(4));
        Assert.Equal("newest", merges[6].Left + merges[6].Right);
    }

    [Fact]
    public void The_example_of_a_course_gives_its_merges() =>
        // Hugging Face, LLM course, chapter 6, "Byte-Pair Encoding tokenization": hug 10, pug 5, pun 12, bun 4, hugs 5.
        Assert.Equal(
            [("u", "g"), ("u", "n"), ("h", "ug")],
            BytePairTraining
                .Train(
                    [Repeat(10, "hug"), Repeat(5, "pug"), Repeat(12, "pun"), Repeat(4, "bun"), Repeat(5, "hugs")],
                    260
                )
                .Merges
        );

    [Fact]
    public void The_example_of_the_documentation_is_true() =>
        Assert.Equal(
            [("l", "o"), ("lo", "w")],
            BytePairTraining.Train(["low low low low low lower lower"], 259).Merges
        );

    [Fact]
    public void Bytes_come_first_and_the_end_of_text_last()
    {
        Assert.Equal(300, Learnt.Ids.Count);
        Assert.Equal(
            (0, 1, 93, 187, 188, 220, 255),
            (
                Learnt.Ids["!"], Learnt.Ids["\""], Learnt.Ids["~"], Learnt.Ids["ÿ"], Learnt.Ids["Ā"], Learnt.Ids["Ġ"],
                Learnt.Ids["Ń"])
        );
        Assert.Equal(299, Learnt.Ids["<|endoftext|>"]);
        for (var merge = 0; merge < Learnt.Merges.Count; merge++)
            Assert.Equal(256 + merge, Learnt.Ids[Learnt.Merges[merge].Left + Learnt.Merges[merge].Right]);
    }

    [WeightsFact("gpt2/vocab.json")]
    public void The_order_of_the_bytes_is_that_of_GPT2()
    {
        var published = Tokenizer.Open(Weights.At("gpt2")).Vocabulary;
        for (var id = 0; id < 256; id++) Assert.Equal(id, Learnt.Ids[published.Piece(id)]);
    }

    [Fact]
    public void Decoding_gives_any_text_back()
    {
        var tokenizer = Learnt.ToTokenizer();
        Assert.Equal(NaivePairs.Prose, tokenizer.Decode(tokenizer.EncodeToIds(NaivePairs.Prose)));
        UnicodeGenerator.Check(
            UnicodeGenerator.WellFormed, text => tokenizer.Decode(tokenizer.EncodeToIds(text)) == text);
    }

    [Fact]
    public void Every_learnt_token_is_what_its_own_bytes_become() => NaivePairs.Check(texts =>
    {
        var vocabulary = BytePairTraining.Train(texts, 257 + SlowMerges(texts).Count);
        return Unreachable(vocabulary).Length == 0;
    });

    [Fact]
    public void Every_token_learnt_from_prose_is_what_its_own_bytes_become() => Assert.Empty(Unreachable(Learnt));

    [Fact]
    public void No_token_crosses_the_end_of_a_piece()
    {
        var tokens = Learnt
            .Merges.Select(merge => Learnt.ToTokenizer().Vocabulary.Text(Learnt.Ids[merge.Left + merge.Right]))
            .Where(text => !text.Contains('\uFFFD'))
            .ToArray();
        Assert.True(tokens.Length > 30, $"{tokens.Length} tokens");
        Assert.All(tokens, text => Assert.Single(Gpt2Regex.Matches(text)));
        Assert.Empty(BytePairTraining.Train([string.Concat(Enumerable.Repeat("a\tb1.", 100))], 257).Merges);
        Assert.Contains(
            "The texts give 257 tokens",
            Assert
                .Throws<ArgumentOutOfRangeException>(() =>
                    BytePairTraining.Train([string.Concat(Enumerable.Repeat("a\tb1.", 100))], 258)
                )
                .Message
        );
    }

    [Fact]
    public void The_order_and_the_division_of_the_texts_do_not_matter()
    {
        var lines = NaivePairs.Prose.Split('\n').Select(line => line + "\n").ToArray();
        var want = BytePairTraining.Train(lines, 300);
        Assert.Equal(want.Merges, BytePairTraining.Train(lines.Reverse(), 300).Merges);
        Assert.Equal(want.Merges, BytePairTraining.Train([string.Concat(lines[..2]), .. lines[2..]], 300).Merges);
    }

    [Fact]
    public void The_end_of_text_separates_and_is_not_learnt() =>
        Assert.Equal(
            BytePairTraining.Train([NaivePairs.Prose, NaivePairs.Prose, "end end"], 340).Merges,
            BytePairTraining
                .Train([$"{NaivePairs.Prose}<|endoftext|>{NaivePairs.Prose}<|endoftext|>end end"], 340)
                .Merges
        );

    [Fact]
    public void A_megabyte_of_one_letter_doubles_with_every_merge() =>
        Assert.Equal(
            Enumerable.Range(1, 10).Select(power => 1 << power),
            BytePairTraining
                .Train([new string('a', 1 << 20)], 267)
                .Merges.Select(merge => merge.Left.Length + merge.Right.Length)
        );

    [Fact]
    public void From_its_files_the_tokenizer_gives_the_same_ids()
    {
        Learnt.Write(Path.Combine(folder, "model"), positions: 128);
        Tokenizer made = Learnt.ToTokenizer(),
            opened = Tokenizer.Open(Path.Combine(folder, "model"));
        Assert.Equal(
            made.Vocabulary.Pieces.OrderBy(entry => entry.Value),
            opened.Vocabulary.Pieces.OrderBy(entry => entry.Value));
        Assert.Equal(299, opened.SpecialTokens["<|endoftext|>"]);
        UnicodeGenerator.Check(
            UnicodeGenerator.Any, text => made.EncodeToIds(text).SequenceEqual(opened.EncodeToIds(text)));
    }

    [Fact]
    public void The_files_are_those_of_the_hub_and_nothing_is_left_beside_them()
    {
        Learnt.Write(folder, positions: 128);
        Learnt.Write(folder, positions: 64);
        Assert.Equal(
            ["merges.txt", "tokenizer_config.json", "vocab.json"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order()
        );
        Assert.StartsWith("#version: 0.2\n", File.ReadAllText(Path.Combine(folder, "merges.txt")));
        Assert.StartsWith("{\"!\":0,\"\\\"\":1,\"#\":2,", File.ReadAllText(Path.Combine(folder, "vocab.json")));
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json"))).RootElement;
        Assert.Equal(
            ("GPT2Tokenizer", 64),
            (config.GetProperty("tokenizer_class").GetString(), config.GetProperty("model_max_length").GetInt32()));
    }

    [Fact]
    public void Files_that_no_reader_would_look_at_are_not_written()
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");
        Assert.Contains(
            "tokenizer.json", Assert.Throws<IOException>(() => Learnt.Write(folder, positions: 128)).Message);
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused_with_what_can()
    {
        Assert.Contains(
            "257 tokens or more",
            Assert.Throws<ArgumentOutOfRangeException>(() => BytePairTraining.Train([NaivePairs.Prose], 256)).Message);
        Assert.Contains(
            "The texts give 258 tokens",
            Assert.Throws<ArgumentOutOfRangeException>(() => BytePairTraining.Train(["ab", "ab"], 300)).Message);
        Assert.Contains(
            "the 2 texts hold none",
            Assert.Throws<ArgumentException>(() => BytePairTraining.Train(["", "<|endoftext|>"], 300)).Message);
    }

    [WeightsFact("corpus/shakespeare.txt")]
    public void The_common_words_of_a_whole_book_become_single_tokens()
    {
        var text = File.ReadAllText(Weights.At("corpus", "shakespeare.txt"));
        var tokenizer = BytePairTraining.Train([text], 2048).ToTokenizer();
        foreach (var word in (string[])[" the", " and", "And", " love", " thou", " king", "KING"])
            Assert.True(tokenizer.TryWord(word, out _), word);
        var ids = tokenizer.EncodeToIds(text);
        Assert.Equal(text, tokenizer.Decode(ids));
        Assert.InRange(text.Length / (double)ids.Length, 2.5, 5);
    }

    /// <summary>The tokens of whole characters that no encoding of their text gives.</summary>
    private static string[] Unreachable(BytePairVocabulary learnt)
    {
        var tokenizer = learnt.ToTokenizer();
        return learnt
            .Ids.Where(entry =>
                tokenizer.Vocabulary.Text(entry.Value) is var text
                && !text.Contains('\uFFFD')
                && !tokenizer.EncodeToIds(text).SequenceEqual([entry.Value])
            )
            .Select(entry => entry.Key)
            .ToArray();
    }

    private static string Repeat(int count, string word) => string.Concat(Enumerable.Repeat(word + "\n", count));

    private static List<(string Left, string Right)> SlowMerges(string[] texts)
    {
        var words = texts
            .SelectMany(text =>
                Gpt2Regex.Matches(text).Select(match => Encoding.UTF8.GetBytes(match.Value).Select(Spelled).ToList())
            )
            .ToList();
        return NaivePairs.Merges(words, InOrder(), string.Concat, most: 25);
    }

    private static string Spelled(byte value) => ByteAlphabet.Character(value).ToString();

    /// <summary>The bytes as bytes_to_unicode of GPT-2's encoder.py lists them: the printable ones, then the
    /// others.</summary>
    private static List<string> InOrder()
    {
        int[] printable =
        [
            .. Enumerable.Range('!', '~' - '!' + 1),
            .. Enumerable.Range('¡', '¬' - '¡' + 1),
            .. Enumerable.Range('®', 'ÿ' - '®' + 1),
        ];
        return printable
            .Concat(Enumerable.Range(0, 256).Except(printable))
            .Select(value => Spelled((byte)value))
            .ToList();
    }
}

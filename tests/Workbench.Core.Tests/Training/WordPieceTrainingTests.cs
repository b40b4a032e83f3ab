using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Tokenizers;
using Workbench.Core.Training;
using Workbench.Core.Training.Text;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>WordPiece vocabularies that are learnt: against a double loop, a published example, and the laws of their
/// tokenizers.</summary>
public sealed class WordPieceTrainingTests : IDisposable
{
    private const int Slots = 7;
    private static readonly WordPieceVocabulary Learnt = WordPieceTraining.Train([NaivePairs.Prose], 100, Slots);
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-word-pieces-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Pieces_are_those_of_counting_all_pairs_anew_for_each() => NaivePairs.Check(texts =>
    {
        var want = SlowPieces(texts);
        return WordPieceTraining.Train(texts, 5 + want.Count, unused: 0).Pieces.Skip(5).SequenceEqual(want);
    });

    [Fact]
    public void Frequency_makes_common_words_whole()
    {
        // The words of the Hugging Face LLM course, chapter 6: hug 10, pug 5, pun 12, bun 4, hugs 5. Pairs by
        // frequency: 20, 16, 15.
        var pieces = WordPieceTraining
            .Train(
                [Repeat(10, "hug"), Repeat(5, "pug"), Repeat(12, "pun"), Repeat(4, "bun"), Repeat(5, "hugs")],
                5 + 14 + 3,
                unused: 0
            )
            .Pieces;
        Assert.Equal(
            ["b", "g", "h", "n", "p", "s", "u", "##b", "##g", "##h", "##n", "##p", "##s", "##u", "##ug", "##un", "hug"],
            pieces.Skip(5)
        );
    }

    [Fact]
    public void The_example_of_the_documentation_is_true() =>
        Assert.Equal(
            ["g", "h", "s", "u", "##g", "##h", "##s", "##u", "hu", "hug"],
            WordPieceTraining.Train(["hug hug hugs"], 15, unused: 0).Pieces.Skip(5)
        );

    [Theory]
    [InlineData(0, 1, 4), InlineData(7, 8, 11), InlineData(99, 100, 103), InlineData(994, 100, 103)]
    public void Slots_lie_as_in_BERT(int unused, int unknown, int mask)
    {
        var pieces = WordPieceTraining.Train(["word"], 5 + unused + 8, unused).Pieces;
        Assert.Equal("[PAD]", pieces[0]);
        Assert.Equal(["[UNK]", "[CLS]", "[SEP]", "[MASK]"], pieces.Skip(unknown).Take(4));
        Assert.Equal("[MASK]", pieces[mask]);
        Assert.Equal(
            Enumerable.Range(0, unused).Select(slot => $"[unused{slot}]"),
            pieces.Where(piece => piece.StartsWith("[unused", StringComparison.Ordinal)));
        Assert.Equal(["d", "o", "r", "w", "##d", "##o", "##r", "##w"], pieces.Skip(5 + unused));
    }

    [WeightsFact("minilm/vocab.txt")]
    public void With_994_slots_the_first_999_ids_are_those_of_BERT() =>
        Assert.Equal(
            File.ReadLines(Weights.At("minilm", "vocab.txt")).Take(999),
            WordPieceTraining.Train(["a"], 999 + 2, unused: 994).Pieces.Take(999));

    [Fact]
    public void Any_word_of_learnt_letters_is_known()
    {
        var tokenizer = Learnt.ToTokenizer();
        var letters = Learnt.Pieces.Where(piece => piece.Length == 1 && char.IsLetterOrDigit(piece[0])).ToArray();
        Assert.Equal(["0", "1", "5", "8", "a"], letters.Take(5));
        Check.One(
            Config.QuickThrowOnFailure,
            Prop.ForAll(
                Arb.From(Gen.Elements(letters).NonEmptyListOf()),
                word =>
                    word.Count > 100
                    || !tokenizer.EncodeToIds(string.Concat(word)).Contains(tokenizer.SpecialTokens["[UNK]"])
            )
        );
        Assert.Equal(
            "the king and the daughter.", tokenizer.Decode(tokenizer.EncodeToIds("The KING and the daughter.")));
    }

    [Fact]
    public void Unused_tokens_come_out_of_no_text()
    {
        var tokenizer = Learnt.ToTokenizer();
        var unused = Learnt
            .Pieces.Select((piece, id) => (piece, id))
            .Where(entry => entry.piece.StartsWith("[unused", StringComparison.Ordinal))
            .Select(entry => entry.id)
            .ToArray();
        Assert.Equal(Slots, unused.Length);
        Assert.Empty(tokenizer.EncodeToIds("[unused0] unused0 [ unused1 ] [UNUSED2]").Intersect(unused));
        UnicodeGenerator.Check(
            UnicodeGenerator.Any, text => !tokenizer.EncodeToIds(text + NaivePairs.Prose).Intersect(unused).Any());
    }

    [Fact]
    public void Every_learnt_piece_is_what_its_own_text_becomes() =>
        NaivePairs.Check(texts =>
            Unreachable(
                WordPieceTraining.Train(
                    [.. texts, "0123456789"],
                    5 + SlowPieces([.. texts, "0123456789"]).Count,
                    unused: 0
                )
            ).Length == 0
        );

    [Fact]
    public void No_piece_holds_punctuation_beside_something_else()
    {
        var pieces = Learnt.Pieces.Skip(5 + Slots).ToArray();
        Assert.Contains(pieces, piece => piece.Length > 1);
        Assert.All(
            pieces,
            piece => Assert.True(piece.Length == 1 || piece.Replace("##", "").All(char.IsLetterOrDigit), piece));
    }

    [Fact]
    public void The_order_and_the_division_of_the_texts_do_not_matter()
    {
        var lines = NaivePairs.Prose.Split('\n').Select(line => line + "\n").ToArray();
        Assert.Equal(Learnt.Pieces, WordPieceTraining.Train(lines.Reverse(), 100, Slots).Pieces);
        Assert.Equal(
            Learnt.Pieces, WordPieceTraining.Train([string.Concat(lines[..2]), .. lines[2..]], 100, Slots).Pieces);
    }

    [Fact]
    public void Special_tokens_and_words_that_are_too_long_are_not_learnt()
    {
        Assert.Equal(
            Learnt.Pieces,
            WordPieceTraining.Train([$"[CLS]{NaivePairs.Prose}[SEP] {new string('z', 101)} [MASK]"], 100, Slots).Pieces
        );
        Assert.Contains("z", WordPieceTraining.Train([new string('z', 100)], 5 + 2, unused: 0).Pieces);
    }

    [Fact]
    public void A_text_is_normalised_block_by_block_without_cutting_a_word()
    {
        var text = string.Concat(Enumerable.Repeat("Wörter stehen hier und dort\n", 20_000));
        Assert.Equal(
            WordPieceTraining
                .Train(["wörter stehen hier und dort", "worter stehen hier und dort"], 42, 0)
                .Pieces.Order(),
            WordPieceTraining.Train([text], 42, 0).Pieces.Order()
        );
    }

    [Fact]
    public void From_its_files_the_tokenizer_gives_the_same_ids()
    {
        Learnt.Write(Path.Combine(folder, "model"), positions: 128);
        Tokenizer made = Learnt.ToTokenizer(), opened = Tokenizer.Open(Path.Combine(folder, "model"));
        Assert.Equal(Learnt.Pieces, Enumerable.Range(0, opened.Vocabulary.Count).Select(opened.Vocabulary.Piece));
        UnicodeGenerator.Check(
            UnicodeGenerator.Any, text => made.EncodeSequence(text).SequenceEqual(opened.EncodeSequence(text)));
        Assert.Equal(
            ["[CLS]", "the", "[MASK]", "[SEP]"],
            opened.EncodeSequence("THE [MASK]").Select(opened.Vocabulary.Piece)
        );
    }

    [Fact]
    public void The_files_are_those_of_the_hub_and_nothing_is_left_beside_them()
    {
        Learnt.Write(folder, positions: 128);
        Assert.Equal(
            ["tokenizer_config.json", "vocab.txt"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order()
        );
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json"))).RootElement;
        Assert.Equal(
            ("BertTokenizer", 128, true),
            (
                config.GetProperty("tokenizer_class").GetString(), config.GetProperty("model_max_length").GetInt32(),
                config.GetProperty("do_lower_case").GetBoolean())
        );
    }

    [Fact]
    public void Files_that_no_reader_would_look_at_are_not_written()
    {
        File.WriteAllText(Path.Combine(folder, "vocab.json"), "{}");
        Assert.Contains("vocab.json", Assert.Throws<IOException>(() => Learnt.Write(folder, positions: 128)).Message);
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused_with_what_can()
    {
        Assert.Contains(
            "12 special and unused tokens and the 4 characters of the texts need 16 tokens",
            Assert.Throws<ArgumentOutOfRangeException>(() => WordPieceTraining.Train(["ab"], 15, Slots)).Message);
        Assert.Contains(
            "The texts give 10 tokens",
            Assert.Throws<ArgumentOutOfRangeException>(() => WordPieceTraining.Train(["ab", "ab"], 300, 0)).Message);
        Assert.Contains(
            "the 2 texts hold none",
            Assert.Throws<ArgumentException>(() => WordPieceTraining.Train([" \n", "\0"], 300)).Message);
        Assert.Equal(
            "unused",
            Assert.Throws<ArgumentOutOfRangeException>(() => WordPieceTraining.Train(["ab"], 300, -1)).ParamName);
    }

    [WeightsFact("corpus/shakespeare.txt")]
    public void The_common_words_of_a_whole_book_become_single_tokens()
    {
        var text = File.ReadAllText(Weights.At("corpus", "shakespeare.txt"));
        var tokenizer = WordPieceTraining.Train([text], 2048).ToTokenizer();
        foreach (var word in (string[])["the", "love", "thou", "king", "queen", "father", "daughter"])
            Assert.True(tokenizer.TryWord(word, out _), word);
        Assert.DoesNotContain(tokenizer.SpecialTokens["[UNK]"], tokenizer.EncodeToIds(text));
    }

    private static string Repeat(int count, string word) => string.Concat(Enumerable.Repeat(word + "\n", count));

    /// <summary>Characters and merges as a double loop finds them, for texts of ASCII, é and É.</summary>
    private static List<string> SlowPieces(string[] texts)
    {
        var words = texts
            .SelectMany(text =>
                text.ToLowerInvariant()
                    .Replace('é', 'e')
                    .Replace(".", " . ")
                    .Replace("'", " ' ")
                    .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            )
            .ToArray();
        var characters = words.SelectMany(word => word).Distinct().Order().ToArray();
        var pieces = characters
            .Select(c => c.ToString())
            .Concat(characters.Where(char.IsLetterOrDigit).Select(c => $"##{c}"))
            .ToList();
        NaivePairs.Merges(
            words.Select(word => word.Select((c, at) => at == 0 ? $"{c}" : $"##{c}").ToList()).ToList(), pieces,
            (left, right) => left + right[2..], most: 25);
        return pieces;
    }

    /// <summary>The pieces that encoding gives neither for their own text nor for that behind some digit.</summary>
    private static string[] Unreachable(WordPieceVocabulary learnt)
    {
        var tokenizer = learnt.ToTokenizer();
        return learnt
            .Pieces.Skip(5)
            .Where(
                (piece, at) =>
                    piece.StartsWith("##", StringComparison.Ordinal)
                        ? !Enumerable
                            .Range(0, 10)
                            .Any(digit => tokenizer.EncodeToIds($"{digit}{piece[2..]}") is [_, var id] && id == at + 5)
                        : tokenizer.EncodeToIds(piece) is not [var whole] || whole != at + 5
            )
            .ToArray();
    }
}

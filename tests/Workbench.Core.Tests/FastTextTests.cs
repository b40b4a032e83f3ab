using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Models in fastText's own format: words, words that are not there, and every way to be wrong.</summary>
public sealed class FastTextTests : IDisposable
{
    private static readonly string[] Words = ["</s>", "the", "reading", "naïve", "東京都", "a"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_words_vector_is_the_mean_of_its_own_and_those_of_its_pieces()
    {
        using var file = Open(WordSamples.FastText(WordSamples.Utf8(Words)));
        Assert.Equal((WordVectorsFormat.FastText, Words.Length, 3), (file.Format, file.Count, file.Dimensions));
        Assert.Equal((3, 5), file.Pieces);
        var all = file.ReadAll();
        for (var row = 0; row < Words.Length; row++)
        {
            Assert.True(file.TryFind(Words[row], out var found) && found == row);
            Assert.Equal(Words[row], file.Word(row));
            int[] rows = [row, .. row == 0 ? [] : Pieces(Words[row], 3, 5).Select(Bucket)];
            for (var column = 0; column < 3; column++)
                Assert.Equal(
                    rows.Average(one => (double)WordSamples.Value(one, column)), all.Vectors[row, column], 1e-5);
        }
    }

    [Theory]
    [InlineData("unseenable"), InlineData("naïveté"), InlineData("京都"), InlineData("x"), InlineData("🤗🤗")]
    public void A_word_that_is_not_there_is_made_of_its_pieces(string word)
    {
        using var file = Open(WordSamples.FastText(WordSamples.Utf8(Words)));
        Assert.False(file.TryFind(word, out _));
        var values = new float[3];
        Assert.True(file.TryCompose(word, values));
        var rows = Pieces(word, 3, 5).Select(Bucket).ToArray();
        Assert.NotEmpty(rows);
        for (var column = 0; column < 3; column++)
            Assert.Equal(rows.Average(row => (double)WordSamples.Value(row, column)), values[column], 1e-5);
        // It may be asked about; the answers are words that are there.
        var table = file.ReadAll();
        var nearest = table.Nearest(word, 2);
        Assert.Equal(2, nearest.Length);
        var byDirection = table.Nearest(values, 2);
        Assert.Equal(byDirection.Select(one => one.Word), nearest.Select(one => one.Word));
        Assert.All(nearest.Zip(byDirection), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 1e-12));
        Assert.Equal(nearest[0].Score, table.Cosine(word, nearest[0].Word), 1e-12);
        Assert.Equal(1, table.Cosine(word, word), 1e-12);
        Assert.Equal(nearest, table.Analogy([word], [], 2));
    }

    [Fact]
    public void Words_are_cut_between_characters_and_never_at_a_bracket_alone()
    {
        using var file = Open(WordSamples.FastText(WordSamples.Utf8(Words), min: 1, max: 2));
        Assert.Equal(["<é", "é", "éa", "a", "a>"], file.PiecesOf("éa"));
        Assert.Equal(["<>"], file.PiecesOf(""));
        Assert.Empty(file.PiecesOf("</s>"));
        Assert.False(file.TryCompose("</s>", new float[3]));
    }

    [Fact]
    public void A_word_too_short_for_a_piece_has_no_vector_and_one_without_pieces_neither()
    {
        using (var file = Open(WordSamples.FastText(WordSamples.Utf8(Words), min: 5, max: 5)))
        {
            Assert.False(file.TryCompose("x", new float[3]));
            Assert.True(file.TryCompose("xyz", new float[3]));
            var error = Assert.Throws<ArgumentException>(() => file.ReadAll().Nearest("x", 1));
            Assert.Contains("\"x\" is not among the 6 words", error.Message);
        }
        using (var file = Open(WordSamples.FastText(WordSamples.Utf8(Words), min: 0, max: 0)))
        {
            Assert.Null(file.Pieces);
            Assert.False(file.TryCompose("unseenable", new float[3]));
            Assert.Equal(WordSamples.Value(2, 1), file.ReadAll().Vectors[2, 1]);
        }
    }

    [Fact]
    public void Labels_are_no_words()
    {
        using var file = Open(
            WordSamples.FastText(WordSamples.Utf8("a", "b"), labels: ["__label__good", "__label__bad"], model: 3));
        Assert.Equal(2, file.Count);
        Assert.False(file.TryFind("__label__good", out _));
    }

    [Fact]
    public void Models_of_labels_before_version_12_use_no_pieces_whatever_they_say()
    {
        var words = WordSamples.Utf8("a", "b");
        using (var file = Open(WordSamples.FastText(words, labels: ["__label__x"], model: 3, version: 11)))
            Assert.Null(file.Pieces);
        using (var file = Open(WordSamples.FastText(words, model: 2, version: 11)))
            Assert.Equal((3, 5), file.Pieces);
    }

    [Fact]
    public void Words_that_are_not_UTF8_are_shown_by_their_bytes_and_found_so()
    {
        byte[][] words = [.. WordSamples.Utf8("a"), [(byte)'c', 0xe9], [0xe6, 0x9d], .. WordSamples.Utf8("b")];
        using var file = Open(WordSamples.FastText(words));
        Assert.Equal([@"a", @"c\xe9", @"\xe6\x9d", "b"], Enumerable.Range(0, 4).Select(file.Word));
        for (var row = 0; row < 4; row++) Assert.True(file.TryFind(file.Word(row), out var found) && found == row);
    }

    [Fact]
    public void A_quantised_model_is_refused_by_name()
    {
        foreach (var bytes in new[]
        {
            WordSamples.FastText(WordSamples.Utf8(Words), quantised: 1),
            WordSamples.FastText(WordSamples.Utf8(Words), pruned: 0),
        })
            Samples.Refused(FileProblem.UnsupportedObject, () => Open(bytes), "quantised", ".ftz", ".bin file");
    }

    [Fact]
    public void A_model_that_is_cut_anywhere_is_refused()
    {
        var bytes = WordSamples.FastText(WordSamples.Utf8(Words));
        for (var length = 4; length < bytes.Length; length++)
            Samples.Refused(FileProblem.OutOfBounds, () => Open(bytes[..length]));
        Samples.Refused(FileProblem.TrailingData, () => Open([.. bytes, 0]), "1 bytes follow");
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused_with_their_numbers()
    {
        var words = WordSamples.Utf8("a", "b");
        Samples.Refused(FileProblem.Malformed, () => Open(WordSamples.FastText(words, dimensions: 0)), "0 dimensions");
        Samples.Refused(
            FileProblem.Malformed, () => Open(WordSamples.FastText(words, buckets: 0)), "pieces of 3 to 5",
            "no vectors");
        Samples.Refused(
            FileProblem.BeyondLimits, () => Open(WordSamples.FastText(words, max: 101)), "up to 101 characters");
        Samples.Refused(
            FileProblem.OutOfBounds, () => Open(WordSamples.FastText(words, inputRows: 12)), "12 × 3", "13 × 3");
        Samples.Refused(FileProblem.LegacyFormat, () => Open(WordSamples.FastText(words, version: 10)), "version 10");
        Samples.Refused(
            FileProblem.DuplicateWord, () => Open(WordSamples.FastText(WordSamples.Utf8("a", "a"))), "both \"a\"");
        var swapped = WordSamples.FastText(words);
        swapped[92 + 2 + 8] = 1; // the kind of the first word
        Samples.Refused(FileProblem.Malformed, () => Open(swapped), "entry 0", "kind 1");
    }

    [Fact]
    public void A_value_that_is_no_number_is_told_with_its_word()
    {
        var bytes = WordSamples.FastText(WordSamples.Utf8("a", "b"), max: 0);
        var at = bytes.AsSpan().IndexOf(Samples.Floats(WordSamples.Value(1, 0), WordSamples.Value(1, 1)));
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, at + 4);
        using var file = Open(bytes);
        Samples.Refused(FileProblem.NonFinite, () => file.ReadAll(), "word 1 (\"b\"): value 2");
    }

    private WordVectorsFile Open(byte[] bytes) => WordVectorsFile.Open(folder.Put("model.bin", bytes));

    /// <summary>The rows of pieces come behind those of the words.</summary>
    private static int Bucket(string piece)
    {
        var hash = 2_166_136_261L;
        foreach (var value in Encoding.UTF8.GetBytes(piece))
        {
            hash ^= value < 128 ? value : 0xffff_ff00L + value;
            hash = hash * 16_777_619 % (1L << 32);
        }
        return Words.Length + (int)(hash % 11);
    }

    /// <summary>All runs of min to max characters of a word between brackets.</summary>
    private static IEnumerable<string> Pieces(string word, int min, int max)
    {
        var characters = $"<{word}>".EnumerateRunes().Select(rune => rune.ToString()).ToArray();
        for (var start = 0; start < characters.Length; start++)
            for (var count = min; count <= max && start + count <= characters.Length; count++)
                yield return string.Concat(characters.Skip(start).Take(count));
    }
}

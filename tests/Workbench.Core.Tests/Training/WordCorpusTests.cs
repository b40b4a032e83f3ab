using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Training;
using Workbench.Core.Training.Text;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class WordCorpusTests
{
    [Theory]
    [InlineData("The King's fool.", "the king fool")]
    [InlineData("\"Don't,\" he said; 'tis o'er--we'll see.", "don't he said tis o'er we'll see")]
    [InlineData("‘It’s O’Shea’s’", "it o'shea")]
    [InlineData("'the kings' and the king's'", "the kings and the king")]
    [InlineData("It's HER'S and that's 's", "it her and that s")]
    [InlineData("out-door_exercise_ of 1859,[620] was £5", "out door exercise of was")]
    [InlineData("Café cafe\u0301s ŒUVRE", "café cafe\u0301s œuvre")]
    [InlineData("o'shea's rock'n'roll 'em", "o'shea rock'n'roll em")]
    [InlineData("-- 42 * * *", "")]
    public void Words_are_lower_case_letters_with_inner_apostrophes_and_no_possessive(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', WordStream.Paragraphs([line]).SelectMany(words => words)));

    [Fact]
    public void Paragraphs_run_over_line_ends_and_end_at_blank_lines()
    {
        var paragraphs = WordStream
            .Paragraphs(["", "of the", "people", " \t\r", "", "* * *", "", "by the\r", "people"])
            .Select(words => string.Join(' ', words));
        Assert.Equal(["of the people", "by the people"], paragraphs);
    }

    [Fact]
    public void Words_stand_in_order_of_frequency_and_then_of_their_letters()
    {
        var corpus = WordCorpus.Of([["b", "c", "a", "d"], ["c", "rare", "d"], ["once"], ["c"]], minimumCount: 1);
        Assert.Equal(["c", "d", "a", "b", "once", "rare"], corpus.Words);
        Assert.Equal([3, 2, 1, 1, 1, 1], corpus.Counts);
        Assert.Equal(9, corpus.WordsRead);
        Assert.Equal([3, 0, 2, 1], corpus.Paragraph(0).ToArray());
    }

    [Fact]
    public void Words_outside_the_vocabulary_are_taken_out_of_their_paragraphs()
    {
        List<string>[] text =
        [
            ["a", "x", "b"],
            ["x"],
            ["a", "b", "c", "a", "c"],
        ];
        foreach (
            var corpus in new[]
            {
                WordCorpus.Of(text, minimumCount: 2, maximumWords: 2),
                WordCorpus.Of(text.Select(words => words.Where(word => word != "x").ToList()), 1, 2),
            }
        )
        {
            Assert.Equal(["a", "b"], corpus.Words);
            Assert.Equal(5, corpus.Total);
            Assert.Equal(corpus.Counts.Sum(), corpus.Total);
            Assert.Equal(3, corpus.Paragraphs);
            Assert.Equal([0, 1], corpus.Paragraph(0).ToArray());
            Assert.Empty(corpus.Paragraph(1).ToArray());
            Assert.Equal([0, 1, 0], corpus.Paragraph(2).ToArray());
        }
    }

    /// <summary>Counted by a character loop in Python that shares nothing with the pattern used here.</summary>
    [WeightsFact("corpus")]
    public void Eleven_megabytes_of_books_have_the_words_that_a_plain_count_finds()
    {
        var corpus = WordCorpus.Of(
            Directory
                .GetFiles(Weights.At("corpus"), "*.txt")
                .Order()
                .SelectMany(path => WordStream.Paragraphs(File.ReadLines(path))),
            minimumCount: 1
        );
        Assert.Equal(
            (1_917_852, 1_917_852, 41_792, 37_618),
            (corpus.WordsRead, corpus.Total, corpus.Words.Count, corpus.Paragraphs));
        Assert.Equal(["the", "of", "and", "to", "in"], corpus.Words.Take(5));
        Assert.Equal([112_830, 69_417, 62_591, 46_149, 37_293], corpus.Counts.Take(5));
        var counts = corpus.Words.Zip(corpus.Counts).ToDictionary();
        Assert.Equal((1_120, 668, 3), (counts["king"], counts["don't"], counts["café"]));
    }

    [Fact]
    public void A_vocabulary_that_cannot_be_is_refused()
    {
        List<string>[] text =
        [
            ["a", "b", "b", "c"],
        ];
        Assert.Contains(
            "1 of the 3 different words occur 2 times or more",
            Assert.Throws<ArgumentException>(() => WordCorpus.Of(text, 2)).Message);
        Assert.Contains("0 of the 0", Assert.Throws<ArgumentException>(() => WordCorpus.Of([])).Message);
        Assert.Equal(
            "minimumCount", Assert.Throws<ArgumentOutOfRangeException>(() => WordCorpus.Of(text, 0)).ParamName);
        Assert.Equal(
            "maximumWords", Assert.Throws<ArgumentOutOfRangeException>(() => WordCorpus.Of(text, 1, 1)).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => WordCorpus.Of(text, 1).Paragraph(1));
    }
}

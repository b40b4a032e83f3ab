using System;
using System.IO;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Neighbours and analogies against sorting every score, and at the edges.</summary>
public sealed class WordVectorsTests
{
    private static readonly WordVectors Plane = new(["east", "north", "north-east", "nowhere", "west", "far-east"],
        Matrix.FromArray(6, 2, [1, 0, 0, 1, 1, 1, 0, 0, -2, 0, 9, 0]));

    [Fact]
    public void Neighbours_come_nearest_first_and_equals_in_the_order_of_the_rows()
    {
        Assert.Equal(
            ["east", "far-east", "north-east", "north", "west"],
            Plane.Nearest([2, 0], 10).Select(neighbour => neighbour.Word)
        );
        Assert.Equal(
            [("far-east", 5), ("north-east", 2)],
            Plane.Nearest("east", 2).Select(neighbour => (neighbour.Word, neighbour.Row))
        );
        Assert.Equal(Math.Sqrt(0.5), Plane.Cosine("north", "north-east"), 15);
        Assert.Empty(Plane.Nearest("east", 0));
    }

    [Fact]
    public void An_analogy_ranks_all_words_as_the_plain_formulas_do()
    {
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(200),
            Prop.ForAll(
                Arb.From(Gen.Choose(0, int.MaxValue)),
                seed =>
                {
                    var random = new Random(seed);
                    int words = random.Next(3, 30),
                        dimensions = random.Next(1, 12);
                    var values = Enumerable
                        .Range(0, words * dimensions)
                        .Select(_ => (float)(random.NextDouble() - 0.5))
                        .ToArray();
                    var vectors = new WordVectors(
                        Enumerable.Range(0, words).Select(row => $"w{row}").ToArray(),
                        Matrix.FromArray(words, dimensions, values));
                    double[] Unit(int row) =>
                        Scale(values.Skip(row * dimensions).Take(dimensions).Select(value => (double)value).ToArray());
                    double Cosine(double[] a, double[] b) => a.Zip(b).Sum(pair => pair.First * pair.Second);
                    var target = Scale(
                        Enumerable.Range(0, dimensions).Select(i => Unit(0)[i] + Unit(1)[i] - Unit(2)[i]).ToArray());
                    var added = Enumerable
                        .Range(3, words - 3)
                        .OrderByDescending(row => Cosine(Unit(row), target))
                        .Select(row => $"w{row}");
                    var multiplied = Enumerable
                        .Range(3, words - 3)
                        .OrderByDescending(row =>
                            (1 + Cosine(Unit(row), Unit(0)))
                            / 2
                            * ((1 + Cosine(Unit(row), Unit(1))) / 2)
                            / ((1 + Cosine(Unit(row), Unit(2))) / 2 + 1e-6)
                        )
                        .Select(row => $"w{row}");
                    return dimensions == 1 // where every cosine is 1 or −1 and order is chance
                        || (
                            added.SequenceEqual(
                                vectors.Analogy(["w0", "w1"], ["w2"], words).Select(neighbour => neighbour.Word))
                            && multiplied.SequenceEqual(
                                vectors
                                    .Analogy(["w0", "w1"], ["w2"], words, AnalogyRule.CosMul)
                                    .Select(neighbour => neighbour.Word)
                            )
                        );
                }
            )
        );

        static double[] Scale(double[] vector)
        {
            var length = Math.Sqrt(vector.Sum(value => value * value));
            return vector.Select(value => value / length).ToArray();
        }
    }

    [Fact]
    public void What_cannot_be_asked_is_named()
    {
        Assert.Contains("\"up\"", Assert.Throws<ArgumentException>(() => Plane.Nearest("up", 1)).Message);
        Assert.Contains("\"nowhere\"", Assert.Throws<ArgumentException>(() => Plane.Nearest("nowhere", 1)).Message);
        Assert.Contains(
            "no direction", Assert.Throws<ArgumentException>(() => Plane.Analogy(["east"], ["far-east"], 1)).Message);
        Assert.Contains("At least one", Assert.Throws<ArgumentException>(() => Plane.Analogy([], [], 1)).Message);
        Assert.Contains("2 dimensions", Assert.Throws<ArgumentException>(() => Plane.Nearest([1, 2, 3], 1)).Message);
        Assert.Contains(
            "no direction", Assert.Throws<ArgumentException>(() => Plane.Nearest([float.NaN, 0], 1)).Message);
        Assert.Contains(
            "\"b\" (row 1)",
            Assert
                .Throws<InvalidOperationException>(() =>
                    new WordVectors(["a", "b"], Matrix.FromArray(2, 1, [1, float.NaN])).Nearest("a", 1)
                )
                .Message
        );
        Assert.Contains(
            "\"a\"", Assert.Throws<ArgumentException>(() => new WordVectors(["a", "a"], new Matrix(2, 1))).Message);
        Assert.Contains(
            "1 words", Assert.Throws<ArgumentException>(() => new WordVectors(["a"], new Matrix(2, 1))).Message);
    }

    [Fact]
    public void Selected_words_come_with_their_vectors_in_the_order_asked()
    {
        var chosen = Plane.Select(["west", "east"]);
        Assert.Equal(["west", "east"], chosen.Words);
        Assert.Equal([-2f, 0, 1, 0], chosen.Vectors.ToArray());
    }

    [Fact]
    public void Questions_are_asked_only_about_words_that_are_there_and_no_spelling_of_a_given_word_answers()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                path, ": compass points\neast west north south\nEast North far-east north-east\n\n: empty\n");
            var questions = AnalogyQuestions.Read(path);
            Assert.Equal(["compass points", "empty"], questions.Sections.Select(section => section.Name));
            Assert.Equal(
                [new AnalogyScore("compass points", 1, 1), new AnalogyScore("empty", 0, 0)],
                questions.Evaluate(Plane, 6, WordCase.Ignore)
            );
            Assert.Equal(0, questions.Evaluate(Plane, 6, WordCase.Respect)[0].Asked);
            Assert.Equal(0, questions.Evaluate(Plane, 5, WordCase.Ignore)[0].Asked);
            Assert.Throws<ArgumentOutOfRangeException>(() => questions.Evaluate(Plane, 7, WordCase.Ignore));
            File.WriteAllText(path, ": a\nb c d e\nb c d\n");
            Assert.Contains("line 3", Assert.Throws<WeightFileException>(() => AnalogyQuestions.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Formats;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>One question: A is to B as C is to Answer.</summary>
/// <param name="A">First word of the given pair.</param>
/// <param name="B">Second word of the given pair.</param>
/// <param name="C">First word of the pair to complete.</param>
/// <param name="Answer">The word that completes it.</param>
public readonly record struct AnalogyQuestion(string A, string B, string C, string Answer);

/// <summary>Questions of one kind.</summary>
/// <param name="Name">As the file names it: "capital-world".</param>
/// <param name="Questions">In the file's order.</param>
public sealed record AnalogySection(string Name, IReadOnlyList<AnalogyQuestion> Questions);

/// <summary>Whether words that differ only in case are the same.</summary>
public enum WordCase
{
    /// <summary>Words are compared in upper case, and the first spelling in the vocabulary stands for all of them, as
    /// in gensim.</summary>
    Ignore,
    /// <summary>Words are compared as they are.</summary>
    Respect,
}

/// <summary>How many questions of a section were answered.</summary>
/// <param name="Name">The section.</param>
/// <param name="Correct">Questions whose best answer was the right one.</param>
/// <param name="Asked">Questions all of whose words are in the vocabulary.</param>
public sealed record AnalogyScore(string Name, int Correct, int Asked);

/// <summary>
/// A set of analogy questions, such as Google's questions-words.txt, and the test that it makes of word vectors.
/// </summary>
/// <remarks>Mikolov et al. 2013, "Efficient estimation of word representations in vector space".</remarks>
public sealed class AnalogyQuestions
{
    private AnalogyQuestions(IReadOnlyList<AnalogySection> sections) => Sections = sections;

    /// <summary>The sections, in the file's order.</summary>
    public IReadOnlyList<AnalogySection> Sections { get; }

    /// <summary>Reads lines of four words under lines that begin with a colon and name the section.</summary>
    /// <exception cref="WeightFileException">The file is missing, or a line is neither; the message names
    /// it.</exception>
    public static AnalogyQuestions Read(string path)
    {
        if (!File.Exists(path)) throw new WeightFileException(FileProblem.MissingFile, path, "there is no such file.");
        var sections = new List<(string Name, List<AnalogyQuestion> Questions)>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (words[0].StartsWith(':'))
                sections.Add((line.Trim().TrimStart(':').Trim(), []));
            else if (words.Length == 4 && sections.Count > 0)
                sections[^1].Questions.Add(new AnalogyQuestion(words[0], words[1], words[2], words[3]));
            else
                throw new WeightFileException(
                    FileProblem.Malformed, path,
                    $"line {number} should be four words under a line such as \": family\", but is "
                        + $"\"{Excerpt.Of(line)}\".");
        }
        return new AnalogyQuestions(
            sections.Select(section => new AnalogySection(section.Name, section.Questions)).ToArray());
    }

    /// <summary>
    /// Asks every question whose four words are there, by <see cref="AnalogyRule.CosAdd"/>: the answer is the word
    /// nearest to B − A + C that is none of the three, in no spelling of them.
    /// </summary>
    /// <param name="vectors">The vectors to test.</param>
    /// <param name="vocabulary">Only the first so many words are asked about and answered with.</param>
    /// <param name="wordCase">Whether case matters.</param>
    /// <param name="progress">Told the share of the sections done, from 0 to 1; null for silence.</param>
    /// <returns>A score for each section; questions with a word outside the vocabulary are not asked.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer words than
    /// <paramref name="vocabulary"/>.</exception>
    public IReadOnlyList<AnalogyScore> Evaluate(
        WordVectors vectors, int vocabulary, WordCase wordCase, IProgress<double>? progress = null)
    {
        if (vocabulary < 1 || vocabulary > vectors.Count)
            throw Argument.OutOfRange(nameof(vocabulary), vocabulary, $"There are {vectors.Count} words.");
        var test = new Test(vectors, vocabulary, wordCase);
        var scores = new List<AnalogyScore>();
        foreach (var section in Sections)
        {
            scores.Add(test.Score(section));
            progress?.Report((double)scores.Count / Sections.Count);
        }
        return scores;
    }

    /// <summary>One set of vectors, prepared for questions.</summary>
    private sealed class Test
    {
        /// <summary>
        /// The search ranks in float32, so its best few are ranked again in float64; among so many, the three given
        /// words and other spellings of them leave an answer.
        /// </summary>
        private const int Candidates = 16;

        private readonly WordVectors vectors;
        private readonly int vocabulary;
        private readonly WordCase wordCase;
        private readonly ILookup<string, int> spellings;

        public Test(WordVectors vectors, int vocabulary, WordCase wordCase)
        {
            (this.vectors, this.vocabulary, this.wordCase) = (vectors, vocabulary, wordCase);
            spellings = Enumerable.Range(0, vocabulary).ToLookup(row => Key(vectors.Words[row]));
        }

        public AnalogyScore Score(AnalogySection section)
        {
            var asked = section.Questions.Where(IsKnown).ToArray();
            if (asked.Length == 0) return new AnalogyScore(section.Name, 0, 0);
            var directions = asked.Select(Direction).ToArray();
            var queries = Matrix.Uninitialized(asked.Length, vectors.Dimensions);
            for (var i = 0; i < asked.Length; i++)
                TensorPrimitives.ConvertSaturating<double, float>(directions[i], queries.WritableRow(i));
            var found = TopK.Search(
                queries, vectors.Vectors.RowRange(0, vocabulary), Candidates, Measure.Cosine, DegenerateRows.Exclude);
            var correct = asked
                .Where((question, i) => Answer(question, directions[i], found.Indices(i)) == Key(question.Answer))
                .Count();
            return new AnalogyScore(section.Name, correct, asked.Length);
        }

        private bool IsKnown(AnalogyQuestion question) =>
            spellings.Contains(Key(question.A))
            && spellings.Contains(Key(question.B))
            && spellings.Contains(Key(question.C))
            && spellings.Contains(Key(question.Answer));

        private double[] Direction(AnalogyQuestion question) =>
            vectors.Sum([First(question.B), First(question.C)], [First(question.A)]);

        private string? Answer(AnalogyQuestion question, double[] direction, ReadOnlySpan<int> candidates)
        {
            string a = Key(question.A),
                b = Key(question.B),
                c = Key(question.C);
            var allowed = candidates
                .ToArray()
                .Where(row => Key(vectors.Words[row]) is var word && word != a && word != b && word != c)
                .ToArray();
            if (allowed.Length > 0)
                return Key(vectors.Words[allowed.MaxBy(row => vectors.CosineWith(row, direction))]);
            HashSet<int> given = [.. spellings[a], .. spellings[b], .. spellings[c]];
            var best = vectors.Top(1, vocabulary, given, row => vectors.CosineWith(row, direction));
            return best.Length > 0 ? Key(best[0].Word) : null;
        }

        private int First(string word) => spellings[Key(word)].First();

        private string Key(string word) => wordCase == WordCase.Ignore ? word.ToUpperInvariant() : word;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Files of word vectors as gensim 4.4.0 reads them, and its answers to questions about them.</summary>
public sealed class WordVectorsReferenceTests
{
    private static readonly Dictionary<string, FileProblem> Reasons = new()
    {
        ["malformed"] = FileProblem.Malformed,
        ["limits"] = FileProblem.BeyondLimits,
        ["encoding"] = FileProblem.Encoding,
        ["duplicate-word"] = FileProblem.DuplicateWord,
        ["non-finite"] = FileProblem.NonFinite,
        ["trailing-data"] = FileProblem.TrailingData,
    };

    [WeightsFact("reference/formats/words")]
    public void Every_file_of_the_reference_is_read_or_refused_as_its_verdict_says()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "formats", "expected.json")));
        var files = json
            .RootElement.GetProperty("files")
            .EnumerateObject()
            .Where(entry => entry.Name.StartsWith("words/", StringComparison.Ordinal))
            .ToArray();
        var wrong = files
            .Select(entry => (entry.Name, Complaint: Complaint(entry.Name, entry.Value)))
            .Where(entry => entry.Complaint is not null)
            .ToArray();
        Assert.True(files.Length >= 70, $"{files.Length} files");
        Assert.True(
            wrong.Length == 0,
            $"{wrong.Length} of {files.Length} differ:\n"
                + string.Join("\n", wrong.Select(entry => $"{entry.Name}: {entry.Complaint}"))
        );
    }

    [WeightsTheory("reference/formats/words")]
    [InlineData("bad-duplicate.bin"), InlineData("bad-duplicate.txt")]
    public void Of_duplicates_the_first_may_be_kept(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "formats", "expected.json")));
        using var file = WordVectorsFile.Open(
            Weights.At("reference", "formats", "words", name), DuplicateWords.KeepFirst);
        Assert.Equal(1, file.LeftOut);
        Assert.Null(Difference(file.ReadAll(), json.RootElement.GetProperty("files").GetProperty("words/" + name)));
    }

    [WeightsTheory("reference/stats/expected.json")]
    [InlineData("googlenews-1000", "googlenews-1000.bin"), InlineData("glove-2235", "glove-2235-50d.txt")]
    public void Nearest_words_and_analogies_are_those_of_gensim(string name, string fileName)
    {
        using var file = WordVectorsFile.Open(Weights.At("word2vec", fileName));
        var vectors = file.ReadAll();
        foreach (
            var (group, rule) in (ValueTuple<string, AnalogyRule>[])
                [("most_similar", AnalogyRule.CosAdd), ("most_similar_cosmul", AnalogyRule.CosMul)]
        )
        {
            foreach (
                var example in Case($"{group}.{name}").GetProperty("expected").GetProperty("examples").EnumerateArray())
            {
                var scores = Doubles(example, "scores");
                var got = vectors.Analogy(
                    Strings(example, "positive"), Strings(example, "negative"), scores.Length, rule);
                Assert.NotEmpty(scores);
                Assert.Equal(Strings(example, "words"), got.Select(neighbour => neighbour.Word));
                for (var i = 0; i < scores.Length; i++)
                    Assert.InRange(
                        got[i].Score, scores[i] - 2e-6 * (1 + Math.Abs(scores[i])),
                        scores[i] + 2e-6 * (1 + Math.Abs(scores[i])));
                Assert.All(got, neighbour => Assert.Equal(neighbour.Word, vectors.Words[neighbour.Row]));
            }
        }
    }

    [WeightsTheory("reference/stats/expected.json")]
    [InlineData("googlenews-1000", "googlenews-1000.bin", 1000), InlineData("glove-2235", "glove-2235-50d.txt", 2235)]
    public void Googles_questions_are_answered_as_by_gensim(string name, string fileName, int vocabulary)
    {
        using var file = WordVectorsFile.Open(Weights.At("word2vec", fileName));
        var vectors = file.ReadAll();
        var questions = AnalogyQuestions.Read(Weights.At("word2vec", "questions-words.txt"));
        foreach (
            var (key, wordCase) in (ValueTuple<string, WordCase>[])
                [("insensitive", WordCase.Ignore), ("sensitive", WordCase.Respect)]
        )
        {
            var want = Case($"analogies.{name}")
                .GetProperty("expected")
                .GetProperty($"case_{key}_vocabulary_{vocabulary}")
                .GetProperty("correct_of_asked");
            var got = questions.Evaluate(vectors, vocabulary, wordCase);
            Assert.Equal(
                want.EnumerateObject()
                    .Select(section => (section.Name, section.Value[0].GetInt32(), section.Value[1].GetInt32()))
                    .Order(),
                got.Select(score => (score.Name, score.Correct, score.Asked)).Order()
            );
        }
    }

    [WeightsFact("word2vec/googlenews-1000.bin")]
    public void King_and_queen_are_as_near_as_published()
    {
        using var file = WordVectorsFile.Open(Weights.At("word2vec", "googlenews-1000.bin"));
        Assert.Equal((WordVectorsFormat.Word2VecBinary, 1000, 300), (file.Format, file.Count, file.Dimensions));
        Assert.Equal(0.516, file.Read(["king", "queen"]).Cosine("king", "queen"), 3);
    }

    private static string? Complaint(string name, JsonElement want)
    {
        var verdict = want.GetProperty("verdict").GetString();
        try
        {
            using var file = WordVectorsFile.Open(Weights.At("reference", "formats", name));
            var vectors = file.ReadAll();
            return verdict == "refuse" ? "was read, but should be refused" : Difference(vectors, want);
        }
        catch (WeightFileException error)
        {
            if (verdict == "read") return $"was refused: {error.Message}";
            var reason = want.GetProperty("reason").GetString()!;
            if (Reasons[reason] != error.Problem)
                return $"was refused as {error.Problem}, not {reason}: {error.Message}";
            return
                want.TryGetProperty("says", out var says)
                && !error.Message.Contains(says.GetString()!, StringComparison.Ordinal)
                ? $"the message lacks \"{says}\": {error.Message}"
                : null;
        }
    }

    private static string? Difference(WordVectors got, JsonElement want)
    {
        if (Sha256(Encoding.UTF8.GetBytes(string.Join('\n', got.Words))) != want.GetProperty("wordsSha256").GetString())
            return "other words";
        var tensor = want.GetProperty("tensors").GetProperty("vectors");
        var shape = tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray();
        if (!shape.SequenceEqual([got.Count, got.Dimensions]))
            return $"shape {got.Vectors.Shape}, not {tensor.GetProperty("shape")}";
        return Sha256(MemoryMarshal.AsBytes<float>(got.Vectors.ToArray())) == tensor.GetProperty("sha256").GetString()
            ? null
            : "other values";
    }

    private static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static JsonElement Case(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "stats", "expected.json")));
        var cases =
            json.RootElement.ValueKind == JsonValueKind.Array
                ? json.RootElement
                : json.RootElement.GetProperty("cases");
        return cases.EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name).Clone();
    }

    private static string[] Strings(JsonElement owner, string name) =>
        owner.GetProperty(name).EnumerateArray().Select(item => item.GetString()!).ToArray();

    private static double[] Doubles(JsonElement owner, string name) =>
        owner.GetProperty(name).EnumerateArray().Select(item => item.GetDouble()).ToArray();
}

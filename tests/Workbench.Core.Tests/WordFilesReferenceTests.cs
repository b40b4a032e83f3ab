using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Files that fastText, gensim 4.4.0 and NumPy wrote, with their own values, bit for bit.</summary>
public sealed class WordFilesReferenceTests
{
    private const string Folder = "reference/wordfiles";

    [WeightsTheory(Folder)]
    [InlineData("fasttext-skipgram.bin"), InlineData("fasttext-cbow-nosubwords.bin")]
    public void FastText_models_give_the_vectors_of_words_and_of_words_that_are_not_there(string name)
    {
        var expected = Expected(name);
        using var file = WordVectorsFile.Open(At(name));
        Assert.Equal(expected.GetProperty("words").GetInt32(), file.Count);
        Assert.Equal(expected.GetProperty("dim").GetInt32(), file.Dimensions);
        Assert.Equal(Texts(expected.GetProperty("first")), Enumerable.Range(0, 10).Select(file.Word));
        var values = new float[file.Dimensions];
        foreach (var word in expected.GetProperty("in").EnumerateObject())
        {
            Assert.True(file.TryFind(word.Name, out var row));
            file.ReadRow(row, values);
            Assert.Equal(Floats(word.Value), values);
        }
        foreach (var word in expected.GetProperty("subwords").EnumerateObject())
            Assert.Equal(Texts(word.Value), file.PiecesOf(word.Name));
        var others = expected.GetProperty("out_of_vocabulary");
        if (others.ValueKind == JsonValueKind.String)
        {
            Assert.False(file.TryCompose("unseenable", values));
            return;
        }
        foreach (var word in others.EnumerateObject())
        {
            Assert.False(file.TryFind(word.Name, out _));
            Assert.True(file.TryCompose(word.Name, values));
            Assert.Equal(Floats(word.Value), values);
        }
        Assert.Equal(5, others.EnumerateObject().Count());
    }

    [WeightsTheory(Folder)]
    [InlineData("keyed.kv"), InlineData("separate.kv"), InlineData("word2vec.model")]
    public void Gensims_tables_give_their_words_and_vectors(string name)
    {
        var expected = Expected(name);
        using var file = WordVectorsFile.Open(At(name));
        Assert.Equal(expected.GetProperty("words").GetInt32(), file.Count);
        Assert.Equal(expected.GetProperty("dim").GetInt32(), file.Dimensions);
        var seen = 0;
        foreach (var word in expected.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.Array))
            if (word.Name == "first") Assert.Equal(Texts(word.Value), Enumerable.Range(0, 5).Select(file.Word));
            else
            {
                Assert.Equal(Floats(word.Value), file.Read([word.Name]).Vectors.ToArray());
                seen++;
            }
        Assert.InRange(seen, 1, 2);
    }

    [WeightsFact(Folder)]
    public void Arrays_of_words_and_vectors_are_read()
    {
        using var file = NpzFile.Open(At("words.npz"));
        Assert.Equal(["a", "bb", "ccc"], file.ReadTexts("words"));
        Assert.Equal((3, 4), (file.ReadMatrix("vectors").Rows, file.ReadMatrix("vectors").Columns));
        using var words = WordVectorsFile.Open(At("words.npz"));
        Assert.Equal(file.ReadMatrix("vectors").ToArray(), words.ReadAll().Vectors.ToArray());
    }

    private static string At(string name) => Weights.At("reference", "wordfiles", name);

    private static JsonElement Expected(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(At("expected.json"))).RootElement.GetProperty(name);

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];

    private static float[] Floats(JsonElement array) =>
        [.. array.EnumerateArray().Select(value => (float)value.GetDouble())];
}

using System;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>gensim's pickles of words: one file and several, tables and training states, and what is refused.</summary>
public sealed class GensimFileTests : IDisposable
{
    private static readonly string[] Words = ["the", "New_York", "é"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_table_in_one_file_is_read()
    {
        using var file = Open(new Pickle().Keyed(Words, WordSamples.Inside(3)));
        Assert.Equal(WordVectorsFormat.Gensim, file.Format);
        AssertRead(file);
    }

    [Theory]
    [InlineData("f8", "<", false), InlineData("f8", ">", false)]
    [InlineData("f4", ">", true), InlineData("f4", "<", true)]
    public void Floats_of_any_width_order_and_layout_are_read(string type, string order, bool fortran)
    {
        var values = WordSamples.Values(3, 3);
        if (fortran) values = [.. from column in Enumerable.Range(0, 3) from row in Enumerable.Range(0, 3)
                                  select values[row * 3 + column]];
        byte[] bytes =
        [
            .. values.SelectMany(value =>
            {
                var one = type == "f8" ? BitConverter.GetBytes((double)value) : BitConverter.GetBytes(value);
                return order == ">" ? one.Reverse() : one;
            }),
        ];
        using var file = Open(
            new Pickle().Keyed(Words, more => more.Text("vectors").Array([3, 3], bytes, type, order, fortran)));
        AssertRead(file);
    }

    [Fact]
    public void Vectors_beside_the_file_are_read()
    {
        folder.Put("x.kv.vectors.npy", WordSamples.NpyFloats(3, 3));
        using var file = Open(new Pickle().Keyed(Words, WordSamples.Beside("vectors")));
        AssertRead(file);
    }

    [Fact]
    public void Of_a_training_state_the_table_of_words_is_read()
    {
        using (var file = Open(
            new Pickle().Model(
                "Word2Vec", "gensim.models.word2vec", words => words.Keyed(Words, WordSamples.Inside(3)))))
            AssertRead(file);
        folder.Put("x.kv.wv.vectors.npy", WordSamples.NpyFloats(3, 3));
        using (var file = Open(
            new Pickle().Model(
                "Doc2Vec", "gensim.models.doc2vec", words => words.Keyed(Words, WordSamples.Beside("vectors")))))
            AssertRead(file);
    }

    [Fact]
    public void Old_tables_are_read_and_their_vocabulary_of_objects_is_passed_over()
    {
        var pickle = new Pickle().Global("gensim.models.keyedvectors", "Word2VecKeyedVectors").Raw(")\u0081}(")
            .Text("index2word").Raw("](").Text("the").Text("a").Raw("e").Text("vocab").Raw("}(");
        foreach (var word in new[] { "the", "a" })
            pickle.Text(word).Global("gensim.models.keyedvectors", "Vocab").Raw(")\u0081}").Text("count").Integer(3)
                .Raw("sb");
        using var file = Open(WordSamples.Inside(2)(pickle.Raw("u")).Raw("ub"));
        Assert.Equal(["the", "a"], file.ReadAll().Words);
    }

    [Fact]
    public void Pieces_of_words_beside_the_file_make_words_that_are_not_there()
    {
        folder.Put("x.kv.vectors_ngrams.npy", WordSamples.NpyFloats(7, 3));
        using var file = Open(
            new Pickle().Keyed(
                Words,
                more => WordSamples.Beside("vectors_ngrams")(
                    WordSamples.Inside(3)(
                        more.Text("min_n").Integer(3).Text("max_n").Integer(4).Text("bucket").Integer(7))),
                "FastTextKeyedVectors", "gensim.models.fasttext"));
        AssertRead(file); // gensim keeps words' vectors ready
        Assert.Equal((3, 4), file.Pieces);
        Assert.Equal(["<x>"], file.PiecesOf("x"));
        var (values, hash) = (new float[3], 2_166_136_261u);
        foreach (var value in "<x>"u8) hash = (hash ^ value) * 16_777_619;
        Assert.True(file.TryCompose("x", values));
        Assert.Equal(WordSamples.Value((int)(hash % 7), 1), values[1]);
    }

    [Fact]
    public void A_file_that_should_lie_beside_and_does_not_is_named()
    {
        Samples.Refused(
            FileProblem.MissingFile, () => Open(new Pickle().Keyed(Words, WordSamples.Beside("vectors"))),
            "x.kv.vectors.npy, which is not there");
        folder.Put("x.kv.vectors.npy", WordSamples.NpyFloats(2, 3));
        Samples.Refused(
            FileProblem.Malformed, () => Open(new Pickle().Keyed(Words, WordSamples.Beside("vectors"))), "3 words",
            "[2, 3] vectors");
    }

    [Fact]
    public void No_name_in_the_file_leads_to_another_file()
    {
        // Names that a list of arrays beside could hold are never made into a path.
        folder.Put("secret.npy", WordSamples.NpyFloats(3, 3));
        Samples.Refused(
            FileProblem.Malformed, () => Open(new Pickle().Keyed(Words, WordSamples.Beside("/../secret"))),
            "no attribute vectors");
    }

    [Theory]
    [InlineData("os", "system", FileProblem.UnsafeGlobal, "os.system")]
    [InlineData("builtins", "eval", FileProblem.UnsafeGlobal, "builtins.eval")]
    [InlineData("numpy", "load", FileProblem.UnsafeGlobal, "numpy.load")]
    [InlineData("gensim.models.poincare", "PoincareKeyedVectors", FileProblem.UnsupportedObject, "Poincare")]
    [InlineData("gensim.models.ldamodel", "LdaModel", FileProblem.UnsupportedObject, "LdaModel")]
    public void A_name_that_is_not_on_the_list_is_refused(
        string module, string name, FileProblem problem, string says) =>
        Samples.Refused(problem, () => Open(new Pickle().Keyed(Words, WordSamples.Inside(3), name, module)), says);

    [Fact]
    public void Functions_that_are_only_named_are_never_called() =>
        Samples.Refused(
            FileProblem.Malformed,
            () => Open(new Pickle().Global("builtins", "hash").Raw("(").Integer(1).Raw("tR")), "calls builtins.hash");

    [Fact]
    public void Tables_that_contradict_themselves_are_refused()
    {
        Samples.Refused(
            FileProblem.Malformed, () => Open(new Pickle().Keyed(Words, WordSamples.Inside(2))), "3 words",
            "[2, 3] vectors");
        Samples.Refused(
            FileProblem.DuplicateWord, () => Open(new Pickle().Keyed(["a", "b", "a"], WordSamples.Inside(3))),
            "rows 0 and 2");
        Samples.Refused(
            FileProblem.Malformed,
            () => Open(
                new Pickle().Keyed(
                    Words,
                    more => WordSamples.Inside(3)(more.Text("key_to_index").Raw("}").Text("the").Integer(1).Raw("s")))),
            "key_to_index and index_to_key differ");
        Samples.Refused(
            FileProblem.OutOfBounds,
            () => Open(new Pickle().Keyed(Words, more => more.Text("vectors").Array([3, 3], new byte[35]))),
            "35 bytes for 3 × 3");
        Samples.Refused(
            FileProblem.UnsupportedDType,
            () => Open(new Pickle().Keyed(Words, more => more.Text("vectors").Array([3, 3], new byte[9], "O8"))), "O8");
        Samples.Refused(FileProblem.UnsupportedObject, () => Open(new Pickle().Integer(5)), "plain value");
    }

    [Fact]
    public void Pieces_that_are_hashed_otherwise_are_refused() =>
        Samples.Refused(
            FileProblem.UnsupportedObject,
            () => Open(
                new Pickle().Keyed(
                    Words,
                    more => WordSamples.Inside(3)(
                        more.Text("min_n").Integer(3).Text("max_n").Integer(4).Text("compatible_hash").Raw("\u0089")),
                    "FastTextKeyedVectors")),
            "before version 3.8.1");

    private WordVectorsFile Open(Pickle pickle) => WordVectorsFile.Open(folder.Put("x.kv", pickle.Stop()));

    private static void AssertRead(WordVectorsFile file)
    {
        var all = file.ReadAll();
        Assert.Equal(Words, all.Words);
        Assert.Equal(WordSamples.Values(3, 3), all.Vectors.ToArray());
        Assert.True(file.TryFind("é", out var row) && row == 2);
        Assert.False(file.TryFind("x", out row));
        Assert.Equal(-1, row);
    }
}

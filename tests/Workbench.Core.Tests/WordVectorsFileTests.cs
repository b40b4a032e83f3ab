using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Files of word vectors made here: every format, every way to be wrong, and chance damage.</summary>
public sealed class WordVectorsFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-words-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit()
    {
        var word = Gen.Elements("a", "New_York", "naïve", "北京", "🤗", "\u00A0", "1e5", "-3", "\t", "")
            .Or(Gen.Choose(0, 9999).Select(n => $"w{n}"));
        var cases =
            from words in word.ArrayOf().Where(words => words.Length > 0)
            from dimensions in Gen.Choose(3, 20)
            from seed in Gen.Choose(0, int.MaxValue)
            select (words.Distinct().ToArray(), dimensions, seed);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100),
            Prop.ForAll(
                Arb.From(cases),
                given =>
                {
                    var (words, dimensions, seed) = given;
                    var random = new Random(seed);
                    var values = Enumerable.Range(0, words.Length * dimensions).Select(_ => Finite(random)).ToArray();
                    var path = At("round-trip.bin");
                    WordVectorsFile.Write(
                        path, new WordVectors(words, Matrix.FromArray(words.Length, dimensions, values)));
                    using var file = WordVectorsFile.Open(path);
                    var back = file.ReadAll();
                    return back.Words.SequenceEqual(words)
                        && MemoryMarshal
                            .AsBytes<float>(back.Vectors.ToArray())
                            .SequenceEqual(MemoryMarshal.AsBytes<float>(values))
                        && words.All(one => file.TryFind(one, out var row) && file.Word(row) == one);
                }
            )
        );
    }

    [Theory]
    [
        InlineData("2 3\na 1 2 3\nb 4 5 6\n", WordVectorsFormat.Word2VecText),
        InlineData("a 1 2 3\nb 4 5 6", WordVectorsFormat.Glove)
    ]
    [
        InlineData("2 3\r\na 1 2 3\r\nb 4 5 6\r\n", WordVectorsFormat.Word2VecText),
        InlineData("\n\na 1 2 3 \n\nb 4 5 6 \n\n", WordVectorsFormat.Glove)
    ]
    [
        InlineData("002 03\na 1.0 2e0 +3\nb 0.4e1 50E-1 6.\n", WordVectorsFormat.Word2VecText),
        InlineData("\uFEFFa 1 2 3\nb 4 5 6", WordVectorsFormat.Glove)
    ]
    public void Text_is_read_whatever_its_dialect(string text, WordVectorsFormat format)
    {
        using var file = WordVectorsFile.Open(Write(text));
        Assert.Equal(format, file.Format);
        var vectors = file.ReadAll();
        Assert.Equal(["a", "b"], vectors.Words);
        Assert.Equal([1f, 2, 3, 4, 5, 6], vectors.Vectors.ToArray());
    }

    [Fact]
    public void Numbers_have_a_point_in_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.NumberGroupSeparator) = (",", ".");
            CultureInfo.CurrentCulture = commas;
            using var file = WordVectorsFile.Open(Write("1 2\na 1.5 2.25\n"));
            Assert.Equal([1.5f, 2.25f], file.ReadAll().Vectors.ToArray());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_word_may_hold_spaces_where_no_number_stands_in_it()
    {
        using var file = WordVectorsFile.Open(Write("a 1 2 3\n. . . 1 2 3\nat the 4 5 6\n1990 7 8 9\n"));
        Assert.Equal(["a", ". . .", "at the", "1990"], file.ReadAll().Words);
        Assert.Equal(3, file.Dimensions);
    }

    [Fact]
    public void A_gzip_file_is_unpacked_into_a_file_that_is_deleted()
    {
        File.WriteAllBytes(At("packed"), [.. Packed("1 2\na "), .. Packed("1 2\n")]);
        var file = WordVectorsFile.Open(At("packed"));
        Assert.Equal([1f, 2f], file.ReadRows(0, 1).ToArray());
        file.Dispose();
        Assert.False(File.Exists(file.TemporaryPath));
        Assert.StartsWith(Path.GetTempPath(), file.TemporaryPath);
    }

    [Theory]
    [InlineData(1), InlineData(8), InlineData(9), InlineData(20)]
    public void A_gzip_file_that_stops_short_is_refused(int missing)
    {
        File.WriteAllBytes(At("packed"), Packed("1 2\na 1 2\n")[..^missing]);
        var error = Assert.Throws<WeightFileException>(() => WordVectorsFile.Open(At("packed")));
        Assert.Equal(FileProblem.Malformed, error.Problem);
        Assert.Contains("gzip", error.Message);
    }

    [Fact]
    public void A_gzip_file_that_grows_beyond_measure_is_refused()
    {
        File.WriteAllBytes(At("packed"), Packed("1 2\n" + new string('0', 65 << 20)));
        Assert.Equal(
            FileProblem.BeyondLimits,
            Assert.Throws<WeightFileException>(() => WordVectorsFile.Open(At("packed"))).Problem);
    }

    public static TheoryData<string, FileProblem, string> Damaged =>
        new()
        {
            { "", FileProblem.Malformed, "empty" },
            { "2 3\n", FileProblem.Malformed, "line 1 promises 2 rows" },
            { "0 3\n", FileProblem.Malformed, "at least 1" },
            { "-2 3\na 1 2 3\n", FileProblem.Malformed, "-2 rows" },
            { "3 --1\na 1 2 3\n", FileProblem.Malformed, "line 1 has 1 values where 3" },
            { "99999999999999999999 3\na 1 2 3\n", FileProblem.Malformed, "more rows or values than any file" },
            { "2 3\na 1 2 3\n", FileProblem.Malformed, "promises 2 rows" },
            { "1 3\na 1 2 3\nb 1 2 3\n", FileProblem.TrailingData, "the 1 rows" },
            { "2 3\na 1 2 3\n\nb 1 2\n", FileProblem.Malformed, "line 4 has 2 values where 3" },
            { "2 3\na 1 2 3\nb 1 2 3 4\n", FileProblem.Malformed, "line 3 has 4 values where 3" },
            { "2 3\na 1 2 3\nb 1 x 3\n", FileProblem.Malformed, "line 3 (\"b\"): value 2 is \"x\"" },
            { "2 3\na 1 2 3\nb 1 1,5 3\n", FileProblem.Malformed, "\"1,5\"" },
            { "2 3\na 1 2 3\nb 1  3\n", FileProblem.Malformed, "\"\"" },
            { "2 3\na 1 2 3\nb 1 nan 3\n", FileProblem.NonFinite, "line 3 (\"b\"): value 2" },
            { "2 3\na 1 2 3\nb 1 2 -Inf\n", FileProblem.NonFinite, "line 3 (\"b\"): value 3" },
            { "2 3\na 1 2 3\nb 1 2 1e39\n", FileProblem.NonFinite, "line 3 (\"b\"): value 3" },
            { "2 3\na 1 2 3\na 4 5 6\n", FileProblem.DuplicateWord, "row 1 has the word \"a\" of row 0" },
            { "six 5\na 1 2 3\nb 4 5 6\n", FileProblem.Malformed, "line 1 has 1 values where 3" },
            { "nothing\n", FileProblem.Malformed, "neither" },
            {
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
                FileProblem.LfsPointer,
                "git lfs pull"
            },
            { "<!DOCTYPE html>\n<html></html>", FileProblem.WebPage, "web server" },
        };

    [Theory, MemberData(nameof(Damaged))]
    public void A_damaged_file_is_refused_with_its_row(string content, FileProblem problem, string says)
    {
        var path = Write(content);
        var error = Assert.Throws<WeightFileException>(() =>
        {
            using var file = WordVectorsFile.Open(path);
            file.ReadAll();
        });
        Assert.Equal(problem, error.Problem);
        Assert.Contains(says, error.Message);
    }

    [Fact]
    public void Binary_damage_is_refused_with_its_row()
    {
        var good = Binary("2 2\n", ("a", [1, 2]), ("b", [3, float.NaN]));
        Assert.Contains("row 1 (\"b\"): value 2", Refused(good, FileProblem.NonFinite));
        Assert.Contains("within row 1", Refused(good[..^1], FileProblem.Malformed));
        Assert.Contains("1 bytes follow the 2 rows", Refused([.. good, (byte)'x'], FileProblem.TrailingData));
        Assert.Contains("row 0", Refused(Binary("2 2\n", ("a", [1, 2]), ("a", [3, 4])), FileProblem.DuplicateWord));
        Assert.Contains(
            "row 1",
            Refused([.. Binary("2 2\n", ("a", [1, 2])), 0xC3, 0x28, (byte)' ', .. new byte[8]], FileProblem.Encoding));
        Assert.Contains(
            "row 1 begins with a word",
            Refused(
                [.. Binary("2 2\n", ("a", [1, 2])), .. Enumerable.Repeat((byte)'w', 5000)],
                FileProblem.BeyondLimits
            )
        );
    }

    [Theory]
    [InlineData("a\t0.5 -1 2 -3\nb\t1 2 3 4\nc\t5 6 7 8\n", 4, WordVectorsFormat.Glove)] // a tab ends a word
    [InlineData("a\t1\t2\nb\t3\t4\t\nc\t5\t6", 2, WordVectorsFormat.Glove)]
    [InlineData(" 3 4\na 1 2 3 4\nb 5 6 7 8\nc 9 10 11 12\n", 4, WordVectorsFormat.Word2VecText)] // before the count
    [InlineData("3\t2\na 1 2\nb 3 4\nc 5 6\n", 2, WordVectorsFormat.Word2VecText)]
    public void Tabs_separate_and_a_count_line_may_begin_with_a_space(
        string text, int dimensions, WordVectorsFormat format)
    {
        using var file = WordVectorsFile.Open(Write(text));
        Assert.Equal((format, dimensions), (file.Format, file.Dimensions));
        var all = file.ReadAll();
        Assert.Equal(["a", "b", "c"], all.Words);
        // The values as .NET's own parser reads what stands behind each word.
        var expected = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^3..]
            .SelectMany(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1..])
            .Select(field => float.Parse(field, CultureInfo.InvariantCulture));
        Assert.Equal(expected, all.Vectors.ToArray());
    }

    [Fact]
    public void A_control_byte_near_the_top_does_not_make_a_file_binary()
    {
        using var file = WordVectorsFile.Open(Write("2 3\na\f 0.1 0.2 0.3\nb 0.4 0.5 0.6\n"));
        Assert.Equal((WordVectorsFormat.Word2VecText, 3), (file.Format, file.Dimensions));
        Assert.Equal(["a\f", "b"], file.ReadAll().Words);
        Assert.Equal([0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f], file.ReadAll().Vectors.ToArray());
        using var second = WordVectorsFile.Open(Write("2 2\na 1 2\nb\u0001 3 4\n"));
        Assert.Equal(["a", "b\u0001"], second.ReadAll().Words);
    }

    [Fact]
    public void Lines_that_end_in_carriage_returns_alone_are_refused_with_the_cure()
    {
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"\rw{i} 1 2 3 4 5"));
        foreach (var text in new[] { "50 5" + rows, rows[1..] })
        {
            var error = Assert.Throws<WeightFileException>(() => WordVectorsFile.Open(Write(text)));
            Assert.Contains("carriage returns", error.Message);
            Assert.Contains("tr '\\r' '\\n'", error.Message);
        }
    }

    [Fact]
    public void A_word_cut_within_a_character_is_refused_with_the_cure()
    {
        // The first two of the three bytes of 国, as word2vec's C program cuts a long word.
        byte[] word = [.. "中"u8, 0xE5, 0x9B];
        var binary = Refused(
            [.. Binary("2 2\n", ("a", [1, 2])), .. word, (byte)' ', .. new byte[8]], FileProblem.Encoding);
        Assert.Contains("row 1", binary);
        Assert.Contains("unicode_errors=\"replace\"", binary);
        Assert.Contains("binary=True", binary);
        var text = Refused([.. "2 2\na 1 2\n"u8, .. word, .. " 3 4\n"u8], FileProblem.Encoding);
        Assert.Contains("line 3", text);
        Assert.Contains("binary=False", text);
    }

    [Fact]
    public void Numbers_beyond_any_float_are_refused_as_infinite()
    {
        // Python reads 1e999999 as inf, and so does .NET.
        File.WriteAllText(At("huge.txt"), "1 2\na 1 1e999999\n");
        using var file = WordVectorsFile.Open(At("huge.txt"));
        Assert.Equal(
            FileProblem.NonFinite, Assert.Throws<WeightFileException>(() => file.ReadAll()).Problem);
    }

    [Fact]
    public void Zeros_behind_a_gzip_are_refused()
    {
        File.WriteAllBytes(At("padded.gz"), [.. Packed("1 2\na 1 2\n"), .. new byte[512]]);
        Assert.Contains(
            "gzip", Assert.Throws<WeightFileException>(() => WordVectorsFile.Open(At("padded.gz"))).Message);
    }

    [Fact]
    public void A_file_that_nobody_uses_any_more_is_closed()
    {
        var path = Write("1 2\na 1 2\n");
        var weak = OpenAndForget(path);
        for (var i = 0; i < 20 && weak.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(weak.IsAlive);
        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain(path, File.ReadAllText("/proc/self/maps"));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference OpenAndForget(string path)
    {
        var file = WordVectorsFile.Open(path);
        Assert.Equal([1f, 2f], file.ReadRows(0, 1).ToArray());
        if (OperatingSystem.IsLinux())
            Assert.Contains(path, File.ReadAllText("/proc/self/maps"));
        return new WeakReference(file);
    }

    [Fact]
    public void Rows_beyond_two_to_the_31_bytes_are_found()
    {
        const int dimensions = 10_000_000, count = 60; // 2.4 GB, sparse on disk
        var path = At("large.bin");
        using (var stream = File.Create(path))
        {
            stream.Write(Encoding.ASCII.GetBytes($"{count} {dimensions}\n"));
            for (var row = 0; row < count; row++)
            {
                stream.Write(Encoding.ASCII.GetBytes($"w{row} "));
                stream.Position += dimensions * sizeof(float) - sizeof(float);
                stream.Write(BitConverter.GetBytes((float)row));
            }
        }
        using var file = WordVectorsFile.Open(path);
        Assert.True(file.TryFind("w59", out var last));
        var values = new float[dimensions];
        file.ReadRow(last, values);
        Assert.Equal((0f, 59f), (values[0], values[^1]));
        Assert.Equal(["w5", "w58"], file.Read(["w5", "nowhere", "w58", "w5"]).Words);
    }

    [Fact]
    public void Requests_that_do_not_fit_name_both_numbers()
    {
        using var file = WordVectorsFile.Open(Write("2 2\na 1 2\nb 3 4\n"));
        Assert.Contains("2 values", Assert.Throws<ArgumentException>(() => file.ReadRow(0, new float[3])).Message);
        Assert.Contains("2 rows", Assert.Throws<ArgumentOutOfRangeException>(() => file.Word(2)).Message);
        Assert.Contains("has 2", Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadRows(1, 2)).Message);
        Assert.Contains("2 rows", Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFirst(3)).Message);
        Assert.False(file.TryFind("c", out var row));
        Assert.Equal(-1, row);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Word(0));
    }

    [Fact]
    public void What_the_format_cannot_hold_is_not_written()
    {
        Assert.Contains(
            "\"New York\"",
            Assert
                .Throws<ArgumentException>(() =>
                    WordVectorsFile.Write(At("x.bin"), new WordVectors(["New York"], new Matrix(1, 1)))
                )
                .Message
        );
        Assert.Contains(
            "column 1",
            Assert
                .Throws<ArgumentException>(() =>
                    WordVectorsFile.Write(At("x.bin"), new WordVectors(["a"], Matrix.FromArray(1, 2, [1, float.NaN])))
                )
                .Message
        );
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void Gensims_folder_is_looked_in()
    {
        var before = Environment.GetEnvironmentVariable("GENSIM_DATA_DIR");
        try
        {
            Environment.SetEnvironmentVariable("GENSIM_DATA_DIR", folder);
            Assert.Null(GensimData.TryFind(GensimData.GoogleNews));
            Directory.CreateDirectory(At(GensimData.GoogleNews));
            File.WriteAllBytes(
                Path.Combine(folder, GensimData.GoogleNews, GensimData.GoogleNews + ".gz"), Packed("1 1\na 1\n"));
            using var file = WordVectorsFile.Open(GensimData.TryFind(GensimData.GoogleNews)!);
            Assert.Equal("a", file.Word(0));
            Assert.Throws<ArgumentException>(() => GensimData.TryFind("../elsewhere"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("GENSIM_DATA_DIR", before);
        }
    }

    private static float Finite(Random random)
    {
        while (true)
        {
            var value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (float.IsFinite(value)) return value;
        }
    }

    private static byte[] Binary(string header, params (string Word, float[] Values)[] rows) =>
        [
            .. Encoding.UTF8.GetBytes(header),
            .. rows.SelectMany(row =>
                (byte[])
                    [.. Encoding.UTF8.GetBytes(row.Word + " "), .. MemoryMarshal.AsBytes<float>(row.Values).ToArray()]
            ),
        ];

    private static byte[] Packed(string text)
    {
        var bytes = new MemoryStream();
        using (var stream = new GZipStream(bytes, CompressionLevel.Fastest)) stream.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }

    private string Refused(byte[] content, FileProblem problem)
    {
        File.WriteAllBytes(At("bad.bin"), content);
        var error = Assert.Throws<WeightFileException>(() =>
        {
            using var file = WordVectorsFile.Open(At("bad.bin"));
            file.ReadAll();
        });
        Assert.Equal(problem, error.Problem);
        return error.Message;
    }

    private string At(string name) => Path.Combine(folder, name);

    private string Write(string content)
    {
        File.WriteAllText(At("vectors.txt"), content, new UTF8Encoding(false));
        return At("vectors.txt");
    }
}

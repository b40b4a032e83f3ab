using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>GGUF files: headers, types, byte orders, and what is refused.</summary>
public sealed class GgufTests : IDisposable
{
    private const string Reference = "reference/gguf-onnx";

    // Types by tables of patterns, which are listed and not read.
    private static readonly string[] Listed =
        ["iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory, InlineData(2u, false), InlineData(3u, false), InlineData(3u, true)]
    public void Keys_and_values_come_back_in_both_versions_and_byte_orders(uint version, bool bigEndian)
    {
        var path = folder.Put(
            "a.gguf",
            new GgufSample(version, bigEndian)
                .Key("general.architecture", "none")
                .Key("size", 7).Key("base", 2.5f).Key("words", "a", "bé")
                .Floats("w", [3, 2], 1, 2, 3, 4, 5, 6).Bytes());
        using var file = Checkpoint.Open(path);
        var gguf = Assert.IsType<GgufFile>(file);
        Assert.Equal((version, bigEndian, "none"), (gguf.Version, gguf.IsBigEndian, gguf.Architecture));
        Assert.Equal(7u, gguf.Values["size"]);
        Assert.Equal(2.5f, gguf.Values["base"]);
        Assert.Equal(["a", "bé"], (string[])gguf.Values["words"]);
        Assert.Equal("[a, bé]", file.Metadata["words"]);
        Assert.Equal(new Shape(2, 3), file.Find("w").Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadVector("w"));
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadDoubles("w"));
    }

    [Fact]
    public void A_quantised_block_is_its_scale_times_its_whole_numbers()
    {
        // Half of 1 (0x3800), and bytes whose low and high halves are i and 15 − i.
        byte[] block = [0, 0x38, .. Enumerable.Range(0, 16).Select(i => (byte)(i | 15 - i << 4))];
        using var file = GgufFile.Open(folder.Put("q.gguf", new GgufSample().Tensor("q", 2, [32], block).Bytes()));
        Assert.Equal("q: Q4_0 [32]", file.Find("q").ToString());
        Assert.Equal(
            Enumerable.Range(0, 16).Select(i => (i - 8) / 2f).Concat(Enumerable.Range(0, 16).Select(i => (7 - i) / 2f)),
            file.ReadVector("q"));
        Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadIntegers("q"), "not integers");
    }

    [Fact]
    public void A_type_without_a_rule_is_listed_and_refuses_its_values_by_name()
    {
        using var file = GgufFile.Open(
            folder.Put("l.gguf", new GgufSample().Tensor("t", 9, [32], new byte[40]).Bytes()));
        Assert.Equal(DType.Q8_1, file.Find("t").DType);
        Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadMatrix("t"), "Q8_1");
    }

    [Fact]
    public void A_removed_type_is_refused_by_its_name() => Samples.Refused(
        FileProblem.UnsupportedDType,
        () => GgufFile.Open(folder.Put("r.gguf", new GgufSample().Tensor("t", 4, [32], new byte[20]).Bytes())), "Q4_2");

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void A_model_in_several_files_is_opened_by_any_of_them(int opened)
    {
        PutParts();
        using var file = GgufFile.Open(folder.At($"m-0000{opened}-of-00003.gguf"));
        Assert.Equal(["a", "b", "c", "d"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("none", file.Architecture);
        Assert.Equal([1], file.ReadVector("a"));
        Assert.Equal([2, 3], file.ReadVector("b"));
        Assert.Equal([4], file.ReadVector("c"));
        Assert.Equal([5], file.ReadVector("d"));
        Assert.Equal(folder.At($"m-0000{opened}-of-00003.gguf"), file.Path);
    }

    [Fact]
    public void A_folder_with_the_parts_of_one_model_opens_it()
    {
        PutParts();
        using var file = Checkpoint.Open(folder.Path);
        Assert.Equal(4, file.Tensors.Count);
    }

    [Fact]
    public void Parts_that_are_missing_are_named()
    {
        PutParts();
        File.Delete(folder.At("m-00001-of-00003.gguf"));
        Samples.Refused(
            FileProblem.MissingFile, () => GgufFile.Open(folder.At("m-00002-of-00003.gguf")), "part 2 of 3",
            "m-00001-of-00003.gguf.");
        File.Delete(folder.At("m-00003-of-00003.gguf"));
        Samples.Refused(
            FileProblem.MissingFile, () => Checkpoint.Open(folder.Path), "2 of the others are not beside it",
            "m-00001-of-00003.gguf, m-00003-of-00003.gguf");
    }

    [Fact]
    public void A_part_of_another_splitting_or_model_is_refused_by_name()
    {
        PutParts();
        var first = folder.At("m-00001-of-00003.gguf");
        Wrong(Part(1).Floats("d", [1], 5), FileProblem.Malformed, "split.no = 1 (counted from 0)");
        Wrong(Part(2, count: 4).Floats("d", [1], 5), FileProblem.Malformed, "split.count = 4");
        Wrong(new GgufSample().Floats("d", [1], 5), FileProblem.Malformed, "split.count = nothing");
        Wrong(
            Part(2).Key("general.architecture", "other").Floats("d", [1], 5), FileProblem.Malformed,
            "another general.architecture than m-00001-of-00003.gguf");
        Wrong(Part(2, tensors: 5).Floats("d", [1], 5), FileProblem.Malformed, "another split.tensors.count");
        folder.Put("m-00003-of-00003.gguf", Part(2).Bytes());
        Samples.Refused(
            FileProblem.Malformed, () => GgufFile.Open(first), "should have 4 tensors (split.tensors.count)", "have 3");
        Wrong(Part(2).Floats("a", [1], 5), FileProblem.DuplicateName, "in an earlier part");
        Wrong(Part(2).Tensor("d", 0, [2], 0, 0, 0, 0), FileProblem.OutOfBounds, "but the file has");

        void Wrong(GgufSample third, FileProblem problem, params string[] words)
        {
            folder.Put("m-00003-of-00003.gguf", third.Bytes());
            Samples.Refused(problem, () => GgufFile.Open(first), ["00003-of-00003.gguf", .. words]);
        }
    }

    [Fact]
    public void A_part_under_a_name_of_its_own_is_refused_with_the_cure()
    {
        var part = Part(0).Floats("a", [1], 1).Bytes();
        foreach (var name in (string[])["m.gguf", "m-00001-of-00002.gguf", "m-1-of-3.gguf"])
            Samples.Refused(
                FileProblem.Malformed, () => GgufFile.Open(folder.Put(name, part)), "one of 3 files",
                "-00001-of-00003.gguf");
        Samples.Refused(
            FileProblem.Malformed, () => GgufFile.Open(folder.Put("m-00004-of-00003.gguf", part)), "part 4 of 3");
        Samples.Refused(
            FileProblem.Malformed,
            () => GgufFile.Open(folder.Put("n.gguf", new GgufSample().Key("split.count", "3").Bytes())),
            "split.count should be a whole number, but is 3");
        Samples.Refused(
            FileProblem.MissingFile,
            () => GgufFile.Open(folder.Put("n-00001-of-65535.gguf", Part(0, count: 65535).Bytes())),
            "65534 of the others are not beside it", "n-00006-of-65535.gguf …");
    }

    /// <summary>Three files of one model, the last in the other byte order.</summary>
    private void PutParts()
    {
        folder.Put(
            "m-00001-of-00003.gguf",
            Part(0).Key("general.architecture", "none").Floats("a", [1], 1).Floats("b", [2], 2, 3).Bytes());
        folder.Put("m-00002-of-00003.gguf", Part(1).Floats("c", [1], 4).Bytes());
        folder.Put("m-00003-of-00003.gguf", Part(2, bigEndian: true).Floats("d", [1], 5).Bytes());
    }

    /// <summary>The keys of a part as llama.cpp's splitting writes them.</summary>
    private static GgufSample Part(ushort number, ushort count = 3, int tensors = 4, bool bigEndian = false)
    {
        var sample = new GgufSample(bigEndian: bigEndian);
        return sample.Key("split.no", 2, sample.Number(number, 2)).Key("split.count", 2, sample.Number(count, 2))
            .Key("split.tensors.count", 5, sample.Number((ulong)tensors, 4));
    }

    [Fact]
    public void A_folder_opens_its_only_model_and_lists_several()
    {
        var bytes = new GgufSample().Floats("w", [1], 1).Bytes();
        folder.Put("m.Q8_0.gguf", bytes);
        using (var file = Checkpoint.Open(folder.Path)) Assert.Equal("w", Assert.Single(file.Tensors).Name);
        folder.Put("m.Q4_0.gguf", bytes);
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Checkpoint.Open(folder.Path), "m.Q4_0.gguf, m.Q8_0.gguf");
    }

    [Fact]
    public void A_GGUF_file_under_another_name_is_named_for_what_it_is()
    {
        var bytes = new GgufSample().Floats("w", [1], 1).Bytes();
        Samples.Refused(
            FileProblem.Malformed, () => Checkpoint.Open(folder.Put("model.safetensors", bytes)), "GGUF", ".gguf");
        using var file = Checkpoint.Open(folder.Put("blob", bytes));
        Assert.IsType<GgufFile>(file);
    }

    [WeightsTheory(Reference)]
    [InlineData("types.gguf", "types"), InlineData("big-endian.gguf", "big-endian")]
    [InlineData("align-default.gguf", "align-default"), InlineData("version2.gguf", "align-default")]
    public void Values_are_those_of_gguf_py_bit_for_bit(string name, string expected)
    {
        using var file = GgufFile.Open(Weights.At(Reference, name));
        using var golden = SafetensorsFile.Open(Weights.At(Reference, $"{expected}.expected.safetensors"));
        Assert.True(file.Tensors.Count >= 5);
        foreach (var info in file.Tensors)
        {
            Assert.Equal(golden.Find(info.Name).Shape, info.Shape);
            if (Listed.Contains(info.Name))
                Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadMatrix(info.Name));
            else if (info.DType.IsInteger())
                Assert.Equal(golden.ReadIntegers(info.Name), file.ReadIntegers(info.Name));
            else if (info.DType == DType.F64)
                Assert.Equal(
                    golden.ReadDoubles(info.Name).Select(BitConverter.DoubleToInt64Bits),
                    file.ReadDoubles(info.Name).Select(BitConverter.DoubleToInt64Bits));
            else
                Assert.True(
                    golden.ReadVector(info.Name).Select(BitConverter.SingleToInt32Bits)
                        .SequenceEqual(file.ReadVector(info.Name).Select(BitConverter.SingleToInt32Bits)),
                    info.ToString());
        }
    }

    [WeightsTheory(Reference), InlineData("types.gguf"), InlineData("big-endian.gguf")]
    public void Every_kind_of_metadata_is_read(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "types.kv.json")));
        using var file = GgufFile.Open(Weights.At(Reference, name));
        var compared = 0;
        foreach (var entry in json.RootElement.GetProperty("entries").EnumerateArray())
        {
            var value = file.Values[entry.GetProperty("key").GetString()!];
            if (!entry.TryGetProperty("value", out var wanted)) continue;
            var type = entry.GetProperty("type").GetString()!;
            if (type == "array") type = entry.GetProperty("element").GetString()!;
            if (type.StartsWith("float")) continue; // given by their bits
            Assert.Equal(Plain(wanted), Plain(value));
            compared++;
        }
        Assert.True(compared >= 20, $"{compared} compared");
    }

    [WeightsFact(Reference)]
    public void Nested_arrays_are_read()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "kv-nested.json")));
        using var file = GgufFile.Open(Weights.At(Reference, "kv-nested.gguf"));
        foreach (var entry in json.RootElement.GetProperty("values").EnumerateObject())
            Assert.Equal(Plain(entry.Value), Plain(file.Values[entry.Name]));
    }

    [WeightsFact(Reference)]
    public void Every_hostile_file_is_met_as_a_careful_reader_meets_it()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "hostile.json")));
        var (refused, wrong) = (0, new List<string>());
        foreach (var entry in json.RootElement.GetProperty("files").EnumerateObject())
        {
            var path = Weights.At(Reference, "hostile", entry.Name);
            var verdict = entry.Value.GetProperty("careful_reader").GetString();
            var opens = true;
            try
            {
                using var file = GgufFile.Open(path);
                foreach (var info in file.Tensors.Where(info => info.DType.IsReadable())) file.ReadMatrix(info.Name);
            }
            catch (WeightFileException error)
            {
                opens = false;
                refused++;
                Assert.Contains(path, error.Message);
            }
            if (verdict == "accept" != opens && verdict != "either") wrong.Add($"{entry.Name}: {verdict}, {opens}");
        }
        Assert.Empty(wrong);
        Assert.True(refused >= 60, $"{refused} refused");
    }

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"[{string.Join(",", value.EnumerateArray().Select(Plain))}]",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static string Plain(object value) => value switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        IEnumerable all => $"[{string.Join(",", all.Cast<object>().Select(Plain))}]",
        _ => FormattableString.Invariant($"{value}"),
    };
}

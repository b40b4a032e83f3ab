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

    [Fact]
    public void One_of_several_files_is_refused_with_the_cure() => Samples.Refused(
        FileProblem.UnsupportedObject,
        () => GgufFile.Open(folder.Put(
            "m-00001-of-00003.gguf", new GgufSample().Key("split.count", 2, 3, 0).Floats("w", [1], 1).Bytes())),
        "one of 3 files", "llama-gguf-split --merge");

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

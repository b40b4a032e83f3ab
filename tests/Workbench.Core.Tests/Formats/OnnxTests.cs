using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>ONNX files: how values are stored, what the graph tells of their names, and what is refused.</summary>
public sealed class OnnxTests : IDisposable
{
    private const string Reference = "reference/gguf-onnx";

    private const string Config = """
        {"model_type":"bert","vocab_size":90,"hidden_size":48,"num_hidden_layers":2,"num_attention_heads":4,
        "intermediate_size":80,"max_position_embeddings":24,"type_vocab_size":2,"hidden_act":"gelu",
        "layer_norm_eps":1e-12}
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Raw_and_typed_values_and_notes_come_back()
    {
        using var file = Open(new OnnxSample()
            .Floats("w", [2, 3], 1, 2, 3, 4, 5, 6)
            .Initialiser("i", 3, [3], OnnxSample.Bytes(
                5, [.. OnnxSample.Varint(7), .. OnnxSample.Varint(unchecked((ulong)-128)), 0]))
            .Initialiser("h", 10, [2], [.. OnnxSample.Number(5, 0x3c00), .. OnnxSample.Number(5, 0xc000)])
            .Node("/c", "Constant", [], "c", OnnxSample.Attribute("value_ints", OnnxSample.Bytes(8, 1, 2, 0x80, 1)))
            .Note("author", "nobody"));
        Assert.Equal(["w: F32 [2, 3]", "i: I8 [3]", "h: F16 [2]", "c: I64 [3]"], file.Tensors.Select(t => $"{t}"));
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadVector("w"));
        Assert.Equal([7, -128, 0], file.ReadIntegers("i"));
        Assert.Equal([1, -2], file.ReadVector("h"));
        Assert.Equal([1, 2, 128], file.ReadIntegers("c"));
        Assert.Equal(("nobody", "test", "ai.onnx 17"),
            (file.Metadata["author"], file.Metadata["producer_name"], file.Metadata["opset_import"]));
    }

    [Fact]
    public void A_weight_that_was_turned_round_is_found_by_either_exporter_s_trace_of_its_module()
    {
        using var file = Open(new OnnxSample()
            .Floats("onnx::MatMul_7", [2, 3], 1, 2, 3, 4, 5, 6)
            .Floats("val_8", [1, 2], 7, 8)
            .Floats("a.norm.weight", [3], 1, 1, 1)
            .Floats("a.norm.bias", [3], 0, 0, 0)
            .Node("/a/dense/MatMul", "MatMul", ["x", "onnx::MatMul_7"], "y")
            .Node("node_1", "MatMul", ["y", "val_8"], "z", scopes: "['', 'b', 'b.dense', 'linear']")
            .Node("n", "LayerNormalization", ["z", "a.norm.weight", "a.norm.bias"], "u",
                scopes: "['', 'b', 'b.norm', 'layer_norm']"));
        Assert.Equal(
            ["a.dense.weight: F32 [3, 2]", "b.dense.weight: F32 [2, 1]", "a.norm.weight: F32 [3]",
                "a.norm.bias: F32 [3]"],
            file.Tensors.Select(tensor => $"{tensor}"));
        Assert.Equal([1, 4, 2, 5, 3, 6], file.ReadVector("a.dense.weight"));
        Assert.Equal([1, 4, 2, 5, 3, 6], file.ReadDoubles("a.dense.weight"));
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadVector("onnx::MatMul_7"));
        Assert.Equal("a.norm.bias", file.Aliases["b.norm.bias"]);
    }

    [Fact]
    public void A_weight_whose_node_has_no_path_is_named_by_the_bias_that_is_added()
    {
        using var file = Open(new OnnxSample()
            .Floats("936", [2, 1], 1, 2)
            .Floats("a.dense.bias", [1], 3)
            .Node("MatMul_37", "MatMul", ["x", "936"], "115")
            .Node("Add_38", "Add", ["a.dense.bias", "115"], "116"));
        Assert.Equal("a.dense.weight: F32 [1, 2]", $"{file.Tensors[0]}");
        Assert.Equal([1, 2], file.ReadVector("a.dense.weight"));
    }

    [Fact]
    public void A_name_that_two_weights_could_have_is_given_to_neither()
    {
        using var file = Open(new OnnxSample()
            .Floats("onnx::MatMul_7", [1, 1], 1)
            .Floats("onnx::MatMul_8", [1, 1], 2)
            .Node("/a/MatMul", "MatMul", ["x", "onnx::MatMul_7"], "y")
            .Node("/a/MatMul_1", "MatMul", ["y", "onnx::MatMul_8"], "z"));
        Assert.Equal(["onnx::MatMul_7", "onnx::MatMul_8"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Whole_numbers_with_scales_stand_for_a_weight_that_is_found_by_its_module_too()
    {
        using var file = Open(new OnnxSample()
            .Initialiser("onnx::MatMul_7_quantized", 2, [1, 2], OnnxSample.Bytes(9, 10, 20))
            .Floats("onnx::MatMul_7_scale", [2], 0.5f, 0.25f)
            .Initialiser("onnx::MatMul_7_zero_point", 2, [2], OnnxSample.Bytes(9, 8, 0))
            .Node("/a/dense/MatMul_quant", "MatMulInteger",
                ["x", "onnx::MatMul_7_quantized", "z", "onnx::MatMul_7_zero_point"], "y"));
        Assert.Equal("a.dense.weight: F32 [2, 1]", $"{file.Find("a.dense.weight")}");
        Assert.Equal([1, 5], file.ReadVector("a.dense.weight"));
    }

    [Fact]
    public void A_folder_opens_its_model_or_that_in_its_folder_onnx()
    {
        var bytes = new OnnxSample().Floats("w", [1], 1).Finish();
        Directory.CreateDirectory(folder.At("onnx"));
        File.WriteAllBytes(Path.Combine(folder.At("onnx"), "model_a.onnx"), bytes);
        using (var file = Checkpoint.Open(folder.Path)) Assert.Equal("w", Assert.Single(file.Tensors).Name);
        File.WriteAllBytes(Path.Combine(folder.At("onnx"), "model_b.onnx"), bytes);
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Checkpoint.Open(folder.Path), "model_a.onnx, model_b.onnx");
        File.WriteAllBytes(Path.Combine(folder.At("onnx"), "model.onnx"), bytes);
        using (var file = Checkpoint.Open(folder.Path)) Assert.EndsWith("model.onnx", file.Path);
        folder.Put("config.json", "{}"u8);
        Assert.Equal(folder.Path, Checkpoint.FolderOf(Path.Combine(folder.At("onnx"), "model.onnx")));
    }

    [Fact]
    public void An_ONNX_file_under_another_name_is_named_for_what_it_is()
    {
        var bytes = new OnnxSample().Floats("w", [1], 1).Finish();
        Samples.Refused(
            FileProblem.Malformed, () => Checkpoint.Open(folder.Put("model.safetensors", bytes)), "ONNX", ".onnx");
        using var file = Checkpoint.Open(folder.Put("blob", bytes));
        Assert.IsType<OnnxFile>(file);
    }

    [Fact]
    public void Values_beside_the_model_are_read_and_a_link_out_of_its_folder_is_not_followed()
    {
        var inner = Directory.CreateDirectory(folder.At("inner")).FullName;
        var model = Path.Combine(inner, "m.onnx");
        File.WriteAllBytes(
            model, new OnnxSample().External("w", [2], ("location", "./w.bin"), ("offset", "4")).Finish());
        Samples.Refused(FileProblem.MissingFile, () => OnnxFile.Open(model), "w.bin", "Download it");
        File.WriteAllBytes(Path.Combine(inner, "w.bin"), Samples.Floats(9, 1, 2));
        using (var file = OnnxFile.Open(model)) Assert.Equal([1, 2], file.ReadVector("w"));
        File.Delete(Path.Combine(inner, "w.bin"));
        folder.Put("outside.bin", Samples.Floats(9, 1, 2));
        File.CreateSymbolicLink(Path.Combine(inner, "w.bin"), "../outside.bin");
        Samples.Refused(FileProblem.PathEscape, () => OnnxFile.Open(model), "a link that leads out");
    }

    [Fact]
    public void Links_of_the_hub_s_cache_lead_to_the_model_and_its_values()
    {
        var snapshot = Directory.CreateDirectory(folder.At("snapshot")).FullName;
        folder.Put("b0", new OnnxSample().External("w", [1], ("location", "m.onnx_data")).Finish());
        folder.Put("b1", Samples.Floats(3));
        File.CreateSymbolicLink(Path.Combine(snapshot, "m.onnx"), "../b0");
        File.CreateSymbolicLink(Path.Combine(snapshot, "m.onnx_data"), "../b1");
        using var file = OnnxFile.Open(Path.Combine(snapshot, "m.onnx"));
        Assert.Equal([3], file.ReadVector("w"));
    }

    [WeightsFact(Reference)]
    public void Every_form_of_storage_gives_the_values_of_the_original_library()
    {
        using var file = OnnxFile.Open(Weights.At(Reference, "initialisers.onnx"));
        using var golden = SafetensorsFile.Open(Weights.At(Reference, "initialisers.expected.safetensors"));
        Assert.True(golden.Tensors.Count >= 40);
        foreach (var wanted in golden.Tensors)
        {
            var info = file.Find(wanted.Name);
            Assert.Equal(wanted.Shape.Elements, info.Shape.Elements);
            if (wanted.DType.IsInteger())
                Assert.Equal(golden.ReadIntegers(wanted.Name), file.ReadIntegers(wanted.Name));
            Assert.Equal(
                golden.ReadDoubles(wanted.Name).Select(BitConverter.DoubleToInt64Bits),
                file.ReadDoubles(wanted.Name).Select(BitConverter.DoubleToInt64Bits));
            Assert.Equal(golden.ReadVector(wanted.Name), file.ReadVector(wanted.Name));
        }
        Samples.Refused(
            FileProblem.UnsupportedDType, () => file.ReadMatrix("const.value_string"), "const.value_string");
    }

    [WeightsFact(Reference)]
    public void Odd_types_are_read_or_refused_by_name_and_never_read_wrong()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "initialisers-odd.json")));
        using var file = OnnxFile.Open(Weights.At(Reference, "initialisers-odd.onnx"));
        var (read, refused) = (0, 0);
        foreach (var entry in json.RootElement.GetProperty("initialisers").EnumerateObject())
            if (file.Find(entry.Name).DType.IsReadable())
            {
                Assert.Equal(
                    entry.Value.GetProperty("values").EnumerateArray().Select(value => value.GetDouble()),
                    file.ReadDoubles(entry.Name));
                read++;
            }
            else
            {
                Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadMatrix(entry.Name), entry.Name);
                refused++;
            }
        Assert.Equal((2, 4), (read, refused));
        using var sparse = OnnxFile.Open(Weights.At(Reference, "sparse.onnx"));
        Samples.Refused(FileProblem.UnsupportedDType, () => sparse.ReadMatrix("sparse.weight"), "sparse.weight");
    }

    [WeightsTheory(Reference)]
    [InlineData("matmul-int8", "int8.dequantised"), InlineData("matmul-uint8", "uint8.dequantised")]
    [InlineData("matmul-int8-channel", "int8-channel.dequantised")]
    [InlineData("dequantize-linear", "dequantize-linear")]
    public void Quantised_weights_are_what_they_stand_for_bit_for_bit(string name, string expected)
    {
        using var file = OnnxFile.Open(Weights.At(Reference, $"{name}.onnx"));
        using var golden = SafetensorsFile.Open(Weights.At(Reference, "quantised.expected.safetensors"));
        var weight = name == "dequantize-linear" ? "w" : "encoder.layer.0.dense.weight";
        Assert.Equal(golden.Find(expected).Shape, file.Find(weight).Shape);
        Assert.Equal(
            golden.ReadVector(expected).Select(BitConverter.SingleToInt32Bits),
            file.ReadVector(weight).Select(BitConverter.SingleToInt32Bits));
    }

    [WeightsTheory(Reference), InlineData("bert-tiny.onnx"), InlineData("bert-tiny-dynamo.onnx")]
    public void Two_exporters_BERT_has_the_parameters_of_the_original_and_runs_like_it(string name)
    {
        var path = folder.Put("model.onnx", File.ReadAllBytes(Weights.At(Reference, name)));
        folder.Put("config.json", Encoding.UTF8.GetBytes(Config));
        using var file = Checkpoint.Open(path);
        using var parameters = SafetensorsFile.Open(Weights.At(Reference, "bert-tiny.onnx.parameters.safetensors"));
        Assert.True(parameters.Tensors.Count >= 39);
        foreach (var wanted in parameters.Tensors)
        {
            Assert.True(file.Contains(wanted.Name), wanted.Name);
            Assert.Equal(wanted.Shape, file.Find(wanted.Name).Shape);
            Assert.Equal(parameters.ReadVector(wanted.Name), file.ReadVector(wanted.Name));
        }
        using var golden = SafetensorsFile.Open(Weights.At(Reference, "bert-tiny.onnx.expected.safetensors"));
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
        Assert.Empty(model.Weights.Missing);
        // Seven tokens of both kinds, and five of the first kind with two behind them that the mask hides.
        const int width = 48;
        foreach (var (start, length) in new[] { (0, 7), (7, 5) })
        {
            var text = start..(start + length);
            Assert.All(golden.ReadIntegers("attention_mask")[text], seen => Assert.Equal(1, seen));
            var ids = Array.ConvertAll(golden.ReadIntegers("input_ids")[text], id => (int)id);
            var types = Array.ConvertAll(golden.ReadIntegers("token_type_ids")[text], type => (int)type);
            var states = golden.ReadDoubles("last_hidden_state")[(start * width)..((start + length) * width)];
            var found = model.Run(ids, tokenTypes: types).Output.ToArray();
            Assert.Equal(states.Length, found.Length);
            var off = states.Zip(found, (wanted, value) => Math.Abs(wanted - value)).Max();
            Assert.True(off <= 1e-5 * states.Max(Math.Abs), $"off by {off}");
        }
    }

    [WeightsFact(Reference)]
    public void Every_hostile_file_is_met_as_a_careful_reader_meets_it()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "hostile-onnx.json")));
        var (refused, seen, wrong) = (0, 0, new List<string>());
        foreach (var entry in json.RootElement.GetProperty("files").EnumerateObject())
        {
            var path = Weights.At(Reference, "hostile-onnx", entry.Name);
            var verdict = entry.Value.GetProperty("careful_reader").GetString();
            var opens = true;
            seen++;
            try
            {
                using var file = OnnxFile.Open(path);
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
        Assert.True(refused >= 60 && seen >= 77, $"{refused} of {seen} refused");
    }

    private OnnxFile Open(OnnxSample sample) => OnnxFile.Open(folder.Put("m.onnx", sample.Finish()));
}

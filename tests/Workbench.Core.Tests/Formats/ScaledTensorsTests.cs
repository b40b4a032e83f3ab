using System;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Weights that are stored as codes with scales beside them: obeyed by plain loops, or refused by
/// name.</summary>
public sealed class ScaledTensorsTests : IDisposable
{
    private const string Fp8Settings =
        "\"quant_method\": \"fp8\", \"activation_scheme\": \"dynamic\", \"fmt\": \"e4m3\", \"weight_block_size\": ";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Eight_bits_are_multiplied_by_the_scale_of_their_block()
    {
        // 5 × 7 in blocks of 2 × 3: 3 × 3 scales, the last ones of less than a block.
        var (codes, scales) = (Codes(35), Enumerable.Range(1, 9).Select(i => i * 0.25f).ToArray());
        Config($"{{ {Fp8Settings}[2, 3] }}");
        Put(
            ("a.weight", "F8_E4M3", "[5, 7]", codes), ("a.weight_scale_inv", "F32", "[3, 3]", Samples.Floats(scales)),
            ("norm.weight", "F32", "[2]", Samples.Floats(1, 2)));
        using var file = Checkpoint.Open(folder.Path);
        Assert.Equal(["a.weight", "norm.weight"], file.Tensors.Select(tensor => tensor.Name));
        Assert.False(file.Contains("a.weight_scale_inv"));
        var (matrix, doubles) = (file.ReadMatrix("a.weight"), file.ReadDoubles("a.weight"));
        for (var row = 0; row < 5; row++)
            for (var column = 0; column < 7; column++)
            {
                var expected = E4M3(codes[row * 7 + column]) * scales[row / 2 * 3 + column / 3];
                Assert.Equal(expected, matrix[row, column]);
                Assert.Equal(expected, doubles[row * 7 + column]);
            }
        Assert.Equal([1, 2], file.ReadVector("norm.weight"));
        Assert.Equal(matrix.ToArray(), file.View("a.weight").ToMatrix().ToArray());
    }

    [Fact]
    public void Four_bits_are_multiplied_by_their_power_of_two_and_stand_the_other_way_round()
    {
        // Two experts of 3 outputs and 64 inputs: two groups of 32 each.
        var (blocks, scales) = (Codes(2 * 3 * 2 * 16), Enumerable.Range(0, 12).Select(i => (byte)(120 + i)).ToArray());
        Config("{ \"quant_method\": \"mxfp4\", \"modules_to_not_convert\": [\"model.embed_tokens\"] }");
        Put(
            ("e.up_proj_blocks", "U8", "[2, 3, 2, 16]", blocks), ("e.up_proj_scales", "U8", "[2, 3, 2]", scales),
            ("e.up_proj_bias", "F32", "[2]", Samples.Floats(1, 2)));
        using var file = Checkpoint.Open(folder.Path);
        Assert.Equal(["e.up_proj: F32 [2, 64, 3]", "e.up_proj_bias: F32 [2]"], file.Tensors.Select(one => $"{one}"));
        var matrix = file.ReadMatrix("e.up_proj");
        double[] values = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
        for (var expert = 0; expert < 2; expert++)
            for (var input = 0; input < 64; input++)
                for (var output = 0; output < 3; output++)
                {
                    var group = (expert * 3 + output) * 2 + input / 32;
                    var pair = blocks[group * 16 + input % 32 / 2];
                    var code = input % 2 == 0 ? pair % 16 : pair / 16;
                    var value = (code < 8 ? 1 : -1) * values[code % 8] * Math.Pow(2, scales[group] - 127);
                    Assert.Equal(value, matrix[expert * 64 + input, output]);
                }
        Assert.Equal(matrix.ToArray().Select(value => (double)value), file.ReadDoubles("e.up_proj"));
    }

    [Fact]
    public void Scales_that_do_not_fit_their_weight_are_refused_with_both_shapes()
    {
        Config($"{{ {Fp8Settings}[2, 3] }}");
        Put(
            ("a.weight", "F8_E4M3", "[5, 7]", Codes(35)),
            ("a.weight_scale_inv", "F32", "[3, 2]", Samples.Floats(new float[6])));
        using var file = Checkpoint.Open(folder.Path);
        Samples.Refused(FileProblem.UnsupportedObject, () => file.ReadMatrix("a.weight"), "[3, 2]", "[3, 3]");
        Config("{ \"quant_method\": \"mxfp4\" }");
        Put(("x_blocks", "U8", "[1, 1, 1, 16]", new byte[16]), ("x_scales", "U8", "[1, 1, 1]", [255]));
        using var other = Checkpoint.Open(folder.Path);
        Samples.Refused(FileProblem.UnsupportedObject, () => other.ReadMatrix("x"), "255");
    }

    [Theory]
    [InlineData("a.weight", "F8_E4M3", "b.weight", "", "F8_E4M3, with no scales")]
    [InlineData("a.weight", "F8_E5M2", "b.weight", "", "F8_E5M2, with no scales")]
    [InlineData("a.weight", "F8_E4M3", "a.weight_scale", "", "a.weight_scale beside it")]
    [InlineData("a.weight", "F8_E4M3", "a.weight_scale_inv", "", "a.weight_scale_inv beside it")]
    [InlineData(
        "a.weight", "F8_E4M3", "a.weight_scale", "\"quant_method\": \"compressed-tensors\"", "compressed-tensors")]
    [InlineData("a.weight", "F8_E4M3", "a.weight_scale_inv", Fp8Settings + "null", "weight_block_size null")]
    [InlineData(
        "a.weight", "F8_E4M3", "a.weight_scale_inv",
        "\"quant_method\": \"fp8\", \"weight_block_size\": [2, 2], \"activation_scheme\": \"static\"", "\"static\"")]
    [InlineData("a.weight", "U8", "a.weight.absmax", "\"quant_method\": \"bitsandbytes\"", "bitsandbytes")]
    [InlineData("a.weight", "U8", "a.weight.quant_state.bitsandbytes__nf4", "", "quant_state")]
    [InlineData("a.weight", "I8", "a.SCB", "", "a.SCB beside it")]
    [InlineData("a.weight", "F32", "a.weight_zero_point", "", "a.weight_zero_point")]
    public void A_weight_whose_scales_nobody_obeys_is_refused_by_name_and_the_others_are_read(
        string name, string dtype, string beside, string settings, string says)
    {
        if (settings.Length > 0) Config($"{{ {settings} }}");
        Put(
            (name, dtype, "[2, 2]", new byte[dtype == "F32" ? 16 : 4]), (beside, "F32", "[1]", Samples.Floats(1)),
            ("embed_tokens.weight", "F32", "[1, 2]", Samples.Floats(1, 2)));
        using var file = Checkpoint.Open(folder.Path);
        Action[] ways = [() => file.ReadMatrix(name), () => file.ReadDoubles(name), () => file.View(name)];
        foreach (var read in ways)
            Samples.Refused(FileProblem.UnsupportedObject, read, $"tensor \"{name}\"", says, "SafetensorsFile.Open");
        Assert.Equal([1, 2], file.ReadVector("embed_tokens.weight"));
        using var raw = SafetensorsFile.Open(folder.At("model.safetensors"));
        Assert.Equal(4, raw.ReadMatrix(name).Elements);
    }

    [Theory]
    [InlineData("gptq", "qweight"), InlineData("awq", "qzeros"), InlineData("gptq", "g_idx")]
    public void A_model_whose_layers_are_codes_gives_its_embeddings_and_says_what_its_layers_are(
        string method, string ending)
    {
        var config = Gpt2.Config(vocabulary: 3, positions: 2, width: 4, blocks: 1, heads: 1);
        Config($"{{ \"quant_method\": \"{method}\", \"bits\": 4 }}");
        Put(
            ("transformer.wte.weight", "F32", "[3, 4]", Samples.Floats(WordSamples.Values(3, 4))),
            ($"transformer.h.0.attn.c_attn.{ending}", "I32", "[1]", new byte[4]));
        using var file = Checkpoint.Open(folder.Path);
        var weights = new TransformerWeights(file, config);
        Assert.Equal(WordSamples.Values(3, 4), weights.TokenEmbeddings.ToArray());
        Samples.Refused(
            FileProblem.UnsupportedObject, () => weights.Attention(0), "h.0.attn.c_attn.weight", method,
            $"c_attn.{ending}");
    }

    [Theory]
    [InlineData("{ \"quant_method\": \"gptq\", \"bits\": 4 }", "of the method gptq; fp8 and mxfp4 are obeyed")]
    [InlineData("{ \"quant_method\": \"fp8\" }", "which lacks weight_block_size")]
    [InlineData("{ \"quant_method\": \"mxfp4\", \"bits\": 4 }", "whose bits 4 is not obeyed")]
    [InlineData("{ " + Fp8Settings + "[128, 0] }", "whose weight_block_size [128, 0] is not obeyed")]
    [InlineData("{ " + Fp8Settings + "[128, 128], \"scale_fmt\": \"ue8m0\" }", "whose scale_fmt \"ue8m0\"")]
    public void Settings_that_are_not_obeyed_are_refused_by_name_when_the_model_is_run(string settings, string says) =>
        Assert.Contains(
            says,
            Assert.Single(
                Family.Parse($"{{ \"model_type\": \"gpt2\", \"quantization_config\": {settings} }}", "config.json")
                    .Refusals));

    [Theory]
    [InlineData("{ " + Fp8Settings + "[128, 128] }")]
    [InlineData("{ \"quant_method\": \"mxfp4\", \"modules_to_not_convert\": [\"lm_head\"] }"), InlineData("null")]
    public void Settings_that_are_obeyed_are_no_obstacle(string settings) =>
        Assert.Empty(
            Family.Parse($"{{ \"model_type\": \"gpt2\", \"quantization_config\": {settings} }}", "config.json")
                .Refusals);

    [Fact]
    public void A_pass_over_scaled_weights_is_one_over_the_weights_that_they_mean()
    {
        const int width = 6;
        var config = Gpt2.Config(vocabulary: 9, positions: 5, width: width, blocks: 1, heads: 2) with
        {
            Layout = WeightLayout.OutputMajor,
        };
        var plain = RandomModelsOf(config);
        var means = new MemoryTensors("means");
        var tensors = new System.Collections.Generic.List<(string, string, string, byte[])>();
        foreach (var tensor in plain.Tensors)
        {
            var matrix = plain.ReadMatrix(tensor.Name);
            if (tensor.Shape.Rank == 2 && tensor.Name.StartsWith("h."))
            {
                var codes = Codes(matrix.Rows * matrix.Columns);
                int rows = (matrix.Rows + 3) / 4, columns = (matrix.Columns + 3) / 4;
                var scales = Enumerable.Range(0, rows * columns).Select(i => 0.001f * (i + 1)).ToArray();
                tensors.Add((tensor.Name, "F8_E4M3", $"{tensor.Shape}", codes));
                tensors.Add((tensor.Name + "_scale_inv", "F32", $"[{rows}, {columns}]", Samples.Floats(scales)));
                var meant = new Matrix(matrix.Rows, matrix.Columns);
                for (var i = 0; i < matrix.Rows; i++)
                    for (var j = 0; j < matrix.Columns; j++)
                        meant[i, j] = E4M3(codes[i * matrix.Columns + j]) * scales[i / 4 * columns + j / 4];
                means.Add(tensor.Name, meant);
                continue;
            }
            tensors.Add((tensor.Name, "F32", $"{tensor.Shape}", Samples.Floats(matrix.ToArray())));
            if (tensor.Shape.Rank == 1) means.Add(tensor.Name, matrix.Row(0));
            else means.Add(tensor.Name, matrix);
        }
        Config($"{{ {Fp8Settings}[4, 4] }}");
        Put([.. tensors]);
        using var file = Checkpoint.Open(folder.Path);
        int[] tokens = [1, 8, 3, 0, 3];
        Assert.Equal(Logits(means), Logits(file));

        float[] Logits(TensorFile weights)
        {
            var model = new Transformer(new TransformerWeights(weights, config), 1);
            return model.Logits(model.Run(tokens).Output).ToArray();
        }
    }

    private static MemoryTensors RandomModelsOf(TransformerConfig config) =>
        Workbench.Core.Tests.Models.RandomModels.Gpt2(config, 5);

    /// <summary>Codes that are numbers.</summary>
    private static byte[] Codes(int count)
    {
        var random = new Philox(11);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => (byte)random.NextInteger(256))
                .Select(code => (code & 0x7f) == 0x7f ? (byte)0 : code),
        ];
    }

    private static float E4M3(byte code)
    {
        var (exponent, mantissa) = (code >> 3 & 15, code & 7);
        var value = exponent == 0 ? mantissa / 8.0 * Math.Pow(2, -6) : (1 + mantissa / 8.0) * Math.Pow(2, exponent - 7);
        return (float)(code < 128 ? value : -value);
    }

    private void Config(string quantisation) =>
        folder.Put(
            "config.json",
            Encoding.UTF8.GetBytes($"{{ \"model_type\": \"gpt2\", \"quantization_config\": {quantisation} }}"));

    private void Put(params (string Name, string DType, string Shape, byte[] Bytes)[] tensors)
    {
        var at = 0;
        var entries = tensors.Select(one =>
        {
            var start = at;
            at += one.Bytes.Length;
            return $"\"{one.Name}\":{{\"dtype\":\"{one.DType}\",\"shape\":{one.Shape},"
                + $"\"data_offsets\":[{start},{at}]}}";
        });
        var header = $"{{{string.Join(",", entries)}}}";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        folder.Put(
            "model.safetensors", Samples.Safetensors(header, [.. tensors.SelectMany(tensor => tensor.Bytes)]));
    }
}

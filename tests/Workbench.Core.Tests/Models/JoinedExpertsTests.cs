using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tests.Formats;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Newer libraries write all experts of a block into one tensor.</summary>
public sealed class JoinedExpertsTests
{
    private const int Width = 16, Inner = 8, Count = 3;

    [Theory]
    [InlineData("qwen3_moe", "mlp.gate", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("olmoe", "mlp.gate", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("mixtral", "block_sparse_moe.gate", "block_sparse_moe.experts", "w1", "w3", "w2")]
    public void Experts_in_one_tensor_are_those_that_lie_apart(
        string model, string router, string experts, string gate, string up, string down)
    {
        const string block = "model.layers.0";
        var random = new Philox(8);
        var (apart, joined) = (new List<Stored>(), new List<Stored>());
        Both("model.embed_tokens.weight", 13, Width);
        Both("lm_head.weight", 13, Width);
        foreach (var (name, outputs) in new[] { ("q", 16), ("k", 8), ("v", 8), ("o", 16) })
            Both($"{block}.self_attn.{name}_proj.weight", outputs, 16);
        foreach (var name in new[] { $"{block}.input_layernorm", $"{block}.post_attention_layernorm", "model.norm" })
            Both($"{name}.weight", Width);
        if (model != "mixtral")
            foreach (var (name, length) in new[] { ("q_norm", 16), ("k_norm", 8) })
                Both($"{block}.self_attn.{name}.weight", model == "olmoe" ? length : 8);
        var routing = Normal(Count * Width);
        apart.Add(new($"{block}.{router}.weight", [Count, Width], routing));
        joined.Add(new($"{block}.mlp.gate.weight", [Count, Width], routing));
        var (opening, closing) = (new List<float>(), new List<float>());
        for (var e = 0; e < Count; e++)
        {
            foreach (var name in new[] { gate, up })
                opening.AddRange(Apart($"{block}.{experts}.{e}.{name}.weight", Inner, Width));
            closing.AddRange(Apart($"{block}.{experts}.{e}.{down}.weight", Width, Inner));
        }
        joined.Add(new($"{block}.mlp.experts.gate_up_proj", [Count, 2 * Inner, Width], [.. opening]));
        joined.Add(new($"{block}.mlp.experts.down_proj", [Count, Width, Inner], [.. closing]));

        var want = Logits(model, apart);
        Assert.Equal(want, Logits(model, joined));
        Assert.True(want.Distinct().Count() > 13);

        foreach (var name in new[] { "gate_up_proj", "down_proj" })
            foreach (var count in new[] { Count - 1, Count + 1 })
            {
                var wrong = joined.ConvertAll(tensor => !tensor.Name.EndsWith(name, StringComparison.Ordinal) ? tensor
                    : tensor with
                    {
                        Shape = [count, .. tensor.Shape[1..]],
                        Values = Normal(count * tensor.Shape[1] * tensor.Shape[2]),
                    });
                var refused = Assert.Throws<WeightFileException>(() => Logits(model, wrong));
                Assert.Contains($"[{count}, ", refused.Message);
                Assert.Contains($"[{Count}, ", refused.Message);
            }

        void Both(string name, params int[] shape)
        {
            joined.Add(new(name, shape, Apart(name, shape)));
        }

        float[] Apart(string name, params int[] shape)
        {
            var values = Normal(shape.Aggregate((a, b) => a * b));
            apart.Add(new(name, shape, values));
            return values;
        }

        float[] Normal(int length) => RandomModels.Normal(1, length, random, 0.5).ToArray();
    }

    private static float[] Logits(string model, List<Stored> tensors)
    {
        var folder = Directory.CreateTempSubdirectory("workbench-experts-");
        try
        {
            var end = 0;
            var entries = tensors.Select(tensor =>
            {
                var begin = end;
                end += 4 * tensor.Values.Length;
                return $"\"{tensor.Name}\": {{\"dtype\": \"F32\", \"shape\": [{string.Join(",", tensor.Shape)}], "
                    + $"\"data_offsets\": [{begin}, {end}]}}";
            });
            var header = $"{{{string.Join(", ", entries)}}}";
            File.WriteAllBytes(
                Path.Combine(folder.FullName, "model.safetensors"),
                Samples.Safetensors(header, Samples.Floats([.. tensors.SelectMany(tensor => tensor.Values)])));
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), $$"""
                { "model_type": "{{model}}", "hidden_size": {{Width}}, "intermediate_size": {{Inner}},
                  "moe_intermediate_size": {{Inner}}, "num_attention_heads": 2, "num_key_value_heads": 1,
                  "num_hidden_layers": 1, "num_experts": {{Count}}, "num_experts_per_tok": 2, "vocab_size": 13 }
                """.Replace(model == "qwen3_moe" ? "#" : $"\"moe_intermediate_size\": {Inner},", ""));
            using var file = Checkpoint.Open(folder.FullName);
            var weights = new TransformerWeights(file, Family.ConfigOf(file));
            Assert.Empty(weights.Missing);
            var run = new Transformer(weights);
            return run.Logits(run.Run([3, 1, 4, 1, 5, 9, 2, 6]).Output).ToArray();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Stored(string Name, int[] Shape, float[] Values);
}

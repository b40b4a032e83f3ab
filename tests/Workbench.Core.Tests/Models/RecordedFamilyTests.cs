using System;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>What is recorded for derivatives is what runs, for every family; what cannot be recorded says so.</summary>
public sealed class RecordedFamilyTests
{
    private const string Folder = "reference/families";

    [WeightsFact(Folder)]
    public void A_family_is_recorded_as_it_runs_or_refused()
    {
        var recorded = Directory.EnumerateDirectories(Weights.At(Folder))
            .Where(folder => File.Exists($"{folder}.expected.safetensors"))
            .Where(IsRecorded)
            .Select(Path.GetFileName);
        Assert.Equal(
            [
                "distilbert-sinusoidal", "distilbert-tiny", "roberta-pads-inside", "roberta-tiny", "roberta-tiny-bare",
                "xlm-roberta-tiny",
            ],
            recorded.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Layers_without_biases_are_recorded_without_them()
    {
        const string settings = """
            { "model_type": "gpt_neo", "hidden_size": 8, "num_heads": 2, "num_layers": 1, "vocab_size": 11,
              "max_position_embeddings": 16, "attention_layers": ["global"] }
            """;
        var file = new MemoryTensors("gpt-neo");
        var random = new Philox(3);
        foreach (var (name, rows) in new[]
        {
            ("wte", 11), ("wpe", 16), ("h.0.attn.attention.q_proj", 8), ("h.0.attn.attention.k_proj", 8),
            ("h.0.attn.attention.v_proj", 8), ("h.0.attn.attention.out_proj", 8), ("h.0.mlp.c_fc", 32),
        })
            file.Add($"{name}.weight", RandomModels.Normal(rows, 8, random, 0.5));
        file.Add("h.0.mlp.c_proj.weight", RandomModels.Normal(8, 32, random, 0.5));
        foreach (var name in new[] { "h.0.ln_1", "h.0.ln_2", "ln_f" })
            file.Add($"{name}.weight", RandomModels.Normal(1, 8, random, 0.2, 1).Row(0));
        foreach (var name in new[]
        {
            "h.0.ln_1", "h.0.ln_2", "ln_f", "h.0.attn.attention.out_proj", "h.0.mlp.c_proj",
        })
            file.Add($"{name}.bias", RandomModels.Normal(1, 8, random, 0.2).Row(0));
        file.Add("h.0.mlp.c_fc.bias", RandomModels.Normal(1, 32, random, 0.2).Row(0));
        // The mask that files of the hub carry, which is no bias.
        file.Add("h.0.attn.attention.bias", RandomModels.Normal(16, 16, random, 1));
        Same(new TransformerWeights(
            file, Family.Parse(settings, "config.json", [.. file.Tensors.Select(tensor => tensor.Name)])));
    }

    [Fact]
    public void A_head_in_the_file_counts_whatever_is_said_of_a_tie()
    {
        var config = Gpt2.Config(vocabulary: 31, positions: 16, width: 12, blocks: 1, heads: 2);
        var file = RandomModels.Gpt2(config with { TiedHead = false }, 5);
        var weights = new TransformerWeights(file, config with { TiedHead = true });
        Assert.Equal(false, weights.Stored.TiedHead);
        Same(weights);
    }

    private static bool IsRecorded(string folder)
    {
        using var file = Checkpoint.Open(folder);
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        try
        {
            Same(weights);
            return true;
        }
        catch (NotSupportedException error)
        {
            Assert.Contains(weights.Config.Family, error.Message);
            return false;
        }
    }

    private static void Same(TransformerWeights weights)
    {
        var tokens = RandomModels.Tokens(9, weights.Config.Tokens.Count - 4, seed: 6).Select(id => id + 4).ToArray();
        var graph = TransformerGraph.Of(weights, new Tape());
        var recorded = graph.Run(graph.Embed(tokens), 1);
        var model = new Transformer(weights);
        var states = model.Run(tokens, Keep.Nothing).Output;
        Close.Within(weights.Path, states.ToArray().Select(value => (double)value), recorded.Value, 3e-6);
        if (weights.HasHead)
            Close.Within(
                weights.Path, model.Logits(states).ToArray().Select(value => (double)value),
                graph.Logits(recorded).Value, 3e-6);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Workbench.Core.Models.Families;

/// <summary>GPT-Neo (Black et al., "GPT-Neo: Large Scale Autoregressive Language Modeling with Mesh-Tensorflow", 2021):
/// every other block sees a window, and no score is scaled.</summary>
internal static class GptNeo
{
    private const string ModelType = "gpt_neo";

    internal static Family Family { get; } =
        new(ModelType, "h.0.attn.attention.q_proj.weight", "GPTNeo", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Ignore("is_decoder");
        var (width, heads) = (settings.Count("hidden_size", 2048), settings.Count("num_heads", 16));
        var inner = settings.Count("intermediate_size", 4 * width);
        var epsilon = settings.Epsilon("layer_norm_epsilon", 1e-5);
        var activation = settings.Activation("activation_function", "gelu_new");
        var window = settings.Count("window_size", 256);
        Family.HeadWidth(width, heads);
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("wte", settings.Count("vocab_size", 50257)),
            Positions = new PositionConfig(
                new EmbeddingConfig("wpe", settings.Count("max_position_embeddings", 2048))),
            Blocks = [.. AreLocal(settings, settings.Count("num_layers", 24)).Select(Block)],
            FinalNorm = new NormConfig("ln_f", epsilon),
            Head = new HeadConfig("lm_head"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
        };

        BlockConfig Block(bool local, int i) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"h.{i}.ln_1", epsilon),
                Input = LayerConfig.Of(
                    $"h.{i}.attn.attention", width, new("q_proj", width), new("k_proj", width), new("v_proj", width))
                    with
                { Bias = false },
                Output = new LayerConfig($"h.{i}.attn.attention.out_proj", width, width),
                Heads = heads,
                Scale = 1,
                Causal = true,
                Window = local ? window : null,
            },
            new MlpConfig
            {
                NormBefore = new NormConfig($"h.{i}.ln_2", epsilon),
                Up = new LayerConfig($"h.{i}.mlp.c_fc", width, inner),
                Down = new LayerConfig($"h.{i}.mlp.c_proj", inner, width),
                Activation = activation,
            });
    }

    // Block by block, or as [[kinds, times], …]; in turn where neither is said.
    private static bool[] AreLocal(ConfigReader settings, int blocks)
    {
        var types = settings.Json("attention_types");
        var kinds = settings.Texts("attention_layers")
            ?? (types is { } nested ? Unrolled(nested, blocks)
                : [.. Enumerable.Range(0, blocks).Select(i => i % 2 == 0 ? "global" : "local")]);
        if (kinds.Length != blocks)
            throw new ArgumentException(
                $"attention_layers or attention_types tell of more or fewer blocks than num_layers, which says "
                    + $"{blocks}.");
        return Array.ConvertAll(kinds, kind => kind switch
        {
            "global" => false,
            "local" => true,
            _ => throw new ArgumentException($"a block's attention is {Excerpt.Of(kind, 60)}, not global or local."),
        });
    }

    // No further than one block too many.
    private static string[] Unrolled(JsonElement types, int blocks)
    {
        try
        {
            var kinds = new List<string>();
            foreach (var type in types.EnumerateArray())
            {
                var unit = type[0].EnumerateArray().Select(kind => kind.GetString() ?? "").ToArray();
                var times = Math.Min(type[1].GetInt32(), blocks + 1);
                for (var time = 0; time < times && kinds.Count <= blocks; time++) kinds.AddRange(unit);
            }
            return [.. kinds];
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new ArgumentException(
                $"attention_types should be pairs of kinds and times, but is {Excerpt.Of(types.GetRawText(), 60)}.");
        }
    }
}

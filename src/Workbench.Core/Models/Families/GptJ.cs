using System;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>GPT-J (Wang and Komatsuzaki, "GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model", 2021) and
/// CodeGen (Nijkamp et al., "CodeGen: An Open Large Language Model for Code with Multi-Turn Program Synthesis", 2023):
/// both halves of a block read the same norm, neighbouring places of a head turn together, and the head has a
/// bias.</summary>
internal static class GptJ
{
    internal static Family Family { get; } = new(
        "gptj", "h.0.attn.q_proj.weight", "GPTJ",
        settings => Read(settings, "gptj", (name, width) => LayerConfig.Of(
            name, width, new("q_proj", width), new("k_proj", width), new("v_proj", width)), HeadOrder.Kinds));

    // Queries, values and keys lie as they were cut over four processors.
    internal static Family CodeGen { get; } = new(
        "codegen", "h.0.attn.qkv_proj.weight", "CodeGen",
        settings => Read(
            settings, "codegen", (name, width) => new LayerConfig($"{name}.qkv_proj", width, 3 * width),
            HeadOrder.Quarters));

    private static TransformerConfig Read(
        ConfigReader settings, string modelType, Func<string, int, LayerConfig> input, HeadOrder order)
    {
        // Rotary positions have no end, and scores are always divided by √d_k.
        settings.Ignore("is_decoder", "n_positions", "n_ctx", "rotary", "scale_attn_weights");
        var (width, heads) = (settings.Count("n_embd", 4096), settings.Count("n_head", 16));
        var headWidth = Family.HeadWidth(width, heads);
        if (order == HeadOrder.Quarters && heads % 4 != 0)
            throw new ArgumentException($"{heads} heads cannot be cut into four parts.");
        var inner = settings.Count("n_inner", 4 * width);
        var epsilon = settings.Epsilon("layer_norm_epsilon", 1e-5);
        var activation = settings.Activation("activation_function", "gelu_new");
        if (settings.IsNull("rotary_dim")) settings.Refuse("rotary_dim");
        var rotary = new RotaryConfig(settings.Count("rotary_dim", 64)) { Pairing = RotaryPairing.Neighbours };
        if (rotary.Width % 2 != 0 || rotary.Width > headWidth)
            throw new ArgumentException($"rotary_dim {rotary.Width} is no even number of a head's {headWidth} places.");
        return new TransformerConfig
        {
            Family = modelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("wte", settings.Count("vocab_size", 50400)),
            Blocks = [.. Enumerable.Range(0, settings.Count("n_layer", 28)).Select(Block)],
            FinalNorm = new NormConfig("ln_f", epsilon),
            Head = new HeadConfig("lm_head") { Bias = "lm_head.bias" },
            TiedHead = settings.Truth("tie_word_embeddings") ?? false,
            Biases = true,
        };

        BlockConfig Block(int i) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"h.{i}.ln_1", epsilon),
                Input = input($"h.{i}.attn", width) with { Bias = false },
                Output = new LayerConfig($"h.{i}.attn.out_proj", width, width) { Bias = false },
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = true,
                Order = order,
                Rotary = rotary,
            },
            new MlpConfig
            {
                Up = new LayerConfig($"h.{i}.mlp.fc_in", width, inner),
                Down = new LayerConfig($"h.{i}.mlp.fc_out", inner, width),
                Activation = activation,
            })
        {
            Parallel = true,
        };
    }
}

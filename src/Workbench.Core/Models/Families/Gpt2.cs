using System;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Models.Families;

/// <summary>GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019), and nanoGPT's
/// checkpoints of its shape.</summary>
public static class Gpt2
{
    internal const string ModelType = "gpt2";

    internal static Family Family { get; } = new(ModelType, "wte.weight", "GPT2", Read);

    /// <summary>The table of a GPT-2; by default of the smallest, 124M parameters.</summary>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="positions">Number of learned positions, the longest text that can be run.</param>
    /// <param name="width">d, the dimensions of the residual stream.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="heads">Attention heads per block.</param>
    /// <param name="inner">Width of the MLPs' inner layer; null for 4·d.</param>
    /// <param name="activation">The MLPs' nonlinearity.</param>
    /// <param name="epsilon">Added to the variance in every norm.</param>
    /// <param name="scaled">Whether attention scores are divided by √d_k.</param>
    /// <param name="scaledByBlock">Whether attention scores of block i are also divided by i + 1.</param>
    /// <exception cref="ArgumentException">The width cannot be cut into so many heads.</exception>
    /// <example><code>Gpt2.Config(vocabulary: 280, width: 16, blocks: 1, heads: 2).IsCausal</code> is true.</example>
    public static TransformerConfig Config(
        int vocabulary = 50257, int positions = 1024, int width = 768, int blocks = 12, int heads = 12,
        int? inner = null, Activation activation = Activation.GeluNew, double epsilon = 1e-5, bool scaled = true,
        bool scaledByBlock = false)
    {
        var headWidth = Family.HeadWidth(width, heads);
        var innerWidth = inner ?? 4 * width;
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("wte", vocabulary),
            Positions = new PositionConfig(new EmbeddingConfig("wpe", positions)),
            Blocks = [.. Enumerable.Range(0, blocks).Select(Block)],
            FinalNorm = new NormConfig("ln_f", epsilon),
            Head = new HeadConfig("lm_head"),
            Layout = WeightLayout.InputMajor,
        };

        BlockConfig Block(int i) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"h.{i}.ln_1", epsilon),
                Input = new LayerConfig($"h.{i}.attn.c_attn", width, 3 * width),
                Output = new LayerConfig($"h.{i}.attn.c_proj", width, width),
                Heads = heads,
                Scale = (float)((scaled ? 1 / Math.Sqrt(headWidth) : 1) / (scaledByBlock ? i + 1 : 1)),
                Causal = true,
            },
            new MlpConfig
            {
                NormBefore = new NormConfig($"h.{i}.ln_2", epsilon),
                Up = new LayerConfig($"h.{i}.mlp.c_fc", width, innerWidth),
                Down = new LayerConfig($"h.{i}.mlp.c_proj", innerWidth, width),
                Activation = activation,
            });
    }

    /// <summary>The model_args inside a nanoGPT checkpoint as a JSON object, or null where there are none.</summary>
    internal static string? Arguments(TensorFile file)
    {
        const string arguments = "model_args/";
        if (file is not PyTorchFile { Values: var values }) return null;
        var found = values.Where(entry => entry.Key.StartsWith(arguments, StringComparison.Ordinal)).ToArray();
        return found.Length == 0
            ? null
            : JsonSerializer.Serialize(
                found.ToDictionary(entry => entry.Key[arguments.Length..], entry => entry.Value));
    }

    private static TransformerConfig Read(ConfigReader settings)
    {
        if (settings.Has("block_size")) return NanoGpt(settings);
        settings.Only("n_special", "0");
        // An order of operations for half precision; this engine computes in float32 anyway.
        settings.Truth("reorder_and_upcast_attn");
        settings.Truth("is_decoder"); // GPT-2 is causal whatever it says
        var positions = settings.Count("n_positions", 1024);
        settings.Only("n_ctx", $"{positions}");
        return Config(
            settings.Count("vocab_size", 50257), positions, settings.Count("n_embd", 768),
            settings.Count("n_layer", 12), settings.Count("n_head", 12), settings.Count("n_inner"),
            settings.Activation("activation_function", "gelu_new"), settings.Epsilon("layer_norm_epsilon", 1e-5),
            settings.Truth("scale_attn_weights") ?? true, settings.Truth("scale_attn_by_inverse_layer_idx") ?? false)
            with
        { TiedHead = settings.Truth("tie_word_embeddings") };
    }

    // Exact GELU, weights as PyTorch's Linear layers; its own default for the vocabulary is GPT-2's, rounded up to a
    // multiple of 64.
    private static TransformerConfig NanoGpt(ConfigReader settings) =>
        Config(
            settings.Count("vocab_size", 50304), settings.Count("block_size", 1024), settings.Count("n_embd", 768),
            settings.Count("n_layer", 12), settings.Count("n_head", 12), activation: Activation.Gelu)
            with
        { Biases = settings.Truth("bias") ?? true, Layout = WeightLayout.OutputMajor };
}

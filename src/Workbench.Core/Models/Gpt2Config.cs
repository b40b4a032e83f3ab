using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Models;

/// <summary>The settings of a GPT-2-shaped model; the defaults are those of the smallest GPT-2, 124M
/// parameters.</summary>
/// <example><code>new Gpt2Config { Width = 48, Heads = 4, Blocks = 2 }</code></example>
public sealed record Gpt2Config
{
    /// <summary>Number of tokens.</summary>
    public int VocabularySize { get; init; } = 50257;

    /// <summary>Number of learned positions, the longest text that can be run.</summary>
    public int Positions { get; init; } = 1024;

    /// <summary>d, the dimensions of the residual stream.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; init; } = 12;

    /// <summary>Attention heads per block; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the MLPs' inner layer; null for 4·d.</summary>
    public int? Inner { get; init; }

    /// <summary>The MLPs' nonlinearity.</summary>
    public Activation Activation { get; init; } = Activation.GeluNew;

    /// <summary>Added to the variance in every layer norm.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether attention scores are divided by √d_k.</summary>
    public bool ScaleAttention { get; init; } = true;

    /// <summary>Whether attention scores of block i are also divided by i + 1.</summary>
    public bool ScaleAttentionByBlock { get; init; }

    /// <summary>Whether the output head is the token embeddings; null where that is not said, and the file decides: a
    /// head of its own if it has one.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Whether layers and norms have biases; null where that is not said, and the file decides: none if it has
    /// none at all.</summary>
    public bool? Biases { get; init; }

    /// <summary>How weights are stored where the file's shapes leave that open.</summary>
    public WeightLayout Layout { get; init; } = WeightLayout.InputMajor;

    /// <summary>Settings that change the forward pass and are not supported, by name with their values: the weights can
    /// be read, the model cannot be run.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>Width of the MLPs' inner layer.</summary>
    public int InnerWidth => Inner ?? 4 * Width;

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads a <c>config.json</c> of a model of type gpt2, or the model_args of a nanoGPT checkpoint as a JSON
    /// object.</summary>
    /// <param name="json">The text. Settings that are absent have the transformers library's defaults, which are those
    /// of this record.
    /// An object with a <c>block_size</c> is nanoGPT's: exact GELU, weights as PyTorch's Linear layers.</param>
    /// <param name="source">Where the text comes from, for messages.</param>
    /// <exception cref="WeightFileException">The text is not a JSON object, a setting is of the wrong type, or the
    /// model is of another type.</exception>
    /// <remarks>A setting that is not known, or has a value that is not supported, ends in
    /// <see cref="Refusals"/>.</remarks>
    public static Gpt2Config Parse(string json, string source)
    {
        var settings = new ConfigReader(json, source);
        var config = settings.Has("block_size") ? NanoGpt(settings) : HubConfig(settings);
        config = config with { Refusals = settings.Finish() };
        if (config.Width % config.Heads != 0)
            throw new WeightFileException(
                FileProblem.Malformed, source, $"a width of {config.Width} cannot be cut into {config.Heads} heads.");
        return config;
    }

    /// <summary>The settings that lie with a checkpoint: the <c>config.json</c> in its folder, or nanoGPT's model_args
    /// inside it.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="WeightFileException">There is neither, or it cannot be read.</exception>
    public static Gpt2Config Of(TensorFile file)
    {
        const string arguments = "model_args/";
        if (file is PyTorchFile { Values: var values } && values.Keys.Any(IsArgument))
            return Parse(
                JsonSerializer.Serialize(
                    values
                        .Where(entry => IsArgument(entry.Key))
                        .ToDictionary(entry => entry.Key[arguments.Length..], entry => entry.Value)
                ),
                file.Path
            );
        return ConfigReader.Beside(file, Parse);

        static bool IsArgument(string key) => key.StartsWith(arguments, StringComparison.Ordinal);
    }

    /// <summary>What attention scores of a block are multiplied by before the softmax.</summary>
    /// <param name="block">From 0.</param>
    public float AttentionScale(int block) =>
        (float)((ScaleAttention ? 1 / Math.Sqrt(HeadWidth) : 1) / (ScaleAttentionByBlock ? block + 1 : 1));

    private static Gpt2Config HubConfig(ConfigReader settings)
    {
        settings.RequireModelType("gpt2");
        settings.Only("add_cross_attention", "false");
        settings.Only("is_encoder_decoder", "false");
        settings.Only("pruned_heads", "{}");
        settings.Only("tie_encoder_decoder", "false");
        settings.Only("n_special", "0");
        // An order of operations for half precision; this engine computes in float32 anyway.
        settings.Truth("reorder_and_upcast_attn");
        settings.Truth("is_decoder"); // GPT-2 is causal whatever it says
        var defaults = new Gpt2Config();
        var positions = settings.Count("n_positions", defaults.Positions);
        settings.Only("n_ctx", $"{positions}");
        return new Gpt2Config
        {
            VocabularySize = settings.Count("vocab_size", defaults.VocabularySize),
            Positions = positions,
            Width = settings.Count("n_embd", defaults.Width),
            Blocks = settings.Count("n_layer", defaults.Blocks),
            Heads = settings.Count("n_head", defaults.Heads),
            Inner = settings.Count("n_inner"),
            Activation = settings.Activation("activation_function", "gelu_new"),
            NormEpsilon = settings.Epsilon("layer_norm_epsilon", defaults.NormEpsilon),
            ScaleAttention = settings.Truth("scale_attn_weights") ?? true,
            ScaleAttentionByBlock = settings.Truth("scale_attn_by_inverse_layer_idx") ?? false,
            TiedHead = settings.Truth("tie_word_embeddings"),
        };
    }

    private static Gpt2Config NanoGpt(ConfigReader settings) =>
        new()
        {
            // NanoGPT's own default: GPT-2's, rounded up to a multiple of 64.
            VocabularySize = settings.Count("vocab_size", 50304),
            Positions = settings.Count("block_size", 1024),
            Width = settings.Count("n_embd", 768),
            Blocks = settings.Count("n_layer", 12),
            Heads = settings.Count("n_head", 12),
            Activation = Activation.Gelu,
            Biases = settings.Truth("bias") ?? true,
            Layout = WeightLayout.OutputMajor,
        };
}

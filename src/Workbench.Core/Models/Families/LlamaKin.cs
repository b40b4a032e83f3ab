using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>Llama and its kin: their sizes, and the parts of a block under Llama's names. A family begins here with
/// defaults of its own, and changes by <c>with</c> what it does otherwise.</summary>
/// <param name="ModelType">The family's <c>model_type</c>.</param>
internal sealed record LlamaKin(string ModelType)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Family> Families { get; } =
    [
        Llama.Family, Mistral.Family, Mixtral.Family, Qwen2.Family, Qwen3.Family, Qwen3Moe.Family, Olmo.Family,
        Olmo2.Family, Olmoe.Family, Gemma.Family, Gemma2.Family, Gemma3.Family, Gemma3.WithPictures, Phi.Family,
        Phi3.Family, StableLm.Family, Starcoder2.Family, Granite.Family, SmolLm3.Family, GptOss.Family, Cohere.Family,
    ];

    public int Vocabulary { get; init; } = 32000;

    public int Width { get; init; } = 4096;

    /// <summary>Width of the MLPs' inner layer.</summary>
    public int Inner { get; init; } = 11008;

    public int Blocks { get; init; } = 32;

    public int Heads { get; init; } = 32;

    /// <summary>Null for as many as there are heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>d_k where it is not an equal share of the width.</summary>
    public int? OwnHeadWidth { get; init; }

    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>What all norms of the stream have in common; it has no name.</summary>
    public NormConfig AnyNorm { get; init; } = new("", 1e-6) { Kind = NormKind.RootMeanSquare, Bias = false };

    /// <summary>Of queries, keys and values, and of what all heads together write.</summary>
    public bool AttentionBias { get; init; }

    public bool MlpBias { get; init; }

    public RotaryConfig? Rotary { get; init; }

    /// <summary>Null where the file decides.</summary>
    public bool? Tied { get; init; }

    public int HeadWidth => OwnHeadWidth ?? Family.HeadWidth(Width, Heads);

    /// <summary>This with what the settings say; what they do not say stays.</summary>
    /// <param name="settings">Takes everything that Llama's kin have in common but rotary positions.</param>
    /// <param name="epsilon">What the setting of what norms add is called.</param>
    /// <param name="activation">What the setting of the MLPs' activation is called.</param>
    public LlamaKin Read(ConfigReader settings, string epsilon = "rms_norm_eps", string activation = "hidden_act")
    {
        settings.Only("rope_interleaved", "false");
        settings.Truth("is_decoder"); // they are causal whatever it says
        return this with
        {
            Vocabulary = settings.Count("vocab_size", Vocabulary),
            Width = settings.Count("hidden_size", Width),
            Inner = settings.Count("intermediate_size", Inner),
            Blocks = settings.Count("num_hidden_layers", Blocks),
            Heads = settings.Count("num_attention_heads", Heads),
            // Null does not mean the family's number, but that of heads, or an equal share.
            KeyValueHeads = settings.IsNull("num_key_value_heads")
                ? null
                : settings.Count("num_key_value_heads") ?? KeyValueHeads,
            OwnHeadWidth = settings.IsNull("head_dim") ? null : settings.Count("head_dim") ?? OwnHeadWidth,
            Activation = settings.Has(activation) ? settings.Activation(activation, "") : Activation,
            AnyNorm = AnyNorm with { Epsilon = settings.Epsilon(epsilon, AnyNorm.Epsilon) },
            AttentionBias = settings.Truth("attention_bias") ?? AttentionBias,
            MlpBias = settings.Truth("mlp_bias") ?? MlpBias,
            Tied = settings.Truth("tie_word_embeddings") ?? Tied ?? false,
        };
    }

    /// <summary>The table with these blocks, each by its number.</summary>
    public TransformerConfig Table(Func<int, BlockConfig> block) => new()
    {
        Family = ModelType,
        Prefixes = ["model."],
        Width = Width,
        Tokens = new EmbeddingConfig("embed_tokens", Vocabulary),
        Blocks = [.. Enumerable.Range(0, Blocks).Select(block)],
        FinalNorm = Norm("norm"),
        Head = new HeadConfig("lm_head"),
        Biases = false,
        TiedHead = Tied,
    };

    /// <summary>Llama's own block.</summary>
    public BlockConfig Block(int i) => new(Attention(i), Mlp(i));

    public AttentionConfig Attention(int i)
    {
        var (keys, name) = (KeyValueHeads ?? Heads, $"layers.{i}.self_attn");
        return new AttentionConfig
        {
            NormBefore = Norm($"layers.{i}.input_layernorm"),
            Input = LayerConfig.Of(
                name, Width, new("q_proj", Heads * HeadWidth), new("k_proj", keys * HeadWidth),
                new("v_proj", keys * HeadWidth))
                with
            { Bias = AttentionBias },
            Output = new LayerConfig($"{name}.o_proj", Heads * HeadWidth, Width) { Bias = AttentionBias },
            Heads = Heads,
            KeyValueHeads = keys,
            Scale = (float)(1 / Math.Sqrt(HeadWidth)),
            Causal = true,
            Rotary = Rotary,
        };
    }

    /// <summary>An attention whose queries and keys are normed.</summary>
    /// <param name="attention">The attention of block <paramref name="i"/>.</param>
    /// <param name="i">The block.</param>
    /// <param name="scope">Over what.</param>
    /// <param name="name">What the norms' names are behind <c>q_</c> and <c>k_</c>.</param>
    public AttentionConfig WithHeadNorms(AttentionConfig attention, int i, HeadNormScope scope, string name = "norm") =>
        attention with
        {
            QueryNorm = new HeadNormConfig(Norm($"layers.{i}.self_attn.q_{name}"), scope),
            KeyNorm = new HeadNormConfig(Norm($"layers.{i}.self_attn.k_{name}"), scope),
        };

    public MlpConfig Mlp(int i) =>
        Gated($"layers.{i}.mlp", Inner) with { NormBefore = Norm($"layers.{i}.post_attention_layernorm") };

    /// <summary>A gated perceptron without a norm.</summary>
    public MlpConfig Gated(
        string name, int inner, string gate = "gate_proj", string up = "up_proj", string down = "down_proj") => new()
        {
            Up = LayerConfig.Of(name, Width, new(gate, inner), new(up, inner)) with { Bias = MlpBias },
            Down = new LayerConfig($"{name}.{down}", inner, Width) { Bias = MlpBias },
            Activation = Activation,
            Gate = GateOrder.GateThenUp,
        };

    /// <summary>A perceptron without a gate and a norm.</summary>
    public MlpConfig Plain(string name, string up, string down) => new()
    {
        Up = new LayerConfig($"{name}.{up}", Width, Inner) { Bias = MlpBias },
        Down = new LayerConfig($"{name}.{down}", Inner, Width) { Bias = MlpBias },
        Activation = Activation,
    };

    public NormConfig Norm(string name) => AnyNorm with { Name = name };
}

using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>OPT (Zhang et al., "OPT: Open Pre-trained Transformer Language Models", 2022), with the 350m's norms after
/// each half and its projections from and to narrower token embeddings.</summary>
internal static class Opt
{
    /// <summary>Two rows of the positions' table belong to no place in a text.</summary>
    internal const int Offset = 2;

    /// <summary>Added to the variance in every norm, whatever is set.</summary>
    internal const double Epsilon = 1e-5;

    private const string ModelType = "opt";

    internal static Family Family { get; } = new(ModelType, null, "OPT", Read);

    /// <summary>A block of OPT's names, with its norms before each half.</summary>
    internal static BlockConfig Block(string name, int width, int heads, int inner, Activation activation) => new(
        new AttentionConfig
        {
            NormBefore = new NormConfig($"{name}.self_attn_layer_norm", Epsilon),
            Input = LayerConfig.Of(
                $"{name}.self_attn", width, new("q_proj", width), new("k_proj", width), new("v_proj", width)),
            Output = new LayerConfig($"{name}.self_attn.out_proj", width, width),
            Heads = heads,
            Scale = Family.Scale(Family.HeadWidth(width, heads)),
            Causal = true,
        },
        new MlpConfig
        {
            NormBefore = new NormConfig($"{name}.final_layer_norm", Epsilon),
            Up = new LayerConfig($"{name}.fc1", width, inner),
            Down = new LayerConfig($"{name}.fc2", inner, width),
            Activation = activation,
        });

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("learned_embeddings", "true");
        settings.Only("scale_embeddings", "false");
        settings.Ignore("is_decoder");
        var (width, heads) = (settings.Count("hidden_size", 768), settings.Count("num_attention_heads", 12));
        var tokenWidth = settings.Count("word_embed_proj_dim", width);
        var inner = settings.Count("ffn_dim", 3072);
        var activation = settings.Activation("activation_function", "relu");
        var before = settings.Truth("do_layer_norm_before") ?? true;
        var affine = settings.Truth("layer_norm_elementwise_affine") ?? true;
        var last = !(settings.Truth("_remove_final_layer_norm") ?? false) && before;
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["decoder."],
            Width = width,
            Tokens = new EmbeddingConfig("embed_tokens", settings.Count("vocab_size", 50272)) { Width = tokenWidth },
            TokenProjection = Projection("project_in", tokenWidth, width),
            Positions = new PositionConfig(
                new EmbeddingConfig("embed_positions", settings.Count("max_position_embeddings", 2048) + Offset))
            {
                Offset = Offset,
            },
            Blocks =
            [
                .. Enumerable.Range(0, settings.Count("num_hidden_layers", 12))
                    .Select(i => Block($"layers.{i}", width, heads, inner, activation))
                    .Select(block => new BlockConfig(
                        block.Attention with
                        {
                            NormBefore = before ? Norm(block.Attention.NormBefore!) : null,
                            NormAfter = before ? null : Norm(block.Attention.NormBefore!),
                        },
                        block.Mlp with
                        {
                            NormBefore = before ? Norm(block.Mlp.NormBefore!) : null,
                            NormAfter = before ? null : Norm(block.Mlp.NormBefore!),
                        }))
            ],
            FinalNorm = last ? Norm(new NormConfig("final_layer_norm", Epsilon)) : null,
            OutputProjection = Projection("project_out", width, tokenWidth),
            Head = new HeadConfig("lm_head"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = settings.Truth("enable_bias") ?? true,
        };

        NormConfig Norm(NormConfig norm) => norm with { Weighted = affine, Bias = affine };

        LayerConfig? Projection(string name, int inputs, int outputs) =>
            inputs == outputs ? null : new LayerConfig(name, inputs, outputs) { Bias = false };
    }
}

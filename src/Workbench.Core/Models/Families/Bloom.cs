using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>BLOOM (Scao et al., "BLOOM: A 176B-Parameter Open-Access Multilingual Language Model", 2022): positions by
/// linear biases alone, and a norm of the token embeddings.</summary>
internal static class Bloom
{
    private const string ModelType = "bloom";

    internal static Family Family { get; } = new(ModelType, "word_embeddings_layernorm.weight", "Bloom", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        // Orders of operations and fused kernels, which change no result; biases by distance have no end.
        settings.Ignore(
            "is_decoder", "attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "offset_alibi",
            "pretraining_tp", "seq_length", "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact");
        var (width, heads) = (settings.Count("hidden_size", 64), settings.Count("n_head", 8));
        var headWidth = Family.HeadWidth(width, heads);
        settings.Only("n_inner", $"{4 * width}");
        var epsilon = settings.Epsilon("layer_norm_epsilon", 1e-5);
        var addsToRead = settings.Truth("apply_residual_connection_post_layernorm") ?? false;
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("word_embeddings", settings.Count("vocab_size", 250880)),
            EmbeddingNorm = new NormConfig("word_embeddings_layernorm", epsilon),
            Blocks = [.. Enumerable.Range(0, settings.Count("n_layer", 2)).Select(i => Block($"h.{i}"))],
            FinalNorm = new NormConfig("ln_f", epsilon),
            Head = new HeadConfig("lm_head"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"{name}.input_layernorm", epsilon),
                Input = new LayerConfig($"{name}.self_attention.query_key_value", width, 3 * width),
                Output = new LayerConfig($"{name}.self_attention.dense", width, width),
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = true,
                Order = HeadOrder.Groups,
                Alibi = new AlibiConfig(AlibiKind.Bloom),
                AddsToRead = addsToRead,
            },
            new MlpConfig
            {
                NormBefore = new NormConfig($"{name}.post_attention_layernorm", epsilon),
                Up = new LayerConfig($"{name}.mlp.dense_h_to_4h", width, 4 * width),
                Down = new LayerConfig($"{name}.mlp.dense_4h_to_h", 4 * width, width),
                Activation = Activation.GeluNew,
                AddsToRead = addsToRead,
            });
    }
}

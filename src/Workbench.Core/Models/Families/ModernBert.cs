using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>ModernBERT (Warner et al., "Smarter, Better, Faster, Longer: A Modern Bidirectional Encoder", 2024): rotary
/// positions, gated MLPs, and windows in two of three blocks, each kind with a base of its own.</summary>
internal static class ModernBert
{
    private const string ModelType = "modernbert";

    internal static Family Family { get; } =
        new(ModelType, "embeddings.tok_embeddings.weight", "ModernBert", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        // Which kernels run, and what classifiers and training do; norms read norm_eps alone, and positions are rotary.
        settings.Ignore(
            "classifier_pooling", "compile", "deterministic_flash_attn", "layer_norm_eps", "max_position_embeddings",
            "position_embedding_type", "reference_compile", "repad_logits_with_grad", "sparse_pred_ignore_index",
            "sparse_prediction");
        settings.Only("is_decoder", "false");
        var (width, heads) = (settings.Count("hidden_size", 768), settings.Count("num_attention_heads", 12));
        var headWidth = Family.HeadWidth(width, heads);
        var inner = settings.Count("intermediate_size", 1152);
        var epsilon = settings.Epsilon("norm_eps", 1e-5);
        var activation = settings.Activation("hidden_activation", "gelu");
        var normBias = settings.Truth("norm_bias") ?? false;
        var attentionBias = settings.Truth("attention_bias") ?? false;
        var mlpBias = settings.Truth("mlp_bias") ?? false;
        var blocks = settings.Count("num_hidden_layers", 22);
        var every = settings.Count("global_attn_every_n_layers", 3);
        // As many on either side, and the token itself.
        var window = settings.Count("local_attention", 128) / 2 + 1;
        var full = RotarySettings.Read(settings, headWidth, 160_000, layerType: RotarySettings.Full);
        var sliding = RotarySettings.Read(settings, headWidth, layerType: RotarySettings.Sliding);
        return new TransformerConfig
        {
            Family = ModelType,
            Width = width,
            Tokens = new EmbeddingConfig("embeddings.tok_embeddings", settings.Count("vocab_size", 50368)),
            EmbeddingNorm = Norm("embeddings.norm"),
            Blocks = [.. LayerTypes.Sliding(settings, blocks, i => i % every != 0).Select(Block)],
            FinalNorm = Norm("final_norm"),
            Head = new HeadConfig("decoder")
            {
                Bias = settings.Truth("decoder_bias") ?? true ? "decoder.bias" : null,
                Transform = new HeadTransformConfig(
                    new LayerConfig("head.dense", width, width) { Bias = settings.Truth("classifier_bias") ?? false },
                    settings.Activation("classifier_activation", "gelu"), Norm("head.norm")),
            },
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = false,
        };

        BlockConfig Block(bool slides, int i) => new(
            new AttentionConfig
            {
                NormBefore = i == 0 ? null : Norm($"layers.{i}.attn_norm"),
                Input = new LayerConfig($"layers.{i}.attn.Wqkv", width, 3 * width) { Bias = attentionBias },
                Output = new LayerConfig($"layers.{i}.attn.Wo", width, width) { Bias = attentionBias },
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = false,
                Window = slides ? window : null,
                Rotary = slides ? sliding : full,
            },
            new MlpConfig
            {
                NormBefore = Norm($"layers.{i}.mlp_norm"),
                Up = new LayerConfig($"layers.{i}.mlp.Wi", width, 2 * inner) { Bias = mlpBias },
                Down = new LayerConfig($"layers.{i}.mlp.Wo", inner, width) { Bias = mlpBias },
                Activation = activation,
                Gate = GateOrder.GateThenUp,
            });

        NormConfig Norm(string name) => new(name, epsilon) { Bias = normBias };
    }
}

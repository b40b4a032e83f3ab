using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>GPT-NeoX (Black et al., "GPT-NeoX-20B: An Open-Source Autoregressive Language Model", 2022), the family of
/// Pythia: both halves of a block read the stream through norms of their own, and a quarter of each head
/// turns.</summary>
internal static class GptNeoX
{
    private const string ModelType = "gpt_neox";

    internal static Family Family { get; } = new(ModelType, "embed_in.weight", "GPTNeoX", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Ignore("is_decoder", "max_position_embeddings");
        var (width, heads) = (settings.Count("hidden_size", 6144), settings.Count("num_attention_heads", 64));
        var headWidth = Family.HeadWidth(width, heads);
        var inner = settings.Count("intermediate_size", 24576);
        var epsilon = settings.Epsilon("layer_norm_eps", 1e-5);
        var activation = settings.Activation("hidden_act", "gelu");
        var biased = settings.Truth("attention_bias") ?? true;
        var parallel = settings.Truth("use_parallel_residual") ?? true;
        var rotary = RotarySettings.Read(settings, headWidth, otherwiseShare: 0.25);
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["gpt_neox."],
            Width = width,
            Tokens = new EmbeddingConfig("embed_in", settings.Count("vocab_size", 50432)),
            Blocks =
            [
                .. Enumerable.Range(0, settings.Count("num_hidden_layers", 44)).Select(i => Block($"layers.{i}"))
            ],
            FinalNorm = new NormConfig("final_layer_norm", epsilon),
            Head = new HeadConfig(settings.HasTensor("lm_head.weight") ? "lm_head" : "embed_out"),
            TiedHead = settings.Truth("tie_word_embeddings") ?? false,
            Biases = true,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"{name}.input_layernorm", epsilon),
                Input = new LayerConfig($"{name}.attention.query_key_value", width, 3 * width) { Bias = biased },
                Output = new LayerConfig($"{name}.attention.dense", width, width) { Bias = biased },
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = true,
                Order = HeadOrder.Groups,
                Rotary = rotary,
            },
            new MlpConfig
            {
                NormBefore = new NormConfig($"{name}.post_attention_layernorm", epsilon),
                Up = new LayerConfig($"{name}.mlp.dense_h_to_4h", width, inner),
                Down = new LayerConfig($"{name}.mlp.dense_4h_to_h", inner, width),
                Activation = activation,
            })
        {
            Parallel = parallel,
        };
    }
}

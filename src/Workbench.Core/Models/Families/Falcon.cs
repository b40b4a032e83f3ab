using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>Falcon (Almazrouei et al., "The Falcon Series of Open Language Models", 2023) in its three shapes: one key
/// and value for all heads (7B), for groups of heads with two norms (40B), and a key and value a head with linear
/// biases (RefinedWeb 1B).</summary>
internal static class Falcon
{
    private const string ModelType = "falcon";

    internal static Family Family { get; } =
        new(ModelType, "h.0.self_attention.query_key_value.weight", "Falcon", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("apply_residual_connection_post_layernorm", "false");
        settings.Only("ff_factor", "4");
        settings.Ignore("is_decoder", "max_position_embeddings");
        var (width, heads) = (settings.Count("hidden_size", 4544), settings.Count("num_attention_heads", 71));
        var headWidth = Family.HeadWidth(width, heads);
        var inner = settings.Count("ffn_hidden_size", 4 * width);
        var epsilon = settings.Epsilon("layer_norm_epsilon", 1e-5);
        var activation = settings.Activation("activation", "gelu");
        var grouped = settings.Truth("new_decoder_architecture") ?? false;
        // Only groups obey num_kv_heads.
        var (groups, shared) = (settings.Count("num_kv_heads", heads), settings.Truth("multi_query") ?? true);
        var keyValueHeads = grouped ? groups : shared ? 1 : heads;
        var parallel = settings.Truth("parallel_attn") ?? true;
        if (grouped && !parallel) settings.Refuse("parallel_attn");
        var norms = settings.Count("num_ln_in_parallel_attn", grouped ? 2 : 1);
        if (norms > (grouped ? 2 : 1)) settings.Refuse("num_ln_in_parallel_attn");
        var alibi = settings.Truth("alibi") ?? false;
        if (alibi) settings.Ignore("rope_parameters", "rope_scaling", "rope_theta");
        var rotary = alibi ? null : RotarySettings.Read(settings, headWidth);
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("word_embeddings", settings.Count("vocab_size", 65024)),
            Blocks = [.. Enumerable.Range(0, settings.Count("num_hidden_layers", 32)).Select(i => Block($"h.{i}"))],
            FinalNorm = Norm("ln_f"),
            Head = new HeadConfig("lm_head"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = settings.Truth("bias") ?? false,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                NormBefore = Norm(norms == 2 ? $"{name}.ln_attn" : $"{name}.input_layernorm"),
                Input = new LayerConfig(
                    $"{name}.self_attention.query_key_value", width, (heads + 2 * keyValueHeads) * headWidth),
                Output = new LayerConfig($"{name}.self_attention.dense", width, width),
                Heads = heads,
                KeyValueHeads = keyValueHeads,
                Scale = Family.Scale(headWidth),
                Causal = true,
                Order = HeadOrder.Groups,
                Rotary = rotary,
                Alibi = alibi ? new AlibiConfig(AlibiKind.Falcon) : null,
            },
            new MlpConfig
            {
                NormBefore = norms == 2 ? Norm($"{name}.ln_mlp")
                    : parallel ? null
                    : Norm($"{name}.post_attention_layernorm"),
                Up = new LayerConfig($"{name}.mlp.dense_h_to_4h", width, inner),
                Down = new LayerConfig($"{name}.mlp.dense_4h_to_h", inner, width),
                Activation = activation,
            })
        {
            Parallel = parallel,
        };

        NormConfig Norm(string name) => new(name, epsilon) { Bias = true };
    }
}

using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>MPT (MosaicML, "Introducing MPT-7B: A New Standard for Open-Source, Commercially Usable LLMs", 2023):
/// positions by linear biases, and no biases else.</summary>
internal static class Mpt
{
    private const string ModelType = "mpt";

    internal static Family Family { get; } = new(ModelType, "blocks.0.attn.Wqkv.weight", "Mpt", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("embedding_fraction", "1");
        settings.Only("expansion_ratio", "4");
        settings.Only("logit_scale", "1");
        settings.Only("no_bias", "true");
        // Biases by distance have no end, and leave no use for learned positions.
        settings.Ignore(
            "is_decoder", "fc_type", "init_config", "init_device", "learned_pos_emb", "max_seq_len", "tokenizer_name",
            "verbose");
        if (settings.Text("norm_type", "low_precision_layernorm") is not ("low_precision_layernorm" or "layernorm"))
            settings.Refuse("norm_type");
        var (width, heads) = (settings.Count("d_model", 2048), settings.Count("n_heads", 16));
        var epsilon = settings.Epsilon("layer_norm_epsilon", 1e-5);
        var (clip, scale) = ((double?)null, (double)Family.Scale(Family.HeadWidth(width, heads)));
        if (settings.Object("attn_config") is { } attention)
        {
            attention.Only("alibi", "true");
            attention.Only("alibi_bias_max", "8");
            attention.Only("attn_type", "\"multihead_attention\"");
            attention.Only("prefix_lm", "false");
            attention.Only("qk_gn", "false");
            attention.Only("qk_ln", "false");
            attention.Only("rope", "false");
            attention.Only("sliding_window_size", "-1");
            attention.Ignore(
                "attn_impl", "attn_uses_sequence_id", "is_encoder_decoder", "model_type", "rope_dail_config",
                "rope_hf_config", "rope_impl", "rope_theta");
            clip = attention.Positive("clip_qkv");
            scale = attention.Number("softmax_scale", scale);
            attention.FinishInner();
        }
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["transformer."],
            Width = width,
            Tokens = new EmbeddingConfig("wte", settings.Count("vocab_size", 50368)),
            Blocks = [.. Enumerable.Range(0, settings.Count("n_layers", 24)).Select(i => Block($"blocks.{i}"))],
            FinalNorm = new NormConfig("norm_f", epsilon),
            Head = new HeadConfig("lm_head"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = false,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                NormBefore = new NormConfig($"{name}.norm_1", epsilon),
                Input = new LayerConfig($"{name}.attn.Wqkv", width, 3 * width),
                Output = new LayerConfig($"{name}.attn.out_proj", width, width),
                Heads = heads,
                Scale = (float)scale,
                Causal = true,
                Alibi = new AlibiConfig(AlibiKind.Mpt),
                Clip = clip,
            },
            new MlpConfig
            {
                NormBefore = new NormConfig($"{name}.norm_2", epsilon),
                Up = new LayerConfig($"{name}.ffn.up_proj", width, 4 * width),
                Down = new LayerConfig($"{name}.ffn.down_proj", 4 * width, width),
                Activation = Activation.Gelu,
            });
    }
}

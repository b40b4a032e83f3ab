using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>DistilBERT (Sanh et al., "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter",
/// 2019): a BERT without token types and pooler, of names of its own.</summary>
internal static class DistilBert
{
    private const string ModelType = "distilbert";
    private const double Epsilon = 1e-12;

    internal static Family Family { get; } =
        new(ModelType, "distilbert.embeddings.word_embeddings.weight", "DistilBert", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        // Computed positions are stored like learned ones.
        settings.Ignore("sinusoidal_pos_embds", "tie_weights_");
        settings.Only("is_decoder", "false");
        var (width, heads) = (settings.Count("dim", 768), settings.Count("n_heads", 12));
        var headWidth = Family.HeadWidth(width, heads);
        var inner = settings.Count("hidden_dim", 3072);
        var activation = settings.Activation("activation", "gelu");
        var positions = settings.Count("max_position_embeddings", 512);
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["distilbert."],
            Width = width,
            Tokens = new EmbeddingConfig("embeddings.word_embeddings", settings.Count("vocab_size", 30522)),
            Positions = new PositionConfig(new EmbeddingConfig("embeddings.position_embeddings", positions)),
            EmbeddingNorm = new NormConfig("embeddings.LayerNorm", Epsilon),
            Blocks =
            [
                .. Enumerable.Range(0, settings.Count("n_layers", 6)).Select(i => Block($"transformer.layer.{i}"))
            ],
            Head = new HeadConfig("vocab_projector")
            {
                Bias = "vocab_projector.bias",
                Transform = new HeadTransformConfig(
                    new LayerConfig("vocab_transform", width, width), activation,
                    new NormConfig("vocab_layer_norm", Epsilon)),
            },
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                Input = LayerConfig.Of(
                    $"{name}.attention", width, new("q_lin", width), new("k_lin", width), new("v_lin", width)),
                Output = new LayerConfig($"{name}.attention.out_lin", width, width),
                NormAfter = new NormConfig($"{name}.sa_layer_norm", Epsilon),
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = false,
            },
            new MlpConfig
            {
                Up = new LayerConfig($"{name}.ffn.lin1", width, inner),
                Down = new LayerConfig($"{name}.ffn.lin2", inner, width),
                NormAfter = new NormConfig($"{name}.output_layer_norm", Epsilon),
                Activation = activation,
            });
    }
}

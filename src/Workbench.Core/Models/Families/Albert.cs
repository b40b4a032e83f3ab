using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>ALBERT (Lan et al., "ALBERT: A Lite BERT for Self-supervised Learning of Language Representations", 2020):
/// blocks share their weights by groups, and embeddings are narrower than the stream.</summary>
internal static class Albert
{
    private const string ModelType = "albert";

    internal static Family Family { get; } =
        new(ModelType, "albert.embeddings.word_embeddings.weight", "Albert", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("position_embedding_type", "\"absolute\"");
        settings.Only("is_decoder", "false");
        // Of the original program; the library reads none of them.
        settings.Ignore("down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks", "layers_to_keep");
        var (width, heads) = (settings.Count("hidden_size", 4096), settings.Count("num_attention_heads", 64));
        var headWidth = Family.HeadWidth(width, heads);
        var (tokenWidth, inner) = (settings.Count("embedding_size", 128), settings.Count("intermediate_size", 16384));
        var epsilon = settings.Epsilon("layer_norm_eps", 1e-12);
        var activation = settings.Activation("hidden_act", "gelu_new");
        var (layers, groups) = (settings.Count("num_hidden_layers", 12), settings.Count("num_hidden_groups", 1));
        var members = settings.Count("inner_group_num", 1);
        var shared = Enumerable.Range(0, groups)
            .Select(group => Enumerable.Range(0, members)
                .Select(i => Block($"encoder.albert_layer_groups.{group}.albert_layers.{i}"))
                .ToArray())
            .ToArray();
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["albert."],
            Width = width,
            Tokens = Table("word", settings.Count("vocab_size", 30000)),
            Positions = new PositionConfig(Table("position", settings.Count("max_position_embeddings", 512))),
            TokenTypes = Table("token_type", settings.Count("type_vocab_size", 2)),
            EmbeddingNorm = new NormConfig("embeddings.LayerNorm", epsilon),
            EmbeddingProjection = new LayerConfig("encoder.embedding_hidden_mapping_in", tokenWidth, width),
            Blocks = [.. Enumerable.Range(0, layers).SelectMany(i => shared[(int)((long)i * groups / layers)])],
            Head = new HeadConfig("predictions.decoder")
            {
                Bias = "predictions.bias",
                BiasElsewhere = "predictions.decoder.bias",
                Transform = new HeadTransformConfig(
                    new LayerConfig("predictions.dense", width, tokenWidth), activation,
                    new NormConfig("predictions.LayerNorm", epsilon)),
            },
            Pooler = new LayerConfig("pooler", width, width),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
        };

        EmbeddingConfig Table(string of, int count) => new($"embeddings.{of}_embeddings", count) { Width = tokenWidth };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                Input = LayerConfig.Of(
                    $"{name}.attention", width, new("query", width), new("key", width), new("value", width)),
                Output = new LayerConfig($"{name}.attention.dense", width, width),
                NormAfter = new NormConfig($"{name}.attention.LayerNorm", epsilon),
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = false,
            },
            new MlpConfig
            {
                Up = new LayerConfig($"{name}.ffn", width, inner),
                Down = new LayerConfig($"{name}.ffn_output", inner, width),
                NormAfter = new NormConfig($"{name}.full_layer_layer_norm", epsilon),
                Activation = activation,
            });
    }
}

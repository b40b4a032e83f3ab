using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>BERT (Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
/// 2019), with its masked-language-model head.</summary>
public static class Bert
{
    internal const string ModelType = "bert";

    internal static Family Family { get; } = new(ModelType, "embeddings.word_embeddings.weight", "Bert", Read);

    /// <summary>The table of a BERT; by default of bert-base-uncased.</summary>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="positions">Number of learned positions, the longest text that can be run.</param>
    /// <param name="tokenTypes">Number of token types (sentence A, sentence B).</param>
    /// <param name="width">d, the dimensions of the residual stream.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="heads">Attention heads per block.</param>
    /// <param name="inner">Width of the MLPs' inner layer.</param>
    /// <param name="activation">The MLPs' nonlinearity, also that of the head.</param>
    /// <param name="epsilon">Added to the variance in every norm.</param>
    /// <exception cref="System.ArgumentException">The width cannot be cut into so many heads.</exception>
    /// <example><code>Bert.Config(vocabulary: 80, width: 16, blocks: 1, heads: 2, inner: 32).IsCausal</code> is
    /// false.</example>
    public static TransformerConfig Config(
        int vocabulary = 30522, int positions = 512, int tokenTypes = 2, int width = 768, int blocks = 12,
        int heads = 12, int inner = 3072, Activation activation = Activation.Gelu, double epsilon = 1e-12)
    {
        const string head = "cls.predictions";
        var headWidth = Family.HeadWidth(width, heads);
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["bert."],
            Width = width,
            Tokens = new EmbeddingConfig("embeddings.word_embeddings", vocabulary),
            Positions = new PositionConfig(new EmbeddingConfig("embeddings.position_embeddings", positions)),
            TokenTypes = new EmbeddingConfig("embeddings.token_type_embeddings", tokenTypes),
            EmbeddingNorm = new NormConfig("embeddings.LayerNorm", epsilon),
            Blocks = [.. Enumerable.Range(0, blocks).Select(i => Block($"encoder.layer.{i}"))],
            Head = new HeadConfig($"{head}.decoder")
            {
                Bias = $"{head}.bias",
                BiasElsewhere = $"{head}.decoder.bias",
                Transform = new HeadTransformConfig(
                    new LayerConfig($"{head}.transform.dense", width, width), activation,
                    new NormConfig($"{head}.transform.LayerNorm", epsilon)),
            },
            Pooler = new LayerConfig("pooler.dense", width, width),
            Biases = true,
        };

        BlockConfig Block(string name) => new(
            new AttentionConfig
            {
                Input = LayerConfig.Of(
                    $"{name}.attention.self", width, new("query", width), new("key", width), new("value", width)),
                Output = new LayerConfig($"{name}.attention.output.dense", width, width),
                NormAfter = new NormConfig($"{name}.attention.output.LayerNorm", epsilon),
                Heads = heads,
                Scale = Family.Scale(headWidth),
                Causal = false,
            },
            new MlpConfig
            {
                Up = new LayerConfig($"{name}.intermediate.dense", width, inner),
                Down = new LayerConfig($"{name}.output.dense", inner, width),
                NormAfter = new NormConfig($"{name}.output.LayerNorm", epsilon),
                Activation = activation,
            });
    }

    /// <summary>The table by settings of BERT's names.</summary>
    /// <param name="settings">Each is taken.</param>
    /// <param name="vocabulary">Number of tokens where none is said.</param>
    /// <param name="width">d where none is said.</param>
    /// <param name="heads">Heads where none are said.</param>
    /// <param name="inner">Width of the MLPs' inner layer where none is said.</param>
    internal static TransformerConfig Table(
        ConfigReader settings, int vocabulary = 30522, int width = 768, int heads = 12, int inner = 3072)
    {
        settings.Only("position_embedding_type", "\"absolute\"");
        settings.Only("is_decoder", "false");
        return Config(
            settings.Count("vocab_size", vocabulary), settings.Count("max_position_embeddings", 512),
            settings.Count("type_vocab_size", 2), settings.Count("hidden_size", width),
            settings.Count("num_hidden_layers", 12), settings.Count("num_attention_heads", heads),
            settings.Count("intermediate_size", inner), settings.Activation("hidden_act", "gelu"),
            settings.Epsilon("layer_norm_eps", 1e-12))
            with
        { TiedHead = settings.Truth("tie_word_embeddings") };
    }

    private static TransformerConfig Read(ConfigReader settings)
    {
        // A bare RoBERTa's tensors bear the same names, but its texts start at position pad_token_id + 1.
        if (!settings.Has("model_type") && !settings.Has("architectures")) settings.Only("pad_token_id", "0");
        return Table(settings);
    }
}

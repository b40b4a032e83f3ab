namespace Workbench.Core.Models.Families;

/// <summary>ELECTRA (Clark et al., "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators",
/// 2020): a BERT with narrower embeddings, that tells of each token whether it was replaced, or, the generator, what it
/// was.</summary>
internal static class Electra
{
    private const string ModelType = "electra";

    internal static Family Family { get; } =
        new(ModelType, "electra.embeddings.word_embeddings.weight", "Electra", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var bert = Bert.Table(settings, width: 256, heads: 4, inner: 1024);
        var (width, epsilon) = (bert.Width, bert.EmbeddingNorm!.Epsilon);
        var tokenWidth = settings.Count("embedding_size", 128);
        // By its tensors, since architectures may be missing.
        var generates = settings.HasTensor("generator_predictions.dense.weight");
        return bert with
        {
            Family = ModelType,
            Prefixes = ["electra."],
            Tokens = bert.Tokens with { Width = tokenWidth },
            Positions = bert.Positions! with { Table = bert.Positions.Table with { Width = tokenWidth } },
            TokenTypes = bert.TokenTypes! with { Width = tokenWidth },
            EmbeddingProjection =
                tokenWidth == width ? null : new LayerConfig("embeddings_project", tokenWidth, width),
            Head = generates ? Generator() : Discriminator(bert.Blocks[0].Mlp.Activation),
            Pooler = null,
        };

        HeadConfig Generator() => new("generator_lm_head")
        {
            Bias = "generator_lm_head.bias",
            // Exact GELU, whatever hidden_act says.
            Transform = new HeadTransformConfig(
                new LayerConfig("generator_predictions.dense", width, tokenWidth), Activation.Gelu,
                new NormConfig("generator_predictions.LayerNorm", epsilon)),
        };

        HeadConfig Discriminator(Activation activation) => new("discriminator_predictions.dense_prediction")
        {
            Bias = "discriminator_predictions.dense_prediction.bias",
            Scores = 1,
            Transform = new HeadTransformConfig(
                new LayerConfig("discriminator_predictions.dense", width, width), activation, null),
        };
    }
}

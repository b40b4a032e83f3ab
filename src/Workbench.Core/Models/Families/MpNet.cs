using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>MPNet (Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding", 2020): a RoBERTa
/// with learned biases by distance, and without token types.</summary>
internal static class MpNet
{
    private const string ModelType = "mpnet";

    internal static Family Family { get; } =
        new(ModelType, "mpnet.embeddings.word_embeddings.weight", "MPNet", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var bert = Bert.Table(settings, vocabulary: 30527);
        var bias = new RelativeBiasConfig(
            "encoder.relative_attention_bias", settings.Count("relative_attention_num_buckets", 32));
        if (bias.Buckets != 32) settings.Refuse("relative_attention_num_buckets");
        return bert with
        {
            Family = ModelType,
            Prefixes = ["mpnet."],
            // Padding is 1, whatever pad_token_id says.
            Positions = bert.Positions! with { Padding = 1 },
            TokenTypes = null,
            Blocks = [.. bert.Blocks.Select((block, i) => block with { Attention = Named(block.Attention, i) })],
            Head = Roberta.Head(bert.Width, bert.EmbeddingNorm!.Epsilon),
        };

        AttentionConfig Named(AttentionConfig attention, int i)
        {
            var name = $"encoder.layer.{i}.attention";
            return attention with
            {
                Input = LayerConfig.Of(
                    $"{name}.attn", bert.Width, new("q", bert.Width), new("k", bert.Width), new("v", bert.Width)),
                Output = attention.Output with { Name = $"{name}.attn.o" },
                NormAfter = attention.NormAfter! with { Name = $"{name}.LayerNorm" },
                RelativeBias = bias,
            };
        }
    }
}

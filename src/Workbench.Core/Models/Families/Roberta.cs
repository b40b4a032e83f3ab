using System.Collections.Generic;

namespace Workbench.Core.Models.Families;

/// <summary>RoBERTa (Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", 2019) and its kin: a BERT
/// whose positions are counted from behind the padding's id, with a head of other names.</summary>
public static class Roberta
{
    internal static IReadOnlyList<Family> Families { get; } =
    [
        Of("roberta", "Roberta", vocabulary: 50265),
        Of("xlm-roberta", "XLMRoberta", vocabulary: 30522),
        Of("camembert", "Camembert", vocabulary: 30522),
    ];

    private static Family Of(string modelType, string architecture, int vocabulary) =>
        new(modelType, "roberta.embeddings.word_embeddings.weight", architecture,
            settings => Read(settings, vocabulary) with { Family = modelType });

    private static TransformerConfig Read(ConfigReader settings, int vocabulary)
    {
        var bert = Bert.Table(settings, vocabulary);
        return bert with
        {
            Prefixes = ["roberta."],
            Positions = bert.Positions! with { Padding = settings.Whole("pad_token_id", 1) },
            Head = Head(bert.Width, bert.EmbeddingNorm!.Epsilon),
        };
    }

    /// <summary>A masked-language-model head of RoBERTa's names, with exact GELU, whatever hidden_act says.</summary>
    internal static HeadConfig Head(int width, double epsilon) => new("lm_head.decoder")
    {
        Bias = "lm_head.bias",
        BiasElsewhere = "lm_head.decoder.bias",
        Transform = new HeadTransformConfig(
            new LayerConfig("lm_head.dense", width, width), Activation.Gelu,
            new NormConfig("lm_head.layer_norm", epsilon)),
    };
}

using System;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>BioGPT (Luo et al., "BioGPT: generative pre-trained transformer for biomedical text generation and mining",
/// 2022): OPT's names and positions, and token embeddings times √d.</summary>
internal static class BioGpt
{
    private const string ModelType = "biogpt";

    internal static Family Family { get; } = new(ModelType, "biogpt.embed_tokens.weight", "BioGpt", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        // Its norms add 1e-5 whatever is set.
        settings.Ignore("is_decoder", "layer_norm_eps");
        var (width, heads) = (settings.Count("hidden_size", 1024), settings.Count("num_attention_heads", 16));
        var inner = settings.Count("intermediate_size", 4096);
        var activation = settings.Activation("hidden_act", "gelu");
        var positions = settings.Count("max_position_embeddings", 1024) + Opt.Offset;
        return new TransformerConfig
        {
            Family = ModelType,
            Prefixes = ["biogpt."],
            Width = width,
            Tokens = new EmbeddingConfig("embed_tokens", settings.Count("vocab_size", 42384)),
            EmbeddingScale = settings.Truth("scale_embedding") ?? true ? Math.Sqrt(width) : 1,
            Positions = new PositionConfig(new EmbeddingConfig("embed_positions", positions)) { Offset = Opt.Offset },
            Blocks =
            [
                .. Enumerable.Range(0, settings.Count("num_hidden_layers", 24))
                    .Select(i => Opt.Block($"layers.{i}", width, heads, inner, activation))
            ],
            FinalNorm = new NormConfig("layer_norm", Opt.Epsilon),
            Head = new HeadConfig("output_projection"),
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
        };
    }
}

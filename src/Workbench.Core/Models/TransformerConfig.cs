using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Models;

/// <summary>
/// One transformer as a table: which parts it has, how wide they are, what computes in them, and under which names
/// their tensors lie in a checkpoint. Everything that runs, records, trains or looks into a model reads this and knows
/// no family; a family is what fills it in.
/// </summary>
/// <remarks>A part that is null is not there. What a table cannot say is not supported: a family names such settings in
/// <see cref="Refusals"/>.</remarks>
/// <example><code>Gpt2.Config(width: 48, heads: 4, blocks: 2).Blocks[1].Attention.HeadWidth</code> is 12.</example>
public sealed record TransformerConfig
{
    /// <summary>The family's <c>model_type</c>, for messages.</summary>
    public required string Family { get; init; }

    /// <summary>What libraries may put before the names of the family's tensors, such as
    /// <c>transformer.</c>.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>d, the dimensions of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>One row per token.</summary>
    public required EmbeddingConfig Tokens { get; init; }

    /// <summary>What token embeddings are multiplied by before anything is added (Gemma).</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>From a token embedding to the stream before anything is added (OPT-350m); null for none.</summary>
    public LayerConfig? TokenProjection { get; init; }

    /// <summary>A vector for each position, added to the tokens'; null where order is told otherwise, block by block,
    /// or not at all.</summary>
    public PositionConfig? Positions { get; init; }

    /// <summary>One row per token type (sentence A, sentence B), added as well.</summary>
    public EmbeddingConfig? TokenTypes { get; init; }

    /// <summary>The normalisation of the summed embeddings.</summary>
    public NormConfig? EmbeddingNorm { get; init; }

    /// <summary>From the normed sum of embeddings to the stream, where they are of other widths (ALBERT, ELECTRA); null
    /// for none.</summary>
    public LayerConfig? EmbeddingProjection { get; init; }

    /// <summary>The blocks in the order in which they are run; each may be of its own shape, and one may stand several
    /// times (ALBERT).</summary>
    public required IReadOnlyList<BlockConfig> Blocks { get; init; }

    /// <summary>The normalisation after the last block.</summary>
    public NormConfig? FinalNorm { get; init; }

    /// <summary>From the stream to the width of token embeddings, after everything else (OPT-350m); null for
    /// none.</summary>
    public LayerConfig? OutputProjection { get; init; }

    /// <summary>What makes scores of tokens from the states that the model ends with.</summary>
    public required HeadConfig Head { get; init; }

    /// <summary>What classifiers put on the first token's state: d to d, then tanh.</summary>
    public LayerConfig? Pooler { get; init; }

    /// <summary>Whether the output head is the token embeddings; null where that is not said, and the file decides: a
    /// head of its own if it has one.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Whether layers and norms have biases; null where that is not said, and the file decides: none if it has
    /// none at all.</summary>
    public bool? Biases { get; init; }

    /// <summary>How the layers' weights are stored where the file's shapes leave that open.</summary>
    public WeightLayout Layout { get; init; } = WeightLayout.OutputMajor;

    /// <summary>Settings that change the forward pass and are not supported, by name with their values: the weights can
    /// be read, the model cannot be run.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>Length of a token embedding, which for most models is <see cref="Width"/>.</summary>
    public int TokenWidth => Tokens.Width ?? Width;

    /// <summary>The longest text that can be run: as many tokens as there are learned positions, and any number where
    /// positions are computed.</summary>
    public int MaxTokens => Positions?.Count ?? int.MaxValue;

    /// <summary>Whether no token sees a later one: a model that tells what comes next.</summary>
    public bool IsCausal => Blocks.All(block => block.Attention.Causal);

    /// <summary>Refuses to run a model that has settings which are not supported.</summary>
    internal void CheckSupported(string model)
    {
        if (Refusals.Count > 0)
            throw new NotSupportedException(
                $"{model}: the forward pass does not support {string.Join(", ", Refusals)}. Embeddings and head "
                    + "matrices can still be read."
            );
    }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

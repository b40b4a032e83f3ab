using System;

namespace Workbench.Core.Models;

/// <summary>What is computed at a place of a forward pass.</summary>
public enum PlaceKind
{
    /// <summary>The token embeddings alone, [n, d].</summary>
    Embedding,
    /// <summary>Embeddings of tokens and positions added, and of token types where there are any, [n, d].</summary>
    PositionedEmbedding,
    /// <summary>Where the embeddings are normed (BERT): their sum after the norm, what the first block reads, [n,
    /// d].</summary>
    EmbeddingNorm,
    /// <summary>Where norms stand before (GPT-2): the stream after the first norm of the block, what its attention
    /// reads, [n, d].</summary>
    AttentionInput,
    /// <summary>Queries of all heads side by side, [n, heads · d_k].</summary>
    Queries,
    /// <summary>Keys of all heads side by side, [n, heads · d_k].</summary>
    Keys,
    /// <summary>Values of all heads side by side, [n, heads · d_k].</summary>
    Values,
    /// <summary>One head's attention: row i holds the probabilities with which token i looks at each token, [n,
    /// n].</summary>
    Pattern,
    /// <summary>One head's values mixed by its pattern, before the output layer, [n, d_k].</summary>
    HeadOutput,
    /// <summary>What the attention of a block adds to the stream, [n, d].</summary>
    AttentionOutput,
    /// <summary>The stream after it was added, and normed where norms stand after (BERT), [n, d].</summary>
    AfterAttention,
    /// <summary>Where norms stand before (GPT-2): the stream after the second norm of the block, what its MLP reads,
    /// [n, d].</summary>
    MlpInput,
    /// <summary>The MLP's inner layer before the activation, [n, inner width].</summary>
    MlpHidden,
    /// <summary>The MLP's inner layer after the activation, [n, inner width].</summary>
    MlpActivation,
    /// <summary>What the MLP of a block adds to the stream, [n, d].</summary>
    MlpOutput,
    /// <summary>The stream after it was added, and normed where norms stand after (BERT): the block's output, [n,
    /// d].</summary>
    AfterBlock,
    /// <summary>Where there is a final norm (GPT-2): the stream after it, what the output head reads, [n, d].</summary>
    FinalNorm,
}

/// <summary>A named place of a forward pass, where values can be read and changed.</summary>
/// <param name="Kind">What is computed there.</param>
/// <param name="Block">The block from 0, or −1 where there is none.</param>
/// <param name="Head">The head from 0, or −1 where there is none.</param>
/// <example><c>Place.AttentionOutput(5).ToString()</c> is "block 5 attention output".</example>
public readonly record struct Place(PlaceKind Kind, int Block = -1, int Head = -1)
{
    /// <inheritdoc cref="PlaceKind.Embedding"/>
    public static Place Embedding => new(PlaceKind.Embedding);

    /// <inheritdoc cref="PlaceKind.PositionedEmbedding"/>
    public static Place PositionedEmbedding => new(PlaceKind.PositionedEmbedding);

    /// <inheritdoc cref="PlaceKind.EmbeddingNorm"/>
    public static Place EmbeddingNorm => new(PlaceKind.EmbeddingNorm);

    /// <inheritdoc cref="PlaceKind.FinalNorm"/>
    public static Place FinalNorm => new(PlaceKind.FinalNorm);

    /// <inheritdoc cref="PlaceKind.AttentionInput"/>
    public static Place AttentionInput(int block) => new(PlaceKind.AttentionInput, block);

    /// <inheritdoc cref="PlaceKind.Queries"/>
    public static Place Queries(int block) => new(PlaceKind.Queries, block);

    /// <inheritdoc cref="PlaceKind.Keys"/>
    public static Place Keys(int block) => new(PlaceKind.Keys, block);

    /// <inheritdoc cref="PlaceKind.Values"/>
    public static Place Values(int block) => new(PlaceKind.Values, block);

    /// <inheritdoc cref="PlaceKind.Pattern"/>
    public static Place Pattern(int block, int head) => new(PlaceKind.Pattern, block, head);

    /// <inheritdoc cref="PlaceKind.HeadOutput"/>
    public static Place HeadOutput(int block, int head) => new(PlaceKind.HeadOutput, block, head);

    /// <inheritdoc cref="PlaceKind.AttentionOutput"/>
    public static Place AttentionOutput(int block) => new(PlaceKind.AttentionOutput, block);

    /// <inheritdoc cref="PlaceKind.AfterAttention"/>
    public static Place AfterAttention(int block) => new(PlaceKind.AfterAttention, block);

    /// <inheritdoc cref="PlaceKind.MlpInput"/>
    public static Place MlpInput(int block) => new(PlaceKind.MlpInput, block);

    /// <inheritdoc cref="PlaceKind.MlpHidden"/>
    public static Place MlpHidden(int block) => new(PlaceKind.MlpHidden, block);

    /// <inheritdoc cref="PlaceKind.MlpActivation"/>
    public static Place MlpActivation(int block) => new(PlaceKind.MlpActivation, block);

    /// <inheritdoc cref="PlaceKind.MlpOutput"/>
    public static Place MlpOutput(int block) => new(PlaceKind.MlpOutput, block);

    /// <inheritdoc cref="PlaceKind.AfterBlock"/>
    public static Place AfterBlock(int block) => new(PlaceKind.AfterBlock, block);

    /// <summary>Whether the place lies on the residual stream or is something that a block adds to it.</summary>
    public bool IsResidualStream =>
        Kind
            is PlaceKind.Embedding
                or PlaceKind.PositionedEmbedding
                or PlaceKind.EmbeddingNorm
                or PlaceKind.AttentionOutput
                or PlaceKind.AfterAttention
                or PlaceKind.MlpOutput
                or PlaceKind.AfterBlock
                or PlaceKind.FinalNorm;

    /// <summary>Whether a model has this place.</summary>
    internal bool IsIn(TransformerConfig config)
    {
        if (Kind is PlaceKind.Embedding or PlaceKind.PositionedEmbedding) return Block == -1;
        if (Kind is PlaceKind.EmbeddingNorm) return Block == -1 && config.EmbeddingNorm is not null;
        if (Kind is PlaceKind.FinalNorm) return Block == -1 && config.FinalNorm is not null;
        if ((uint)Block >= (uint)config.Blocks.Count) return false;
        var (attention, mlp) = config.Blocks[Block];
        return Kind switch
        {
            PlaceKind.AttentionInput => attention.NormBefore is not null,
            PlaceKind.MlpInput => mlp.NormBefore is not null,
            PlaceKind.Pattern or PlaceKind.HeadOutput => (uint)Head < (uint)attention.Heads,
            _ => true,
        };
    }

    /// <summary>The place's name in words.</summary>
    public override string ToString()
    {
        var name = Kind switch
        {
            PlaceKind.Embedding => "embed",
            PlaceKind.PositionedEmbedding => "embed + position",
            PlaceKind.EmbeddingNorm => "embedding norm",
            PlaceKind.AttentionInput => "attention input",
            PlaceKind.Queries => "queries",
            PlaceKind.Keys => "keys",
            PlaceKind.Values => "values",
            PlaceKind.Pattern => "pattern",
            PlaceKind.HeadOutput => "output",
            PlaceKind.AttentionOutput => "attention output",
            PlaceKind.AfterAttention => "after attention",
            PlaceKind.MlpInput => "MLP input",
            PlaceKind.MlpHidden => "MLP hidden",
            PlaceKind.MlpActivation => "MLP activation",
            PlaceKind.MlpOutput => "MLP output",
            PlaceKind.AfterBlock => "after block",
            PlaceKind.FinalNorm => "final norm",
            _ => throw Argument.OutOfRange(nameof(Kind), Kind, "Not a place."),
        };
        if (Block < 0) return name;
        if (Kind == PlaceKind.AfterBlock) return $"after block {Block}";
        return Head < 0 ? $"block {Block} {name}" : $"block {Block} head {Head} {name}";
    }
}

using System;

namespace Workbench.Core.Models;

/// <summary>What is computed at a place of a forward pass.</summary>
public enum PlaceKind
{
    /// <summary>The token embeddings alone, scaled and brought to the stream's width where the model does so before
    /// anything is added, [n, d]; for a model with <see cref="EmbeddingProjection"/> [n, width of an
    /// embedding].</summary>
    Embedding,
    /// <summary>Embeddings of tokens and positions added, and of token types where there are any, as wide as
    /// <see cref="Embedding"/>.</summary>
    PositionedEmbedding,
    /// <summary>Where the embeddings are normed (BERT): their sum after the norm, as wide as
    /// <see cref="Embedding"/>.</summary>
    EmbeddingNorm,
    /// <summary>Where embeddings are of another width than the stream (ALBERT): after the layer between them, [n,
    /// d].</summary>
    EmbeddingProjection,
    /// <summary>Where norms stand before (GPT-2): the stream after the first norm of the block, what its attention
    /// reads, [n, d].</summary>
    AttentionInput,
    /// <summary>Queries of all heads side by side as they are compared, normed and turned where the model does so, [n,
    /// heads · d_k].</summary>
    Queries,
    /// <summary>Keys of all key/value heads side by side, as <see cref="Queries"/>, [n, key/value heads ·
    /// d_k].</summary>
    Keys,
    /// <summary>Values of all key/value heads side by side, [n, key/value heads · d_k].</summary>
    Values,
    /// <summary>One head's attention: row i holds the probabilities with which token i looks at each token, [n, n], and
    /// where a text is continued [n, tokens so far].</summary>
    Pattern,
    /// <summary>One head's values mixed by its pattern, before the output layer, [n, d_k].</summary>
    HeadOutput,
    /// <summary>What the attention of a block adds to the stream, after a norm of its own where it has one, [n,
    /// d].</summary>
    AttentionOutput,
    /// <summary>The stream after it was added, and normed where norms stand after (BERT), [n, d].</summary>
    AfterAttention,
    /// <summary>Where norms stand before (GPT-2): the stream after the second norm of the block, what its MLP reads,
    /// [n, d].</summary>
    MlpInput,
    /// <summary>The MLP's inner layer before the activation, [n, inner width]; of a gated one gate and up, [n,
    /// 2 · inner width]. Not of experts.</summary>
    MlpHidden,
    /// <summary>The MLP's inner layer after the activation, and after the gate, [n, inner width]. Not of
    /// experts.</summary>
    MlpActivation,
    /// <summary>Where the block has experts: the router's scores before the choice, [n, experts].</summary>
    RouterScores,
    /// <summary>What the MLP, or the experts, of a block add to the stream, after a norm of its own where it has one,
    /// [n, d].</summary>
    MlpOutput,
    /// <summary>The stream after it was added, and normed where norms stand after (BERT): the block's output, [n,
    /// d].</summary>
    AfterBlock,
    /// <summary>Where there is a final norm (GPT-2): the stream after it, [n, d].</summary>
    FinalNorm,
    /// <summary>Where the head reads another width than the stream's (OPT-350m): after the layer between them, [n,
    /// width of an embedding].</summary>
    OutputProjection,
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

    /// <inheritdoc cref="PlaceKind.EmbeddingProjection"/>
    public static Place EmbeddingProjection => new(PlaceKind.EmbeddingProjection);

    /// <inheritdoc cref="PlaceKind.FinalNorm"/>
    public static Place FinalNorm => new(PlaceKind.FinalNorm);

    /// <inheritdoc cref="PlaceKind.OutputProjection"/>
    public static Place OutputProjection => new(PlaceKind.OutputProjection);

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

    /// <inheritdoc cref="PlaceKind.RouterScores"/>
    public static Place RouterScores(int block) => new(PlaceKind.RouterScores, block);

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
                or PlaceKind.EmbeddingProjection
                or PlaceKind.AttentionOutput
                or PlaceKind.AfterAttention
                or PlaceKind.MlpOutput
                or PlaceKind.AfterBlock
                or PlaceKind.FinalNorm
                or PlaceKind.OutputProjection;

    /// <summary>Whether a model has this place.</summary>
    internal bool IsIn(TransformerConfig config)
    {
        if (Kind is PlaceKind.Embedding or PlaceKind.PositionedEmbedding) return Block == -1;
        if (Kind is PlaceKind.EmbeddingNorm) return Block == -1 && config.EmbeddingNorm is not null;
        if (Kind is PlaceKind.EmbeddingProjection) return Block == -1 && config.EmbeddingProjection is not null;
        if (Kind is PlaceKind.FinalNorm) return Block == -1 && config.FinalNorm is not null;
        if (Kind is PlaceKind.OutputProjection) return Block == -1 && config.OutputProjection is not null;
        if ((uint)Block >= (uint)config.Blocks.Count) return false;
        var (attention, mlp) = config.Blocks[Block];
        return Kind switch
        {
            PlaceKind.AttentionInput => attention.NormBefore is not null,
            PlaceKind.MlpInput => mlp.NormBefore is not null,
            PlaceKind.MlpHidden or PlaceKind.MlpActivation => mlp is MlpConfig,
            PlaceKind.RouterScores => mlp is ExpertsConfig,
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
            PlaceKind.EmbeddingProjection => "embedding projection",
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
            PlaceKind.RouterScores => "router scores",
            PlaceKind.MlpOutput => "MLP output",
            PlaceKind.AfterBlock => "after block",
            PlaceKind.FinalNorm => "final norm",
            PlaceKind.OutputProjection => "output projection",
            _ => throw Argument.OutOfRange(nameof(Kind), Kind, "Not a place."),
        };
        if (Block < 0) return name;
        if (Kind == PlaceKind.AfterBlock) return $"after block {Block}";
        return Head < 0 ? $"block {Block} {name}" : $"block {Block} head {Head} {name}";
    }
}

namespace Workbench.Core.Models;

/// <summary>The self-attention of one block.</summary>
public sealed record AttentionConfig : BranchConfig
{
    /// <summary>Queries of all heads side by side, then their keys, then their values: d to 3 · heads · d_k.</summary>
    public required LayerConfig Input { get; init; }

    /// <summary>What all heads together write: heads · d_k to d.</summary>
    public required LayerConfig Output { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>What a query's dot product with a key is multiplied by before the softmax: 1/√d_k for most
    /// models.</summary>
    public required float Scale { get; init; }

    /// <summary>Whether a token sees itself and those before it only.</summary>
    public required bool Causal { get; init; }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth => Output.Inputs / Heads;
}

namespace Workbench.Core.Models;

/// <summary>Where the norms of one half of a block stand, and how it adds to the stream.</summary>
public abstract record BranchConfig
{
    /// <summary>Of what the half reads; the stream itself stays as it is (GPT-2).</summary>
    public NormConfig? NormBefore { get; init; }

    /// <summary>Of what the half computes, before it is added to the stream (Gemma 2, OLMo 2).</summary>
    public NormConfig? NormOutput { get; init; }

    /// <summary>Of the stream, after what the half computes was added to it (BERT).</summary>
    public NormConfig? NormAfter { get; init; }

    /// <summary>Whether what the half computes is added to what it read, the normed stream, and not to the stream
    /// (BLOOM, by a setting).</summary>
    public bool AddsToRead { get; init; }

    /// <summary>What the half computes is multiplied by this before it is added (Granite).</summary>
    public float Multiplier { get; init; } = 1;
}

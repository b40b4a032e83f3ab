namespace Workbench.Core.Models;

/// <summary>Where the norms of one half of a block stand.</summary>
public abstract record BranchConfig
{
    /// <summary>Of what the half reads; the stream itself stays as it is (GPT-2).</summary>
    public NormConfig? NormBefore { get; init; }

    /// <summary>Of the stream, after what the half computes was added to it (BERT).</summary>
    public NormConfig? NormAfter { get; init; }
}

namespace Workbench.Core.Models;

/// <summary>The two-layer perceptron of one block.</summary>
public sealed record MlpConfig : BranchConfig
{
    /// <summary>d to the inner width.</summary>
    public required LayerConfig Up { get; init; }

    /// <summary>The inner width to d.</summary>
    public required LayerConfig Down { get; init; }

    /// <summary>The nonlinearity between the two.</summary>
    public required Activation Activation { get; init; }
}

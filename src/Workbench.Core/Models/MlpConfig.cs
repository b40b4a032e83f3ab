using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>The second half of a block.</summary>
public abstract record FeedForwardConfig : BranchConfig;

/// <summary>A perceptron of two layers: down(f(up x)), or gated, down(f(gate x) ∘ up x) (Shazeer, "GLU Variants Improve
/// Transformer", 2020).</summary>
public sealed record MlpConfig : FeedForwardConfig
{
    /// <summary>d to the inner width; gated, d to twice the inner width, gate and up as <see cref="Gate"/>
    /// says.</summary>
    public required LayerConfig Up { get; init; }

    /// <summary>The inner width to d.</summary>
    public required LayerConfig Down { get; init; }

    /// <summary>The nonlinearity f between the two.</summary>
    public required Activation Activation { get; init; }

    /// <summary>How gate and up lie in what <see cref="Up"/> gives.</summary>
    public GateOrder Gate { get; init; } = GateOrder.None;

    /// <summary>Limits of gate and up (gpt-oss): down((u + 1) ∘ g·σ(α·g)) with g = min(gate, limit) and u within
    /// ±limit; <see cref="Activation"/> is then not used. Null for none.</summary>
    public GateClamp? Clamp { get; init; }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>How the outputs of the first layer of a gated perceptron are ordered.</summary>
public enum GateOrder
{
    /// <summary>There is no gate.</summary>
    None,

    /// <summary>All of the gate, then all of up.</summary>
    GateThenUp,

    /// <summary>Gate, up, gate, up, … (gpt-oss).</summary>
    Alternating,
}

/// <summary>Limits within a gated perceptron.</summary>
/// <param name="Limit">Of gate from above, and of up on both sides.</param>
/// <param name="Alpha">α of g·σ(α·g).</param>
public sealed record GateClamp(double Limit = 7, double Alpha = 1.702)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>A mixture of experts (Shazeer et al., "Outrageously Large Neural Networks", 2017): Σ p_e · expert_e(x) over
/// the experts with the largest router(x), p their softmax.</summary>
public sealed record ExpertsConfig : FeedForwardConfig
{
    /// <summary>d to one number for each expert.</summary>
    public required LayerConfig Router { get; init; }

    /// <summary>The experts, perceptrons of one shape, without norms of their own.</summary>
    public required IReadOnlyList<MlpConfig> Experts { get; init; }

    /// <summary>How many compute for a token.</summary>
    public required int Active { get; init; }

    /// <summary>Whether the softmax is over the chosen ones; otherwise it is over all, and the shares of the chosen do
    /// not add up to 1.</summary>
    public required bool Renormalise { get; init; }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

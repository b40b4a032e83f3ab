namespace Workbench.Core.Models;

/// <summary>What a normalisation divides by, and what it multiplies with.</summary>
public enum NormKind
{
    /// <summary>(x − mean) / √(variance + ε) · gain + bias (Ba, Kiros and Hinton, "Layer Normalization",
    /// 2016).</summary>
    Layer,

    /// <summary>x / √(mean of x² + ε) · gain (Zhang and Sennrich, "Root Mean Square Layer Normalization",
    /// 2019).</summary>
    RootMeanSquare,

    /// <summary>The same with gain 1 + w, where w is what is stored (Gemma).</summary>
    RootMeanSquareOfOnePlus,
}

/// <summary>A normalisation with a gain and, where it has one, a bias.</summary>
/// <param name="Name">What its tensors' names have in common: <c>Name.weight</c> is the gain, <c>Name.bias</c> the
/// bias.</param>
/// <param name="Epsilon">Added to the variance, or to the mean square.</param>
public sealed record NormConfig(string Name, double Epsilon)
{
    /// <summary>What is computed.</summary>
    public NormKind Kind { get; init; } = NormKind.Layer;

    /// <summary>Whether it has a bias; null where <see cref="TransformerConfig.Biases"/> tells. A bias that is in the
    /// file is added, whatever is said here.</summary>
    public bool? Bias { get; init; }

    /// <summary>Whether it has a gain; without, it has no tensors (OLMo).</summary>
    public bool Weighted { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

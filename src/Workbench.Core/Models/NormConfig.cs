namespace Workbench.Core.Models;

/// <summary>A layer normalisation with a gain and, where the model has biases, a bias.</summary>
/// <param name="Name">What its tensors' names have in common: <c>Name.weight</c> is the gain, <c>Name.bias</c> the
/// bias.</param>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record NormConfig(string Name, double Epsilon)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

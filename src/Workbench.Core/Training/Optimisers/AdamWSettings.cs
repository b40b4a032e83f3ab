using System;
using System.Globalization;

namespace Workbench.Core.Training.Optimisers;

/// <summary>Which parameters shrink towards zero with every step of <see cref="AdamW"/>.</summary>
public enum WeightDecayScope
{
    /// <summary>Matrices only, embeddings among them; biases and the gains of layer norms are left alone, as GPT-2's
    /// and BERT's training left them.</summary>
    Matrices,

    /// <summary>Every parameter, as PyTorch's optimizer does unless it is told otherwise.</summary>
    All,
}

/// <summary>The settings of <see cref="AdamW"/>, with the defaults that GPT-3 and nanoGPT train with.</summary>
public sealed record AdamWSettings
{
    /// <summary>Decay of the mean of gradients, from 0 to below 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients, from 0 to below 1; 0.999 in Kingma and Ba's paper and in BERT's
    /// training.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the mean square, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Share of a value that is taken away by a step at learning rate 1, at least 0.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Which parameters <see cref="WeightDecay"/> applies to.</summary>
    public WeightDecayScope DecayScope { get; init; } = WeightDecayScope.Matrices;

    /// <summary>All settings in words, the same for the same settings.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"AdamW, betas {Beta1} and {Beta2}, epsilon {Epsilon}, weight decay {WeightDecay} of "
                + $"{(DecayScope == WeightDecayScope.All ? "all parameters" : "matrices")}"
        );

    internal void Check()
    {
        Require(Beta1 is >= 0 and < 1, Beta1, nameof(Beta1), "from 0 to below 1");
        Require(Beta2 is >= 0 and < 1, Beta2, nameof(Beta2), "from 0 to below 1");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), Epsilon, nameof(Epsilon), "above 0");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), WeightDecay, nameof(WeightDecay), "at least 0");

        static void Require(bool isGood, double value, string name, string wanted)
        {
            if (!isGood) throw Argument.OutOfRange(name, value, $"{name} must be {wanted}.");
        }
    }
}

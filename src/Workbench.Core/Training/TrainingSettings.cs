using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training;

/// <summary>What decides a training run's result, beside the model's initial values and its batches.</summary>
/// <param name="LearningRate">The rate of every step, and how many steps there are.</param>
public sealed record TrainingSettings(LearningRate LearningRate)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>How gradients become steps.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>The largest norm of all gradients together, above 0; longer ones are shortened to it. ∞ for no
    /// limit.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>The held-out loss is measured after every so many steps, and after the last; 0 for after the last
    /// only.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>
    /// What else decides the result but cannot be seen from here, in words, as in <c>heads → 4</c>,
    /// <c>initial values → seed 7</c>: a checkpoint that differs here is refused.
    /// </summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The settings by name, the same for the same settings.</summary>
    internal SortedDictionary<string, string> Describe()
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["learning rate"] = LearningRate.ToString(),
            ["optimizer"] = Optimizer.ToString(),
            ["clip norm"] = ClipNorm.ToString(CultureInfo.InvariantCulture),
            ["evaluate every"] = EvaluateEvery.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (key, value) in Provenance) result[$"provenance, {key}"] = value;
        return result;
    }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(LearningRate);
        LearningRate.Check();
        Optimizer.Check();
        GradientNorm.ClippingScale(0, ClipNorm);
        Argument.AtLeast(EvaluateEvery, 0);
    }
}

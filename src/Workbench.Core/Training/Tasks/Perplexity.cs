using System;
using System.Collections.Generic;

namespace Workbench.Core.Training.Tasks;

/// <summary>How well a model predicts text that it was not trained on.</summary>
public static class Perplexity
{
    /// <summary>The mean cross-entropy in nats over every scored place of all batches, each place with the same
    /// weight.</summary>
    /// <param name="model">Its gradients are left alone.</param>
    /// <param name="batches">Held-out text; batches without a scored place are passed over.</param>
    /// <exception cref="ArgumentException">No place is scored.</exception>
    public static double MeanLoss(ITrainable model, IReadOnlyList<TokenBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(model);
        return MeanLoss(batches, model.Loss);
    }

    /// <summary>exp of the mean cross-entropy: as unsure as if it chose evenly among this many tokens.</summary>
    /// <param name="model">Its gradients are left alone.</param>
    /// <param name="batches">Held-out text.</param>
    /// <returns>At least 1, the lower the better. Comparable between models only where they predict the same
    /// tokens.</returns>
    /// <exception cref="ArgumentException">No place is scored.</exception>
    public static double Of(ITrainable model, IReadOnlyList<TokenBatch> batches) => Math.Exp(MeanLoss(model, batches));

    internal static double MeanLoss(IReadOnlyList<TokenBatch> batches, Func<TokenBatch, double> loss)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var (sum, scored) = (0.0, 0L);
        foreach (var batch in batches)
        {
            if (batch.Scored == 0) continue;
            sum += loss(batch) * batch.Scored;
            scored += batch.Scored;
        }
        return scored > 0
            ? sum / scored
            : throw new ArgumentException(
                $"None of the {batches.Count} batches has a scored place; perplexity needs text to predict.",
                nameof(batches));
    }
}

using System.Collections.Generic;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>A model that can say how well it predicts a batch, and how each of its parameters should move.</summary>
/// <remarks>
/// Losses and gradients are pure functions of the parameters' values and the batch, with the same bits for any number
/// of threads: resumed training is compared with uninterrupted training bit by bit. Calls come from one thread at a
/// time.
/// </remarks>
public interface ITrainable
{
    /// <summary>The trained tensors, each once, in an order that never changes; names are unique.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The mean cross-entropy in nats over the scored places; overwrites every
    /// <see cref="Parameter.Gradient"/> with its gradient.</summary>
    /// <param name="batch">At least one scored place.</param>
    double LossAndGradients(TokenBatch batch);

    /// <summary>The mean cross-entropy in nats over the scored places; gradients are left alone.</summary>
    /// <param name="batch">At least one scored place.</param>
    double Loss(TokenBatch batch);
}

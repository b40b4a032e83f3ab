using System;

namespace Workbench.Core.Models;

/// <summary>One block: attention and a perceptron, each of which reads the stream and adds to it.</summary>
/// <param name="Attention">The first half.</param>
/// <param name="FeedForward">The second half: an <see cref="MlpConfig"/> or <see cref="ExpertsConfig"/>.</param>
public sealed record BlockConfig(AttentionConfig Attention, FeedForwardConfig FeedForward)
{
    /// <summary>Whether both halves read the same stream, and what they compute is added together (GPT-J); the second
    /// half without a norm of its own then reads what the first one reads. Otherwise one follows the other.</summary>
    public bool Parallel { get; init; }

    /// <summary>The second half where it is one perceptron.</summary>
    /// <exception cref="InvalidOperationException">It is a mixture of experts.</exception>
    public MlpConfig Mlp =>
        FeedForward as MlpConfig
        ?? throw new InvalidOperationException("The block has a mixture of experts where others have one MLP.");
}

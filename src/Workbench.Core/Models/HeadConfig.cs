namespace Workbench.Core.Models;

/// <summary>The output head: scores of every token of the vocabulary.</summary>
/// <param name="Name">The tensor of a head that is not the token embeddings, without <c>.weight</c>.</param>
public sealed record HeadConfig(string Name)
{
    /// <summary>The bias of the scores, one number per token, by its whole name; null for a head without.</summary>
    public string? Bias { get; init; }

    /// <summary>Where the bias lies in files that do not have <see cref="Bias"/>.</summary>
    public string? BiasElsewhere { get; init; }

    /// <summary>What comes before the scores: a layer d to d, an activation and a norm.</summary>
    public HeadTransformConfig? Transform { get; init; }
}

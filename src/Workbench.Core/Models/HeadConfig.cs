namespace Workbench.Core.Models;

/// <summary>The output head: scores of every token of the vocabulary.</summary>
/// <param name="Name">The tensor of a head that is not the token embeddings, without <c>.weight</c>.</param>
public sealed record HeadConfig(string Name)
{
    /// <summary>The bias of the scores, one number per token, by its whole name; null for a head without.</summary>
    public string? Bias { get; init; }

    /// <summary>Where the bias lies in files that do not have <see cref="Bias"/>.</summary>
    public string? BiasElsewhere { get; init; }

    /// <summary>What comes before the scores: a layer, an activation and a norm.</summary>
    public HeadTransformConfig? Transform { get; init; }

    /// <summary>How many scores a token gets; null for one for each token of the vocabulary. A discriminator gives 1,
    /// and its head is never the token embeddings.</summary>
    public int? Scores { get; init; }

    /// <summary>Scores are multiplied by this (Cohere; 1 over Granite's divisor).</summary>
    public double Multiplier { get; init; } = 1;

    /// <summary>c, where scores become c·tanh(score / c) (Gemma 2); null for none.</summary>
    public double? Cap { get; init; }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

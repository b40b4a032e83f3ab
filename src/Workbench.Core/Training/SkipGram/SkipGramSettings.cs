using System;

namespace Workbench.Core.Training.SkipGram;

/// <summary>The settings of <see cref="SkipGram"/>, with word2vec.c's defaults.</summary>
public sealed record SkipGramSettings
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>Values of each vector, from 1 to 10,000.</summary>
    public int Dimensions { get; init; } = 100;

    /// <summary>The most words to either side that a word is asked to predict, from 1 to 1,000. Each time it is a
    /// number from 1 to this, all equally likely, so near words count more.</summary>
    public int Window { get; init; } = 5;

    /// <summary>Words drawn to be told apart from each real neighbour, from 1 to 1,000; 5 to 20 for small texts
    /// (Mikolov et al. 2013).</summary>
    public int Negatives { get; init; } = 5;

    /// <summary>The threshold t of <see cref="Workbench.Core.Training.SkipGram.Subsampling"/>, from 0, which keeps
    /// every word, to 1.</summary>
    public double Subsampling { get; init; } = 1e-3;

    /// <summary>Passes over the text, from 1 to 10,000.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>The step's share of the gradient at the start, above 0 and at most 1; it falls along a line to a
    /// ten-thousandth of that.</summary>
    public double LearningRate { get; init; } = 0.025;

    /// <summary>Of every random choice. The same seed gives the same bits.</summary>
    public ulong Seed { get; init; }

    internal void Check()
    {
        RequireBetween(Dimensions, 1, 10_000, nameof(Dimensions), "values of a vector");
        RequireBetween(Window, 1, 1_000, nameof(Window), "words to either side");
        RequireBetween(Negatives, 1, 1_000, nameof(Negatives), "words drawn for each neighbour");
        RequireBetween(Epochs, 1, 10_000, nameof(Epochs), "passes over the text");
        if (!(Subsampling >= 0 && Subsampling <= 1))
            throw Argument.OutOfRange(
                nameof(Subsampling), Subsampling,
                "The threshold is a share of the text, from 0 to 1; 0 keeps every word.");
        if (!(LearningRate > 0 && LearningRate <= 1))
            throw Argument.OutOfRange(
                nameof(LearningRate), LearningRate, "The learning rate must be above 0 and at most 1; 0.025 is usual.");
    }

    private static void RequireBetween(int value, int least, int most, string name, string meaning)
    {
        if (value < least || value > most)
            throw Argument.OutOfRange(name, value, $"The {meaning} must be from {least} to {most}.");
    }
}

/// <summary>Which of a seed's random streams serves which purpose.</summary>
internal static class SkipGramStreams
{
    public const ulong Start = 0;
    public const ulong Subsampling = 1;
    public const ulong Windows = 2;
    public const ulong Noise = 3;
}

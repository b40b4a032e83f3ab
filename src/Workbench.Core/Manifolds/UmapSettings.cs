using System;

namespace Workbench.Core.Manifolds;

/// <summary>The settings of <see cref="Umap"/>, with the authors' defaults.</summary>
public sealed record UmapSettings
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>Dimensions of the layout, at least 1.</summary>
    public int Components { get; init; } = 2;

    /// <summary>k, the size of a point's neighbourhood, itself counted as the first: at least 2 and at most the number
    /// of points.</summary>
    public int Neighbours { get; init; } = 15;

    /// <summary>
    /// How many neighbours of a point touch it, belonging to it as strongly as can be: from 1 to k − 1, and 1 in the
    /// theory, by which no point is alone. More make the graph, and so the layout, better connected; between whole
    /// numbers the touching distance lies on the line from one neighbour's to the next. Copies of the point are not
    /// counted.
    /// </summary>
    public double LocalConnectivity { get; init; } = 1;

    /// <summary>How close points may lie in the layout, from 0 to below 3 · <see cref="Spread"/>.</summary>
    public double MinDist { get; init; } = 0.1;

    /// <summary>Scale of the layout, above 0.</summary>
    public double Spread { get; init; } = 1;

    /// <summary>What near means in the data.</summary>
    public Metric Metric { get; init; } = Metric.Euclidean;

    /// <summary>Passes of the layout, at least 1; null for 500 with up to 10,000 points, else 200.</summary>
    public int? Epochs { get; init; }

    /// <summary>Points drawn at random to push away, for each that pulls; at least 0.</summary>
    public int NegativeSamples { get; init; } = 5;

    /// <summary>Share of a force that the first epoch follows, above 0; it falls to 0 with the epochs.</summary>
    public double LearningRate { get; init; } = 1;

    /// <summary>Of every random choice. The same seed gives the same bits, for any number of threads.</summary>
    public ulong Seed { get; init; }

    internal void Check(int points)
    {
        Argument.AtLeast(Components, 1);
        if (Neighbours < 2 || Neighbours > points)
            throw Argument.OutOfRange(
                nameof(Neighbours),
                Neighbours,
                $"For {points} points a neighbourhood has 2 to {points}, the point itself included; ask for fewer "
                    + "neighbours or give more points."
            );
        if (!(LocalConnectivity >= 1 && LocalConnectivity <= Neighbours - 1))
            throw Argument.OutOfRange(
                nameof(LocalConnectivity), LocalConnectivity,
                $"Of the {Neighbours - 1} neighbours of a point 1 to {Neighbours - 1} can touch it.");
        if (Epochs < 1)
            throw Argument.OutOfRange(nameof(Epochs), Epochs, "There must be at least one epoch.");
        Argument.AtLeast(NegativeSamples, 0);
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            throw Argument.OutOfRange(
                nameof(LearningRate), LearningRate, "The learning rate must be above 0.");
    }
}

/// <summary>Which of a seed's random streams serves which purpose.</summary>
internal static class UmapStreams
{
    public const ulong Jitter = 0;
    public const ulong Groups = 1;
    public const ulong NegativeSamples = 2;
    public const ulong NewPoints = 3;
}

using System;
using System.Threading;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <namespacedoc><summary>Neighbours, and pictures in two or three dimensions that keep them.</summary></namespacedoc>
/// <summary>
/// Uniform manifold approximation and projection: a layout in few dimensions that keeps who is whose neighbour
/// (McInnes, Healy and Melville, 2018). Exact neighbours, fuzzy graph, Laplacian eigenmap as the start, stochastic
/// layout with negative sampling.
/// </summary>
/// <remarks>
/// The same settings and points give the same bits for any number of threads. Distances between far groups, and sizes
/// of groups, mean little in such a layout; <see cref="LayoutQuality"/> says how far its neighbourhoods can be trusted.
/// </remarks>
/// <example><code>
/// var map = Umap.Fit(embeddings, new UmapSettings { Components = 3, Seed = 7 });
/// var placed = map.Transform(states); // each row on its own, whatever comes with it
/// </code></example>
public sealed class Umap
{
    private const double StartExtent = 10;
    private const double JitterSize = 1e-4; // of the start, whose largest coordinate is 10: parts copies of a point

    private readonly Matrix points;
    private readonly Matrix start;
    private readonly MembershipCurve curve;

    private Umap(
        Matrix points, UmapSettings settings, FuzzyGraph graph, Matrix start, MembershipCurve curve, Matrix layout) =>
        (this.points, Settings, Graph, this.start, this.curve, Layout) = (
            points, settings, graph, start, curve, layout);

    /// <summary>What it was made with.</summary>
    public UmapSettings Settings { get; }

    /// <summary>The fuzzy neighbour graph.</summary>
    public FuzzyGraph Graph { get; }

    /// <summary>n × components, in the order of the points.</summary>
    public Matrix Layout { get; }

    /// <summary>Lays out points.</summary>
    /// <param name="points">n × d, finite; kept, not copied, for <see cref="Transform"/>.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <param name="progress">Told the share of epochs done, from 0 to 1.</param>
    /// <param name="cancellation">Ends the work between two epochs.</param>
    /// <exception cref="ArgumentException">A setting is outside its range, or a value is not finite.</exception>
    public static Umap Fit(
        Matrix points, UmapSettings settings, int threads = 0, IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        settings.Check(points.Rows);
        var neighbours = NearestNeighbours.Within(points, settings.Neighbours - 1, settings.Metric, threads);
        return FitNeighbours(points, neighbours, settings, threads, progress, cancellation);
    }

    /// <summary>Lays out points whose neighbours are known.</summary>
    /// <param name="points">n × d, finite; kept, not copied, for <see cref="Transform"/>.</param>
    /// <param name="neighbours">What <see cref="NearestNeighbours.Within"/> gives for the points, one less of each than
    /// <see cref="UmapSettings.Neighbours"/>, which counts the point itself.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <param name="progress">Told the share of epochs done, from 0 to 1.</param>
    /// <param name="cancellation">Ends the work between two epochs.</param>
    /// <exception cref="ArgumentException">A setting is outside its range, or the neighbours are of other points,
    /// another metric, or more or fewer.</exception>
    public static Umap FitNeighbours(
        Matrix points, NearestNeighbours neighbours, UmapSettings settings, int threads = 0,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        settings.Check(points.Rows);
        var (queries, count, metric) = (neighbours.Queries, neighbours.Count, neighbours.Metric);
        if (queries != points.Rows || count != settings.Neighbours - 1 || metric != settings.Metric)
            throw new ArgumentException(
                $"The settings ask for {settings.Neighbours - 1} neighbours ({settings.Metric}) of {points.Rows} "
                    + $"points, but these are {count} ({metric}) of {queries}.",
                nameof(neighbours));
        var curve = MembershipCurve.Fit(settings.Spread, settings.MinDist);
        cancellation.ThrowIfCancellationRequested();
        var graph = FuzzyGraph.Of(neighbours, settings.LocalConnectivity, threads);
        // Not the settings' seed: the eigenmap is the same for all of them, so that layouts of several seeds can share
        // it.
        var start = SpectralLayout.Compute(graph, points, settings.Components, seed: 0, threads);
        return Arrange(points, settings, graph, start, curve, threads, progress, cancellation);
    }

    /// <summary>The same points laid out with another seed: what <see cref="Fit"/> would give, without finding
    /// neighbours again.</summary>
    /// <param name="seed">The other seed.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <param name="progress">Told the share of epochs done, from 0 to 1.</param>
    /// <param name="cancellation">Ends the work between two epochs.</param>
    public Umap WithSeed(
        ulong seed,
        int threads = 0,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    ) => Arrange(points, Settings with { Seed = seed }, Graph, start, curve, threads, progress, cancellation);

    /// <summary>
    /// Places new points among the laid-out ones, which stay where they are. Every row's place depends on that row
    /// alone: not on the others, their order or the number of threads.
    /// </summary>
    /// <param name="queries">m × d, finite.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <returns>m × components.</returns>
    /// <exception cref="ArgumentException">The dimensions differ, or a value is not finite.</exception>
    public Matrix Transform(Matrix queries, int threads = 0)
    {
        var neighbours = NearestNeighbours.Among(points, queries, Settings.Neighbours - 1, Settings.Metric, threads);
        return new Placement(Layout, curve, Settings, Epochs(Settings, points.Rows)).Place(
            neighbours, Workers.Count(threads));
    }

    private static Umap Arrange(
        Matrix points, UmapSettings settings, FuzzyGraph graph, Matrix start, MembershipCurve curve, int threads,
        IProgress<double>? progress, CancellationToken cancellation)
    {
        var epochs = Epochs(settings, points.Rows);
        var layout = new StochasticLayout(graph, Spread(start, settings.Seed), epochs, settings.Seed).Run(
            curve, epochs, settings.NegativeSamples, settings.LearningRate, Workers.Count(threads), progress,
            cancellation);
        return new Umap(points, settings, graph, start, curve, layout);
    }

    private static int Epochs(UmapSettings settings, int points) => settings.Epochs ?? (points <= 10_000 ? 500 : 200);

    // Every dimension from 0 to 10, after a jitter.
    private static Matrix Spread(Matrix start, ulong seed)
    {
        var (result, random) = (new Matrix(start.Rows, start.Columns), new Philox(seed, UmapStreams.Jitter));
        var largest = 0f;
        for (var i = 0; i < start.Rows; i++)
            foreach (var value in start.Row(i)) largest = Math.Max(largest, Math.Abs(value));
        for (var i = 0; i < start.Rows; i++)
            for (var c = 0; c < start.Columns; c++)
                result[i, c] = (float)(
                    (largest > 0 ? StartExtent * start[i, c] / largest : 0) + JitterSize * random.NextNormal());
        for (var c = 0; c < start.Columns; c++)
        {
            var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
            for (var i = 0; i < start.Rows; i++)
                (low, high) = (Math.Min(low, result[i, c]), Math.Max(high, result[i, c]));
            for (var i = 0; i < start.Rows && high > low; i++)
                result[i, c] = (float)StartExtent * (result[i, c] - low) / (high - low);
        }
        return result;
    }
}

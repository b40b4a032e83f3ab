using System;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The nearest neighbours of every query among some points, exactly: every pair is looked at.
/// </summary>
/// <remarks>
/// A matrix product in single precision proposes a few more candidates than are asked for; their distances are then
/// computed in float64 and decide. Where the product's rounding could have hidden a neighbour, the row is searched
/// again in float64. So the result is that of float64 throughout, and the same for any number of threads. Equal
/// distances are ordered by index.
/// </remarks>
public sealed class NearestNeighbours
{
    private readonly int[] indices;
    private readonly double[] distances;

    internal NearestNeighbours(int queries, int count, Metric metric)
    {
        (Queries, Count, Metric) = (queries, count, metric);
        indices = new int[checked(queries * count)];
        distances = new double[indices.Length];
    }

    /// <summary>Neighbours that were found before, as pieces of the work keep them.</summary>
    /// <param name="queries">Number of points whose neighbours are listed.</param>
    /// <param name="count">Number of neighbours of each.</param>
    /// <param name="metric">What the distances are.</param>
    /// <param name="indices">queries × count row numbers, nearest first.</param>
    /// <param name="distances">Their distances.</param>
    /// <exception cref="ArgumentException">There are not queries × count of both.</exception>
    public NearestNeighbours(
        int queries, int count, Metric metric, ReadOnlySpan<int> indices, ReadOnlySpan<double> distances)
        : this(queries, count, metric)
    {
        if (indices.Length != this.indices.Length || distances.Length != indices.Length)
            throw new ArgumentException(
                $"{queries} points with {count} neighbours each need {this.indices.Length} indices and distances, but "
                    + $"{indices.Length} and {distances.Length} were given.",
                nameof(indices));
        indices.CopyTo(this.indices);
        distances.CopyTo(this.distances);
    }

    /// <summary>Number of points whose neighbours are listed.</summary>
    public int Queries { get; }

    /// <summary>Number of neighbours of each.</summary>
    public int Count { get; }

    /// <summary>What the distances are.</summary>
    public Metric Metric { get; }

    /// <summary>The neighbours of a query, nearest first, as row numbers of the points searched.</summary>
    /// <param name="query">From 0 to <see cref="Queries"/> − 1.</param>
    public ReadOnlySpan<int> Indices(int query) => indices.AsSpan(query * Count, Count);

    /// <summary>The distances of a query's neighbours, nearest first.</summary>
    /// <param name="query">From 0 to <see cref="Queries"/> − 1.</param>
    public ReadOnlySpan<double> Distances(int query) => distances.AsSpan(query * Count, Count);

    /// <summary>The neighbours of every point among the others; a point is not its own neighbour.</summary>
    /// <param name="points">n × d, finite.</param>
    /// <param name="count">How many neighbours, from 1 to n − 1.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">A value is not finite, or a point lies at the origin under the
    /// cosine.</exception>
    public static NearestNeighbours Within(
        Matrix points, int count, Metric metric = Metric.Euclidean, int threads = 0) =>
        WithinRange(points, 0, points.Rows, count, metric, threads);

    /// <summary>The neighbours of some of the points among all others, so that machines can share the work: what
    /// <see cref="Within"/> gives for them.</summary>
    /// <param name="points">n × d, finite.</param>
    /// <param name="first">The first of those whose neighbours are wanted.</param>
    /// <param name="queries">How many, from there on.</param>
    /// <param name="count">How many neighbours, from 1 to n − 1.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">A value is not finite, or a point lies at the origin under the
    /// cosine.</exception>
    public static NearestNeighbours WithinRange(
        Matrix points, int first, int queries, int count, Metric metric = Metric.Euclidean, int threads = 0)
    {
        if (count < 1 || count > points.Rows - 1)
            throw Argument.OutOfRange(
                nameof(count), count,
                $"Each of {points.Rows} points has 1 to {points.Rows - 1} neighbours among the others.");
        return NeighbourSearch.Run(
            points, points.RowRange(first, queries), count, metric, first, Workers.Count(threads), MicroKernel.Best);
    }

    /// <summary>The neighbours of other points among some points. A query that equals a point finds it at distance
    /// 0.</summary>
    /// <param name="points">n × d, finite: where to search.</param>
    /// <param name="queries">m × d, finite.</param>
    /// <param name="count">How many neighbours, from 1 to n.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">The dimensions differ, a value is not finite, or a vector is zero under the
    /// cosine.</exception>
    public static NearestNeighbours Among(
        Matrix points, Matrix queries, int count, Metric metric = Metric.Euclidean, int threads = 0)
    {
        if (queries.Columns != points.Columns)
            throw new ArgumentException(
                $"Queries and points need as many dimensions, but the queries are {queries.Rows} × {queries.Columns} "
                    + $"and the points {points.Rows} × {points.Columns}.",
                nameof(queries)
            );
        if (count < 1 || count > points.Rows)
            throw Argument.OutOfRange(
                nameof(count), count, $"There are {points.Rows} points to find 1 to {points.Rows} neighbours among.");
        return NeighbourSearch.Run(
            points, queries, count, metric, firstQuery: null, Workers.Count(threads), MicroKernel.Best);
    }

    internal Span<int> WritableIndices(int query) => indices.AsSpan(query * Count, Count);

    internal Span<double> WritableDistances(int query) => distances.AsSpan(query * Count, Count);
}

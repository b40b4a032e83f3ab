using System;
using System.Collections.Generic;
using Workbench.Core.Kernels;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The weighted neighbour graph of UMAP: how strongly each pair of points belongs together, from 0 to 1 (McInnes, Healy
/// and Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018, §3.1).
/// </summary>
/// <remarks>
/// A point's pull on its neighbour at distance d is exp(−(d − ρ)/σ), 1 up to ρ; ρ is the distance of the nearest
/// neighbour that is not a copy (or of a further one, with a local connectivity above 1), and σ makes the pulls sum to
/// log₂ k. The two directions p and q of a pair are united as p + q − pq. Rows are sorted by column, without a diagonal
/// and without zeros; the graph is symmetric.
/// </remarks>
public sealed class FuzzyGraph
{
    private readonly int[] starts;
    private readonly int[] columns;
    private readonly float[] weights;
    private readonly SmoothDistance[] scales;

    private FuzzyGraph(int[] starts, int[] columns, float[] weights, SmoothDistance[] scales) =>
        (this.starts, this.columns, this.weights, this.scales) = (starts, columns, weights, scales);

    /// <summary>Number of points.</summary>
    public int Points => scales.Length;

    /// <summary>Number of entries, two for each pair that is joined.</summary>
    public int Entries => columns.Length;

    /// <summary>The points joined with a point, ascending.</summary>
    /// <param name="point">From 0 to <see cref="Points"/> − 1.</param>
    public ReadOnlySpan<int> Neighbours(int point) => columns.AsSpan(starts[point], starts[point + 1] - starts[point]);

    /// <summary>The weights of those joins, above 0 and at most 1.</summary>
    /// <param name="point">From 0 to <see cref="Points"/> − 1.</param>
    public ReadOnlySpan<float> Weights(int point) => weights.AsSpan(starts[point], starts[point + 1] - starts[point]);

    /// <summary>A point's ρ and σ.</summary>
    /// <param name="point">From 0 to <see cref="Points"/> − 1.</param>
    public SmoothDistance Scale(int point) => scales[point];

    /// <summary>The graph of some points' neighbours.</summary>
    /// <param name="neighbours">k − 1 neighbours of each point among the others: UMAP counts the point itself as the
    /// first of k.</param>
    /// <param name="localConnectivity">How many neighbours of a point touch it:
    /// <see cref="UmapSettings.LocalConnectivity"/>.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    public static FuzzyGraph Of(NearestNeighbours neighbours, double localConnectivity = 1, int threads = 0)
    {
        var (points, count) = (neighbours.Queries, neighbours.Count);
        var scales = new SmoothDistance[points];
        var pulls = new float[points * count];
        Workers.Share(Workers.Count(threads), (points + 255) / 256, block =>
        {
            for (var i = block * 256; i < Math.Min(points, (block + 1) * 256); i++)
            {
                var distances = neighbours.Distances(i);
                scales[i] = SmoothDistance.Of(distances, localConnectivity);
                for (var j = 0; j < count; j++) pulls[i * count + j] = (float)scales[i].Membership(distances[j]);
            }
        });
        return Unite(neighbours, pulls, scales);
    }

    /// <summary>
    /// Which connected component each point lies in; components are numbered in the order of their first points.
    /// </summary>
    /// <param name="count">Number of components.</param>
    public int[] Components(out int count)
    {
        var labels = new int[Points];
        Array.Fill(labels, -1);
        count = 0;
        var waiting = new Stack<int>();
        for (var first = 0; first < Points; first++)
        {
            if (labels[first] >= 0) continue;
            labels[first] = count;
            waiting.Push(first);
            while (waiting.TryPop(out var point))
            {
                foreach (var other in Neighbours(point))
                {
                    if (labels[other] >= 0) continue;
                    labels[other] = count;
                    waiting.Push(other);
                }
            }
            count++;
        }
        return labels;
    }

    private static FuzzyGraph Unite(NearestNeighbours neighbours, float[] pulls, SmoothDistance[] scales)
    {
        var (points, count) = (neighbours.Queries, neighbours.Count);
        // Who pulls whom, sorted by the one who is pulled; sources then ascend in every row.
        var incomingStarts = new int[points + 1];
        for (var i = 0; i < points; i++)
            foreach (var j in neighbours.Indices(i))
                incomingStarts[j + 1]++;
        for (var i = 0; i < points; i++)
            incomingStarts[i + 1] += incomingStarts[i];
        var (sources, incoming, fill) = (
            new int[pulls.Length], new float[pulls.Length], incomingStarts.AsSpan(0, points).ToArray());
        for (var i = 0; i < points; i++)
        {
            var targets = neighbours.Indices(i);
            for (var j = 0; j < count; j++)
            {
                var slot = fill[targets[j]]++;
                (sources[slot], incoming[slot]) = (i, pulls[i * count + j]);
            }
        }

        var (starts, columns, weights) = (
            new int[points + 1], new List<int>(2 * pulls.Length), new List<float>(2 * pulls.Length));
        var (outgoing, order) = (new float[count], new int[count]);
        for (var i = 0; i < points; i++)
        {
            neighbours.Indices(i).CopyTo(order);
            pulls.AsSpan(i * count, count).CopyTo(outgoing);
            Array.Sort(order, outgoing);
            var (a, b, end) = (0, incomingStarts[i], incomingStarts[i + 1]);
            while (a < count || b < end)
            {
                var column = Math.Min(a < count ? order[a] : int.MaxValue, b < end ? sources[b] : int.MaxValue);
                double p = a < count && order[a] == column ? outgoing[a++] : 0,
                    q = b < end && sources[b] == column ? incoming[b++] : 0;
                var weight = (float)(p + q - p * q);
                if (weight == 0) continue;
                columns.Add(column);
                weights.Add(weight);
            }
            starts[i + 1] = columns.Count;
        }
        return new FuzzyGraph(starts, [.. columns], [.. weights], scales);
    }
}

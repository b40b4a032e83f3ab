using System;
using System.Collections.Generic;
using Workbench.Core.Decompositions;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The Laplacian eigenmap of a graph: coordinates are the eigenvectors of the normalised Laplacian I − D^(−1/2) W
/// D^(−1/2) with the smallest eigenvalues after the trivial one (Belkin and Niyogi, "Laplacian Eigenmaps", 2003).
/// </summary>
/// <remarks>
/// The components of a disconnected graph are laid out one by one and placed by the distances between their means in
/// the data (classical scaling), each within half the way to the nearest other. A component of too few points for
/// eigenvectors is a small random cloud.
/// </remarks>
public static class SpectralLayout
{
    // Of the residual; the layout that starts here moves points a thousand times farther.
    private const double Tolerance = 1e-5;
    private const int Products = 3000;

    /// <summary>Lays out a graph.</summary>
    /// <param name="graph">n points.</param>
    /// <param name="points">The n × d data behind it, which place components that are not connected.</param>
    /// <param name="components">Dimensions of the layout, at least 1.</param>
    /// <param name="seed">For the iteration's start and for clouds. Every vector's entry of largest magnitude is
    /// positive, so that other seeds only change last digits.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor. The layout does not depend on
    /// it.</param>
    /// <returns>n × components; the largest coordinate has magnitude 1 (connected graph) or about 1.</returns>
    public static Matrix Compute(FuzzyGraph graph, Matrix points, int components, ulong seed, int threads = 0)
    {
        Argument.AtLeast(components, 1);
        if (points.Rows != graph.Points)
            throw new ArgumentException(
                $"The graph has {graph.Points} points, but the data has {points.Rows} rows.", nameof(points));
        var labels = graph.Components(out var count);
        var members = new List<int>[count];
        for (var i = 0; i < count; i++)
            members[i] = [];
        for (var i = 0; i < labels.Length; i++)
            members[labels[i]].Add(i);

        var places = Places(points, members, components, out var radii);
        var layout = new Matrix(graph.Points, components);
        for (var label = 0; label < count; label++)
        {
            var part = Part(graph, members[label], components, new Philox(seed, (ulong)label), Workers.Count(threads));
            for (var i = 0; i < members[label].Count; i++)
            {
                var row = layout.WritableRow(members[label][i]);
                for (var c = 0; c < components; c++)
                    row[c] = (float)(places[label, c] + radii[label] * part[i, c]);
            }
        }
        return layout;
    }

    // One component, scaled so that its largest coordinate has magnitude 1.
    private static ColumnMatrix Part(FuzzyGraph graph, List<int> members, int components, Philox random, int threads)
    {
        var size = members.Count;
        var part = new ColumnMatrix(size, components);
        if (size > components + 1)
            Eigenvectors(graph, members, components, random, threads, part);
        else
            for (var c = 0; c < components; c++)
                foreach (ref var value in part.Column(c))
                    value = size == 1 ? 0 : random.NextNormal();
        var largest = 0.0;
        for (var c = 0; c < components; c++)
            foreach (var value in part.Column(c))
                largest = Math.Max(largest, Math.Abs(value));
        for (var c = 0; c < components && largest > 0; c++)
            foreach (ref var value in part.Column(c))
                value /= largest;
        return part;
    }

    private static void Eigenvectors(
        FuzzyGraph graph, List<int> members, int components, Philox random, int threads, ColumnMatrix part)
    {
        var size = members.Count;
        var local = new int[graph.Points];
        for (var i = 0; i < size; i++)
            local[members[i]] = i;
        var (trivial, roots, total) = (new ColumnMatrix(size, 1), new double[size], 0.0);
        for (var i = 0; i < size; i++)
        {
            foreach (var weight in graph.Weights(members[i]))
                roots[i] += weight;
            total += roots[i];
            roots[i] = Math.Sqrt(roots[i]);
        }
        for (var i = 0; i < size; i++)
            trivial[i, 0] = roots[i] / Math.Sqrt(total);
        // Divided once for all products; they find their neighbours in the part's own order.
        var starts = new int[size + 1];
        for (var i = 0; i < size; i++)
            starts[i + 1] = starts[i] + graph.Weights(members[i]).Length;
        var (others, shares) = (new int[starts[size]], new double[starts[size]]);
        for (var i = 0; i < size; i++)
        {
            var neighbours = graph.Neighbours(members[i]);
            var weights = graph.Weights(members[i]);
            for (var e = 0; e < neighbours.Length; e++)
            {
                others[starts[i] + e] = local[neighbours[e]];
                shares[starts[i] + e] = weights[e] / roots[local[neighbours[e]]];
            }
        }

        var vectors = new Lanczos(trivial, Multiply, components, random).Largest(Tolerance, Products);
        for (var c = 0; c < components; c++)
        {
            var largest = 0.0;
            foreach (var value in vectors.Column(c))
                if (Math.Abs(value) > Math.Abs(largest))
                    largest = value;
            for (var i = 0; i < size; i++)
                part[i, c] = largest < 0 ? -vectors[i, c] : vectors[i, c];
        }

        void Multiply(ColumnMatrix from, int column, ColumnMatrix to) =>
            Workers.Share(
                threads,
                (size + 1023) / 1024,
                block =>
                {
                    var source = from.Column(column);
                    var target = to.Column(0);
                    for (var i = block * 1024; i < Math.Min(size, (block + 1) * 1024); i++)
                    {
                        var sum = 0.0;
                        for (var e = starts[i]; e < starts[i + 1]; e++)
                            sum += shares[e] * source[others[e]];
                        target[i] = sum / roots[i];
                    }
                }
            );
    }

    // Where components go, and how far each may reach: half the way to its nearest neighbour, in units of the largest
    // coordinate.
    private static ColumnMatrix Places(Matrix points, List<int>[] members, int components, out double[] radii)
    {
        var count = members.Length;
        radii = new double[count];
        var places = new ColumnMatrix(count, components);
        if (count == 1)
        {
            radii[0] = 1;
            return places;
        }
        var means = new ColumnMatrix(points.Columns, count);
        for (var label = 0; label < count; label++)
        {
            var mean = means.Column(label);
            foreach (var member in members[label])
            {
                var row = points.Row(member);
                for (var j = 0; j < row.Length; j++)
                    mean[j] += row[j] / members[label].Count;
            }
        }
        for (var j = 0; j < points.Columns; j++)
        {
            var sum = 0.0;
            for (var label = 0; label < count; label++)
                sum += means[j, label];
            for (var label = 0; label < count; label++)
                means[j, label] -= sum / count;
        }
        var gram = new SymmetricEigen(means.TransposeTimes(means));
        var largest = Math.Sqrt(Math.Max(gram.Values[0], double.Epsilon));
        for (var c = 0; c < Math.Min(components, count); c++)
            for (var label = 0; label < count; label++)
                places[label, c] = gram.Vectors[label, c] * Math.Sqrt(Math.Max(0, gram.Values[c])) / largest;

        for (var label = 0; label < count; label++)
        {
            var nearest = double.PositiveInfinity;
            for (var other = 0; other < count; other++)
            {
                if (other == label)
                    continue;
                var sum = 0.0;
                for (var c = 0; c < components; c++)
                    sum += Math.Pow(places[label, c] - places[other, c], 2);
                nearest = Math.Min(nearest, Math.Sqrt(sum));
            }
            radii[label] = nearest > 0 ? nearest / 2 : 1;
        }
        return places;
    }
}

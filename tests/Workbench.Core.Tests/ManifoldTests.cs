using System;
using System.Linq;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;
using Workbench.Core.Manifolds;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

[RunsOnEveryTier]
public sealed class ManifoldTests
{
    [WeightsTheory("reference/stats"), InlineData("trustworthiness.n40"), InlineData("trustworthiness.n120")]
    public void Layout_quality_is_that_of_scikit_learn(string name)
    {
        var reference = Reference.Case(name);
        var quality = LayoutQuality.Measure(
            reference.Matrix("x"), reference.Matrix("y"), reference.Parameters.GetProperty("k").GetInt32());
        reference.AssertNear(quality.Trustworthiness, "trustworthiness");
        reference.AssertNear(quality.Continuity, "continuity");
        reference.AssertNear(quality.NeighboursKept, "neighbour_preservation");
    }

    [Fact]
    public void A_layout_that_is_the_data_turned_is_perfect_and_exchanging_the_two_exchanges_the_measures()
    {
        var data = NormalRows(90, 3, seed: 1);
        Assert.Equal(new LayoutQuality(1, 1, 1, 7), LayoutQuality.Measure(data, data, 7));
        var other = NormalRows(90, 2, seed: 2);
        var (there, back) = (LayoutQuality.Measure(data, other, 7), LayoutQuality.Measure(other, data, 7));
        Assert.Equal(
            (there.Trustworthiness, there.Continuity, there.NeighboursKept),
            (back.Continuity, back.Trustworthiness, back.NeighboursKept));
        Assert.InRange(there.Trustworthiness, 0.4, 0.6);
    }

    // Up to three columns, as maps have, are multiplied otherwise than more; on a grid many distances are equal.
    [Theory]
    [InlineData(1, false), InlineData(2, false), InlineData(3, false), InlineData(2, true), InlineData(3, true)]
    public void A_map_with_a_column_of_zeros_has_the_quality_of_the_map(int columns, bool onGrid)
    {
        var (data, layout) = (NormalRows(250, 6, seed: 3), NormalRows(250, columns, seed: 4));
        var wide = new Matrix(250, 4);
        for (var i = 0; i < 250; i++)
            for (var c = 0; c < columns; c++)
                wide[i, c] = layout[i, c] = onGrid ? MathF.Round(layout[i, c]) : layout[i, c];
        Assert.Equal(LayoutQuality.Measure(data, wide, 9), LayoutQuality.Measure(data, layout, 9));
        Assert.Equal(LayoutQuality.Measure(wide, data, 9), LayoutQuality.Measure(layout, data, 9));
    }

    [Fact]
    public void A_layout_of_other_points_or_too_many_neighbours_is_refused()
    {
        Assert.Contains(
            "5 × 2",
            Assert.Throws<ArgumentException>(() => LayoutQuality.Measure(new Matrix(6, 3), new Matrix(5, 2), 1)).Message
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => LayoutQuality.Measure(new Matrix(6, 3), new Matrix(6, 2), 3));
    }

    [WeightsTheory("reference/stats"), InlineData("spread1.0_mindist0.1"), InlineData("spread1.0_mindist0.5")]
    public void The_membership_curve_is_the_converged_least_squares_fit(string name)
    {
        var reference = Reference.Case("umap_ab." + name);
        var curve = MembershipCurve.Fit(
            reference.Parameters.GetProperty("spread").GetDouble(),
            reference.Parameters.GetProperty("min_dist").GetDouble());
        reference.AssertNear(curve.A, "a");
        reference.AssertNear(curve.B, "b");
        reference.AssertNear(curve.A, "a_as_umap_returns");
        reference.AssertNear(curve.B, "b_as_umap_returns");
    }

    [WeightsTheory("reference/stats")]
    [
        InlineData("n200_k15", Metric.Euclidean),
        InlineData("n200_k15", Metric.Cosine),
        InlineData("n50_k5", Metric.Euclidean),
        InlineData("n50_k5", Metric.Cosine)
    ]
    public void Neighbours_and_fuzzy_graph_are_those_of_umap_learn_taken_to_convergence(string name, Metric metric)
    {
        var reference = Reference.Case($"umap_fuzzy.{name}.{metric.ToString().ToLowerInvariant()}");
        var (matrix, k) = (reference.Matrix("matrix"), reference.Parameters.GetProperty("k").GetInt32());
        var neighbours = NearestNeighbours.Within(matrix, k - 1, metric);
        var all = Enumerable.Range(0, matrix.Rows).ToArray();
        reference.AssertNear(
            all.SelectMany(i => neighbours.Indices(i).ToArray().Prepend(i)).Select(j => (double)j).ToArray(),
            "knn_indices");
        reference.AssertNear(
            all.SelectMany(i => neighbours.Distances(i).ToArray().Prepend(0)).ToArray(), "knn_distances");

        var graph = FuzzyGraph.Of(neighbours);
        reference.AssertNear(all.Select(i => graph.Scale(i).Rho).ToArray(), "rhos");
        reference.AssertNear(all.Select(i => graph.Scale(i).Sigma).ToArray(), "sigmas");
        reference.AssertNear(all.Select(i => graph.Scale(i).Sigma).ToArray(), "sigmas_converged");
        reference.AssertNear(graph.Entries, "edges");
        reference.AssertNear(
            all.SelectMany(i => Enumerable.Repeat((double)i, graph.Neighbours(i).Length)).ToArray(), "graph_rows");
        reference.AssertNear(
            all.SelectMany(i => graph.Neighbours(i).ToArray()).Select(j => (double)j).ToArray(), "graph_columns");
        reference.AssertNear(
            all.SelectMany(i => graph.Weights(i).ToArray()).Select(w => (double)w).ToArray(), "graph_values");
        reference.AssertNear(
            all.SelectMany(i => graph.Weights(i).ToArray()).Select(w => (double)w).ToArray(), "graph_values_converged");
    }

    [Fact]
    public void The_power_of_the_forces_is_that_of_the_runtime()
    {
        foreach (var exponent in new[] { 0.3f, 0.8950608f, 1f, 1.4f })
            for (var x = 1e-12f; x < 1e8f; x *= 1.0173f)
            {
                var wanted = Math.Pow(x, exponent);
                Assert.InRange(LayoutForces.Power(Vector256.Create(x), exponent)[3] / wanted, 1 - 4e-6, 1 + 4e-6);
            }
        Assert.InRange(LayoutForces.Power(Vector256<float>.Zero, 0.9f)[0], 0, 1e-30);
    }

    [Theory]
    [InlineData(1), InlineData(1.5), InlineData(2), InlineData(3.25), InlineData(8), InlineData(9)]
    public void With_more_touching_neighbours_the_scale_still_solves_the_equation_of_umap_learn(double connectivity)
    {
        const int k = 10;
        var points = NormalRows(80, 4, seed: 12);
        for (var j = 0; j < 4; j++) points[1, j] = points[2, j] = points[0, j]; // two copies, which do not count
        var neighbours = NearestNeighbours.Within(points, k - 1);
        var graph = FuzzyGraph.Of(neighbours, connectivity);
        var pulls = new double[80, 80];
        for (var i = 0; i < 80; i++)
        {
            var distances = neighbours.Distances(i).ToArray();
            var (rho, sigma) = SmoothKnnDistance([0, .. distances], connectivity);
            Assert.Equal(rho, graph.Scale(i).Rho, 1e-12);
            Assert.Equal(sigma, graph.Scale(i).Sigma, 1e-9 * sigma);
            for (var n = 0; n < k - 1; n++)
                pulls[i, neighbours.Indices(i)[n]] = Math.Exp(-Math.Max(0, distances[n] - rho) / sigma);
        }
        for (var i = 0; i < 80; i++)
        {
            // Weights that vanish in single precision are not kept.
            Assert.Equal(
                Enumerable.Range(0, 80).Where(j => (float)pulls[i, j] > 0 || (float)pulls[j, i] > 0),
                graph.Neighbours(i).ToArray());
            for (var n = 0; n < graph.Neighbours(i).Length; n++)
            {
                var (p, q) = (pulls[i, graph.Neighbours(i)[n]], pulls[graph.Neighbours(i)[n], i]);
                Assert.Equal(p + q - p * q, graph.Weights(i)[n], 1e-6);
            }
        }
    }

    // As smooth_knn_dist of umap-learn reads: the point itself first, at distance 0; bisection of Σ exp(−(d − ρ)/σ) =
    // log₂ k over the others, and a floor of a thousandth of the mean distance.
    private static (double Rho, double Sigma) SmoothKnnDistance(double[] distances, double connectivity)
    {
        var apart = distances.Where(distance => distance > 0).ToArray();
        var rho = 0.0;
        if (apart.Length >= connectivity)
        {
            var index = (int)Math.Floor(connectivity);
            var interpolation = connectivity - index;
            rho = apart[index - 1];
            if (interpolation > 1e-5) rho += interpolation * (apart[index] - apart[index - 1]);
        }
        else if (apart.Length > 0) rho = apart.Max();
        var (low, high) = (0.0, 1e3);
        for (var step = 0; step < 200; step++)
        {
            var sigma = (low + high) / 2;
            var sum = distances.Skip(1).Sum(distance => distance > rho ? Math.Exp(-(distance - rho) / sigma) : 1);
            if (sum > Math.Log2(distances.Length)) high = sigma;
            else low = sigma;
        }
        return (rho, Math.Max(high, 1e-3 * distances.Average()));
    }

    [Theory]
    [InlineData(2, 1, 1), InlineData(33, 7, 5), InlineData(300, 17, 12), InlineData(261, 33, 40), InlineData(31, 3, 30)]
    public void Neighbours_are_those_of_the_plain_double_loop(int points, int dimensions, int count)
    {
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var matrix = NormalRows(points, dimensions, seed: 3);
            for (var j = 0; j < dimensions && points > 20; j++) matrix[20, j] = matrix[4, j]; // a copy
            var neighbours = NearestNeighbours.Within(matrix, count, metric);
            for (var i = 0; i < points; i++)
            {
                var order = Enumerable
                    .Range(0, points)
                    .Where(j => j != i)
                    .OrderBy(j => Distance(matrix, i, j, metric))
                    .ThenBy(j => j)
                    .Take(count)
                    .ToArray();
                Assert.Equal(
                    order.Select(j => Distance(matrix, i, j, metric)), neighbours.Distances(i).ToArray(),
                    (x, y) => Math.Abs(x - y) < 1e-12);
                if (metric == Metric.Euclidean && dimensions > 1)
                    Assert.Equal(order, neighbours.Indices(i).ToArray());
            }
        }
    }

    [Theory, InlineData(0), InlineData(3), InlineData(4_000_000)]
    public void Neighbours_far_from_the_origin_are_exact_though_single_precision_cannot_tell_them_apart(float elsewhere)
    {
        // All squared distances, up to 2500, drown in the rounding of |y|² = 2.5e9: only the second search can order
        // them.
        var matrix = new Matrix(100, 1);
        for (var i = 0; i < 100; i++) matrix[i, 0] = 50_000 + i * 37 % 100;
        matrix[40, 0] = elsewhere;
        var neighbours = NearestNeighbours.Within(matrix, 3);
        for (var i = 0; i < 100; i++)
        {
            var order = Enumerable
                .Range(0, 100)
                .Where(j => j != i)
                .OrderBy(j => Math.Abs(matrix[i, 0] - matrix[j, 0]))
                .ThenBy(j => j)
                .Take(3)
                .ToArray();
            Assert.Equal(order, neighbours.Indices(i).ToArray());
        }
    }

    [Fact]
    public void Neighbours_are_the_same_for_any_number_of_threads_and_every_kernel()
    {
        var matrix = NormalRows(700, 19, seed: 5);
        var expected = NearestNeighbours.Within(matrix, 10, threads: 1);
        foreach (var kernel in MicroKernel.Supported)
            foreach (var threads in new[] { 1, 3, 8 })
            {
                var got = NeighbourSearch.Run(matrix, matrix, 10, Metric.Euclidean, firstQuery: 0, threads, kernel);
                for (var i = 0; i < 700; i++)
                {
                    Assert.Equal(expected.Indices(i).ToArray(), got.Indices(i).ToArray());
                    Assert.Equal(expected.Distances(i).ToArray(), got.Distances(i).ToArray());
                }
            }
    }

    [Theory, InlineData(Metric.Euclidean), InlineData(Metric.Cosine)]
    public void Neighbours_of_ranges_of_points_are_those_of_all(Metric metric)
    {
        var matrix = NormalRows(300, 9, seed: 15);
        matrix.Row(10).CopyTo(matrix.WritableRow(211)); // a copy is a neighbour, the point itself is not
        var expected = NearestNeighbours.Within(matrix, 5, metric);
        Assert.Equal(211, expected.Indices(10)[0]);
        foreach (var (first, count) in new[] { (0, 1), (1, 99), (100, 200) })
        {
            var got = NearestNeighbours.WithinRange(matrix, first, count, 5, metric);
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(expected.Indices(first + i).ToArray(), got.Indices(i).ToArray());
                Assert.Equal(expected.Distances(first + i).ToArray(), got.Distances(i).ToArray());
            }
        }
    }

    [Fact]
    public void Queries_among_points_find_a_copy_of_themselves_first()
    {
        var points = NormalRows(60, 5, seed: 6);
        var neighbours = NearestNeighbours.Among(points, points.RowRange(10, 20), 4);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(i + 10, neighbours.Indices(i)[0]);
            Assert.Equal(0, neighbours.Distances(i)[0]);
        }
    }

    [Fact]
    public void A_point_that_is_not_finite_or_has_no_direction_is_named()
    {
        var matrix = NormalRows(20, 4, seed: 7);
        matrix.WritableRow(3).Clear();
        Assert.Contains(
            "Row 3",
            Assert.Throws<ArgumentException>(() => NearestNeighbours.Within(matrix, 2, Metric.Cosine)).Message);
        matrix[11, 2] = float.NaN;
        Assert.Contains("Row 11", Assert.Throws<ArgumentException>(() => NearestNeighbours.Within(matrix, 2)).Message);
    }

    private static double Distance(Matrix matrix, int i, int j, Metric metric)
    {
        var (dot, a, b, square) = (0.0, 0.0, 0.0, 0.0);
        var (first, second) = (matrix.Row(i).ToArray(), matrix.Row(j).ToArray());
        for (var c = 0; c < first.Length; c++)
        {
            double x = first[c], y = second[c];
            (dot, a, b, square) = (dot + x * y, a + x * x, b + y * y, square + (x - y) * (x - y));
        }
        return metric == Metric.Euclidean
            ? Math.Sqrt(square)
            : Math.Clamp(1 - dot / (Math.Sqrt(a) * Math.Sqrt(b)), 0, 2);
    }
}

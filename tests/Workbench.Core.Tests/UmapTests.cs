using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Workbench.Core.Decompositions;
using Workbench.Core.Formats;
using Workbench.Core.Manifolds;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

public sealed class UmapTests
{
    private static readonly UmapSettings Quick = new() { Components = 3, Epochs = 60, Seed = 7 };

    [Fact]
    public void A_layout_has_the_same_bits_for_any_number_of_threads()
    {
        var points = Clouds(601, 4, dimensions: 9);
        var expected = Umap.Fit(points, Quick, threads: 1);
        var queries = NormalRows(50, 9, seed: 3);
        foreach (var threads in new[] { 2, 3, 8 })
        {
            var again = Umap.Fit(points, Quick, threads);
            Assert.Equal(expected.Layout.ToArray(), again.Layout.ToArray());
            Assert.Equal(expected.Transform(queries, 1).ToArray(), again.Transform(queries, threads).ToArray());
        }
    }

    [Fact]
    public void Another_seed_gives_another_layout_and_the_shortcut_to_it_the_same_one()
    {
        var points = Clouds(200, 3, dimensions: 6);
        var map = Umap.Fit(points, Quick);
        var other = Umap.Fit(points, Quick with { Seed = 8 });
        Assert.NotEqual(map.Layout.ToArray(), other.Layout.ToArray());
        Assert.Equal(other.Layout.ToArray(), map.WithSeed(8).Layout.ToArray());
        Assert.Equal(8ul, map.WithSeed(8).Settings.Seed);
    }

    [Fact]
    public void Neighbours_that_are_known_give_the_same_layout_and_others_are_refused()
    {
        var points = Clouds(200, 3, dimensions: 6);
        var found = NearestNeighbours.Within(points, Quick.Neighbours - 1);
        var kept = new NearestNeighbours(
            200, found.Count, found.Metric,
            Enumerable.Range(0, 200).SelectMany(i => found.Indices(i).ToArray()).ToArray(),
            Enumerable.Range(0, 200).SelectMany(i => found.Distances(i).ToArray()).ToArray());
        var layout = Umap.FitNeighbours(points, kept, Quick).Layout;
        Assert.Equal(Umap.Fit(points, Quick).Layout.ToArray(), layout.ToArray());
        var fewer = Quick with { Neighbours = 9 };
        var error = Assert.Throws<ArgumentException>(() => Umap.FitNeighbours(points, kept, fewer));
        Assert.Contains("8 neighbours (Euclidean) of 200 points, but these are 14 (Euclidean) of 200", error.Message);
    }

    [Fact]
    public void Where_a_new_point_goes_depends_on_nothing_but_itself()
    {
        var points = Clouds(300, 3, dimensions: 6);
        var map = Umap.Fit(points, Quick);
        var queries = NormalRows(21, 6, seed: 4);
        var together = map.Transform(queries);
        var backwards = map.Transform(queries.SelectRows(Enumerable.Range(0, 21).Reverse().ToArray()));
        for (var i = 0; i < 21; i++)
        {
            Assert.Equal(together.Row(i).ToArray(), map.Transform(queries.RowRange(i, 1)).ToArray());
            Assert.Equal(together.Row(i).ToArray(), backwards.Row(20 - i).ToArray());
        }
    }

    [Fact]
    public void New_points_land_among_the_cloud_they_come_from()
    {
        var points = Clouds(330, 3, dimensions: 8);
        var map = Umap.Fit(points.RowRange(0, 300), new UmapSettings { Components = 2, Seed = 1 });
        var placed = map.Transform(points.RowRange(300, 30));
        var near = NearestNeighbours.Among(map.Layout, placed, 5);
        for (var i = 0; i < 30; i++)
            Assert.All(near.Indices(i).ToArray(), j => Assert.Equal((300 + i) % 3, j % 3));
    }

    [Fact]
    public void As_many_neighbours_as_are_asked_for_touch_and_more_of_them_change_the_layout()
    {
        var points = Clouds(120, 2, dimensions: 5);
        var (one, three) = (Umap.Fit(points, Quick), Umap.Fit(points, Quick with { LocalConnectivity = 3 }));
        // A neighbour within ρ has membership 1, and so has the union of it with any other.
        var touching = (Umap map) =>
            Enumerable.Range(0, 120).Select(i => map.Graph.Weights(i).ToArray().Count(weight => weight > 1 - 1e-6));
        Assert.All(touching(one), count => Assert.True(count >= 1));
        Assert.All(touching(three), count => Assert.True(count >= 3));
        Assert.Contains(touching(one), count => count < 3);
        Assert.NotEqual(one.Layout.ToArray(), three.Layout.ToArray());
        var queries = NormalRows(20, 5, seed: 3);
        Assert.NotEqual(
            three.Transform(queries).ToArray(),
            Umap.Fit(points, Quick with { LocalConnectivity = 2 }).Transform(queries).ToArray());
    }

    [Fact]
    public void Clouds_stay_apart_and_neighbourhoods_are_kept()
    {
        var points = Clouds(300, 3, dimensions: 8);
        var layout = Umap.Fit(points, new UmapSettings { Components = 2, Seed = 2 }).Layout;
        var near = NearestNeighbours.Within(layout, 10);
        for (var i = 0; i < 300; i++)
            Assert.All(near.Indices(i).ToArray(), j => Assert.Equal(i % 3, j % 3));
        var quality = LayoutQuality.Measure(points, layout, 10);
        Assert.True(quality.Trustworthiness > 0.9 && quality.Continuity > 0.9, quality.ToString());
        // No linear map does as well.
        var components = PrincipalComponents.Compute(points, 2).Project(points);
        Assert.True(quality.NeighboursKept > LayoutQuality.Measure(points, components, 10).NeighboursKept);
    }

    [WeightsFact("minilm/model.safetensors")]
    public void Ten_thousand_real_embeddings_are_laid_out_more_faithfully_than_by_umap_learns_best_seed()
    {
        using var file = SafetensorsFile.Open(Weights.At("minilm", "model.safetensors"));
        var rows = file.ReadMatrix(file.Tensors.Single(tensor => tensor.Name.EndsWith("word_embeddings.weight")).Name)
            .RowRange(2000, 10_000);
        var layout = Umap.Fit(rows, new UmapSettings { Components = 3, Seed = 1 }).Layout;
        var quality = LayoutQuality.Measure(rows, layout, 15);
        // reference/umap-minilm.json: umap-learn 0.5.12 reaches 0.7472 to 0.7499, and keeps 0.2006 to 0.2009 of the
        // neighbours.
        Assert.True(quality.Trustworthiness >= 0.7499260592696535, quality.ToString());
        Assert.True(quality.NeighboursKept >= 0.20086, quality.ToString());
    }

    [Fact]
    public void The_eigenmap_of_a_ring_is_a_circle()
    {
        // Neighbours along a circle: the next two eigenvectors of its Laplacian are a cosine and a sine of the angle.
        var ring = new Matrix(400, 2);
        for (var i = 0; i < 400; i++)
            (ring[i, 0], ring[i, 1]) = (MathF.Cos(i * MathF.Tau / 400), MathF.Sin(i * MathF.Tau / 400));
        var layout = SpectralLayout.Compute(FuzzyGraph.Of(NearestNeighbours.Within(ring, 6)), ring, 2, seed: 1);
        for (var i = 0; i < 400; i++)
        {
            Assert.Equal(1, layout[i, 0] * layout[i, 0] + layout[i, 1] * layout[i, 1], 0.02f);
            var next = (i + 1) % 400;
            var turn = layout[i, 0] * layout[next, 1] - layout[i, 1] * layout[next, 0];
            Assert.Equal(Math.Sin(Math.Tau / 400), Math.Abs((double)turn), 0.002);
        }
    }

    [Fact]
    public void The_eigenmap_satisfies_the_equation_of_the_laplacian()
    {
        var points = NormalRows(300, 4, seed: 5);
        var graph = FuzzyGraph.Of(NearestNeighbours.Within(points, 8));
        graph.Components(out var parts);
        Assert.Equal(1, parts);
        var laplacian = new ColumnMatrix(300, 300);
        var degrees = Enumerable.Range(0, 300).Select(i => graph.Weights(i).ToArray().Sum(w => (double)w)).ToArray();
        for (var i = 0; i < 300; i++)
        {
            laplacian[i, i] = 1;
            for (var e = 0; e < graph.Neighbours(i).Length; e++)
            {
                var j = graph.Neighbours(i)[e];
                laplacian[i, j] -= graph.Weights(i)[e] / Math.Sqrt(degrees[i] * degrees[j]);
            }
        }
        var eigen = new SymmetricEigen(laplacian);
        Assert.Equal(0, eigen.Values[299], 1e-12);
        var layout = SpectralLayout.Compute(graph, points, 3, seed: 1);
        for (var c = 0; c < 3; c++)
        {
            var (dot, norm) = (0.0, 0.0);
            for (var i = 0; i < 300; i++)
                (dot, norm) = (
                    dot + layout[i, c] * eigen.Vectors[i, 298 - c], norm + (double)layout[i, c] * layout[i, c]);
            Assert.Equal(1, Math.Abs(dot) / Math.Sqrt(norm), 1e-4);
        }
    }

    [Fact]
    public void Components_that_are_not_connected_are_laid_out_apart()
    {
        var points = Clouds(120, 3, dimensions: 5, distance: 1000);
        points[7, 0] += 1e6f; // one point alone but for the neighbours it calls its own
        var graph = FuzzyGraph.Of(NearestNeighbours.Within(points, 6));
        graph.Components(out var parts);
        Assert.True(parts >= 3);
        var layout = SpectralLayout.Compute(graph, points, 2, seed: 1);
        Assert.All(layout.ToArray(), value => Assert.True(float.IsFinite(value)));

        var map = Umap.Fit(Clouds(120, 3, dimensions: 5, distance: 1000), Quick);
        var near = NearestNeighbours.Within(map.Layout, 3);
        for (var i = 0; i < 120; i++) Assert.All(near.Indices(i).ToArray(), j => Assert.Equal(i % 3, j % 3));
    }

    [Fact]
    public void Copies_of_one_point_do_not_break_the_layout()
    {
        var points = NormalRows(80, 4, seed: 6);
        for (var i = 0; i < 40; i++) points.Row(0).CopyTo(points.WritableRow(i));
        Assert.All(Umap.Fit(points, Quick).Layout.ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.All(Umap.Fit(new Matrix(40, 3), Quick).Layout.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Settings_out_of_range_are_refused_with_what_is_possible()
    {
        var points = NormalRows(10, 3, seed: 8);
        Assert.Contains(
            "2 to 10", Assert.Throws<ArgumentOutOfRangeException>(() => Umap.Fit(points, new UmapSettings())).Message);
        var settings = new UmapSettings { Neighbours = 5 };
        foreach (
            var wrong in new[]
            {
                settings with
                {
                    Components = 0,
                },
                settings with
                {
                    MinDist = -1,
                },
                settings with
                {
                    MinDist = 3,
                },
                settings with
                {
                    Epochs = 0,
                },
                settings with
                {
                    LearningRate = 0,
                },
                settings with
                {
                    NegativeSamples = -1,
                },
                settings with
                {
                    LocalConnectivity = 0.5,
                },
                settings with
                {
                    LocalConnectivity = 4.5,
                },
            }
        )
            Assert.Throws<ArgumentOutOfRangeException>(() => Umap.Fit(points, wrong));
    }

    [Fact]
    public void Progress_rises_to_one_and_cancelling_ends_the_work()
    {
        var points = Clouds(60, 2, dimensions: 4);
        var told = new Told();
        Umap.Fit(points, Quick, progress: told);
        Assert.Equal(60, told.Shares.Count);
        Assert.Equal(1, told.Shares[^1]);
        Assert.Equal(told.Shares.Order(), told.Shares);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Umap.Fit(points, Quick, cancellation: cancelled.Token));
    }

    // Clouds of spread 1 whose centres lie some way apart; point i belongs to cloud i mod count.
    private static Matrix Clouds(int points, int count, int dimensions, float distance = 8)
    {
        var matrix = NormalRows(points, dimensions, seed: 9);
        for (var i = 0; i < points; i++)
            matrix[i, i % count % dimensions] += distance;
        return matrix;
    }

    private sealed class Told : IProgress<double>
    {
        public List<double> Shares { get; } = [];

        public void Report(double value) => Shares.Add(value);
    }
}

using System.Linq;
using Workbench.Core.Manifolds;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

/// <summary>The layout's vectors of points, small enough to be repeated on every tier.</summary>
[RunsOnEveryTier]
public sealed class LayoutTests
{
    private static readonly UmapSettings Settings = new() { Neighbours = 8, Epochs = 40, Seed = 3 };

    // Three clouds of 25 points, with five more of each to be placed later; point i belongs to cloud i mod 3.
    private static Matrix Clouds()
    {
        var matrix = NormalRows(90, 4, seed: 11);
        for (var i = 0; i < 90; i++) matrix[i, i % 3] += 12;
        return matrix;
    }

    [Fact]
    public void Clouds_stay_apart_and_new_points_land_in_their_own()
    {
        var points = Clouds();
        var map = Umap.Fit(points.RowRange(0, 75), Settings);
        var (own, placed) = (
            NearestNeighbours.Within(map.Layout, 4),
            NearestNeighbours.Among(map.Layout, map.Transform(points.RowRange(75, 15)), 4));
        for (var i = 0; i < 75; i++)
            Assert.Equal(Enumerable.Repeat(i % 3, 4), own.Indices(i).ToArray().Select(j => j % 3));
        for (var i = 0; i < 15; i++)
            Assert.Equal(Enumerable.Repeat(i % 3, 4), placed.Indices(i).ToArray().Select(j => j % 3));
    }

    [Fact]
    public void A_layout_and_its_placements_have_the_same_bits_for_any_number_of_threads()
    {
        var points = Clouds();
        var alone = Umap.Fit(points, Settings, threads: 1);
        var queries = NormalRows(13, 4, seed: 12);
        foreach (var threads in new[] { 2, 5 })
        {
            var again = Umap.Fit(points, Settings, threads);
            Assert.Equal(alone.Layout.ToArray(), again.Layout.ToArray());
            Assert.Equal(alone.Transform(queries, 1).ToArray(), again.Transform(queries, threads).ToArray());
        }
        for (var i = 0; i < 13; i++)
            Assert.Equal(
                alone.Transform(queries).Row(i).ToArray(), alone.Transform(queries.RowRange(i, 1)).Row(0).ToArray());
    }
}

using System;
using System.Linq;
using Workbench.Core.Decompositions;
using Workbench.Core.Randomness;
using Workbench.Core.Statistics;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

public sealed class ProcrustesTests
{
    [WeightsTheory("reference/stats"), InlineData("procrustes.n12"), InlineData("procrustes.n60")]
    public void Rotation_norms_and_disparity_are_those_of_scipy(string name)
    {
        var reference = Reference.Case(name);
        var (a, b) = (reference.Matrix("a"), reference.Matrix("b"));
        var fit = Procrustes.Compute(a, b);
        reference.AssertNear(fit.NuclearNorm, "nuclear_norm");
        reference.AssertNear(fit.Residual, "residual_frobenius");
        reference.AssertNear(Array.ConvertAll(fit.Rotation.ToMatrix().ToArray(), value => (double)value), "rotation");
        reference.AssertNear(Procrustes.Disparity(a, b), "disparity");
        Assert.InRange(Skewness(fit.Rotation), 0, 1e-13);
    }

    [Fact]
    public void A_turned_scaled_and_moved_copy_is_carried_back_onto_its_original()
    {
        var original = NormalRows(50, 3, seed: 1);
        var rotation = new ThinQr(Normal(3, 3, seed: 2)).Q();
        var turned = Times(ColumnMatrix.Of(original), rotation).ToMatrix();
        for (var i = 0; i < 50; i++)
            for (var j = 0; j < 3; j++)
                turned[i, j] = 2.5f * turned[i, j] + j - 4;
        var aligned = Procrustes.Align(turned, original);
        for (var i = 0; i < 50; i++)
            for (var j = 0; j < 3; j++)
                Assert.Equal(original[i, j], aligned[i, j], 1e-5f);
        Assert.InRange(Procrustes.Disparity(turned, original), 0, 1e-10);
    }

    [Fact]
    public void Configurations_of_different_shapes_are_refused() =>
        Assert.Contains(
            "4 × 2",
            Assert.Throws<ArgumentException>(() => Procrustes.Compute(new Matrix(4, 2), new Matrix(5, 2))).Message);

    [WeightsTheory("reference/stats"), InlineData("procrustes.n12"), InlineData("procrustes.n60")]
    public void The_permutation_test_starts_from_scipys_disparity(string name)
    {
        var reference = Reference.Case(name);
        var result = ProcrustesTest.Permute(reference.Matrix("a"), reference.Matrix("b"), 99, seed: 3);
        reference.AssertNear(result.Disparity, "disparity");
        Assert.Equal(0.01, result.P);
    }

    [Theory, InlineData(12, 5), InlineData(6, 20)]
    public void A_draw_of_the_permutation_test_is_the_disparity_of_permuted_points(int points, int dimensions)
    {
        var (a, b) = (NormalRows(points, dimensions, seed: 1), NormalRows(points, dimensions, seed: 2));
        var result = ProcrustesTest.Permute(a, b, 3, seed: 8);
        Assert.Equal(Procrustes.Disparity(a, b), result.Disparity, 1e-6);
        for (var draw = 0; draw < 3; draw++)
        {
            var order = Enumerable.Range(0, points).ToArray();
            new Philox(8, (ulong)draw).Shuffle(order.AsSpan());
            Assert.Equal(
                Procrustes.Disparity(a, b.SelectRows(order)), 1 - result.Draws[draw] * result.Draws[draw], 1e-6);
        }
    }

    [Fact]
    public void A_configuration_of_fewer_dimensions_counts_as_one_with_zeros_added()
    {
        var (a, b) = (NormalRows(9, 3, seed: 1), NormalRows(9, 7, seed: 2));
        var padded = new Matrix(9, 7);
        for (var i = 0; i < 9; i++) a.Row(i).CopyTo(padded.WritableRow(i));
        var (plain, zeros) = (ProcrustesTest.Permute(a, b, 5, seed: 1), ProcrustesTest.Permute(padded, b, 5, seed: 1));
        Assert.Equal(zeros.Similarity, plain.Similarity, 1e-6);
        for (var draw = 0; draw < 5; draw++) Assert.Equal(zeros.Draws[draw], plain.Draws[draw], 1e-6);
    }

    [Fact]
    public void Unrelated_points_in_many_dimensions_look_alike_and_the_permutation_test_is_not_fooled()
    {
        var results = Enumerable
            .Range(0, 400)
            .Select(i =>
                ProcrustesTest.Permute(
                    NormalRows(12, 40, seed: (ulong)i), NormalRows(12, 40, seed: (ulong)i + 1000), 19, seed: 4)
            )
            .ToArray();
        Assert.InRange(results.Average(result => result.Similarity), 0.7, 1);
        UniformP.AssertOn(20, results.Select(result => result.P));
    }

    [Fact]
    public void Points_that_all_coincide_have_no_shape() =>
        Assert.Contains(
            "are the same",
            Assert
                .Throws<ArgumentException>(() =>
                    ProcrustesTest.Permute(new Matrix(4, 2), NormalRows(4, 2, seed: 1), 9, 0)
                )
                .Message
        );
}

using System;
using Workbench.Core.Decompositions;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

public sealed class ProcrustesTests
{
    [WeightsTheory("reference/stats"), InlineData("procrustes.n12"), InlineData("procrustes.n60")]
    public void Rotation_norms_and_disparity_are_those_of_scipy(string name)
    {
        var reference = StatsReference.Case(name);
        var (a, b) = (reference.Matrix("a"), reference.Matrix("b"));
        var fit = Procrustes.Compute(a, b);
        reference.Agrees("nuclear_norm", fit.NuclearNorm);
        reference.Agrees("residual_frobenius", fit.Residual);
        reference.Agrees("rotation", Array.ConvertAll(fit.Rotation.ToMatrix().ToArray(), value => (double)value));
        reference.Agrees("disparity", Procrustes.Disparity(a, b));
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
        Assert.Contains("4 × 2", Assert.Throws<ArgumentException>(() => Procrustes.Compute(new Matrix(4, 2), new Matrix(5, 2))).Message);
}

using System;
using System.Linq;
using Workbench.Core.Decompositions;
using Workbench.Core.Statistics;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

public sealed class EffectiveDimensionTests
{
    [WeightsTheory("reference/stats"), InlineData("n10_d6"), InlineData("n80_d31")]
    public void Effective_rank_stable_rank_and_participation_ratio_are_those_of_their_formulas_in_numpy(string name)
    {
        var reference = Reference.Case("effective_dimension." + name);
        var matrix = reference.Matrix("matrix");
        var values = new JacobiSvd(matrix).SingularValues.ToArray();
        reference.AssertNear(values, "singular_values");
        reference.AssertNear(EffectiveDimension.EffectiveRank(values), "effective_rank");
        reference.AssertNear(EffectiveDimension.StableRank(values), "stable_rank");
        reference.AssertNear(
            EffectiveDimension.ParticipationRatio(Array.ConvertAll(values, value => value * value)),
            "participation_ratio_not_centred");

        var components = PrincipalComponents.Compute(matrix, matrix.Columns);
        reference.AssertNear(EffectiveDimension.ParticipationRatio(components.Variances), "participation_ratio");
        var centred = components.Variances.ToArray().Select(Math.Sqrt).ToArray();
        reference.AssertNear(EffectiveDimension.EffectiveRank(centred), "effective_rank_centred");
        reference.AssertNear(EffectiveDimension.StableRank(centred), "stable_rank_centred");
    }

    [WeightsTheory("reference/stats"), InlineData("n10_d6"), InlineData("n80_d31")]
    public void All_but_the_top_components_are_what_numpy_leaves(string name)
    {
        var reference = Reference.Case("all_but_the_top." + name);
        var matrix = reference.Matrix("matrix");
        foreach (
            var key in reference
                .Expected.EnumerateObject()
                .Select(item => item.Name)
                .Where(key => key.StartsWith("remove_") && !key.EndsWith("row") && !key.EndsWith("cosine"))
        )
            reference.AssertNear(
                Array.ConvertAll(
                    PrincipalComponents.Compute(matrix, int.Parse(key["remove_".Length..])).Remove(matrix).ToArray(),
                    value => (double)value),
                key
            );
    }

    [Fact]
    public void Equal_values_count_fully_and_scale_does_not_matter()
    {
        foreach (
            var measure in new Func<double[], double>[]
            {
                values => EffectiveDimension.EffectiveRank(values),
                values => EffectiveDimension.StableRank(values),
                values => EffectiveDimension.ParticipationRatio(values),
            }
        )
        {
            Assert.Equal(4, measure([3, 3, 3, 3, 0]), 1e-12);
            Assert.Equal(measure([5, 2, 1]), measure([50, 20, 10]), 1e-12);
            Assert.True(double.IsNaN(measure([0, 0])));
            Assert.Throws<ArgumentException>(() => measure([1, -1]));
        }
    }

    [WeightsTheory("reference/stats"), InlineData("principal_angles.n8"), InlineData("principal_angles.n40")]
    public void Principal_angles_are_those_of_scipy(string name)
    {
        var reference = Reference.Case(name);
        var angles = PrincipalAngles.Between(reference.Matrix("a"), reference.Matrix("b"));
        reference.AssertNear(angles, "angles_radians_descending");
        reference.AssertNear(angles[0], "largest");
        reference.AssertNear(angles.Select(Math.Cos).ToArray(), "cosines_ascending");
        reference.AssertNear(Math.Sqrt(angles.Sum(angle => Math.Pow(Math.Sin(angle), 2))), "chordal_distance");
    }

    [Fact]
    public void Angles_far_below_the_reach_of_a_cosine_are_exact()
    {
        // Planes spanned by e1, e2 and by cos t e1 + sin t e3, e2, with sin t exact in single precision.
        var (a, b) = (new Matrix(5, 2), new Matrix(5, 2));
        (a[0, 0], a[1, 1], b[0, 0], b[2, 0], b[1, 1]) = (1, 1, 1, 1e-10f, 1);
        var angles = PrincipalAngles.Between(a, b);
        Assert.Equal(1e-10f, angles[0], 1e-20);
        Assert.Equal(0, angles[1], 1e-20);
        Assert.Equal(angles, PrincipalAngles.Between(b, a));
    }

    [Fact]
    public void Angles_belong_to_the_spaces_and_not_to_the_columns_that_span_them()
    {
        var (a, b) = (Normal(20, 3, seed: 1), Normal(20, 4, seed: 2).ToMatrix());
        var (want, got) = (
            PrincipalAngles.Between(a.ToMatrix(), b), PrincipalAngles.Between(new ThinQr(a).Q().ToMatrix(), b));
        Assert.Equal(3, want.Length);
        for (var i = 0; i < 3; i++) Assert.Equal(want[i], got[i], 1e-6);
        var twice = new Matrix(20, 6);
        for (var i = 0; i < 20; i++)
            for (var j = 0; j < 6; j++) twice[i, j] = (float)a[i, j % 3];
        Assert.Equal(want, PrincipalAngles.Between(twice, b), (x, y) => Math.Abs(x - y) < 1e-12);
        Assert.Empty(PrincipalAngles.Between(new Matrix(6, 2), new Matrix(6, 3)));
    }
}

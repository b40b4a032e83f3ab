using System;
using System.Linq;
using FsCheck.Fluent;
using Workbench.Core.Pairs;
using Workbench.Core.Randomness;
using Workbench.Core.Statistics;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class StatisticsTests
{
    private static double[] Normal(int count, ulong seed)
    {
        var random = new Philox(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    private static Matrix NormalMatrix(int rows, int columns, ulong seed) =>
        Matrix.FromArray(rows, columns, [.. Normal(rows * columns, seed).Select(value => (float)value)]);

    [WeightsFact("reference/stats")]
    public void Rank_correlations_are_those_of_rsatoolbox_and_scipy()
    {
        foreach (var test in Reference.Group("rank_correlations"))
        {
            var (a, b) = (test.Triangle("a"), test.Triangle("b"));
            var ranks = new double[a.Length];
            Correlation.AverageRanks(a, ranks);
            test.AssertNear(ranks, "ranks_a");
            test.AssertNear(Correlation.Of(CorrelationKind.Pearson, a, b), "pearson");
            test.AssertNear(Correlation.Of(CorrelationKind.Spearman, a, b), "spearman");
            test.AssertNear(Correlation.Of(CorrelationKind.RhoA, a, b), "rho_a");
            test.AssertNear(Correlation.Of(CorrelationKind.Cosine, a, b), "cosine");
        }
    }

    [WeightsFact("reference/stats")]
    public void The_exact_Mantel_test_counts_every_relabelling_once()
    {
        foreach (var test in Reference.Group("mantel"))
            foreach (
                var (kind, key) in new[] { (CorrelationKind.Pearson, "pearson"), (CorrelationKind.Spearman, "spearman") })
            {
                var result = Mantel.Test(kind, test.Triangle("a"), test.Triangle("b"), permutations: 1, seed: 0);
                Assert.True(result.IsExact);
                test.AssertNear(result.Statistic, key, "statistic");
                test.AssertNear(result.P, key, "p", "greater");
                test.AssertNear(result.Draws.Average(), key, "null_mean");
                Assert.Equal(
                    test.Number(key, "count", "less"), result.Draws.Count(draw => draw <= result.Statistic + 1e-9));
            }
    }

    [WeightsFact("reference/stats")]
    public void Partial_correlations_are_those_of_least_squares_residuals()
    {
        foreach (var test in Reference.Group("partial_correlation"))
            foreach (
                var (key, controls) in new[]
                {
                ("given_0", Array.Empty<string>()),
                ("given_1", ["z1"]),
                ("given_3", ["z1", "z2", "z3"]),
                }
            )
            {
                var given = Array.ConvertAll(controls, test.Triangle);
                test.AssertNear(
                    Correlation.Partial(CorrelationKind.Pearson, test.Triangle("x"), test.Triangle("y"), given), key,
                    "pearson");
                test.AssertNear(
                    Correlation.Partial(CorrelationKind.Spearman, test.Triangle("x"), test.Triangle("y"), given), key,
                    "spearman");
            }
    }

    [WeightsFact("reference/stats")]
    public void Kernel_alignment_is_the_formula_biased_and_debiased()
    {
        foreach (var test in Reference.Group("cka"))
        {
            test.AssertNear(KernelAlignment.Biased(test.Matrix("x"), test.Matrix("y")), "linear_biased");
            test.AssertNear(KernelAlignment.Debiased(test.Matrix("x"), test.Matrix("y")), "linear_debiased");
        }
    }

    [WeightsFact("reference/stats")]
    public void Split_half_reliability_is_the_formula_for_given_halves()
    {
        foreach (var test in Reference.Group("split_half"))
        {
            var splits = test.Parameters.GetProperty("splits").EnumerateArray().ToArray();
            for (var split = 0; split < splits.Length; split++)
            {
                var first = splits[split]
                    .GetProperty("first")
                    .EnumerateArray()
                    .Select(element => element.GetInt32())
                    .ToArray();
                var second = splits[split]
                    .GetProperty("second")
                    .EnumerateArray()
                    .Select(element => element.GetInt32())
                    .ToArray();
                var r = RepresentationalSimilarity.SplitReliability(
                    CorrelationKind.Pearson, Measure.Cosine, test.Matrix("matrix"), first, second);
                test.AssertNear(r, $"split_{split}", "cosine_pearson_r");
                test.AssertNear(
                    RepresentationalSimilarity.SpearmanBrown(r), $"split_{split}", "cosine_pearson_spearman_brown");
                var centred = RepresentationalSimilarity.SplitReliability(
                    CorrelationKind.Pearson, Measure.Pearson, test.Matrix("matrix"), first, second);
                test.AssertNear(centred, $"split_{split}", "pearson_pearson_r");
                var ranked = RepresentationalSimilarity.SplitReliability(
                    CorrelationKind.Spearman, Measure.Cosine, test.Matrix("matrix"), first, second);
                test.AssertNear(ranked, $"split_{split}", "cosine_spearman_r");
            }
        }
    }

    [Fact]
    public void Philox_gives_the_known_answers_of_Random123()
    {
        // kat_vectors, philox4x32 with 10 rounds: zeros, ones, digits of pi.
        Assert.Equal((0xe169c58d6627e8d5UL, 0x9b00dbd8bc57ac4cUL), Philox.Block(0, 0, 0));
        Assert.Equal(
            (0x41c83b0e408f276dUL, 0x6d5451fda20bc7c6UL), Philox.Block(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue));
        Assert.Equal(
            (0x94fdccebd16cfe09UL, 0x24126ea15001e420UL),
            Philox.Block(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e));
    }

    [Fact]
    public void Integers_below_a_limit_are_equally_likely()
    {
        var random = new Philox(3);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++) counts[random.NextInteger(6)]++;
        var chiSquare = counts.Sum(count => (count - 10_000.0) * (count - 10_000.0) / 10_000.0);
        Assert.InRange(chiSquare, 0, 20.5); // 99.9 % point for five degrees of freedom
    }

    [Fact]
    public void Normal_numbers_have_mean_zero_and_variance_one()
    {
        var values = Normal(100_000, 11);
        Assert.InRange(values.Average(), -0.013, 0.013); // four standard errors
        Assert.InRange(values.Average(value => value * value), 0.982, 1.018);
    }

    [Fact]
    public void Every_pair_has_its_own_place_in_the_triangle()
    {
        var next = 0L;
        for (var i = 0; i < 7; i++)
            for (var j = i + 1; j < 7; j++)
                Assert.Equal(next++, Triangle.Index(7, i, j));
        Assert.Equal(7, Triangle.Items(next));
        Assert.Contains("21 and 28", Assert.Throws<ArgumentException>(() => Triangle.Items(22)).Message);
    }

    [Fact]
    public void A_large_vocabulary_has_more_pairs_than_an_int_holds() =>
        Assert.Equal(1_262_857_896L, Triangle.Count(50_257));

    [Fact]
    public void A_random_Mantel_test_of_unrelated_matrices_has_uniform_p_values()
    {
        UniformP.AssertOn(
            100,
            Enumerable
                .Range(0, 400)
                .Select(test => (Normal(45, (ulong)test), Normal(45, (ulong)test + 1000)))
                .Select(pair => Mantel.Test(CorrelationKind.Pearson, pair.Item1, pair.Item2, 99, seed: 5).P));
    }

    [Fact]
    public void A_Mantel_test_is_the_same_for_the_same_seed_and_never_zero()
    {
        var (a, b) = (Normal(190, 1), Normal(190, 2));
        var first = Mantel.Test(CorrelationKind.Spearman, a, a, 199, seed: 9);
        Assert.Equal(1.0 / 200, first.P);
        Assert.Equal(
            Mantel.Test(CorrelationKind.Pearson, a, b, 50, 9).Draws,
            Mantel.Test(CorrelationKind.Pearson, a, b, 50, 9).Draws);
        Assert.NotEqual(
            Mantel.Test(CorrelationKind.Pearson, a, b, 50, 9).Draws,
            Mantel.Test(CorrelationKind.Pearson, a, b, 50, 10).Draws);
    }

    [Fact]
    public void A_partial_Mantel_test_is_a_partial_correlation_of_every_relabelling()
    {
        const int items = 5;
        var (a, b, controls) = (Normal(10, 1), Normal(10, 2), new[] { Normal(10, 3), Normal(10, 4) });
        foreach (var kind in new[] { CorrelationKind.Pearson, CorrelationKind.Spearman })
        {
            var result = Mantel.Partial(kind, a, b, controls, permutations: 1, seed: 0);
            var expected = Orders(items)
                .Select(order => Correlation.Partial(kind, a, Relabelled(b, order), controls))
                .Order()
                .ToArray();
            Assert.True(result.IsExact);
            Assert.Equal(Correlation.Partial(kind, a, b, controls), result.Statistic, 12);
            var draws = result.Draws.Order().ToArray();
            Assert.Equal(120, draws.Length);
            for (var i = 0; i < draws.Length; i++) Assert.Equal(expected[i], draws[i], 10);
        }

        static double[] Relabelled(double[] triangle, int[] order) =>
            [.. from i in Enumerable.Range(0, items) from j in Enumerable.Range(0, items) where i < j
                select triangle[Triangle.Index(items, Math.Min(order[i], order[j]), Math.Max(order[i], order[j]))]];

        static int[][] Orders(int count) => count == 0 ? [[]]
            : [.. from shorter in Orders(count - 1) from place in Enumerable.Range(0, count)
                select shorter[..place].Append(count - 1).Concat(shorter[place..]).ToArray()];
    }

    [Fact]
    public void A_partial_Mantel_test_finds_no_more_than_chance_where_a_control_explains_everything()
    {
        // a and b are the control with noise of their own: 300 tests with 99 draws, where the share of p ≤ 0.1 has
        // standard error 0.017.
        static double[] Noisy(double[] triangle, ulong seed) =>
            [.. triangle.Zip(Normal(triangle.Length, seed), (value, noise) => value + 0.5 * noise)];
        var (partial, plain) = (0, 0);
        for (var test = 0UL; test < 300; test++)
        {
            var control = Normal(66, test);
            var (a, b) = (Noisy(control, test + 1000), Noisy(control, test + 2000));
            if (Mantel.Partial(CorrelationKind.Pearson, a, b, [control], 99, seed: 5).P <= 0.1) partial++;
            if (Mantel.Test(CorrelationKind.Pearson, a, b, 99, seed: 5).P <= 0.1) plain++;
        }
        Assert.Equal(300, plain);
        Assert.InRange(partial, 10, 50);
    }

    [Fact]
    public void A_partial_Mantel_test_says_when_nothing_is_left_to_correlate()
    {
        var (a, b) = (Normal(15, 1), Normal(15, 2));
        Assert.Contains(
            "explain",
            Assert.Throws<ArgumentException>(() => Mantel.Partial(CorrelationKind.Pearson, a, b, [b], 9, 0)).Message);
    }

    [Fact]
    public void Bootstrapping_items_is_the_plain_double_loop_over_what_was_drawn()
    {
        const int items = 9;
        var (a, b) = (Normal(36, 4), Normal(36, 5));
        var found = RepresentationalSimilarity.BootstrapItems(CorrelationKind.Pearson, a, b, 3, seed: 12);
        for (var sample = 0; sample < 3; sample++)
        {
            var random = new Philox(12, (ulong)sample);
            var drawn = Enumerable.Range(0, items).Select(_ => (int)random.NextInteger(items)).ToArray();
            var pairs = (from i in Enumerable.Range(0, items)
                         from j in Enumerable.Range(0, items)
                         where i < j && drawn[i] != drawn[j]
                         select Triangle.Index(items, Math.Min(drawn[i], drawn[j]), Math.Max(drawn[i], drawn[j]))
            ).ToArray();
            Assert.Equal(
                MathNet.Numerics.Statistics.Correlation.Pearson(pairs.Select(p => a[p]), pairs.Select(p => b[p])),
                found[sample], 12);
        }
    }

    [Fact]
    public void Correlations_do_not_change_under_what_they_ignore() =>
        FsCheck.Check.QuickThrowOnFailure(
            Prop.ForAll<int>(seed =>
            {
                var (x, y) = (Normal(20, (ulong)seed), Normal(20, (ulong)seed + 7));
                var moved = Array.ConvertAll(x, value => 3 * value - 5);
                var bent = Array.ConvertAll(x, value => value * value * value);
                Assert.Equal(
                    Correlation.Of(CorrelationKind.Pearson, x, y), Correlation.Of(CorrelationKind.Pearson, moved, y),
                    10);
                Assert.Equal(
                    Correlation.Of(CorrelationKind.Spearman, x, y), Correlation.Of(CorrelationKind.Spearman, bent, y),
                    10);
                Assert.Equal(
                    Correlation.Of(CorrelationKind.RhoA, x, y), Correlation.Of(CorrelationKind.RhoA, bent, y), 10);
            })
        );

    [Fact]
    public void A_constant_list_has_no_correlation() =>
        Assert.Equal(double.NaN, Correlation.Of(CorrelationKind.Pearson, [1, 1, 1], [1, 2, 3]));

    [Fact]
    public void A_control_that_repeats_another_changes_nothing()
    {
        var (x, y, z) = (Normal(30, 1), Normal(30, 2), Normal(30, 3));
        var twice = Array.ConvertAll(z, value => 2 * value + 1);
        Assert.Equal(
            Correlation.Partial(CorrelationKind.Pearson, x, y, [z]),
            Correlation.Partial(CorrelationKind.Pearson, x, y, [z, twice]), 12);
    }

    [Fact]
    public void Kernel_alignment_ignores_scale_and_order_of_dimensions_and_is_one_with_itself()
    {
        var x = NormalMatrix(12, 5, 1);
        var y = Matrix.FromArray(12, 5, [.. x.ToArray().Select((_, i) => -2 * x[i / 5, 4 - i % 5])]);
        Assert.Equal(1, KernelAlignment.Biased(x, y), 6);
        Assert.Equal(1, KernelAlignment.Debiased(x, y), 6);
    }

    [Fact]
    public void Debiased_alignment_of_unrelated_data_is_near_zero_where_the_biased_one_is_large()
    {
        var found = Enumerable
            .Range(0, 20)
            .Select(i => (NormalMatrix(20, 200, (ulong)i), NormalMatrix(20, 200, (ulong)i + 50)))
            .ToArray();
        Assert.InRange(found.Average(pair => KernelAlignment.Debiased(pair.Item1, pair.Item2)), -0.05, 0.05);
        Assert.InRange(found.Average(pair => KernelAlignment.Biased(pair.Item1, pair.Item2)), 0.7, 1);
    }

    [Fact]
    public void Random_halves_of_the_same_measurement_agree_better_the_more_dimensions_there_are()
    {
        double Reliability(int dimensions)
        {
            // Ten items around ten centres, each dimension a noisy look at them.
            var (centres, noise) = (NormalMatrix(10, 1, 3), NormalMatrix(10, dimensions, 4));
            var random = new Philox(6);
            var loads = Enumerable.Range(0, dimensions).Select(_ => random.NextNormal()).ToArray();
            var vectors = Matrix.FromArray(
                10,
                dimensions,
                [
                    .. noise
                        .ToArray()
                        .Select((value, i) => value + 3 * (float)loads[i % dimensions] * centres[i / dimensions, 0]),
                ]
            );
            return RepresentationalSimilarity
                .SplitHalves(CorrelationKind.Pearson, Measure.Cosine, vectors, 50, seed: 2)
                .Average();
        }
        Assert.True(Reliability(400) > Reliability(10));
    }
}

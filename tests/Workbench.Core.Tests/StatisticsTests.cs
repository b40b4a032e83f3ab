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

    private static double[] Relabelled(double[] triangle, int[] order) =>
        [.. from i in Enumerable.Range(0, order.Length) from j in Enumerable.Range(0, order.Length) where i < j
            select triangle[
                Triangle.Index(order.Length, Math.Min(order[i], order[j]), Math.Max(order[i], order[j]))]];

    private static int[][] Orders(int count) => count == 0 ? [[]]
        : [.. from shorter in Orders(count - 1) from place in Enumerable.Range(0, count)
            select shorter[..place].Append(count - 1).Concat(shorter[place..]).ToArray()];

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
            test.AssertNear(Correlation.Of(CorrelationKind.TauA, a, b), "kendall_tau_a");
            test.AssertNear(Correlation.Of(CorrelationKind.TauB, a, b), "kendall_tau_b");
        }
    }

    [WeightsFact("reference/stats")]
    public void The_exact_Mantel_test_counts_every_relabelling_once()
    {
        foreach (var test in Reference.Group("mantel"))
            foreach (
                var (kind, key) in new[]
                {
                    (CorrelationKind.Pearson, "pearson"), (CorrelationKind.Spearman, "spearman"),
                })
            {
                var result = Mantel.Test(kind, test.Triangle("a"), test.Triangle("b"), permutations: 1, seed: 0);
                Assert.True(result.IsExact);
                test.AssertNear(result.Statistic, key, "statistic");
                test.AssertNear(result.P, key, "p", "greater");
                test.AssertNear(result.PLess, key, "p", "less");
                test.AssertNear(result.PTwoSided, key, "p", "two_sided");
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
    public void Kendalls_tau_is_the_plain_double_loop_over_comparisons_with_ties_and_without() =>
        FsCheck.Check.QuickThrowOnFailure(
            Prop.ForAll<int>(seed =>
            {
                var random = new Philox((ulong)seed);
                var count = 2 + (int)random.NextInteger(40);
                var values = 1 + (int)random.NextInteger(30);
                double[] List() => [.. Enumerable.Range(0, count).Select(_ => (double)random.NextInteger(values))];
                var (x, y) = (List(), List());
                long difference = 0, apartX = 0, apartY = 0;
                for (var i = 0; i < count; i++)
                    for (var j = 0; j < i; j++)
                    {
                        difference += Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
                        apartX += x[i] == x[j] ? 0 : 1;
                        apartY += y[i] == y[j] ? 0 : 1;
                    }
                var all = count * (count - 1) / 2.0;
                var defined = apartX > 0 && apartY > 0;
                Assert.Equal(
                    defined ? difference / all : double.NaN, Correlation.Of(CorrelationKind.TauA, x, y), 12);
                Assert.Equal(
                    defined ? difference / Math.Sqrt((double)apartX * apartY) : double.NaN,
                    Correlation.Of(CorrelationKind.TauB, x, y), 12);
            })
        );

    [Fact]
    public void Kendalls_tau_of_half_a_million_pairs_takes_no_half_a_million_squared()
    {
        // Two independent lists: τ is 0 with standard deviation √(4/9m) = 0.00094.
        var (x, y) = (Normal(500_000, 1), Normal(500_000, 2));
        Assert.InRange(Correlation.Of(CorrelationKind.TauB, x, y), -0.004, 0.004);
        Assert.Equal(1, Correlation.Of(CorrelationKind.TauB, x, [.. x.Select(Math.Exp)]), 12);
    }

    [Theory]
    [InlineData(CorrelationKind.TauA)]
    [InlineData(CorrelationKind.TauB)]
    public void The_Mantel_test_of_Kendalls_tau_is_tau_of_every_relabelling(CorrelationKind kind)
    {
        double[] Coarse(ulong seed) => [.. Normal(10, seed).Select(value => Math.Round(2 * value))];
        var (a, b) = (Coarse(3), Coarse(4));
        var result = Mantel.Test(kind, a, b, permutations: 1, seed: 0);
        Assert.Equal(Correlation.Of(kind, a, b), result.Statistic, 12);
        Assert.Equal(120, result.Draws.Length);
        var slow = Orders(5).Select(order => Correlation.Of(kind, a, Relabelled(b, order))).Order().ToArray();
        Assert.All(result.Draws.Order().Zip(slow), pair => Assert.Equal(pair.Second, pair.First, 12));
    }

    [Theory]
    [InlineData(CorrelationKind.Pearson)]
    [InlineData(CorrelationKind.Spearman)]
    [InlineData(CorrelationKind.TauB)]
    public void A_pair_that_is_not_finite_keeps_Mantel_from_testing(CorrelationKind kind)
    {
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity })
        {
            Assert.Equal(double.NaN, Correlation.Of(kind, [1, bad, 3], [2, 7, 6]));
            var error = Assert.Throws<ArgumentException>(() => Mantel.Test(kind, [1, bad, 3], [2, 7, 6], 9, 1));
            Assert.Contains($"pair 1 is {bad}", error.Message);
        }
        Assert.Contains(
            "All values of b are equal",
            Assert.Throws<ArgumentException>(() => Mantel.Test(kind, [1, 2, 3], [0.1, 0.1, 0.1], 9, 1)).Message);
    }

    [Fact]
    public void A_list_of_one_value_is_constant_whatever_the_value_and_its_rounding()
    {
        foreach (var count in new[] { 3, 6, 10, 66, 1000 })
        {
            var equal = Enumerable.Repeat(0.1, count).ToArray();
            foreach (var kind in Enum.GetValues<CorrelationKind>().Where(kind => kind != CorrelationKind.Cosine))
                Assert.Equal(double.NaN, Correlation.Of(kind, equal, Normal(count, 3)));
            var (x, y) = (Normal(count, 1), Normal(count, 2));
            if (count > 3)
                Assert.Equal(
                    Correlation.Of(CorrelationKind.Pearson, x, y),
                    Correlation.Partial(CorrelationKind.Pearson, x, y, [equal]), 12);
            Assert.Equal(double.NaN, Correlation.Partial(CorrelationKind.Pearson, equal, y, []));
        }
    }

    [Fact]
    public void Points_that_coincide_have_no_alignment_and_no_shape()
    {
        for (var count = 4; count < 40; count++)
        {
            var same = Matrix.FromArray(count, 3, [.. Enumerable.Range(0, count * 3).Select(i => 0.1f + i % 3)]);
            var other = NormalMatrix(count, 3, (ulong)count);
            Assert.Contains(
                $"All {count} points of a are the same",
                Assert.Throws<ArgumentException>(() => ProcrustesTest.Permute(same, other, 9, 1)).Message);
            Assert.Contains(
                $"All {count} rows of y are the same",
                Assert.Throws<ArgumentException>(() => KernelAlignment.Debiased(other, same)).Message);
        }
    }

    [Fact]
    public void Values_tie_with_the_smallest_of_their_group_and_never_chain()
    {
        double[] values = [1.0, 0.0, 1.0 + 1e-9, 0.4, 0.4 - 1e-9, 0.8];
        Triangle.Tie(values, 1e-8);
        Assert.Equal(values[0], values[2]);
        Assert.Equal(values[3], values[4]);
        Assert.Equal(4, values.Distinct().Count());
        var crowded = Enumerable.Range(0, 100).Select(i => i * 0.6).ToArray();
        Triangle.Tie(crowded, 1);
        Assert.Equal(50, crowded.Distinct().Count());
    }

    [Theory]
    [InlineData(CorrelationKind.Pearson, false)]
    [InlineData(CorrelationKind.Spearman, false)]
    [InlineData(CorrelationKind.Spearman, true)]
    [InlineData(CorrelationKind.RhoA, true)]
    [InlineData(CorrelationKind.Cosine, false)]
    [InlineData(CorrelationKind.TauA, true)]
    [InlineData(CorrelationKind.TauB, false)]
    [InlineData(CorrelationKind.TauB, true)]
    public void A_pairs_influence_is_what_leaving_it_out_changes(CorrelationKind kind, bool coarse)
    {
        double[] List(ulong seed) => [.. Normal(400, seed).Select(value => coarse ? Math.Round(2 * value) : value)];
        var x = List(1);
        double[] y = [.. x.Zip(List(2), (a, b) => a + b)];
        var r = Correlation.Of(kind, x, y);
        var found = PairInfluence.OnFisherScale(kind, x, y, r);
        Assert.Equal(0, found.Average(), 9);
        for (var left = 0; left < 400; left += 7)
        {
            double[] Without(double[] all) => [.. all.Where((_, i) => i != left)];
            var changed = 399 * (Math.Atanh(r) - Math.Atanh(Correlation.Of(kind, Without(x), Without(y))));
            Assert.InRange(found[left] - changed, -0.02 - 0.05 * Math.Abs(changed), 0.02 + 0.05 * Math.Abs(changed));
        }
    }

    [Fact]
    public void An_interval_over_items_holds_the_truth_and_is_refused_where_none_can()
    {
        // Two geometries of 20 items in 5 dimensions, the second with half as much noise; r of a million independent
        // pairs is 0.758.
        var hits = 0;
        for (var study = 0UL; study < 200; study++)
        {
            var x = NormalMatrix(20, 5, 2 * study);
            var noise = NormalMatrix(20, 5, 2 * study + 1);
            var y = Matrix.FromArray(20, 5, [.. x.ToArray().Zip(noise.ToArray(), (a, b) => a + 0.5f * b)]);
            var (a, b) = (
                RepresentationalSimilarity.Similarities(Measure.Cosine, x),
                RepresentationalSimilarity.Similarities(Measure.Cosine, y));
            var interval = ItemInterval.Of(CorrelationKind.Pearson, a, b)!;
            Assert.InRange(interval.Freedom, 1, 19);
            var (low, high) = interval.Ends(
                MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, interval.Freedom, 0.975));
            if (low <= 0.758 && 0.758 <= high) hits++;
        }
        Assert.InRange(hits, 182, 199); // 95 % of 200 are 190, give or take three
        var triangle = Normal(45, 1);
        Assert.Null(ItemInterval.Of(CorrelationKind.Pearson, triangle, triangle));
        Assert.Null(ItemInterval.Of(CorrelationKind.Pearson, Normal(6, 1), Normal(6, 2)));
        Assert.NotNull(ItemInterval.Of(CorrelationKind.Pearson, Normal(10, 1), Normal(10, 2)));
    }

    [Fact]
    public void A_row_without_direction_has_no_similarities_and_a_half_without_one_no_reliability()
    {
        var rows = Matrix.FromArray(4, 2, [0, 0, 1, 2, 3, -1, 2, 2]);
        var found = RepresentationalSimilarity.Similarities(Measure.Cosine, rows);
        Assert.All(found[..3], value => Assert.Equal(double.NaN, value));
        Assert.All(found[3..], value => Assert.InRange(value, -1, 1));
        Assert.All(
            RepresentationalSimilarity.SplitHalves(CorrelationKind.Pearson, Measure.Cosine, rows, 4, 1),
            value => Assert.Equal(double.NaN, value));
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

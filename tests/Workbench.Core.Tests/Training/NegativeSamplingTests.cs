using System;
using System.Collections.Generic;
using System.Linq;
using MathNet.Numerics.Distributions;
using Workbench.Core.Randomness;
using Workbench.Core.Training;
using Workbench.Core.Training.SkipGram;
using Xunit;

namespace Workbench.Core.Tests.Training;

[RunsOnEveryTier]
public sealed class NegativeSamplingTests
{
    [Fact]
    public void Noise_is_drawn_as_often_as_count_to_the_three_quarters_says()
    {
        long[] counts = [.. Enumerable.Range(1, 60).Select(rank => 100_000L / (rank * rank)), 1, 1];
        var weights = counts.Select(count => Math.Pow(count, 0.75)).ToArray();
        var noise = new NoiseDistribution(counts);
        for (var word = 0; word < counts.Length; word++)
            Assert.Equal(weights[word] / weights.Sum(), noise.Probabilities[word], 14);

        const int draws = 1_000_000;
        var (drawn, observed) = (new int[draws], new long[counts.Length]);
        noise.Draw(new Philox(11), drawn);
        foreach (var word in drawn)
            observed[word]++;
        var statistic = counts
            .Select((_, word) => draws * weights[word] / weights.Sum())
            .Select((expected, word) => Math.Pow(observed[word] - expected, 2) / expected)
            .Sum();
        Assert.InRange(
            statistic, ChiSquared.InvCDF(counts.Length - 1, 0.0001), ChiSquared.InvCDF(counts.Length - 1, 0.9999));
    }

    [Fact]
    public void Noise_does_not_depend_on_how_many_are_drawn_at_once()
    {
        var noise = new NoiseDistribution([5, 4, 3, 2, 1]);
        var (whole, parts, random) = (new int[1000], new int[1000], new Philox(3));
        noise.Draw(new Philox(3), whole);
        foreach (var part in new[] { 0..1, 1..256, 256..257, 257..1000 }) noise.Draw(random, parts.AsSpan(part));
        Assert.Equal(whole, parts);
        noise.Draw(random, []);
    }

    [Fact]
    public void A_single_word_is_always_drawn_and_no_words_or_counts_are_refused()
    {
        var drawn = new int[100];
        drawn.AsSpan().Fill(9);
        new NoiseDistribution([7]).Draw(new Philox(1), drawn);
        Assert.All(drawn, word => Assert.Equal(0, word));
        Assert.Throws<ArgumentException>(() => new NoiseDistribution([]));
        Assert.Contains("word 1 is 0", Assert.Throws<ArgumentException>(() => new NoiseDistribution([3, 0])).Message);
    }

    [Theory] // by hand: (√(f/t) + 1) · t/f
    [InlineData(1, 100, 1e-3, 0.41622776601683794)]
    [InlineData(5, 100, 1e-3, 0.16142135623730951)]
    [InlineData(1, 4, 1e-2, 0.24)]
    [InlineData(1, 1000, 1e-3, 1)]
    [InlineData(1, 1, 0, 1)]
    public void Sub_sampling_keeps_the_share_of_the_formula(
        long count, long total, double threshold,
        double expected) => Assert.Equal(expected, Subsampling.KeepProbability(count, total, threshold), 15);

    [Fact]
    public void Sub_sampling_refuses_what_is_no_share()
    {
        Assert.Equal(
            "count",
            Assert.Throws<ArgumentOutOfRangeException>(() => Subsampling.KeepProbability(0, 10, 0.1)).ParamName);
        Assert.Equal(
            "total",
            Assert.Throws<ArgumentOutOfRangeException>(() => Subsampling.KeepProbability(11, 10, 0.1)).ParamName);
        foreach (var threshold in new[] { -0.1, 1.1, double.NaN })
            Assert.Equal(
                "threshold",
                Assert
                    .Throws<ArgumentOutOfRangeException>(() => Subsampling.KeepProbability(1, 10, threshold))
                    .ParamName
            );
    }

    [
        Theory,
        InlineData(1, 1),
        InlineData(5, 3),
        InlineData(15, 5),
        InlineData(16, 15),
        InlineData(17, 16),
        InlineData(100, 20),
        InlineData(33, 40)
    ]
    public void A_step_goes_down_the_gradient_of_the_loss_found_by_central_differences(int dimensions, int negatives)
    {
        const int words = 9, centre = 4;
        var random = new Philox(5, (ulong)dimensions);
        var weights = new SkipGramWeights(words, dimensions, negatives, random);
        for (var word = 0; word < words; word++)
        {
            foreach (ref var value in weights.Centre(word))
                value = (float)(random.NextNormal() / Math.Sqrt(dimensions));
            foreach (ref var value in weights.Neighbour(word))
                value = (float)(2 * random.NextNormal());
        }
        var targets = Enumerable
            .Range(0, 1 + negatives)
            .Select(i =>
                i == 0 ? centre
                : i == 2 ? 1
                : (int)random.NextInteger(3)
            )
            .ToArray(); // some twice
        var (v, u) = (Values(words, weights.Centre), Values(words, weights.Neighbour));

        Assert.Equal(Loss(v, u, centre, targets), weights.Step(centre, targets, 1), 1e-5 * Loss(v, u, centre, targets));

        for (var word = 0; word < words; word++)
            for (var i = 0; i < dimensions; i++)
            {
                AssertClose(
                    Derivative(v[word], i, () => Loss(v, u, centre, targets)), v[word][i] - weights.Centre(word)[i]);
                AssertClose(
                    Derivative(u[word], i, () => Loss(v, u, centre, targets)), u[word][i] - weights.Neighbour(word)[i]);
            }
    }

    [Fact]
    public void Scores_beyond_any_table_have_finite_losses_and_whole_steps()
    {
        foreach (var score in new[] { -200f, 200f })
        {
            var weights = new SkipGramWeights(2, 1, 1, new Philox(1));
            (weights.Centre(0)[0], weights.Neighbour(0)[0], weights.Neighbour(1)[0]) = (1, score, -score);
            Assert.Equal(score < 0 ? 400 : 0, weights.Step(0, [0, 1], 1), 1e-5f);
            Assert.Equal(score < 0 ? score + 1 : score, weights.Neighbour(0)[0]);
            Assert.Equal(score < 0 ? -score - 1 : -score, weights.Neighbour(1)[0]);
        }
    }

    [Fact]
    public void Training_starts_with_small_uniform_centres_and_neighbours_of_zero()
    {
        var weights = new SkipGramWeights(500, 20, 5, new Philox(1));
        var values = Values(500, weights.Centre).SelectMany(row => row).ToArray();
        Assert.All(values, value => Assert.InRange(value, -0.025, 0.025));
        Assert.Equal(0.05 / Math.Sqrt(12), Math.Sqrt(values.Average(value => value * value)), 0.0005);
        Assert.All(Values(500, weights.Neighbour).SelectMany(row => row), value => Assert.Equal(0, value));
    }

    private static void AssertClose(double expected, double actual) =>
        Assert.Equal(expected, actual, 3e-5 * Math.Max(1, Math.Abs(expected)));

    private delegate Span<float> Row(int word);

    private static double[][] Values(int words, Row row) =>
        Enumerable
            .Range(0, words)
            .Select(word => row(word).ToArray().Select(value => (double)value).ToArray())
            .ToArray();

    private static double Loss(double[][] v, double[][] u, int centre, int[] targets) =>
        targets
            .Select((target, i) => (i == 0 ? 1 : -1) * v[centre].Zip(u[target], (a, b) => a * b).Sum())
            .Sum(z => Math.Log(1 + Math.Exp(-z)));

    private static double Derivative(double[] row, int i, Func<double> loss)
    {
        const double step = 1e-5;
        var value = row[i];
        row[i] = value + step;
        var above = loss();
        row[i] = value - step;
        var below = loss();
        row[i] = value;
        return (above - below) / (2 * step);
    }
}

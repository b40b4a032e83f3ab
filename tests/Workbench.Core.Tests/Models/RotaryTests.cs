using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>The laws of rotary positions, and each scaling against its formula.</summary>
public sealed class RotaryTests
{
    private static readonly Dictionary<string, RotaryConfig> Kinds = new()
    {
        ["plain"] = new(16),
        ["neighbours"] = new(16) { Pairing = RotaryPairing.Neighbours },
        ["a quarter"] = new(4),
        ["linear"] = new(16) { Scaling = new LinearScaling(4) },
        ["llama3"] = new(16, 500_000) { Scaling = new Llama3Scaling(8, 1, 4, 16) },
        ["yarn"] = new(16) { Scaling = new YarnScaling(4, 256) },
        ["longrope"] = new(16)
        {
            Scaling = new LongRopeScaling([1, 1, 1, 1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], 64, 1.2),
        },
    };

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var name in Kinds.Keys) names.Add(name);
        return names;
    }

    [Theory, MemberData(nameof(Names))]
    public void A_score_depends_on_the_distance_only(string name)
    {
        var rotary = Kinds[name];
        var random = new Philox(5);
        var (query, key) = (RandomModels.Normal(1, 16, random, 1), RandomModels.Normal(1, 16, random, 1));
        var scores = new[] { 3, 4, 17, 50 }
            .Select(position => Dot(rotary.Turn(query, position), rotary.Turn(key, position - 3))).ToArray();
        foreach (var score in scores) Assert.Equal(scores[0], score, 1e-4);
        // And on the distance it does depend.
        Assert.True(Math.Abs(scores[0] - Dot(rotary.Turn(query, 4), rotary.Turn(key, 3))) > 1e-3);
    }

    [Theory, MemberData(nameof(Names))]
    public void Places_that_turn_are_only_stretched_and_the_others_stay(string name)
    {
        var rotary = Kinds[name];
        var row = RandomModels.Normal(1, 16, new Philox(6), 1);
        var turned = rotary.Turn(row, 9);
        var (before, after) = (row.ToArray(), turned.ToArray());
        Assert.Equal(before[rotary.Width..], after[rotary.Width..]);
        for (var i = 0; i < rotary.Width / 2; i++)
        {
            var (first, second) = rotary.Pairing == RotaryPairing.Halves
                ? (i, i + rotary.Width / 2)
                : (2 * i, 2 * i + 1);
            var want = rotary.Stretch * Math.Sqrt(before[first] * before[first] + before[second] * before[second]);
            Assert.Equal(want, Math.Sqrt(after[first] * after[first] + after[second] * after[second]), 1e-5);
        }
    }

    [Fact]
    public void The_first_pair_turns_by_one_radian_a_position_and_the_last_hardly()
    {
        Assert.Equal([1, 0.1, 0.01, 0.001], new RotaryConfig(8).Frequencies(1).Select(theta => Math.Round(theta, 12)));
        var turned = new RotaryConfig(2).Turn(Matrix.FromArray(1, 2, [1, 0]), 1).ToArray();
        Assert.Equal(Math.Cos(1), turned[0], 1e-6);
        Assert.Equal(Math.Sin(1), turned[1], 1e-6);
    }

    [Fact]
    public void The_pairings_differ_by_the_order_of_places()
    {
        var (halves, neighbours) = (new RotaryConfig(6), new RotaryConfig(6) { Pairing = RotaryPairing.Neighbours });
        var want = halves.Turn(Matrix.FromArray(1, 6, [1, 2, 3, 4, 5, 6]), 7).ToArray();
        var got = neighbours.Turn(Matrix.FromArray(1, 6, [1, 4, 2, 5, 3, 6]), 7).ToArray();
        Assert.Equal(want, new[] { got[0], got[2], got[4], got[1], got[3], got[5] });
    }

    [Fact]
    public void Linear_scaling_divides_positions()
    {
        var row = RandomModels.Normal(1, 16, new Philox(7), 1);
        var want = Kinds["plain"].Turn(row, 5).ToArray();
        var got = Kinds["linear"].Turn(row, 20).ToArray();
        for (var i = 0; i < want.Length; i++) Assert.Equal(want[i], got[i], 1e-6);
    }

    [Fact]
    public void Dynamic_scaling_begins_behind_the_models_own_length_and_divides_the_slowest_turn_the_most()
    {
        var rotary = new RotaryConfig(16) { Scaling = new DynamicScaling(2, 100) };
        var plain = Kinds["plain"].Frequencies(1);
        Assert.Equal(plain, rotary.Frequencies(100));
        var got = rotary.Frequencies(250);
        Assert.Equal(1, got[0]);
        Assert.Equal(plain[7] / (2 * 250 / 100.0 - 1), got[7], 1e-15);
        var divided = plain.Zip(got, (a, b) => a / b).ToArray();
        Assert.Equal(divided.Order(), divided);
    }

    [Fact]
    public void Llama3_keeps_fast_turns_divides_slow_ones_and_mixes_between()
    {
        const double factor = 8, low = 1, high = 4, original = 16;
        var (plain, got) = (new RotaryConfig(16, 500_000).Frequencies(1), Kinds["llama3"].Frequencies(1));
        var kinds = new HashSet<string>();
        for (var i = 0; i < got.Length; i++)
        {
            var turns = original * plain[i] / (2 * Math.PI);
            var share = Math.Clamp((turns - low) / (high - low), 0, 1);
            kinds.Add(share switch { 0 => "divided", 1 => "kept", _ => "mixed" });
            Assert.Equal((1 - share) * plain[i] / factor + share * plain[i], got[i], 1e-15);
        }
        Assert.Equal(["divided", "mixed"], kinds.Order());
        var longer = new RotaryConfig(16, 500_000) { Scaling = new Llama3Scaling(factor, low, high, 8192) };
        Assert.Equal(plain[0], longer.Frequencies(1)[0]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Yarn_is_a_ramp_between_kept_and_divided_turns(bool truncate)
    {
        const int n = 64, original = 256;
        const double factor = 4, fast = 16, slow = 2;
        var rotary = new RotaryConfig(n)
        {
            Scaling = new YarnScaling(factor, original) { BetaFast = fast, BetaSlow = slow, Truncate = truncate },
        };
        var (plain, got) = (new RotaryConfig(n).Frequencies(1), rotary.Frequencies(1));
        var (first, last) = (Pair(fast), Pair(slow));
        if (truncate) (first, last) = (Math.Floor(first), Math.Ceiling(last));
        for (var i = 0; i < got.Length; i++)
        {
            var divided = i <= first ? 0 : i >= last ? 1 : (i - first) / (last - first);
            Assert.Equal(plain[i] * (1 - divided) + plain[i] / factor * divided, got[i], 1e-15);
        }
        Assert.Equal(plain[0], got[0]);
        Assert.Equal(plain[^1] / factor, got[^1], 1e-15);

        // The pair that turns so often within the original length, counted from 0: original · θ = 2π · turns.
        static double Pair(double turns) => n / 2.0 * Math.Log(original / (2 * Math.PI * turns)) / Math.Log(10_000);
    }

    [Fact]
    public void Yarn_stretches_by_a_tenth_of_the_factors_logarithm()
    {
        Assert.Equal(1 + 0.1 * Math.Log(4), Kinds["yarn"].Stretch, 1e-15);
        Assert.Equal(1, (Kinds["yarn"] with { Scaling = new YarnScaling(0.5, 256) }).Stretch);
        Assert.Equal(1.5, (Kinds["yarn"] with { Scaling = new YarnScaling(4, 256) { Attention = 1.5 } }).Stretch);
    }

    [Fact]
    public void Longrope_divides_by_another_list_beyond_the_original_length()
    {
        var (plain, rotary) = (Kinds["plain"].Frequencies(1), Kinds["longrope"]);
        var (within, beyond) = (rotary.Frequencies(64), rotary.Frequencies(65));
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(plain[i] / (i < 5 ? 1 : 2), within[i], 1e-15);
            Assert.Equal(plain[i] / (i + 1), beyond[i], 1e-15);
        }
    }

    private static double Dot(Matrix x, Matrix y) => x.ToArray().Zip(y.ToArray(), (a, b) => (double)a * b).Sum();
}

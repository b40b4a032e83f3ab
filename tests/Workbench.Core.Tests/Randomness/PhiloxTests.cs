using System;
using System.Linq;
using System.Runtime.Intrinsics;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Randomness;

[RunsOnEveryTier]
public sealed class PhiloxTests
{
    [
        Theory,
        InlineData(0),
        InlineData(1),
        InlineData(15),
        InlineData(16),
        InlineData(17),
        InlineData(33),
        InlineData(1000)
    ]
    public void Filling_gives_the_words_of_single_calls_and_leaves_the_stream_where_they_would(int count)
    {
        foreach (var before in new[] { 0, 1, 2, 5 })
        {
            var (many, one) = (new Philox(0x1234_5678_9ABC_DEF0, 42), new Philox(0x1234_5678_9ABC_DEF0, 42));
            for (var i = 0; i < before; i++) Assert.Equal(one.NextUInt64(), many.NextUInt64());
            var words = new ulong[count];
            many.Fill(words);
            Assert.Equal(Enumerable.Range(0, count).Select(_ => one.NextUInt64()), words);
            Assert.Equal(one.NextUInt64(), many.NextUInt64());
        }
    }

    [
        Theory,
        InlineData(0),
        InlineData(1),
        InlineData(2),
        InlineData(3),
        InlineData(512),
        InlineData(513),
        InlineData(1029)
    ]
    public void Shuffling_draws_the_partners_of_two_values_from_each_word_from_the_last_value_down(int count)
    {
        var (fast, plain) = (new Philox(3), new Philox(3));
        var (values, expected) = (Enumerable.Range(0, count).ToArray(), Enumerable.Range(0, count).ToArray());
        fast.Shuffle<int>(values);
        for (var n = count; n > 1; n -= 2)
        {
            var choice = (int)((UInt128)plain.NextUInt64() * (ulong)n * (ulong)(n - 1) >> 64);
            var (first, second) = (choice / (n - 1), choice % (n - 1));
            (expected[n - 1], expected[first]) = (expected[first], expected[n - 1]);
            (expected[n - 2], expected[second]) = (expected[second], expected[n - 2]);
        }
        Assert.Equal(expected, values);
        Assert.Equal(plain.NextUInt64(), fast.NextUInt64());
    }

    // Of each choice's words those with the first 2^64 mod ways low parts are left out, so that all choices keep as
    // many (Lemire 2019).
    [
        Theory,
        InlineData(2),
        InlineData(3),
        InlineData(16_385),
        InlineData(786_432),
        InlineData(2_000_000_000),
        InlineData(int.MaxValue)
    ]
    public void Every_choice_of_two_partners_has_the_same_number_of_words(int n)
    {
        const int trials = 10_000;
        var random = new Philox(5);
        var ways = (UInt128)n * (ulong)(n - 1);
        var surplus = (ulong)((UInt128.One << 64) % ways);
        var refused = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            // Every other word is the first or second of a choice, where refusals are.
            var word = random.NextUInt64();
            if (trial % 2 == 0)
                word = (ulong)((((UInt128)word * ways >> 64 << 64) + ways - 1) / ways) + (ulong)(trial / 2 % 2);
            var product = word * ways;
            var accepted = Philox.TryPartners(word, n, out var first, out var second);
            Assert.Equal((ulong)product >= surplus, accepted);
            Assert.Equal(product >> 64, (UInt128)first * (ulong)(n - 1) + (UInt128)second);
            Assert.InRange(second, 0, n - 2);
            if (trial % 2 == 1 && !accepted) refused++;
        }
        var share = surplus / Math.Pow(2, 64); // 0.13 for 2,000,000,000
        Assert.InRange(refused / (trials / 2.0), share - 0.03, share + 0.03);
    }

    [Theory, InlineData(8), InlineData(9), InlineData(16_385), InlineData(786_432), InlineData(int.MaxValue)]
    public void Four_words_at_once_choose_what_each_chooses_or_none(int n)
    {
        var random = new Philox(6);
        var (used, refused) = (0, 0);
        for (var trial = 0; trial < 1000; trial++)
        {
            var words = Enumerable.Range(0, 4).Select(Word).ToArray();
            var accepted = Philox.TryPartners(Vector256.Create(words), n, out var partners);
            var all = true;
            for (var i = 0; i < 4; i++)
            {
                // One word is refused below a bound that is less than n (n − 1); here it is n (n − 1) itself.
                var product = (UInt128)words[i] * (ulong)(n - 2 * i) * (ulong)(n - 2 * i - 1);
                all &= (ulong)product >= (ulong)(n - 2 * i) * (ulong)(n - 2 * i - 1);
                Philox.TryPartners(words[i], n - 2 * i, out var first, out var second);
                if (accepted) Assert.Equal(((int)first, (int)second), (partners[2 * i], partners[2 * i + 1]));
            }
            Assert.Equal(all, accepted);
            if (accepted) used++;
            else refused++;
        }
        Assert.NotEqual(0, used);
        Assert.NotEqual(0, refused);

        // Every eighth is a choice's first word, which leaves less than n (n − 1).
        ulong Word(int i)
        {
            var (word, ways) = (random.NextUInt64(), (UInt128)(n - 2 * i) * (ulong)(n - 2 * i - 1));
            return word % 8 == 0 ? (ulong)((((UInt128)word * ways >> 64 << 64) + ways - 1) / ways) : word;
        }
    }

    [Theory, InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Every_order_is_equally_likely(int count)
    {
        const int each = 100;
        var orders = Enumerable.Range(1, count).Aggregate((a, b) => a * b);
        var counts = Enumerable.Range(0, each * orders).GroupBy(seed =>
        {
            var order = Enumerable.Range(0, count).ToArray();
            new Philox((ulong)seed, 9).Shuffle<int>(order);
            return string.Join("", order);
        }).Select(order => order.Count()).ToArray();
        Assert.Equal(orders, counts.Length);
        // Pearson's statistic: mean orders − 1, variance twice that.
        var statistic = counts.Sum(observed => Math.Pow(observed - each, 2) / each);
        Assert.InRange(statistic, 0, orders - 1 + 5 * Math.Sqrt(2.0 * (orders - 1)));
    }

    [Fact]
    public void In_a_long_shuffle_every_value_may_come_to_every_place()
    {
        // 10,000 values, thirty shuffles: how many of each hundred neighbours come to each hundredth of the places.
        const int parts = 100, size = 100, shuffles = 30;
        var counts = new int[parts * parts];
        for (var shuffle = 0; shuffle < shuffles; shuffle++)
        {
            var values = Enumerable.Range(0, parts * size).ToArray();
            new Philox(11, (ulong)shuffle).Shuffle<int>(values);
            Assert.Equal(parts * size, values.Distinct().Count());
            for (var place = 0; place < values.Length; place++) counts[values[place] / size * parts + place / size]++;
        }
        var freedom = (parts - 1) * (parts - 1);
        var statistic = counts.Sum(observed => Math.Pow(observed - shuffles, 2) / shuffles);
        Assert.InRange(statistic, freedom - 5 * Math.Sqrt(2.0 * freedom), freedom + 5 * Math.Sqrt(2.0 * freedom));
    }
}

using System;
using System.Linq;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Randomness;

[RunsOnEveryTier]
public sealed class PhiloxTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(15), InlineData(16), InlineData(17), InlineData(33), InlineData(1000)]
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

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(256), InlineData(257), InlineData(1000)]
    public void Shuffling_draws_each_partner_in_turn_from_the_last_value_down(int count)
    {
        var (fast, plain) = (new Philox(3), new Philox(3));
        var (values, expected) = (Enumerable.Range(0, count).ToArray(), Enumerable.Range(0, count).ToArray());
        fast.Shuffle<int>(values);
        for (var last = count - 1; last > 0; last--)
        {
            var other = plain.NextInteger(last + 1);
            (expected[last], expected[other]) = (expected[other], expected[last]);
        }
        Assert.Equal(expected, values);
        Assert.Equal(plain.NextUInt64(), fast.NextUInt64());
    }

    [Fact]
    public void Every_order_of_four_is_equally_likely()
    {
        var counts = Enumerable.Range(0, 24_000).GroupBy(seed =>
        {
            int[] order = [0, 1, 2, 3];
            new Philox((ulong)seed).Shuffle<int>(order);
            return string.Join("", order);
        }).Select(order => order.Count()).ToArray();
        Assert.Equal(24, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 1000 - 5 * 31, 1000 + 5 * 31)); // binomial(24000, 1/24): 1000 ± 31
    }
}

using System;
using System.Linq;
using Workbench.Core.Models;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>What models add to scores by distance: slopes and ranges against their formulas.</summary>
public sealed class DistanceBiasTests
{
    [Theory]
    [InlineData(AlibiKind.Bloom, 4, new[] { -2.0, -4, -6, -8 })]
    [InlineData(AlibiKind.Bloom, 8, new[] { -1.0, -2, -3, -4, -5, -6, -7, -8 })]
    [InlineData(AlibiKind.Bloom, 12, new[] { -1.0, -2, -3, -4, -5, -6, -7, -8, -0.5, -1.5, -2.5, -3.5 })]
    [InlineData(AlibiKind.Bloom, 6, new[] { -2.0, -4, -6, -8, -1, -3 })]
    [InlineData(AlibiKind.Bloom, 1, new[] { -8.0 })]
    [InlineData(AlibiKind.Mpt, 4, new[] { -2.0, -4, -6, -8 })]
    [InlineData(AlibiKind.Mpt, 6, new[] { -2.0, -4, -6, -8, -1, -3 })]
    [InlineData(AlibiKind.Mpt, 12, new[] { -1.0, -2, -3, -4, -5, -6, -7, -8, -0.5, -1.5, -2.5, -3.5 })]
    [InlineData(AlibiKind.Mpt, 5, new[] { -2.0, -4, -6, -8, -1 })]
    public void Slopes_are_powers_of_two(AlibiKind kind, int heads, double[] powers)
    {
        var slopes = new AlibiConfig(kind).Slopes(heads);
        Assert.Equal(heads, slopes.Length);
        for (var head = 0; head < heads; head++) Assert.Equal(Math.Pow(2, powers[head]), slopes[head], 1e-15);
    }

    [Theory]
    [InlineData(12), InlineData(71), InlineData(16)]
    public void Falcons_slopes_and_their_multiples_have_eight_binary_digits(int heads)
    {
        var (exact, rounded) = (
            new AlibiConfig(AlibiKind.Bloom).Slopes(heads), new AlibiConfig(AlibiKind.Falcon).Slopes(heads));
        Assert.Equal(exact.Select(Rounded), rounded);
        Assert.NotEqual(exact, rounded);
        const double scale = 0.3;
        foreach (var slope in rounded)
            foreach (var key in new[] { 0, 1, 3, 100, 257, 2047 })
                Assert.Equal(
                    Rounded(slope * key) * scale, new AlibiConfig(AlibiKind.Falcon).Bias(slope, key, scale), 1e-12);
    }

    [Theory]
    [InlineData(AlibiKind.Bloom), InlineData(AlibiKind.Mpt)]
    public void Others_are_not_rounded_and_not_scaled(AlibiKind kind) =>
        Assert.Equal(0.7 * 2047, new AlibiConfig(kind).Bias(0.7, 2047, 0.3), 1e-12);

    [Fact]
    public void Distances_share_ranges_that_grow_by_a_root_of_two()
    {
        var bias = new RelativeBiasConfig("bias");
        for (var distance = -300; distance <= 300; distance++)
        {
            var size = Math.Abs(distance);
            // From 8 on each range begins √2 times as far as the last one; there are eight of them.
            var range = size < 8 ? size : 8 + Enumerable.Range(1, 7).Count(i => size * size >= 64 << i);
            Assert.Equal(range + (distance > 0 ? 16 : 0), bias.Bucket(distance));
        }
    }

    [Fact]
    public void Every_range_is_used_and_none_beyond()
    {
        var used = Enumerable.Range(-300, 601).Select(new RelativeBiasConfig("bias").Bucket).Distinct().Order();
        // A key before the query is never at distance 0 of its own, so that 16 of the other half stays free.
        Assert.Equal(Enumerable.Range(0, 32).Where(bucket => bucket != 16), used);
    }

    // The nearest number with eight binary digits, ties to even.
    private static double Rounded(double value)
    {
        if (value == 0) return 0;
        var unit = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(value))) - 7);
        return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
    }
}

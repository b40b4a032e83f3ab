using System;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics;
using Workbench.Core.Pairs;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

[RunsOnEveryTier]
public sealed class FixedPointTests
{
    [Theory, InlineData(0, 50), InlineData(-20, 50), InlineData(30, 40), InlineData(1, 20)]
    public void A_term_is_the_nearest_multiple_of_the_unit_with_ties_to_even(int exponent, int bits)
    {
        var (point, unit, philox) = (new FixedPoint(exponent, bits), Math.ScaleB(1, exponent - bits), new Philox(3));
        var values = Enumerable
            .Range(0, 400)
            .Select(_ => (2 * philox.NextUniform() - 1) * Math.ScaleB(1, exponent))
            .Concat([
                0,
                -0.0,
                unit / 2,
                -unit / 2,
                1.5 * unit,
                -1.5 * unit,
                unit / 4,
                Math.ScaleB(1, exponent),
                -Math.ScaleB(1, exponent),
            ])
            .ToArray();
        foreach (var value in values)
        {
            var expected = (long)Math.Round(value / unit, MidpointRounding.ToEven);
            Assert.Equal(expected, point.Term(value));
            Assert.Equal(expected, Terms512.Terms(Vector512.Create(value), point)[7] - FixedPoint.Offset);
            Assert.Equal(expected, Terms256.Terms(Vector256.Create(value), point)[3] - FixedPoint.Offset);
            Assert.Equal(expected * unit, point.Value(expected));
        }
    }

    [Fact]
    public void The_exponent_bounds_the_score_and_the_bits_leave_room_for_the_terms()
    {
        Assert.Equal([0, 0, 1, 2, -3], new[] { 0, 1, 1.1, 4, 0.125 }.Select(FixedPoint.Exponent));
        Assert.Equal([50, 50, 50, 45, 31], new[] { 0L, 1, 4096, 100_000, 1L << 31 }.Select(FixedPoint.BitsFor));
        Assert.True((Int128)(1L << FixedPoint.MostBits) * FixedPoint.TermsInLong <= long.MaxValue);
    }

    [Fact]
    public void A_sum_of_128_bits_comes_back_from_its_bytes()
    {
        foreach (var value in new[] { Int128.Zero, Int128.MinValue, Int128.MaxValue, -1, (Int128)ulong.MaxValue + 1 })
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            writer.Write(value);
            writer.Flush();
            stream.Position = 0;
            Assert.Equal(value, new BinaryReader(stream).ReadInt128());
        }
    }
}

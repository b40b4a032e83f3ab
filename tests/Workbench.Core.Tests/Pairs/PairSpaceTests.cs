using System;
using System.Linq;
using Workbench.Core.Pairs;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

public sealed class PairSpaceTests
{
    [
        Theory,
        InlineData(0, 0, true),
        InlineData(1, 1, true),
        InlineData(2, 2, true),
        InlineData(90, 90, true),
        InlineData(7, 3, false),
        InlineData(200, 1, false),
        InlineData(0, 4, false)
    ]
    public void Pairs_are_numbered_row_by_row_without_a_gap(int rows, int columns, bool symmetric)
    {
        var space = new PairSpace(rows, columns, symmetric, 1);
        var index = 0L;
        for (var i = 0; i < rows; i++)
            for (var j = symmetric ? i + 1 : 0; j < columns; j++, index++)
            {
                Assert.Equal(index, space.IndexOf(i, j));
                Assert.Equal((i, j), space.PairAt(index));
            }
        Assert.Equal(index, space.Pairs);
        Assert.Throws<ArgumentOutOfRangeException>(() => space.PairAt(index));
        Assert.Throws<ArgumentOutOfRangeException>(() => space.PairAt(-1));
    }

    [Fact]
    public void The_counts_of_large_vocabularies_are_exact()
    {
        Assert.Equal(465_780_981, new PairSpace(30_522, 30_522, true, 1).Pairs);
        Assert.Equal(1_262_857_896, new PairSpace(50_257, 50_257, true, 1).Pairs);
        var space = new PairSpace(3_000_000, 3_000_000, true, 1);
        Assert.Equal((2_999_998, 2_999_999), space.PairAt(space.Pairs - 1));
    }

    [
        Theory,
        InlineData(30_522, true),
        InlineData(30_522, false),
        InlineData(200, true),
        InlineData(1, true),
        InlineData(0, true)
    ]
    public void Pieces_cover_every_row_block_once_with_about_as_many_pairs_each(int n, bool symmetric)
    {
        var space = new PairSpace(n, n, symmetric, 1);
        foreach (var pieces in new[] { 1, 2, 3, 7, 50 })
        {
            var ranges = Enumerable.Range(0, pieces).Select(piece => space.Piece(piece, pieces)).ToArray();
            Assert.Equal(0, ranges[0].First);
            Assert.Equal(space.RowBlocks, ranges[^1].End);
            Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.First));
            Assert.All(
                ranges,
                range => Assert.InRange(space.PairsIn(range), 0, space.Pairs / pieces + 2L * PairSpace.RowBlock * n));
        }
    }
}

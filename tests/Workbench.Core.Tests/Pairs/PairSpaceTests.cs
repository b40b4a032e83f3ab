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
        InlineData(50_257, 50_257, true),
        InlineData(30_522, 30_522, false),
        InlineData(2_000, 90_000, false),
        InlineData(90_000, 500, false),
        InlineData(200, 200, true),
        InlineData(85, 85, true),
        InlineData(1, 1, true),
        InlineData(0, 0, true),
        InlineData(0, 7, false)
    ]
    public void Tiles_hold_every_pair_of_blocks_once(int rows, int columns, bool symmetric)
    {
        var space = new PairSpace(rows, columns, symmetric, 1);
        foreach (var pieces in new[] { 1, 2, 3, 7, 16, 50, 128 })
        {
            var tiles = space.Cut(pieces);
            Assert.Equal(pieces, tiles.Length);
            Assert.Equal(space.Pairs, tiles.Sum(space.PairsIn));
            var seen = new bool[space.RowBlocks, space.ColumnBlocks];
            foreach (var tile in tiles.Where(tile => !tile.IsEmpty))
                for (var row = tile.Rows.First; row < tile.Rows.End; row++)
                    for (var column = tile.Columns.First; column < tile.Columns.End; column++)
                    {
                        if (symmetric && column < row) continue; // below the diagonal of the tile's triangle
                        Assert.False(seen[row, column], $"{pieces} pieces: block ({row}, {column}) is in two tiles");
                        seen[row, column] = true;
                    }
            for (var row = 0; row < space.RowBlocks; row++)
                for (var column = symmetric ? row : 0; column < space.ColumnBlocks; column++)
                    Assert.True(seen[row, column], $"{pieces} pieces: block ({row}, {column}) is in none");
        }
    }

    [Theory, InlineData(50_257, true), InlineData(30_522, false), InlineData(1_000_000, true)]
    public void Tiles_of_a_large_table_have_as_many_pairs_each_but_for_a_block(int n, bool symmetric)
    {
        var space = new PairSpace(n, n, symmetric, 1);
        foreach (var pieces in new[] { 1, 2, 3, 4, 5, 7, 16, 40, 100 })
        {
            var share = (double)space.Pairs / pieces;
            // A border is off by half a block at most, on each of the four sides.
            var strip = 4 * 0.5 * PairSpace.RowBlock * 2 * Math.Sqrt(share);
            Assert.All(space.Cut(pieces), tile => Assert.InRange(space.PairsIn(tile), share - strip, share + strip));
        }
    }

    [Fact]
    public void Tiles_need_about_as_few_vectors_as_squares_do()
    {
        // A square of s × s pairs needs 2s vectors, and so does a triangle of as many with what stands beside it.
        foreach (var symmetric in new[] { true, false })
        {
            var space = new PairSpace(1_000_000, 1_000_000, symmetric, 1);
            foreach (var pieces in new[] { 9, 16, 40, 100, 1000 })
            {
                var squares = 2 * Math.Sqrt((double)space.Pairs / pieces) * pieces;
                var needed = space.Cut(pieces).Sum(tile => (double)space.VectorsIn(tile));
                Assert.InRange(needed / squares, 0.75, 1.1);
            }
        }
    }
}

using System;
using System.Collections.Immutable;

namespace Workbench.Core.Pairs;

/// <summary>
/// Which pairs a scan visits, and how they are counted and cut: every i &lt; j of one set of rows, or every row with
/// every column.
/// Folds are made for a space, and results of the same space can be merged.
/// </summary>
/// <remarks>A scan is scheduled, cut into pieces and resumed by row blocks of <see cref="RowBlock"/> rows, a grid that
/// does not depend on processor or threads.</remarks>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns; equal to Rows when symmetric.</param>
/// <param name="IsSymmetric">Whether rows and columns are the same vectors, so that a pair is i &lt; j, never the
/// diagonal and never twice.</param>
/// <param name="Bound">No score is larger in absolute value, but for rounding: 1 for a cosine or a correlation, max |x|
/// · max |y| for a dot product.</param>
public sealed record PairSpace(int Rows, int Columns, bool IsSymmetric, double Bound)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>Rows in a row block: 84, a multiple of every kernel's tile height (14 and 6).</summary>
    public const int RowBlock = 84;

    /// <summary>n (n − 1) / 2 when symmetric, else rows · columns.</summary>
    public long Pairs => PairsBefore(Rows);

    /// <summary>Number of row blocks; the last may be shorter.</summary>
    public int RowBlocks => (Rows + RowBlock - 1) / RowBlock;

    /// <summary>Pairs whose row is less than <paramref name="row"/>, which is also the index of the first pair in that
    /// row.</summary>
    /// <param name="row">From 0 to Rows.</param>
    public long PairsBefore(int row) => IsSymmetric ? (2L * Rows - row - 1) * row / 2 : (long)row * Columns;

    /// <summary>The place of a pair when all are listed row by row.</summary>
    /// <param name="row">The row i.</param>
    /// <param name="column">The column j; above i when symmetric.</param>
    /// <returns>From 0 to <see cref="Pairs"/> − 1.</returns>
    public long IndexOf(int row, int column) => PairsBefore(row) + column - (IsSymmetric ? row + 1 : 0);

    /// <summary>The pair at a place of that list.</summary>
    /// <param name="index">From 0 to <see cref="Pairs"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pair.</exception>
    public (int Row, int Column) PairAt(long index)
    {
        if (index < 0 || index >= Pairs)
            throw Argument.OutOfRange(nameof(index), index, $"There are {Pairs} pairs.");
        var (low, high) = (0, Rows - 1);
        while (low < high)
        {
            var middle = low + (high - low + 1) / 2;
            if (PairsBefore(middle) <= index) low = middle;
            else high = middle - 1;
        }
        return (low, (int)(index - PairsBefore(low)) + (IsSymmetric ? low + 1 : 0));
    }

    /// <summary>Number of column blocks, of <see cref="RowBlock"/> columns each.</summary>
    public int ColumnBlocks => (Columns + RowBlock - 1) / RowBlock;

    /// <summary>Cuts the pairs into rectangles of about as many pairs each, so that each takes about as long, and as
    /// near to squares as can be, since a square needs the fewest vectors.</summary>
    /// <remarks>Bands of rows are laid off from the top, each cut across into as many tiles as make its height about
    /// their width. In a symmetric space the first tile of a band holds the triangle above the diagonal. Borders lie
    /// between blocks, so that a tile may be off by a strip one block wide.</remarks>
    /// <param name="pieces">How many, at least 1; where there are more of them than blocks, some are empty.</param>
    /// <returns>As many tiles as were asked for; together they hold every pair once.</returns>
    public ImmutableArray<PairTile> Cut(int pieces)
    {
        Argument.AtLeast(pieces, 1);
        var tiles = ImmutableArray.CreateBuilder<PairTile>(pieces);
        for (var block = 0; tiles.Count < pieces;)
        {
            var across = Across(block, tiles.Count, pieces);
            var done = tiles.Count + across;
            var end = done == pieces
                ? RowBlocks
                : Math.Clamp(NearestBlock((double)Pairs * done / pieces), Math.Min(block + 1, RowBlocks), RowBlocks);
            var band = new RowBlockRange(block, end);
            var first = IsSymmetric ? block : 0;
            for (var tile = 1; tile <= across; tile++)
            {
                var border = tile == across ? ColumnBlocks : Border(band, first, (double)tile / across);
                tiles.Add(new PairTile(band, new RowBlockRange(first, border)));
                first = border;
            }
            block = end;
        }
        return tiles.MoveToImmutable();
    }

    /// <summary>Pairs in a tile.</summary>
    public long PairsIn(PairTile tile)
    {
        long height = FirstRow(tile.Rows.End) - FirstRow(tile.Rows.First);
        var beside = ColumnsBeside(tile);
        var triangle = IsOnDiagonal(tile) ? height * (height - 1) / 2 : 0;
        return triangle + height * (FirstColumn(beside.End) - FirstColumn(beside.First));
    }

    /// <summary>The column blocks of a tile that are not its rows: those to prepare beside these.</summary>
    public RowBlockRange ColumnsBeside(PairTile tile) =>
        IsOnDiagonal(tile) ? new RowBlockRange(tile.Rows.End, tile.Columns.End) : tile.Columns;

    /// <summary>How many vectors a tile needs, each once.</summary>
    public int VectorsIn(PairTile tile)
    {
        if (tile.IsEmpty) return 0;
        var beside = ColumnsBeside(tile);
        return FirstRow(tile.Rows.End) - FirstRow(tile.Rows.First)
            + FirstColumn(beside.End) - FirstColumn(beside.First);
    }

    internal bool IsOnDiagonal(PairTile tile) => IsSymmetric && !tile.IsEmpty && tile.Columns.First == tile.Rows.First;

    internal int FirstColumn(int block) => (int)Math.Min(Columns, (long)block * RowBlock);

    internal int FirstRow(int block) => (int)Math.Min(Rows, (long)block * RowBlock);

    internal long PairsIn(RowBlockRange blocks) =>
        PairsBefore(FirstRow(blocks.End)) - PairsBefore(FirstRow(blocks.First));

    // Into how many tiles a band of rows is cut that begins here. Its triangle must fit into the first of them.
    private int Across(int block, int done, int pieces)
    {
        if (block >= RowBlocks) return pieces - done;
        var share = (double)Pairs / pieces;
        var side = Math.Sqrt(Math.Max(share, 1));
        double width = IsSymmetric ? Rows - FirstRow(block) : Columns;
        var across = (int)Math.Clamp(Math.Round(width / side), 1, pieces - done);
        while (IsSymmetric && across > 1 && Height(across) > Math.Sqrt(2) * side) across--;
        return across;

        double Height(int tiles) => width - Math.Sqrt(Math.Max(0, width * width - 2 * tiles * share));
    }

    // The border of blocks before which the number of pairs comes nearest to so many.
    private int NearestBlock(double pairs)
    {
        var (low, high) = (0, RowBlocks);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (PairsBefore(FirstRow(middle)) >= pairs) high = middle;
            else low = middle + 1;
        }
        return low > 0 && pairs - PairsBefore(FirstRow(low - 1)) < PairsBefore(FirstRow(low)) - pairs ? low - 1 : low;
    }

    // The border of columns that has a share of the band's pairs before it.
    private int Border(RowBlockRange band, int least, double share)
    {
        double height = FirstRow(band.End) - FirstRow(band.First);
        if (height == 0) return least;
        if (!IsSymmetric) return Math.Max(least, (int)Math.Round(share * Columns / RowBlock));
        var triangle = height * (height - 1) / 2;
        var beside = (share * PairsIn(band) - triangle) / height;
        return Math.Max(Math.Max(least, band.End), (int)Math.Round((FirstRow(band.End) + beside) / RowBlock));
    }
}

/// <summary>Row blocks from <see cref="First"/> up to, not including, <see cref="End"/>.</summary>
/// <param name="First">First row block.</param>
/// <param name="End">One past the last.</param>
public readonly record struct RowBlockRange(int First, int End)
{
    /// <inheritdoc/>
    public override string ToString() => $"{First}..{End}";
}

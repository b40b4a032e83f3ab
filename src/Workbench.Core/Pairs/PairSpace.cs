using System;

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

    /// <summary>Cuts the scan into pieces of about as many pairs each, made of whole row blocks.</summary>
    /// <param name="piece">Which piece, from 0 to <paramref name="pieces"/> − 1.</param>
    /// <param name="pieces">How many; with more pieces than row blocks some are empty.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public RowBlockRange Piece(int piece, int pieces)
    {
        Argument.AtLeast(pieces, 1);
        if (piece < 0 || piece >= pieces)
            throw Argument.OutOfRange(
                nameof(piece), piece, $"Of {pieces} pieces, the numbers are 0 to {pieces - 1}.");
        return new RowBlockRange(FirstBlock(piece, pieces), FirstBlock(piece + 1, pieces));
    }

    internal int FirstRow(int block) => (int)Math.Min(Rows, (long)block * RowBlock);

    internal long PairsIn(RowBlockRange blocks) =>
        PairsBefore(FirstRow(blocks.End)) - PairsBefore(FirstRow(blocks.First));

    // The first block before which at least piece / pieces of all pairs lie.
    private int FirstBlock(int piece, int pieces)
    {
        var (low, high) = (0, RowBlocks);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if ((Int128)PairsBefore(FirstRow(middle)) * pieces >= (Int128)Pairs * piece) high = middle;
            else low = middle + 1;
        }
        return piece == pieces ? RowBlocks : low;
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

using System;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs.Folds;

/// <summary>The whole matrix of scores in little: the mean of each block when rows and columns are cut into equal
/// ranges.</summary>
/// <remarks>
/// Row i belongs to range ⌊i · n / rows⌋. A symmetric scan gives the full symmetric picture; a vector's similarity to
/// itself is no pair and does not count, so a block on the diagonal with a single row in it is NaN. Sums are integers,
/// rounded once for each score.
/// </remarks>
public sealed class ThumbnailFold : PairFold
{
    private readonly PairSpace space;
    private readonly FixedPoint unit;
    private readonly int[] cellOfColumn;
    private readonly long[] sums;

    /// <summary>An empty picture.</summary>
    /// <param name="space">The scan's pairs.</param>
    /// <param name="size">Rows and columns of the picture; as many as the scan has, where it has fewer.</param>
    public ThumbnailFold(PairSpace space, int size)
    {
        Argument.AtLeast(size, 1);
        this.space = space;
        Size = size;
        (Rows, Columns) = (Math.Min(size, space.Rows), Math.Min(size, space.Columns));
        var (tall, wide) = (
            Rows == 0 ? 0 : (space.Rows + Rows - 1) / Rows, Columns == 0 ? 0 : (space.Columns + Columns - 1) / Columns);
        unit = new FixedPoint(FixedPoint.Exponent(space.Bound), FixedPoint.BitsFor((long)tall * wide));
        cellOfColumn =
        [
            .. Enumerable.Range(0, space.Columns).Select(column => (int)((long)column * Columns / space.Columns)),
        ];
        sums = new long[Rows * Columns];
    }

    /// <inheritdoc/>
    public override string Settings => $"thumbnail({Size})";

    /// <summary>The size asked for.</summary>
    public int Size { get; }

    /// <summary>Rows of the picture.</summary>
    public int Rows { get; }

    /// <summary>Columns of the picture.</summary>
    public int Columns { get; }

    /// <summary>The means of the blocks, <see cref="Rows"/> × <see cref="Columns"/>, in a new matrix; NaN for a block
    /// without a pair.</summary>
    public Matrix Means()
    {
        var means = new Matrix(Rows, Columns);
        for (var a = 0; a < Rows; a++)
            for (var b = 0; b < Columns; b++)
            {
                var (low, high) = space.IsSymmetric ? (Math.Min(a, b), Math.Max(a, b)) : (a, b);
                means[a, b] = (float)(unit.Value(sums[low * Columns + high]) / PairsIn(low, high));
            }
        return means;
    }

    /// <inheritdoc/>
    public override PairFold Fork() => new ThumbnailFold(space, Size);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var first = 0; first < tile.Rows;)
        {
            var cell = CellOfRow(tile.FirstRow + first);
            var end = first + 1;
            while (end < tile.Rows && CellOfRow(tile.FirstRow + end) == cell)
                end++;
            if (Vector512.IsHardwareAccelerated)
                AddColumns<Terms512, Vector512<double>, Vector512<long>>(tile, first, end, cell * Columns);
            else AddColumns<Terms256, Vector256<double>, Vector256<long>>(tile, first, end, cell * Columns);
            first = end;
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other) => TensorPrimitives.Add(sums, ((ThumbnailFold)other).sums, sums);

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        foreach (var sum in sums) writer.Write(sum);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        for (var i = 0; i < sums.Length; i++) sums[i] = reader.ReadInt64();
    }

    // Two vectors of columns over a range of rows that share a row of the picture: add down first, then into the
    // columns' cells.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddColumns<TLanes, D, L>(in ScoreTile tile, int firstRow, int endRow, int firstCell)
        where TLanes : struct, ITermLanes<D, L> where D : struct where L : struct
    {
        var (one, step, column) = (unit, 2 * TLanes.Count, 0);
        var taken = (endRow - firstRow) * FixedPoint.Offset;
        Span<long> totals = stackalloc long[step];
        ref var total = ref MemoryMarshal.GetReference(totals);
        for (; column + step <= tile.Columns; column += step)
        {
            L low = default, high = default;
            for (var r = firstRow; r < endRow; r++)
            {
                ref var row = ref MemoryMarshal.GetReference(tile.Row(r));
                low = TLanes.Add(low, TLanes.Terms(TLanes.Widen(in row, (nuint)column), one));
                high = TLanes.Add(
                    high, TLanes.Terms(TLanes.Widen(in row, (nuint)(column + TLanes.Count)), one));
            }
            totals.Clear();
            TLanes.AddTo(ref total, low, taken);
            TLanes.AddTo(ref Unsafe.Add(ref total, TLanes.Count), high, taken);
            // Neighbours mostly share a cell.
            var cells = cellOfColumn.AsSpan(tile.FirstColumn + column, step);
            for (var c = 0; c < cells.Length;)
            {
                var (cell, sum) = (cells[c], 0L);
                for (; c < cells.Length && cells[c] == cell; c++) sum += totals[c];
                sums[firstCell + cell] += sum;
            }
        }
        for (; column < tile.Columns; column++)
            for (var r = firstRow; r < endRow; r++)
                sums[firstCell + cellOfColumn[tile.FirstColumn + column]] += one.Term(tile[r, column]);
    }

    private int CellOfRow(int row) => (int)((long)row * Rows / space.Rows);

    private long PairsIn(int a, int b)
    {
        var rows = First(a + 1, Rows, space.Rows) - First(a, Rows, space.Rows);
        if (space.IsSymmetric && a == b) return rows * (rows - 1) / 2;
        return rows * (First(b + 1, Columns, space.Columns) - First(b, Columns, space.Columns));
    }

    // The first of so many items that belongs to a range: the least i with ⌊i · ranges / items⌋ = range.
    private static long First(int range, int ranges, int items) => ((long)range * items + ranges - 1) / ranges;
}

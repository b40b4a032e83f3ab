using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs;

/// <summary>
/// A rectangle of scores, still in the cache: rows <see cref="FirstRow"/> … by columns <see cref="FirstColumn"/> … of
/// the similarity matrix.
/// Every element is a pair of the scan, and every pair of the scan is in exactly one tile.
/// </summary>
/// <remarks>Tiles come in any order and of any size from 1 × 1; the size depends on the processor, so a fold's result
/// must not.
/// The scores are valid only during the call that receives the tile, and are never NaN.</remarks>
public readonly ref struct ScoreTile
{
    private readonly ReadOnlySpan<float> scores;

    /// <summary>A tile over scores that a caller made, as a test would.</summary>
    /// <param name="scores">Row r begins at r · stride.</param>
    /// <param name="firstRow">Row of the first score.</param>
    /// <param name="rows">Number of rows, at least 1.</param>
    /// <param name="firstColumn">Column of the first score.</param>
    /// <param name="columns">Number of columns, at least 1.</param>
    /// <param name="stride">Floats from one row to the next, at least <paramref name="columns"/>.</param>
    public ScoreTile(ReadOnlySpan<float> scores, int firstRow, int rows, int firstColumn, int columns, int stride)
        : this(scores, firstRow, rows, firstColumn, columns, stride, ranged: true) { }

    /// <summary>The same, perhaps without its <see cref="Minimum"/> and <see cref="Maximum"/>, for those who do not
    /// ask: they are +∞ and −∞ then.</summary>
    internal ScoreTile(
        ReadOnlySpan<float> scores, int firstRow, int rows, int firstColumn, int columns, int stride, bool ranged)
    {
        Argument.AtLeast(rows, 1);
        Argument.AtLeast(columns, 1);
        Argument.AtLeast(stride, columns);
        this.scores = scores[..((rows - 1) * stride + columns)];
        (FirstRow, Rows, FirstColumn, Columns, Stride) = (firstRow, rows, firstColumn, columns, stride);
        (Minimum, Maximum) = (float.PositiveInfinity, float.NegativeInfinity);
        for (var run = 0; ranged && run < Runs; run++)
        {
            var (low, high) = Range(Run(run));
            (Minimum, Maximum) = (Math.Min(Minimum, low), Math.Max(Maximum, high));
        }
    }

    private ScoreTile(ScoreTile tile, int rows, int columns)
    {
        this = tile;
        (FirstRow, FirstColumn) = (tile.FirstRow + rows, tile.FirstColumn + columns);
    }

    /// <summary>Row of the tile's first score.</summary>
    public int FirstRow { get; }

    /// <summary>Number of rows, at least 1.</summary>
    public int Rows { get; }

    /// <summary>Column of the tile's first score.</summary>
    public int FirstColumn { get; }

    /// <summary>Number of columns, at least 1.</summary>
    public int Columns { get; }

    /// <summary>Floats from one row to the next in memory.</summary>
    public int Stride { get; }

    /// <summary>The smallest score of the tile.</summary>
    public float Minimum { get; }

    /// <summary>The largest score of the tile.</summary>
    public float Maximum { get; }

    /// <summary>Number of scores.</summary>
    public int Count => Rows * Columns;

    /// <summary>The score at a row and a column of the tile, both from 0.</summary>
    public float this[int row, int column] => Row(row)[column];

    /// <summary>The scores of one row of the tile.</summary>
    /// <param name="row">From 0 to <see cref="Rows"/> − 1.</param>
    public ReadOnlySpan<float> Row(int row) => scores.Slice(row * Stride, Columns);

    /// <summary>Into how many unbroken spans the scores fall: 1 where rows follow each other without a gap.</summary>
    public int Runs => Columns == Stride ? 1 : Rows;

    /// <summary>One of those spans; for folds to which a score's place means nothing.</summary>
    /// <param name="run">From 0 to <see cref="Runs"/> − 1.</param>
    public ReadOnlySpan<float> Run(int run) => Columns == Stride ? scores : Row(run);

    /// <summary>Gives folds the scores of some rows by some columns that an engine made at once; of a table with itself
    /// those above the diagonal alone.</summary>
    /// <param name="scores">Row after row, without gaps.</param>
    /// <param name="firstRow">Row of the first score.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstColumn">Column of the first score.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="symmetric">Whether only pairs i &lt; j are meant.</param>
    /// <param name="folds">Get every pair once.</param>
    public static void Give(
        ReadOnlySpan<float> scores, int firstRow, int rows, int firstColumn, int columns, bool symmetric,
        IReadOnlyList<PairFold> folds)
    {
        // Rows that lie above the diagonal as a whole go out together, a row block at a time since folds pass over a
        // tile more than once; those that it crosses, one by one.
        var whole = symmetric ? Math.Clamp(firstColumn - firstRow, 0, rows) : rows;
        for (var r = 0; r < rows;)
        {
            var height = r < whole ? Math.Min(PairSpace.RowBlock, whole - r) : 1;
            var left = r < whole ? 0 : Math.Max(0, firstRow + r + 1 - firstColumn);
            if (left < columns)
            {
                var width = columns - left;
                var tile = new ScoreTile(
                    scores[(r * columns + left)..], firstRow + r, height, firstColumn + left, width,
                    height == 1 ? width : columns);
                foreach (var fold in folds) fold.Add(tile);
            }
            r += height;
        }
    }

    /// <summary>The same scores so many rows and columns further on.</summary>
    internal ScoreTile Moved(int rows, int columns) => new(this, rows, columns);

    private static (float Low, float High) Range(ReadOnlySpan<float> run) =>
        Vector512.IsHardwareAccelerated
            ? Range<Lanes512, Vector512<float>>(run)
            : Range<Lanes256, Vector256<float>>(run);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Low, float High) Range<TLanes, V>(ReadOnlySpan<float> run)
        where TLanes : struct, ILanes<V> where V : struct
    {
        var k = 0;
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        if (run.Length >= TLanes.Count)
        {
            ref var start = ref MemoryMarshal.GetReference(run);
            var (lows, highs) = (TLanes.Load(in start, 0), TLanes.Load(in start, 0));
            for (k = TLanes.Count; k + TLanes.Count <= run.Length; k += TLanes.Count)
            {
                var scores = TLanes.Load(in start, (nuint)k);
                (lows, highs) = (TLanes.Min(lows, scores), TLanes.Max(highs, scores));
            }
            for (var lane = 0; lane < TLanes.Count; lane++)
                (low, high) = (Math.Min(low, TLanes.At(lows, lane)), Math.Max(high, TLanes.At(highs, lane)));
        }
        for (; k < run.Length; k++) (low, high) = (Math.Min(low, run[k]), Math.Max(high, run[k]));
        return (low, high);
    }
}

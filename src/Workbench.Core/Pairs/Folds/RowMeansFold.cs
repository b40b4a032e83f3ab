using System;
using System.IO;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Pairs.Folds;

/// <summary>For each row the mean, and the mean absolute value, of its scores with all others (symmetric) or with all
/// columns.</summary>
/// <remarks>Sums are integers, each score rounded once to a 2⁻³⁰th of the largest possible or finer, so any order gives
/// the same bits.</remarks>
public sealed class RowMeansFold : PairFold
{
    private readonly PairSpace space;
    private readonly FixedPoint unit;
    private readonly long[] sums;
    private readonly long[] absoluteSums;

    /// <summary>All sums 0.</summary>
    /// <param name="space">The scan's pairs.</param>
    public RowMeansFold(PairSpace space)
    {
        this.space = space;
        unit = new FixedPoint(FixedPoint.Exponent(space.Bound), FixedPoint.BitsFor(space.Columns));
        (sums, absoluteSums) = (new long[space.Rows], new long[space.Rows]);
    }

    /// <inheritdoc/>
    public override string Settings => "rowMeans()";

    /// <summary>For each row, the mean score; NaN where a row has no partner.</summary>
    public double[] Means() => Divide(sums);

    /// <summary>For each row, the mean of |score|; NaN where a row has no partner.</summary>
    public double[] AbsoluteMeans() => Divide(absoluteSums);

    /// <inheritdoc/>
    public override PairFold Fork() => new RowMeansFold(space);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        var column = 0;
        for (; column + Vector512<float>.Count <= tile.Columns; column += Vector512<float>.Count)
            AddSixteenColumns(tile, column);
        for (; column < tile.Columns; column++)
        {
            for (var r = 0; r < tile.Rows; r++)
            {
                var score = (double)tile[r, column];
                Add(tile.FirstRow + r, unit.Term(score), unit.Term(Math.Abs(score)));
                if (space.IsSymmetric) Add(tile.FirstColumn + column, unit.Term(score), unit.Term(Math.Abs(score)));
            }
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var means = (RowMeansFold)other;
        TensorPrimitives.Add(sums, means.sums, sums);
        TensorPrimitives.Add(absoluteSums, means.absoluteSums, absoluteSums);
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        foreach (var sum in sums) writer.Write(sum);
        foreach (var sum in absoluteSums) writer.Write(sum);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        for (var i = 0; i < sums.Length; i++) sums[i] = reader.ReadInt64();
        for (var i = 0; i < absoluteSums.Length; i++) absoluteSums[i] = reader.ReadInt64();
    }

    private void Add(int row, long term, long absoluteTerm)
    {
        sums[row] += term;
        absoluteSums[row] += absoluteTerm;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddSixteenColumns(in ScoreTile tile, int column)
    {
        var one = unit;
        var (low, high, absoluteLow, absoluteHigh) = (
            Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero);
        var offset = Vector512<float>.Count * FixedPoint.Offset;
        for (var r = 0; r < tile.Rows; r++)
        {
            var (x, y) = Vector512.Widen(
                Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(tile.Row(r)), (nuint)column));
            var (a, b) = (one.Terms(x), one.Terms(y));
            var (absoluteA, absoluteB) = (one.Terms(Vector512.Abs(x)), one.Terms(Vector512.Abs(y)));
            low += a;
            high += b;
            absoluteLow += absoluteA;
            absoluteHigh += absoluteB;
            Add(tile.FirstRow + r, Vector512.Sum(a + b) - offset, Vector512.Sum(absoluteA + absoluteB) - offset);
        }
        if (!space.IsSymmetric) return;
        var taken = Vector512.Create(tile.Rows * FixedPoint.Offset);
        AddEight(sums, tile.FirstColumn + column, low - taken);
        AddEight(sums, tile.FirstColumn + column + 8, high - taken);
        AddEight(absoluteSums, tile.FirstColumn + column, absoluteLow - taken);
        AddEight(absoluteSums, tile.FirstColumn + column + 8, absoluteHigh - taken);
    }

    private static void AddEight(long[] target, int first, Vector512<long> terms)
    {
        ref var start = ref MemoryMarshal.GetReference(target.AsSpan(first, Vector512<long>.Count));
        (Vector512.LoadUnsafe(ref start) + terms).StoreUnsafe(ref start);
    }

    private double[] Divide(long[] totals)
    {
        var partners = space.Columns - (space.IsSymmetric ? 1 : 0);
        return Array.ConvertAll(totals, total => unit.Value(total) / partners);
    }
}

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
        var column = Vector512.IsHardwareAccelerated
            ? AddColumns<Terms512, Vector512<double>, Vector512<long>>(tile)
            : AddColumns<Terms256, Vector256<double>, Vector256<long>>(tile);
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

    // Two vectors of columns at a time; returns the first column that is left.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AddColumns<TLanes, D, L>(in ScoreTile tile)
        where TLanes : struct, ITermLanes<D, L> where D : struct where L : struct
    {
        var one = unit;
        var (step, column) = (2 * TLanes.Count, 0);
        var (offset, taken) = (step * FixedPoint.Offset, tile.Rows * FixedPoint.Offset);
        for (; column + step <= tile.Columns; column += step)
        {
            L low = default, high = default, absoluteLow = default, absoluteHigh = default;
            for (var r = 0; r < tile.Rows; r++)
            {
                ref var row = ref MemoryMarshal.GetReference(tile.Row(r));
                var x = TLanes.Widen(in row, (nuint)column);
                var y = TLanes.Widen(in row, (nuint)(column + TLanes.Count));
                var (a, b) = (TLanes.Terms(x, one), TLanes.Terms(y, one));
                var (absoluteA, absoluteB) = (TLanes.Terms(TLanes.Abs(x), one), TLanes.Terms(TLanes.Abs(y), one));
                low = TLanes.Add(low, a);
                high = TLanes.Add(high, b);
                absoluteLow = TLanes.Add(absoluteLow, absoluteA);
                absoluteHigh = TLanes.Add(absoluteHigh, absoluteB);
                Add(
                    tile.FirstRow + r, TLanes.Sum(TLanes.Add(a, b)) - offset,
                    TLanes.Sum(TLanes.Add(absoluteA, absoluteB)) - offset);
            }
            if (!space.IsSymmetric) continue;
            var first = tile.FirstColumn + column;
            ref var sum = ref MemoryMarshal.GetReference(sums.AsSpan(first, step));
            ref var absoluteSum = ref MemoryMarshal.GetReference(absoluteSums.AsSpan(first, step));
            TLanes.AddTo(ref sum, low, taken);
            TLanes.AddTo(ref Unsafe.Add(ref sum, TLanes.Count), high, taken);
            TLanes.AddTo(ref absoluteSum, absoluteLow, taken);
            TLanes.AddTo(ref Unsafe.Add(ref absoluteSum, TLanes.Count), absoluteHigh, taken);
        }
        return column;
    }

    private double[] Divide(long[] totals)
    {
        var partners = space.Columns - (space.IsSymmetric ? 1 : 0);
        return Array.ConvertAll(totals, total => unit.Value(total) / partners);
    }
}

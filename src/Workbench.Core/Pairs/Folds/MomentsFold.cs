using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Pairs;

/// <summary>Number, mean, spread and mean absolute value of all scores.</summary>
/// <remarks>
/// The sums of s, |s| and s² are integers: each term is rounded once, to 2⁻⁵⁰ of the largest possible, so the result carries the same
/// bits in whatever order the scores came. Shape beyond that (skewness, quantiles) is in a <see cref="HistogramFold"/>.
/// </remarks>
public sealed class MomentsFold : PairFold
{
    private readonly int exponent;
    private Int128 sum;
    private Int128 absoluteSum;
    private Int128 squareSum;

    /// <summary>Empty moments.</summary>
    /// <param name="space">The scan's pairs; its bound sets the unit of the sums.</param>
    public MomentsFold(PairSpace space) : this(FixedPoint.Exponent(space.Bound)) { }

    private MomentsFold(int exponent) => this.exponent = exponent;

    /// <inheritdoc/>
    public override string Settings => $"moments(exponent={exponent})";

    /// <inheritdoc/>
    public override bool UsesPlaces => false;

    /// <summary>Number of scores.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of the scores; NaN without any.</summary>
    public double Mean => FixedPoint.ToDouble(sum, exponent) / Count;

    /// <summary>Mean of |s|; NaN without any.</summary>
    public double MeanAbsolute => FixedPoint.ToDouble(absoluteSum, exponent) / Count;

    /// <summary>Mean of s²; NaN without any.</summary>
    public double MeanSquare => FixedPoint.ToDouble(squareSum, 2 * exponent) / Count;

    /// <summary>Mean of (s − mean)², the sum divided by n; NaN without any scores.</summary>
    public double Variance => Math.Max(0, MeanSquare - Mean * Mean);

    /// <summary>Square root of <see cref="Variance"/>.</summary>
    public double StandardDeviation => Math.Sqrt(Variance);

    /// <inheritdoc/>
    public override PairFold Fork() => new MomentsFold(exponent);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var run = 0; run < tile.Runs; run++) AddRun(tile.Run(run));
        Count += tile.Count;
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var moments = (MomentsFold)other;
        Count += moments.Count;
        sum += moments.sum;
        absoluteSum += moments.absoluteSum;
        squareSum += moments.squareSum;
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(sum);
        writer.Write(absoluteSum);
        writer.Write(squareSum);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        Count = reader.ReadInt64();
        sum = reader.ReadInt128();
        absoluteSum = reader.ReadInt128();
        squareSum = reader.ReadInt128();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRun(ReadOnlySpan<float> scores)
    {
        var unit = Math.ScaleB(1, -exponent);
        var (sums, absolutes, squares) = (Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero);
        var units = Vector512.Create(unit);
        ref var start = ref MemoryMarshal.GetReference(scores);
        var k = 0;
        for (; k + 16 <= scores.Length; k += 16)
        {
            var (x, y) = Vector512.Widen(Vector512.LoadUnsafe(ref start, (nuint)k));
            (x, y) = (x * units, y * units);
            sums += FixedPoint.Terms(x) + FixedPoint.Terms(y);
            absolutes += FixedPoint.Terms(Vector512.Abs(x)) + FixedPoint.Terms(Vector512.Abs(y));
            squares += FixedPoint.Terms(x * x) + FixedPoint.Terms(y * y);
        }
        // At most a few thousand terms of 2⁵¹: no lane overflows once the constant is taken off.
        var constant = k * FixedPoint.MagicBits;
        var (first, second, third) = (Vector512.Sum(sums) - constant, Vector512.Sum(absolutes) - constant, Vector512.Sum(squares) - constant);
        for (; k < scores.Length; k++)
        {
            var x = scores[k] * unit;
            first += FixedPoint.Term(x);
            second += FixedPoint.Term(Math.Abs(x));
            third += FixedPoint.Term(x * x);
        }
        sum += first;
        absoluteSum += second;
        squareSum += third;
    }
}

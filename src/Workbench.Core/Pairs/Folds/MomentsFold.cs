using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Pairs.Folds;

/// <summary>Number, mean, spread and mean absolute value of all scores.</summary>
/// <remarks>
/// The sums of s, |s| and s² are integers: each term is rounded once, to 2⁻⁵⁰ of the largest possible, so the result
/// carries the same bits in whatever order the scores came. Shape beyond that (skewness, quantiles) is in a
/// <see cref="HistogramFold"/>.
/// </remarks>
public sealed class MomentsFold : PairFold
{
    private readonly int exponent;
    private readonly FixedPoint linear;
    private readonly FixedPoint quadratic;
    private Int128 sum;
    private Int128 absoluteSum;
    private Int128 squareSum;

    /// <summary>Empty moments.</summary>
    /// <param name="space">The scan's pairs; its bound sets the unit of the sums.</param>
    public MomentsFold(PairSpace space) : this(FixedPoint.Exponent(space.Bound)) { }

    private MomentsFold(int exponent) =>
        (this.exponent, linear, quadratic) = (exponent, new FixedPoint(exponent), new FixedPoint(2 * exponent));

    /// <inheritdoc/>
    public override string Settings => $"moments(exponent={exponent})";

    /// <inheritdoc/>
    public override bool UsesPlaces => false;

    /// <summary>A score counts as the whole number nearest to it times 2 to this power, ties to even.</summary>
    public int Shift => FixedPoint.MostBits - exponent;

    /// <summary>As <see cref="Shift"/>, for the square of a score, which is not rounded before.</summary>
    public int SquareShift => FixedPoint.MostBits - 2 * exponent;

    /// <summary>Number of scores.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of the scores; NaN without any.</summary>
    public double Mean => linear.Value(sum) / Count;

    /// <summary>Mean of |s|; NaN without any.</summary>
    public double MeanAbsolute => linear.Value(absoluteSum) / Count;

    /// <summary>Mean of s²; NaN without any.</summary>
    public double MeanSquare => quadratic.Value(squareSum) / Count;

    /// <summary>Mean of (s − mean)², the sum divided by n; NaN without any scores.</summary>
    public double Variance => Math.Max(0, MeanSquare - Mean * Mean);

    /// <summary>Square root of <see cref="Variance"/>.</summary>
    public double StandardDeviation => Math.Sqrt(Variance);

    /// <inheritdoc/>
    public override PairFold Fork() => new MomentsFold(exponent);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var run = 0; run < tile.Runs; run++)
        {
            var scores = tile.Run(run);
            for (; scores.Length > FixedPoint.TermsInLong; scores = scores[FixedPoint.TermsInLong..])
                AddRun(scores[..FixedPoint.TermsInLong]);
            AddRun(scores);
        }
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

    /// <summary>Takes what an engine has added up itself.</summary>
    /// <param name="count">Number of scores.</param>
    /// <param name="scores">The sum of the scores in units of <see cref="Shift"/>, each rounded before it was
    /// added.</param>
    /// <param name="absolutes">The same of their absolute values.</param>
    /// <param name="squares">The sum of their squares in units of <see cref="SquareShift"/>.</param>
    public void AddTotals(long count, Int128 scores, Int128 absolutes, Int128 squares)
    {
        Count += count;
        sum += scores;
        absoluteSum += absolutes;
        squareSum += squares;
    }

    private void AddRun(ReadOnlySpan<float> scores)
    {
        if (Vector512.IsHardwareAccelerated) AddRun<Terms512, Vector512<double>, Vector512<long>>(scores);
        else AddRun<Terms256, Vector256<double>, Vector256<long>>(scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRun<TLanes, D, L>(ReadOnlySpan<float> scores)
        where TLanes : struct, ITermLanes<D, L> where D : struct where L : struct
    {
        L sums = default, absolutes = default, squares = default;
        var (one, two) = (linear, quadratic);
        ref var start = ref MemoryMarshal.GetReference(scores);
        var k = 0;
        for (; k + TLanes.Count <= scores.Length; k += TLanes.Count)
        {
            var x = TLanes.Widen(in start, (nuint)k);
            sums = TLanes.Add(sums, TLanes.Terms(x, one));
            absolutes = TLanes.Add(absolutes, TLanes.Terms(TLanes.Abs(x), one));
            squares = TLanes.Add(squares, TLanes.Terms(TLanes.Square(x), two));
        }
        var offset = k * FixedPoint.Offset;
        var (first, second, third) = (
            TLanes.Sum(sums) - offset, TLanes.Sum(absolutes) - offset, TLanes.Sum(squares) - offset);
        for (; k < scores.Length; k++)
        {
            var x = (double)scores[k];
            first += one.Term(x);
            second += one.Term(Math.Abs(x));
            third += two.Term(x * x);
        }
        sum += first;
        absoluteSum += second;
        squareSum += third;
    }
}

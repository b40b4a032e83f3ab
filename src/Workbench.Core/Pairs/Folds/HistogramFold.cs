using System;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs.Folds;

/// <summary>
/// How many scores fall into each of many equal bins. Keep the bins fine (4,000 cost no more than 100): coarser
/// histograms and quantiles follow from them without another scan.
/// </summary>
/// <remarks>
/// Bin b holds the scores s with floor((s − low) · bins / (high − low)) = b, decided exactly, without rounding the
/// quotient; the last bin holds <see cref="High"/> as well. Scores outside the range are counted in the end bins, and
/// in <see cref="Clamped"/>: a cosine of equal vectors may exceed 1 by a rounding.
/// </remarks>
public sealed unsafe class HistogramFold : PairFold
{
    private const int Tables = 4;
    private const int Chunk = 512;
    private const int LargestPending = 1 << 30;

    private readonly uint[] tables;
    private readonly long[] counts;
    private int pending;

    /// <summary>An empty histogram.</summary>
    /// <param name="bins">From 1 to 65,536.</param>
    /// <param name="low">Lower edge of the first bin.</param>
    /// <param name="high">Upper edge of the last bin.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such number of bins, or the range is empty or not
    /// finite.</exception>
    public HistogramFold(int bins = 4000, float low = -1, float high = 1)
    {
        if (bins is < 1 or > ushort.MaxValue + 1)
            throw Argument.OutOfRange(nameof(bins), bins, "A histogram has from 1 to 65,536 bins.");
        if (!(low < high) || !float.IsFinite(high - low))
            throw Argument.OutOfRange(
                nameof(high), high, $"The range must be finite and not empty, but low is {low} and high is {high}.");
        (Low, High) = (low, high);
        Scale = (float)(bins / ((double)high - low));
        Offset = ExactBeside(bins, -low * (bins / ((double)high - low)));
        counts = new long[bins];
        tables = new uint[Tables * bins];
    }

    /// <inheritdoc/>
    public override string Settings =>
        FormattableString.Invariant($"histogram(bins={Bins}, low={Low:R}, high={High:R})");

    /// <inheritdoc/>
    public override bool UsesPlaces => false;

    /// <summary>Number of bins.</summary>
    public int Bins => counts.Length;

    /// <summary>Lower edge of the first bin.</summary>
    public float Low { get; }

    /// <summary>Upper edge of the last bin.</summary>
    public float High { get; }

    /// <summary>Bins for a score of 1; with <see cref="Offset"/> it says exactly which bin a score falls into: that of
    /// the largest whole number not above Scale · s + Offset, both as they are rounded to single precision.</summary>
    public float Scale { get; }

    /// <summary>Where a score of 0 lies, in bins, rounded so that its distance to the edge of every bin is a number in
    /// single precision too.</summary>
    public float Offset { get; }

    /// <summary>Scores in each bin.</summary>
    public ReadOnlySpan<long> Counts
    {
        get
        {
            Flush();
            return counts;
        }
    }

    /// <summary>All scores.</summary>
    public long Count => TensorPrimitives.Sum(Counts);

    /// <summary>Scores below <see cref="Low"/> or above <see cref="High"/>; they are counted in the first and the last
    /// bin.</summary>
    public long Clamped { get; private set; }

    /// <summary>The histogram with fewer bins over the same range.</summary>
    /// <param name="bins">A divisor of <see cref="Bins"/>.</param>
    /// <returns>Scores in each of the wider bins.</returns>
    public long[] Rebin(int bins)
    {
        if (bins < 1 || Bins % bins != 0)
            throw Argument.OutOfRange(
                nameof(bins), bins, $"{Bins} bins can be joined into a number of bins that divides it.");
        return [.. Counts.ToArray().Chunk(Bins / bins).Select(bin => bin.Sum())];
    }

    /// <inheritdoc/>
    public override PairFold Fork() => new HistogramFold(Bins, Low, High);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        if (tile.Minimum < Low || tile.Maximum > High) CountClamped(tile);
        if (pending > LargestPending - tile.Count) Flush();
        pending += tile.Count;
        var indices = stackalloc ushort[Chunk];
        fixed (uint* table = tables)
        {
            for (var r = 0; r < tile.Runs; r++)
            {
                for (var run = tile.Run(r); !run.IsEmpty; run = run[Math.Min(Chunk, run.Length)..])
                {
                    var chunk = run[..Math.Min(Chunk, run.Length)];
                    FindBins(chunk, indices);
                    CountBins(indices, chunk.Length, table);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var histogram = (HistogramFold)other;
        Flush();
        TensorPrimitives.Add(counts, histogram.Counts, counts);
        Clamped += histogram.Clamped;
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        writer.Write(Clamped);
        foreach (var count in Counts) writer.Write(count);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        Flush();
        Clamped = reader.ReadInt64();
        for (var bin = 0; bin < counts.Length; bin++) counts[bin] = reader.ReadInt64();
    }

    /// <summary>Takes what an engine has counted itself.</summary>
    /// <param name="bins">Scores in each bin, those outside the range in the end bins.</param>
    /// <param name="clamped">How many of them are outside.</param>
    /// <exception cref="ArgumentException">There are more or fewer bins.</exception>
    public void AddTotals(ReadOnlySpan<long> bins, long clamped)
    {
        if (bins.Length != Bins)
            throw new ArgumentException($"There are {Bins} bins, but {bins.Length} were counted.", nameof(bins));
        TensorPrimitives.Add(counts, bins, counts);
        Clamped += clamped;
    }

    // Whoever finds a bin without rounding downwards takes the place once more relative to the bin's edge, and looks at
    // the sign: that is right where the offset less the edge is not rounded.
    private static float ExactBeside(int bins, double offset)
    {
        var unit = Math.ScaleB(1, Math.ILogB(Math.Abs(offset) + bins + 1) + 1 - 24);
        return (float)(Math.Round(offset / unit) * unit);
    }

    private void FindBins(ReadOnlySpan<float> scores, ushort* bins)
    {
        if (Vector512.IsHardwareAccelerated) FindBins<Lanes512, Vector512<float>>(scores, bins);
        else FindBins<Lanes256, Vector256<float>>(scores, bins);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FindBins<TLanes, V>(ReadOnlySpan<float> scores, ushort* bins)
        where TLanes : struct, ILanes<V> where V : struct
    {
        var last = Bins - 1;
        var k = 0;
        var (scales, offsets) = (TLanes.Create(Scale), TLanes.Create(Offset));
        var (zeros, lasts) = (TLanes.Create(0), TLanes.Create(last));
        ref var start = ref MemoryMarshal.GetReference(scores);
        for (; k + 2 * TLanes.Count <= scores.Length; k += 2 * TLanes.Count)
        {
            var low = TLanes.FloorOfMultiplyAdd(TLanes.Load(in start, (nuint)k), scales, offsets);
            var high = TLanes.FloorOfMultiplyAdd(TLanes.Load(in start, (nuint)(k + TLanes.Count)), scales, offsets);
            TLanes.StoreWhole(
                TLanes.Min(TLanes.Max(low, zeros), lasts), TLanes.Min(TLanes.Max(high, zeros), lasts), bins + k);
        }
        for (; k < scores.Length; k++)
        {
            var bin = MathF.Floor(MathF.FusedMultiplyAdd(scores[k], Scale, Offset));
            if (float.IsNegative(MathF.FusedMultiplyAdd(scores[k], Scale, Offset - bin))) bin--;
            bins[k] = (ushort)Math.Clamp(bin, 0, last);
        }
    }

    // Four tables, so that equal bins one after the other do not wait for each other's stores; four indices come in
    // one load.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountBins(ushort* bins, int length, uint* table)
    {
        var k = 0;
        var second = table + counts.Length;
        var third = second + counts.Length;
        var fourth = third + counts.Length;
        for (; k + 4 <= length; k += 4)
        {
            var four = *(ulong*)(bins + k);
            table[(ushort)four]++;
            second[(ushort)(four >> 16)]++;
            third[(ushort)(four >> 32)]++;
            fourth[four >> 48]++;
        }
        for (; k < length; k++) table[bins[k]]++;
    }

    private void CountClamped(in ScoreTile tile)
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            foreach (var score in tile.Row(r))
                if (score < Low || score > High) Clamped++;
        }
    }

    private void Flush()
    {
        if (pending == 0) return;
        for (var i = 0; i < tables.Length; i++) counts[i % counts.Length] += tables[i];
        Array.Clear(tables);
        pending = 0;
    }
}

using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs.Folds;

/// <summary>How many scores lie above each of some thresholds (a score equal to the threshold does not).</summary>
public sealed class CountAboveFold : PairFold
{
    private readonly long[] counts;

    /// <summary>All counts 0.</summary>
    /// <param name="thresholds">In any order; none NaN.</param>
    /// <exception cref="ArgumentException">A threshold is NaN.</exception>
    public CountAboveFold(params ReadOnlySpan<float> thresholds)
    {
        foreach (var threshold in thresholds)
            if (float.IsNaN(threshold))
                throw new ArgumentException("A threshold is NaN; nothing is above it.", nameof(thresholds));
        Thresholds = [.. thresholds];
        counts = new long[thresholds.Length];
    }

    /// <inheritdoc/>
    public override string Settings =>
        $"countAbove({string.Join(", ", Thresholds.Select(threshold => $"{threshold:R}"))})";

    /// <inheritdoc/>
    public override bool UsesPlaces => false;

    /// <summary>The thresholds, in the order given.</summary>
    public ImmutableArray<float> Thresholds { get; }

    /// <summary>For each threshold, the number of scores above it.</summary>
    public ReadOnlySpan<long> Counts => counts;

    /// <inheritdoc/>
    public override PairFold Fork() => new CountAboveFold(Thresholds.AsSpan());

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var t = 0; t < counts.Length; t++)
        {
            if (tile.Maximum <= Thresholds[t]) continue;
            if (tile.Minimum > Thresholds[t]) counts[t] += tile.Count;
            else for (var run = 0; run < tile.Runs; run++) counts[t] += CountAbove(tile.Run(run), Thresholds[t]);
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other) => TensorPrimitives.Add(counts, ((CountAboveFold)other).counts, counts);

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        foreach (var count in counts) writer.Write(count);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        for (var t = 0; t < counts.Length; t++) counts[t] = reader.ReadInt64();
    }

    /// <summary>Takes what an engine has counted itself.</summary>
    /// <param name="above">For each threshold, the number of scores above it.</param>
    /// <exception cref="ArgumentException">There are more or fewer thresholds.</exception>
    public void AddTotals(ReadOnlySpan<long> above)
    {
        if (above.Length != counts.Length)
            throw new ArgumentException(
                $"There are {counts.Length} thresholds, but {above.Length} were counted for.", nameof(above));
        TensorPrimitives.Add(counts, above, counts);
    }

    private static int CountAbove(ReadOnlySpan<float> scores, float threshold) =>
        Vector512.IsHardwareAccelerated
            ? CountAbove<Lanes512, Vector512<float>>(scores, threshold)
            : CountAbove<Lanes256, Vector256<float>>(scores, threshold);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CountAbove<TLanes, V>(ReadOnlySpan<float> scores, float threshold)
        where TLanes : struct, ILanes<V> where V : struct
    {
        // Above the threshold is at least the next number, which is finite where a score can be above.
        var (least, count, k) = (TLanes.Create(MathF.BitIncrement(threshold)), 0, 0);
        ref var start = ref MemoryMarshal.GetReference(scores);
        for (; k + TLanes.Count <= scores.Length; k += TLanes.Count)
            count += BitOperations.PopCount(TLanes.AtLeast(TLanes.Load(in start, (nuint)k), least));
        for (; k < scores.Length; k++)
            if (scores[k] > threshold) count++;
        return count;
    }
}

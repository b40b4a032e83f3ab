using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Randomness;

namespace Workbench.Core.Pairs.Folds;

/// <summary>The scores of pairs drawn at random from all pairs of the scan: every set of that many pairs is equally
/// likely.</summary>
/// <remarks>The pairs are drawn before the scan, without replacement (R. W. Floyd's method, in Bentley, "Programming
/// Pearls", CACM 30:9, 1987), from a seed alone, so neither threads nor pieces change them.</remarks>
public sealed class SampleFold : PairFold
{
    private const ulong Stream = 0x5350_4149_5253; // this purpose's own sequence of the seed

    private readonly int[] columns;  // drawn pairs in order of row, then column
    private readonly int[] firstOfRow;
    private readonly float[] scores; // NaN until its pair was visited
    private readonly ulong seed;

    /// <summary>Draws the pairs.</summary>
    /// <param name="space">The scan's pairs.</param>
    /// <param name="count">How many to draw; all pairs when there are fewer.</param>
    /// <param name="seed">Two samples with the same seed and space are the same pairs.</param>
    public SampleFold(PairSpace space, int count, ulong seed)
    {
        Argument.AtLeast(count, 0);
        this.seed = seed;
        var drawn = Draw(space.Pairs, (int)Math.Min(count, space.Pairs), new Philox(seed, Stream));
        columns = new int[drawn.Length];
        scores = new float[drawn.Length];
        Array.Fill(scores, float.NaN);
        firstOfRow = new int[space.Rows + 1];
        for (var i = 0; i < drawn.Length; i++)
        {
            (var row, columns[i]) = space.PairAt(drawn[i]);
            firstOfRow[row + 1]++;
        }
        for (var row = 0; row < space.Rows; row++) firstOfRow[row + 1] += firstOfRow[row];
    }

    private SampleFold(SampleFold plan)
    {
        (columns, firstOfRow, seed) = (plan.columns, plan.firstOfRow, plan.seed);
        scores = new float[columns.Length];
        Array.Fill(scores, float.NaN);
    }

    /// <inheritdoc/>
    public override string Settings => $"sample({columns.Length}, seed={seed})";

    /// <summary>The drawn pairs that the scan visited, by row, then column.</summary>
    public IReadOnlyList<ScoredPair> Pairs => [.. Visited()];

    /// <inheritdoc/>
    public override PairFold Fork() => new SampleFold(this);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            var row = tile.FirstRow + r;
            var (next, end) = (firstOfRow[row], firstOfRow[row + 1]);
            if (next == end) continue;
            next += LowerBound(columns.AsSpan(next..end), tile.FirstColumn);
            var row1 = tile.Row(r);
            for (; next < end && columns[next] < tile.FirstColumn + tile.Columns; next++)
                scores[next] = row1[columns[next] - tile.FirstColumn];
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var sample = (SampleFold)other;
        for (var i = 0; i < scores.Length; i++)
            if (!float.IsNaN(sample.scores[i])) scores[i] = sample.scores[i];
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        foreach (var score in scores) writer.Write(score);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        for (var i = 0; i < scores.Length; i++) scores[i] = reader.ReadSingle();
    }

    private IEnumerable<ScoredPair> Visited()
    {
        for (var row = 0; row + 1 < firstOfRow.Length; row++)
            for (var i = firstOfRow[row]; i < firstOfRow[row + 1]; i++)
                if (!float.IsNaN(scores[i])) yield return new ScoredPair(scores[i], row, columns[i]);
    }

    private static long[] Draw(long pairs, int count, Philox philox)
    {
        var drawn = new HashSet<long>(count);
        for (var last = pairs - count; last < pairs; last++)
            if (!drawn.Add(philox.NextInteger(last + 1))) drawn.Add(last);
        return [.. drawn.Order()];
    }

    private static int LowerBound(ReadOnlySpan<int> sorted, int value)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}

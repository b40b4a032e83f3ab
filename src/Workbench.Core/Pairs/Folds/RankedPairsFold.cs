using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Core.Pairs.Folds;

/// <summary>Which end of the scores.</summary>
public enum End
{
    /// <summary>The largest scores.</summary>
    Top,
    /// <summary>The smallest scores.</summary>
    Bottom,
}

/// <summary>The k pairs with the largest, or the smallest, scores; among equal scores the smallest row, then column,
/// comes first.</summary>
public sealed class RankedPairsFold : PairFold
{
    private readonly ScoredPair[] heap; // the pair that would be dropped next is at the root
    private int held;

    /// <summary>An empty list.</summary>
    /// <param name="end">Largest or smallest scores.</param>
    /// <param name="k">How many pairs to keep, at least 1.</param>
    public RankedPairsFold(End end, int k)
    {
        Argument.AtLeast(k, 1);
        (End, K) = (end, k);
        heap = new ScoredPair[k];
    }

    /// <inheritdoc/>
    public override string Settings => $"{(End == End.Top ? "top" : "bottom")}({K})";

    /// <summary>Largest or smallest scores.</summary>
    public End End { get; }

    /// <summary>How many pairs are kept.</summary>
    public int K { get; }

    /// <summary>The pairs, best first; fewer than <see cref="K"/> when the scan has fewer.</summary>
    public IReadOnlyList<ScoredPair> Pairs
    {
        get
        {
            var pairs = heap[..held];
            Array.Sort(pairs, (x, y) => x == y ? 0 : IsBetter(x, y) ? -1 : 1);
            return pairs;
        }
    }

    /// <inheritdoc/>
    public override PairFold Fork() => new RankedPairsFold(End, K);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        if (held == K && (End == End.Top ? tile.Maximum < heap[0].Score : tile.Minimum > heap[0].Score)) return;
        for (var r = 0; r < tile.Rows; r++)
        {
            var row = tile.Row(r);
            for (var c = 0; c < row.Length; c++) Offer(new ScoredPair(row[c], tile.FirstRow + r, tile.FirstColumn + c));
        }
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var ranked = (RankedPairsFold)other;
        foreach (var pair in ranked.heap.AsSpan(0, ranked.held)) Offer(pair);
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        writer.Write(held);
        foreach (var pair in Pairs) ExtremaFold.Write(writer, pair);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        held = 0;
        for (var count = reader.ReadInt32(); count > 0; count--) Offer(ExtremaFold.ReadPair(reader));
    }

    private bool IsBetter(ScoredPair x, ScoredPair y) => End == End.Top ? x.IsAbove(y) : x.IsBelow(y);

    private void Offer(ScoredPair pair)
    {
        if (held < K)
        {
            var child = held++;
            for (var parent = (child - 1) / 2; child > 0 && IsBetter(heap[parent], pair); parent = (child - 1) / 2)
            {
                heap[child] = heap[parent];
                child = parent;
            }
            heap[child] = pair;
        }
        else if (IsBetter(pair, heap[0]))
        {
            var hole = 0;
            for (var child = 1; child < K; child = 2 * hole + 1)
            {
                if (child + 1 < K && IsBetter(heap[child], heap[child + 1])) child++;
                if (IsBetter(heap[child], pair)) break;
                heap[hole] = heap[child];
                hole = child;
            }
            heap[hole] = pair;
        }
    }
}

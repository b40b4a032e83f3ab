using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>
/// Merges the symbols of one piece: always the neighbouring pair of lowest rank, the leftmost of equals, until no pair
/// has a rank.
/// </summary>
/// <remarks>
/// Sennrich, Haddow &amp; Birch 2016. A queue of candidate pairs over a linked list of symbols keeps a piece of n
/// symbols at O(n log n): scanning for the best pair each time would take hours for a megabyte of one letter.
/// </remarks>
/// <param name="merges">Rank and product of each pair that merges.</param>
internal sealed class BytePairMerger(Dictionary<(int Left, int Right), (int Rank, int Id)> merges)
{
    /// <summary>Merges symbols in place.</summary>
    /// <param name="symbols">The id of each symbol and the bytes that it covers.</param>
    public void Merge(List<PieceToken> symbols)
    {
        if (symbols.Count < 2) return;
        var links = new Link[symbols.Count];
        var all = CollectionsMarshal.AsSpan(symbols);
        for (var i = 0; i < links.Length; i++)
            links[i] = new Link { Id = all[i].Id, End = all[i].End, Previous = i - 1, Next = i + 1 };
        links[^1].Next = -1;
        var candidates = new PriorityQueue<(int Left, int Product), long>();
        for (var i = 0; i + 1 < links.Length; i++) Propose(links, candidates, i);
        while (candidates.TryDequeue(out var candidate, out _))
        {
            ref var left = ref links[candidate.Left];
            if (left.IsGone || left.Next < 0) continue;
            ref var right = ref links[left.Next];
            // Either side may have been merged away since this pair was queued.
            if (!merges.TryGetValue((left.Id, right.Id), out var merge) || merge.Id != candidate.Product) continue;
            (left.Id, left.End, left.Next, right.IsGone) = (merge.Id, right.End, right.Next, true);
            if (left.Next >= 0)
            {
                links[left.Next].Previous = candidate.Left;
                Propose(links, candidates, candidate.Left);
            }
            if (left.Previous >= 0) Propose(links, candidates, left.Previous);
        }
        var count = 0;
        for (var i = 0; i >= 0; i = links[i].Next)
            all[count++] = new PieceToken(links[i].Id, all[i].Start, links[i].End);
        symbols.RemoveRange(count, symbols.Count - count);
    }

    private void Propose(Link[] links, PriorityQueue<(int Left, int Product), long> candidates, int left)
    {
        if (merges.TryGetValue((links[left].Id, links[links[left].Next].Id), out var merge))
            candidates.Enqueue((left, merge.Id), (long)merge.Rank << 32 | (uint)left);
    }

    private struct Link
    {
        public int Id, End, Previous, Next;
        public bool IsGone;
    }
}

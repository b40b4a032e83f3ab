using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Workbench.Core.Tokenizers;

/// <summary>A token and the bytes of its piece that it covers: from Start up to, not including, End.</summary>
internal readonly record struct ByteToken(int Id, int Start, int End);

/// <summary>
/// Merges the bytes of one piece: always the neighbouring pair of lowest rank, the leftmost of equals, until no pair
/// has a rank.
/// </summary>
/// <remarks>
/// Sennrich, Haddow &amp; Birch 2016. A queue of candidate pairs over a linked list of symbols keeps a piece of n bytes
/// at O(n log n): scanning for the best pair each time would take hours for a megabyte of one letter.
/// </remarks>
internal sealed class BytePairMerger
{
    private readonly int[] byteIds;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> merges;
    private readonly int unknownId;

    /// <param name="byteIds">The id of each byte's piece, −1 where the vocabulary has none.</param>
    /// <param name="merges">Rank and product of each pair that merges.</param>
    /// <param name="unknownId">What stands for a byte without a piece; −1 leaves such bytes out.</param>
    public BytePairMerger(int[] byteIds, Dictionary<(int Left, int Right), (int Rank, int Id)> merges, int unknownId)
    {
        this.byteIds = byteIds;
        this.merges = merges;
        this.unknownId = unknownId;
    }

    /// <summary>The tokens of one piece.</summary>
    public ByteToken[] Merge(ReadOnlySpan<byte> piece)
    {
        var symbols = Split(piece);
        var candidates = new PriorityQueue<(int Left, int Product), long>();
        for (var i = 0; i + 1 < symbols.Length; i++) Propose(symbols, candidates, i);
        while (candidates.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.Left];
            if (left.IsGone || left.Next < 0) continue;
            ref var right = ref symbols[left.Next];
            // Either side may have been merged away since this pair was queued.
            if (!merges.TryGetValue((left.Id, right.Id), out var merge) || merge.Id != candidate.Product) continue;
            (left.Id, left.End, left.Next, right.IsGone) = (merge.Id, right.End, right.Next, true);
            if (left.Next >= 0)
            {
                symbols[left.Next].Previous = candidate.Left;
                Propose(symbols, candidates, candidate.Left);
            }
            if (left.Previous >= 0) Propose(symbols, candidates, left.Previous);
        }
        var tokens = new List<ByteToken>();
        for (var i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            tokens.Add(new ByteToken(symbols[i].Id, symbols[i].Start, symbols[i].End));
        return tokens.ToArray();
    }

    private Symbol[] Split(ReadOnlySpan<byte> piece)
    {
        var symbols = new List<Symbol>(piece.Length);
        for (var i = 0; i < piece.Length; i++)
        {
            var id = byteIds[piece[i]];
            if (id < 0)
                id = unknownId;
            if (id < 0)
                continue;
            symbols.Add(
                new Symbol
                {
                    Id = id,
                    Start = i,
                    End = i + 1,
                    Previous = symbols.Count - 1,
                    Next = symbols.Count + 1,
                }
            );
        }
        if (symbols.Count > 0) CollectionsMarshal.AsSpan(symbols)[^1].Next = -1;
        return symbols.ToArray();
    }

    private void Propose(Symbol[] symbols, PriorityQueue<(int Left, int Product), long> candidates, int left)
    {
        if (merges.TryGetValue((symbols[left].Id, symbols[symbols[left].Next].Id), out var merge))
            candidates.Enqueue((left, merge.Id), (long)merge.Rank << 32 | (uint)left);
    }

    private struct Symbol
    {
        public int Id, Start, End, Previous, Next;
        public bool IsGone;
    }
}

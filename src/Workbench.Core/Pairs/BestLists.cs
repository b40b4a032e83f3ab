using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs;

/// <summary>For each of many rows, the k items with the largest scores; among equal scores the smallest index comes
/// first.</summary>
/// <remarks>What is kept does not depend on the order of insertion, because that order is total.</remarks>
internal sealed class BestLists
{
    private const int Nobody = int.MaxValue;

    private readonly float[] scores; // rows × k, best first, −∞ in places not yet taken
    private readonly int[] indices;
    private readonly float[] thresholds; // each row's last score, gathered so that a vector of rows loads at once

    public BestLists(int rows, int k)
    {
        if ((long)rows * k > Array.MaxLength)
            throw Argument.OutOfRange(
                nameof(k), k, $"{rows} lists of {k} are more than {Array.MaxLength} entries.");
        (Rows, K) = (rows, k);
        (scores, indices, thresholds) = (new float[rows * k], new int[rows * k], new float[rows]);
        Clear();
    }

    public int Rows { get; }

    public int K { get; }

    public ReadOnlySpan<int> Indices(int row) => indices.AsSpan(row * K, Held(row));

    public ReadOnlySpan<float> Scores(int row) => scores.AsSpan(row * K, Held(row));

    public void Clear()
    {
        Array.Fill(scores, float.NegativeInfinity);
        Array.Fill(indices, Nobody);
        Array.Fill(thresholds, float.NegativeInfinity);
    }

    public void Insert(int row, int index, float score)
    {
        if (score < thresholds[row]) return;
        var list = scores.AsSpan(row * K, K);
        var ids = indices.AsSpan(row * K, K);
        var place = K - 1;
        if (score == list[place] && index > ids[place]) return;
        for (; place > 0 && (score > list[place - 1] || (score == list[place - 1] && index < ids[place - 1])); place--)
            (list[place], ids[place]) = (list[place - 1], ids[place - 1]);
        (list[place], ids[place]) = (score, index);
        thresholds[row] = list[K - 1];
    }

    /// <summary>Offers each score's column to its row, and its row to its column where both are numbered
    /// alike.</summary>
    public void Add(in ScoreTile tile, bool symmetric)
    {
        if (Vector512.IsHardwareAccelerated) Add<Lanes512, Vector512<float>>(tile, symmetric);
        else Add<Lanes256, Vector256<float>>(tile, symmetric);
    }

    public void Merge(BestLists other)
    {
        for (var row = 0; row < Rows; row++)
        {
            var theirs = other.Indices(row);
            for (var n = 0; n < theirs.Length; n++) Insert(row, theirs[n], other.scores[row * K + n]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, V>(in ScoreTile tile, bool symmetric)
        where TLanes : struct, ILanes<V> where V : struct
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            var row = tile.Row(r);
            var i = tile.FirstRow + r;
            var c = 0;
            for (; c + TLanes.Count <= row.Length; c += TLanes.Count)
            {
                var score = TLanes.Load(in MemoryMarshal.GetReference(row), (nuint)c);
                var least = TLanes.Create(thresholds[i]);
                if (symmetric) least = TLanes.Min(least, TLanes.Load(in thresholds[tile.FirstColumn + c], 0));
                for (var bits = TLanes.AtLeast(score, least); bits != 0; bits &= bits - 1)
                    Offer(i, tile.FirstColumn, c + BitOperations.TrailingZeroCount(bits), row, symmetric);
            }
            for (; c < row.Length; c++) Offer(i, tile.FirstColumn, c, row, symmetric);
        }
    }

    private void Offer(int row, int firstColumn, int c, ReadOnlySpan<float> scores, bool symmetric)
    {
        Insert(row, firstColumn + c, scores[c]);
        if (symmetric) Insert(firstColumn + c, row, scores[c]);
    }

    private int Held(int row)
    {
        var list = indices.AsSpan(row * K, K);
        var nobody = list.IndexOf(Nobody);
        return nobody < 0 ? K : nobody;
    }
}

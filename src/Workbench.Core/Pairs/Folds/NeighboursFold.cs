using System;
using System.Collections.Immutable;
using System.IO;

namespace Workbench.Core.Pairs.Folds;

/// <summary>For each row the k others (symmetric) or the k columns with the largest scores; among equal scores the
/// smallest index comes first.</summary>
/// <remarks>Memory: 8 bytes · k for each row and thread.</remarks>
public sealed class NeighboursFold : PairFold
{
    private readonly PairSpace space;
    private readonly BestLists lists;

    /// <summary>Empty lists.</summary>
    /// <param name="space">The scan's pairs.</param>
    /// <param name="k">How many neighbours to keep for each row, at least 1.</param>
    public NeighboursFold(PairSpace space, int k)
    {
        Argument.AtLeast(k, 1);
        this.space = space;
        lists = new BestLists(space.Rows, k);
    }

    /// <inheritdoc/>
    public override string Settings => $"neighbours({K})";

    /// <summary>How many neighbours are kept for each row.</summary>
    public int K => lists.K;

    /// <summary>Number of rows that have neighbours.</summary>
    public int Rows => space.Rows;

    /// <summary>A row's neighbours, nearest first; fewer than <see cref="K"/> when there are fewer.</summary>
    /// <param name="row">From 0 to <see cref="Rows"/> − 1.</param>
    public ReadOnlySpan<int> Indices(int row) => lists.Indices(row);

    /// <summary>The scores of <see cref="Indices"/>, descending.</summary>
    /// <param name="row">From 0 to <see cref="Rows"/> − 1.</param>
    public ReadOnlySpan<float> Scores(int row) => lists.Scores(row);

    /// <summary>How often each row (each column, if not symmetric) is among the others' nearest: its k-occurrence.
    /// Large for hubs.</summary>
    /// <remarks>Radovanović, Nanopoulos and Ivanović, "Hubs in Space", JMLR 11 (2010).</remarks>
    /// <param name="k">How many neighbours of each row to look at, at most <see cref="K"/>.</param>
    /// <returns>A count for each row (column); they add up to rows · k where every row has k neighbours.</returns>
    public int[] Occurrences(int k)
    {
        if (k < 1 || k > K) throw Argument.OutOfRange(nameof(k), k, $"{K} neighbours were kept.");
        var counts = new int[space.Columns];
        for (var row = 0; row < Rows; row++)
        {
            var nearest = Indices(row);
            foreach (var index in nearest[..Math.Min(k, nearest.Length)]) counts[index]++;
        }
        return counts;
    }

    /// <summary>As a search tells them: of each row's K columns, their rows in the source.</summary>
    internal TopKResult Found(ImmutableArray<int> sourceRows) => new(lists, sourceRows);

    /// <inheritdoc/>
    public override PairFold Fork() => new NeighboursFold(space, K);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile) => lists.Add(tile, space.IsSymmetric);

    /// <inheritdoc/>
    public override void Merge(PairFold other) => lists.Merge(((NeighboursFold)other).lists);

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        for (var row = 0; row < Rows; row++)
        {
            writer.Write(Indices(row).Length);
            foreach (var index in Indices(row)) writer.Write(index);
            foreach (var score in Scores(row)) writer.Write(score);
        }
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        lists.Clear();
        var read = new int[K];
        for (var row = 0; row < Rows; row++)
        {
            var held = reader.ReadInt32();
            for (var n = 0; n < held; n++) read[n] = reader.ReadInt32();
            for (var n = 0; n < held; n++) lists.Insert(row, read[n], reader.ReadSingle());
        }
    }
}

using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs.Folds;

/// <summary>
/// Any fold, once for each pair of classes: what two unused tokens have in common apart from an unused token and a
/// word.
/// </summary>
/// <remarks>
/// In a symmetric space the classes of a pair are unordered; otherwise the row's class comes first. Long stretches of
/// one class cost nothing extra. A fold that ignores places (<see cref="PairFold.UsesPlaces"/>) is fed in bulk; others
/// get the stretches one by one.
/// </remarks>
public sealed class ByClassFold : PairFold
{
    private const int BulkScores = 1024;

    private readonly PairSpace space;
    private readonly int[] rowClasses;
    private readonly int[] columnClasses;
    private readonly int[] rowRunEnds;
    private readonly int[] columnRunEnds;
    private readonly PairFold prototype;
    private readonly PairFold[] folds;
    private readonly float[]?[] bulk;
    private readonly int[] waiting;

    /// <summary>Splits by one labelling of rows and columns alike.</summary>
    /// <param name="space">The scan's pairs.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="labels">For each row (and column) its class, from 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="fold">An empty fold; one is forked for each pair of classes.</param>
    /// <exception cref="ArgumentException">There are not as many labels as rows and columns, or one is no
    /// class.</exception>
    public ByClassFold(PairSpace space, int classes, ReadOnlySpan<int> labels, PairFold fold)
        : this(space, classes, labels, labels, fold) { }

    /// <summary>Splits by a labelling of rows and another of columns.</summary>
    /// <param name="space">The scan's pairs.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="rowLabels">For each row its class.</param>
    /// <param name="columnLabels">For each column its class; the same as the rows' in a symmetric space.</param>
    /// <param name="fold">An empty fold; one is forked for each pair of classes.</param>
    /// <exception cref="ArgumentException">There are not as many labels as rows and columns, or one is no
    /// class.</exception>
    public ByClassFold(
        PairSpace space, int classes, ReadOnlySpan<int> rowLabels, ReadOnlySpan<int> columnLabels, PairFold fold)
        : this(space, classes, rowLabels.ToArray(), columnLabels.ToArray(), fold)
    {
        Check(rowLabels, space.Rows, classes, nameof(rowLabels), "rows");
        Check(columnLabels, space.Columns, classes, nameof(columnLabels), "columns");
        if (space.IsSymmetric && !rowLabels.SequenceEqual(columnLabels))
            throw new ArgumentException(
                "In a symmetric space rows and columns are the same vectors, so their labels must agree.",
                nameof(columnLabels));
    }

    private ByClassFold(PairSpace space, int classes, int[] rowClasses, int[] columnClasses, PairFold fold)
    {
        Argument.AtLeast(classes, 1);
        (this.space, Classes, this.rowClasses, this.columnClasses, prototype) = (
            space, classes, rowClasses, columnClasses, fold);
        (rowRunEnds, columnRunEnds) = (RunEnds(rowClasses), RunEnds(columnClasses));
        folds = [.. Enumerable.Range(0, classes * classes).Select(_ => fold.Fork())];
        bulk = new float[classes * classes][];
        waiting = new int[classes * classes];
    }

    /// <inheritdoc/>
    public override string Settings => $"byClass(classes={Classes}, labels={LabelHash()}, {prototype.Settings})";

    /// <inheritdoc/>
    public override bool UsesPlaces => true;

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Whether the classes of a pair have an order, the row's first: not in a symmetric space.</summary>
    public bool IsOrdered => !space.IsSymmetric;

    /// <summary>The class of each row.</summary>
    public ReadOnlySpan<int> RowClasses => rowClasses;

    /// <summary>The class of each column.</summary>
    public ReadOnlySpan<int> ColumnClasses => columnClasses;

    /// <summary>The fold of one pair of classes; in a symmetric space the order does not matter.</summary>
    public PairFold this[int rowClass, int columnClass]
    {
        get
        {
            var cell = Cell(rowClass, columnClass);
            Flush(cell);
            return folds[cell];
        }
    }

    /// <inheritdoc/>
    public override PairFold Fork() => new ByClassFold(space, Classes, rowClasses, columnClasses, prototype);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        if (
            rowRunEnds[tile.FirstRow] >= tile.FirstRow + tile.Rows
            && columnRunEnds[tile.FirstColumn] >= tile.FirstColumn + tile.Columns
        )
        {
            folds[Cell(rowClasses[tile.FirstRow], columnClasses[tile.FirstColumn])].Add(tile);
            return;
        }
        if (!prototype.UsesPlaces) AddInBulk(tile);
        else for (var r = 0; r < tile.Rows; r++) AddStretches(tile, r);
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var byClass = (ByClassFold)other;
        for (var cell = 0; cell < folds.Length; cell++)
        {
            byClass.Flush(cell);
            folds[cell].Merge(byClass.folds[cell]);
        }
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        for (var cell = 0; cell < folds.Length; cell++)
        {
            Flush(cell);
            folds[cell].Write(writer);
        }
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        Array.Clear(waiting);
        foreach (var fold in folds) fold.Read(reader);
    }

    private void AddStretches(in ScoreTile tile, int r)
    {
        var (row, last) = (tile.FirstRow + r, tile.FirstColumn + tile.Columns);
        for (var column = tile.FirstColumn; column < last;)
        {
            var end = Math.Min(last, columnRunEnds[column]);
            var scores = tile.Row(r)[(column - tile.FirstColumn)..(end - tile.FirstColumn)];
            folds[Cell(rowClasses[row], columnClasses[column])]
                .Add(new ScoreTile(scores, row, 1, column, end - column, end - column));
            column = end;
        }
    }

    private void AddInBulk(in ScoreTile tile)
    {
        var column = Lanes512.CanTake ? AddVectors<Lanes512, Vector512<float>>(tile)
            : Lanes256.CanTake ? AddVectors<Lanes256, Vector256<float>>(tile) : 0;
        for (; column < tile.Columns; column++)
        {
            for (var r = 0; r < tile.Rows; r++)
            {
                var cell = Cell(rowClasses[tile.FirstRow + r], columnClasses[tile.FirstColumn + column]);
                Room(cell, 1) = tile[r, column];
                waiting[cell]++;
            }
        }
    }

    // Of as many columns as a vector has: for each class, the scores of its columns close up and go to the end of what
    // waits for it. Returns the first column that is left.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AddVectors<TLanes, V>(in ScoreTile tile) where TLanes : struct, ILanes<V> where V : struct
    {
        var column = 0;
        for (; column + TLanes.Count <= tile.Columns; column += TLanes.Count)
            for (var columnClass = 0; columnClass < Classes; columnClass++)
            {
                var taken = TLanes.Equal(in columnClasses[tile.FirstColumn + column], 0, columnClass);
                var count = TLanes.CountTaken(taken);
                if (count == 0) continue;
                for (var r = 0; r < tile.Rows; r++)
                {
                    var cell = Cell(rowClasses[tile.FirstRow + r], columnClass);
                    var scores = TLanes.Load(in MemoryMarshal.GetReference(tile.Row(r)), (nuint)column);
                    TLanes.StoreTaken(scores, taken, ref Room(cell, TLanes.Count));
                    waiting[cell] += count;
                }
            }
        return column;
    }

    // Where the next scores of a cell go, with space for so many.
    private ref float Room(int cell, int count)
    {
        if (waiting[cell] > BulkScores - count) Flush(cell);
        return ref (bulk[cell] ??= new float[BulkScores])[waiting[cell]];
    }

    private void Flush(int cell)
    {
        var count = waiting[cell];
        waiting[cell] = 0;
        if (count > 0) folds[cell].Add(new ScoreTile(bulk[cell].AsSpan(0, count), 0, 1, 0, count, count));
    }

    private int Cell(int rowClass, int columnClass) =>
        space.IsSymmetric && rowClass > columnClass
            ? columnClass * Classes + rowClass
            : rowClass * Classes + columnClass;

    private string LabelHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>(rowClasses));
        hash.AppendData(MemoryMarshal.AsBytes<int>(columnClasses));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    // For each item, the first after it with another class.
    private static int[] RunEnds(int[] classes)
    {
        var ends = new int[classes.Length];
        for (var i = classes.Length - 1; i >= 0; i--)
            ends[i] = i + 1 < classes.Length && classes[i + 1] == classes[i] ? ends[i + 1] : i + 1;
        return ends;
    }

    private static void Check(ReadOnlySpan<int> labels, int items, int classes, string argument, string what)
    {
        if (labels.Length != items)
            throw new ArgumentException(
                $"The scan has {items} {what}, but there are {labels.Length} labels.", argument);
        for (var i = 0; i < labels.Length; i++)
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentException(
                    $"Label {i} is {labels[i]}, but the classes are 0 to {classes - 1}.", argument);
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace Workbench.Core.Pairs;

/// <summary>
/// The finished part of a running scan: threads commit whole row blocks with what their folds hold of them, so that its
/// state is at any moment a piece that can be saved, and resumed after the process is gone.
/// </summary>
internal sealed class ScanLedger
{
    private readonly Lock gate = new();
    private readonly RowBlockRange range;
    private readonly IReadOnlyList<PairFold> folds;
    private readonly Checkpoint? checkpoint;
    private readonly SortedSet<int> finished = [];
    private long lastSave = Stopwatch.GetTimestamp();

    /// <summary>Begins with nothing, or with what the checkpoint's file holds.</summary>
    /// <param name="range">The row blocks of this run.</param>
    /// <param name="folds">Empty folds.</param>
    /// <param name="header">The scan; needed where there is a checkpoint.</param>
    /// <param name="checkpoint">Where to save, if anywhere.</param>
    public ScanLedger(RowBlockRange range, IReadOnlyList<PairFold> folds, PieceHeader? header, Checkpoint? checkpoint)
    {
        (this.range, this.folds, Header, this.checkpoint) = (range, folds, header, checkpoint);
        if (checkpoint is null || !File.Exists(checkpoint.Path)) return;
        header!.CheckSameScan(PairPiece.ReadHeader(checkpoint.Path));
        var saved = PairPiece.Load(checkpoint.Path, _ => [.. folds.Select(fold => fold.Fork())]);
        Header = header with { Engine = PieceHeader.JoinEngines(header.Engine, saved.Header.Engine) };
        finished.UnionWith(PieceHeader.Blocks(saved.Header.RowBlocks));
        if (finished.Count > 0 && (finished.Min < range.First || finished.Max >= range.End))
            throw new ArgumentException(
                $"The checkpoint {checkpoint.Path} holds row blocks {string.Join(", ", saved.Header.RowBlocks)}, but "
                    + $"this run is of {range}.",
                nameof(checkpoint)
            );
        for (var f = 0; f < folds.Count; f++)
            folds[f].Merge(saved.Folds[f]);
    }

    /// <summary>The scan, with the engines of this run and of the one that it goes on from.</summary>
    public PieceHeader? Header { get; }

    /// <summary>The row blocks of this run that remain, in order.</summary>
    public IReadOnlyList<int> Remaining =>
        [.. Enumerable.Range(range.First, range.End - range.First).Where(block => !finished.Contains(block))];

    /// <summary>Whether a thread that committed last at <paramref name="time"/> should commit again.</summary>
    public bool IsDue(long time) => checkpoint is not null && Stopwatch.GetElapsedTime(time) >= checkpoint.Every;

    /// <summary>Takes a thread's folds and the row blocks they cover, and saves the whole if it is time.</summary>
    public void Commit(IReadOnlyList<PairFold> forks, IReadOnlyList<RowBlockRange> covered)
    {
        if (covered.Count == 0) return;
        lock (gate)
        {
            for (var f = 0; f < folds.Count; f++) folds[f].Merge(forks[f]);
            finished.UnionWith(PieceHeader.Blocks(covered));
            if (IsDue(lastSave)) Save();
        }
    }

    /// <summary>Saves once more, when all threads have committed.</summary>
    public void Finish()
    {
        if (checkpoint is not null) Save();
    }

    private void Save()
    {
        new PairPiece(Header! with { RowBlocks = PieceHeader.Ranges([.. finished]) }, folds).Save(checkpoint!.Path);
        lastSave = Stopwatch.GetTimestamp();
    }
}

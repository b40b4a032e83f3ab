using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace Workbench.Core.Pairs;

/// <summary>
/// The finished part of a running scan: threads commit whole row blocks with what their folds hold of them, so that its
/// state can be saved at any moment, and resumed after the process is gone.
/// </summary>
internal sealed class ScanLedger
{
    private readonly Lock gate = new();
    private readonly int blocks;
    private readonly ScanHeader? header;
    private readonly IReadOnlyList<PairFold> folds;
    private readonly Checkpoint? checkpoint;
    private readonly SortedSet<int> finished = [];
    private long lastSave = Stopwatch.GetTimestamp();

    /// <summary>Begins with nothing, or with what the checkpoint's file holds.</summary>
    /// <param name="blocks">Number of row blocks.</param>
    /// <param name="folds">Empty folds.</param>
    /// <param name="header">The scan; needed where there is a checkpoint.</param>
    /// <param name="checkpoint">Where to save, if anywhere.</param>
    public ScanLedger(int blocks, IReadOnlyList<PairFold> folds, ScanHeader? header, Checkpoint? checkpoint)
    {
        (this.blocks, this.folds, this.header, this.checkpoint) = (blocks, folds, header, checkpoint);
        if (checkpoint is null || !File.Exists(checkpoint.Path)) return;
        header!.CheckSameScan(ScanState.ReadHeader(checkpoint.Path), checkpoint.Path);
        var saved = ScanState.Load(checkpoint.Path, _ => [.. folds.Select(fold => fold.Fork())]);
        this.header = header with { Engine = ScanHeader.JoinEngines(header.Engine, saved.Header.Engine) };
        finished.UnionWith(ScanHeader.Blocks(saved.Header.RowBlocks));
        for (var f = 0; f < folds.Count; f++)
            folds[f].Merge(saved.Folds[f]);
    }

    /// <summary>The row blocks that remain, in order.</summary>
    public IReadOnlyList<int> Remaining =>
        [.. Enumerable.Range(0, blocks).Where(block => !finished.Contains(block))];

    /// <summary>Whether a thread that committed last at <paramref name="time"/> should commit again.</summary>
    public bool IsDue(long time) => checkpoint is not null && Stopwatch.GetElapsedTime(time) >= checkpoint.Every;

    /// <summary>Takes a thread's folds and the row blocks they cover, and saves the whole if it is time.</summary>
    public void Commit(IReadOnlyList<PairFold> forks, IReadOnlyList<RowBlockRange> covered)
    {
        if (covered.Count == 0) return;
        lock (gate)
        {
            for (var f = 0; f < folds.Count; f++) folds[f].Merge(forks[f]);
            finished.UnionWith(ScanHeader.Blocks(covered));
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
        new ScanState(header! with { RowBlocks = ScanHeader.Ranges([.. finished]) }, folds).Save(checkpoint!.Path);
        lastSave = Stopwatch.GetTimestamp();
    }
}

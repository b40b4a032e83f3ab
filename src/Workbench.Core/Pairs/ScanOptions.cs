using System;
using System.Threading;

namespace Workbench.Core.Pairs;

/// <summary>How a scan runs; nothing here changes its result.</summary>
public sealed record ScanOptions
{
    /// <summary>Threads to use; 0 for one on each processor.</summary>
    public int Threads { get; init; }

    /// <summary>The row blocks to visit; all when null. See <see cref="PairSpace.Piece"/>.</summary>
    public RowBlockRange? RowBlocks { get; init; }

    /// <summary>Told after each block of rows how far the scan is; called by the scan's threads, never by two at once.</summary>
    public IProgress<ScanProgress>? Progress { get; init; }

    /// <summary>Ends the scan early with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>How far a scan is.</summary>
/// <param name="Done">Pairs visited.</param>
/// <param name="Total">Pairs to visit in this run.</param>
public readonly record struct ScanProgress(long Done, long Total);

/// <summary>Adds up what the threads report and passes it on in order.</summary>
internal sealed class ProgressMeter(IProgress<ScanProgress>? progress, long total)
{
    private readonly Lock gate = new();
    private long done;

    public void Advance(long pairs)
    {
        if (progress is null) return;
        lock (gate) progress.Report(new ScanProgress(done += pairs, total));
    }
}

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading;

namespace Workbench.Core.Pairs;

/// <summary>How a scan runs; nothing here changes its result.</summary>
public sealed record ScanOptions
{
    /// <summary>Threads to use; 0 for one on each processor.</summary>
    public int Threads { get; init; }

    /// <summary>Told after each block of rows how far the scan is; called by the scan's threads, never by two at
    /// once.</summary>
    public IProgress<ScanProgress>? Progress { get; init; }

    /// <summary>Ends the scan early with <see cref="OperationCanceledException"/>, after the row blocks in
    /// hand.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Where the finished part of the scan is saved now and then, and where a scan that was broken off goes
    /// on; nowhere when null.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>Where the vectors come from, in words, as in <c>model → bert-base-uncased</c>; a checkpoint that
    /// differs here is not taken.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Saving the finished part of a scan, so that it survives the process.</summary>
/// <remarks>If the file exists the scan resumes from it, and refuses a file of another scan. When the scan ends, the
/// file holds the whole of it. What was saved is whole row blocks, and the result has the bits of an uninterrupted
/// scan.</remarks>
/// <param name="Path">A <see cref="ScanState"/> file, replaced in one step.</param>
/// <param name="Every">The least time between two savings; after a crash at most twice as much is lost, and the row
/// blocks in hand.</param>
public sealed record Checkpoint(string Path, TimeSpan Every);

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

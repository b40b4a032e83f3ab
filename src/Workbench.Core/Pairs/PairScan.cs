using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <namespacedoc><summary>All pairs of many vectors in one pass, without the matrix of their
/// similarities.</summary></namespacedoc>
/// <summary>
/// Every pair of vectors in one pass, by the engine that prepared them: scores are computed a tile at a time, handed to
/// every fold while they are in the cache, and forgotten. The matrix of similarities never exists.
/// </summary>
/// <remarks>
/// A score is one chain of fused multiply-adds, so folds see the same bits for any number of threads and on every
/// processor with FMA (what else there is: <see cref="Arithmetic"/>). Memory beyond the prepared rows: under 2 MB for
/// each thread, and the folds' own.
/// </remarks>
/// <example>
/// <code>
/// var rows = PreparedRows.Prepare(embedding, Measure.Cosine);
/// var scan = new PairScan(rows);
/// var histogram = new HistogramFold(4000);
/// scan.Run([histogram]);              // 30,522 rows: 465,780,981 scores
/// </code>
/// </example>
public sealed class PairScan
{
    private readonly IPreparedRows rows;
    private readonly IPreparedRows columns;

    /// <summary>All pairs i &lt; j of one set of rows.</summary>
    /// <param name="rows">Must stay undisposed while the scan runs.</param>
    public PairScan(IPreparedRows rows)
        : this(rows, rows, symmetric: true) { }

    /// <summary>Every row of one set with every row of another.</summary>
    /// <param name="rows">The rows of the score matrix.</param>
    /// <param name="columns">Its columns; prepared for the same measure and of the same length.</param>
    /// <exception cref="ArgumentException">Measures or lengths differ, or dot products would leave the range of single
    /// precision.</exception>
    public PairScan(IPreparedRows rows, IPreparedRows columns)
        : this(rows, columns, symmetric: false) { }

    private PairScan(IPreparedRows rows, IPreparedRows columns, bool symmetric)
    {
        if (rows.Depth != columns.Depth)
            throw new ArgumentException(
                $"Rows and columns must have the same length, but these are {rows} and {columns}.", nameof(columns));
        if (rows.Measure != columns.Measure)
            throw new ArgumentException(
                $"Rows and columns must be prepared for the same measure, but these are {rows} and {columns}.",
                nameof(columns));
        (this.rows, this.columns) = (rows, columns);
        Space = new PairSpace(rows.Count, columns.Count, symmetric, rows.LargestNorm * columns.LargestNorm);
        ScoreRange.Check(Space.Bound, rows.Depth, nameof(rows));
    }

    /// <summary>The pairs this scan visits; folds are made for it.</summary>
    public PairSpace Space { get; }

    /// <summary>The measure of the scores.</summary>
    public Measure Measure => rows.Measure;

    /// <summary>Runs the scan, or the row blocks asked for, and adds its scores to the folds.</summary>
    /// <param name="folds">Empty folds; they receive the scores in place.</param>
    /// <param name="options">Threads, range, progress, cancellation, checkpoint.</param>
    /// <exception cref="OperationCanceledException">Cancellation was requested. The folds hold a part; what was
    /// finished is in the checkpoint, if there is one.</exception>
    public void Run(IReadOnlyList<PairFold> folds, ScanOptions? options = null)
    {
        options ??= new ScanOptions();
        Execute(folds, options, options.Checkpoint is null ? null : Header(folds, options));
    }

    /// <summary>As <see cref="Run"/>, and tells what the folds cover, so that they can be saved and merged with other
    /// pieces.</summary>
    /// <param name="folds">Empty folds; they receive the scores in place and belong to the piece.</param>
    /// <param name="options">Threads, range, progress, cancellation, checkpoint, provenance.</param>
    public PairPiece RunPiece(IReadOnlyList<PairFold> folds, ScanOptions? options = null)
    {
        options ??= new ScanOptions();
        return new PairPiece(Execute(folds, options, Header(folds, options))!, folds);
    }

    private PieceHeader? Execute(IReadOnlyList<PairFold> folds, ScanOptions options, PieceHeader? header)
    {
        var ledger = new ScanLedger(Range(options), folds, header, options.Checkpoint);
        var threads = Math.Min(Workers.Count(options.Threads), rows.MostSweeps);
        var claims = Claims(ledger.Remaining, threads);
        var meter = new ProgressMeter(options.Progress, claims.Sum(Space.PairsIn));
        var next = 0;
        Workers.Run(
            Math.Max(1, Math.Min(threads, claims.Count)),
            _ =>
            {
                using var sweep = rows.Sweep(columns, Space.IsSymmetric);
                PairFold[] forks = [.. folds.Select(fold => fold.Fork())];
                var (covered, lastCommit) = (new List<RowBlockRange>(), Stopwatch.GetTimestamp());
                while (
                    !options.Cancellation.IsCancellationRequested
                    && Interlocked.Increment(ref next) - 1 is var claim
                    && claim < claims.Count
                )
                {
                    sweep.Run(Space.FirstRow(claims[claim].First), Space.FirstRow(claims[claim].End), forks);
                    covered.Add(claims[claim]);
                    meter.Advance(Space.PairsIn(claims[claim]));
                    if (!ledger.IsDue(lastCommit))
                        continue;
                    ledger.Commit(forks, covered);
                    forks = [.. folds.Select(fold => fold.Fork())];
                    (covered, lastCommit) = ([], Stopwatch.GetTimestamp());
                }
                ledger.Commit(forks, covered);
            }
        );
        ledger.Finish();
        GC.KeepAlive(rows);
        GC.KeepAlive(columns);
        options.Cancellation.ThrowIfCancellationRequested();
        return ledger.Header;
    }

    private RowBlockRange Range(ScanOptions options)
    {
        var range = options.RowBlocks ?? new RowBlockRange(0, Space.RowBlocks);
        if (range.First < 0 || range.First > range.End || range.End > Space.RowBlocks)
            throw Argument.OutOfRange(
                nameof(options), range, $"The scan has row blocks 0 to {Space.RowBlocks - 1}.");
        return range;
    }

    private PieceHeader Header(IReadOnlyList<PairFold> folds, ScanOptions options)
    {
        var range = Range(options);
        return new PieceHeader(
            Space,
            Measure,
            rows.Arithmetic,
            rows.Engine,
            Space.IsSymmetric ? rows.Fingerprint : $"{rows.Fingerprint}/{columns.Fingerprint}",
            [.. folds.Select(fold => fold.Settings)],
            range.First < range.End ? [range] : [],
            options.Provenance.ToImmutableSortedDictionary()
        );
    }

    // What a thread takes at a time: as many row blocks as the engine likes, but little enough that all threads end
    // together.
    private List<RowBlockRange> Claims(IReadOnlyList<int> blocks, int threads)
    {
        var size = Math.Clamp(blocks.Count / (32 * threads), 1, rows.BlocksAtOnce);
        var claims = new List<RowBlockRange>();
        foreach (var block in blocks)
        {
            if (claims.Count > 0 && claims[^1].End == block && block - claims[^1].First < size)
                claims[^1] = claims[^1] with { End = block + 1 };
            else
                claims.Add(new RowBlockRange(block, block + 1));
        }
        return claims;
    }
}

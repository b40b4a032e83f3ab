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
    private readonly ImmutableArray<ScanPart> parts;

    /// <summary>All pairs i &lt; j of one set of rows.</summary>
    /// <param name="rows">Must stay undisposed while the scan runs.</param>
    public PairScan(IPreparedRows rows)
        : this(SpaceOf(rows, rows, symmetric: true), [new ScanPart(rows, rows, IsSymmetric: true)]) { }

    /// <summary>Every row of one set with every row of another.</summary>
    /// <param name="rows">The rows of the score matrix.</param>
    /// <param name="columns">Its columns; prepared for the same measure and of the same length.</param>
    /// <exception cref="ArgumentException">Measures or lengths differ, or dot products would leave the range of single
    /// precision.</exception>
    public PairScan(IPreparedRows rows, IPreparedRows columns)
        : this(SpaceOf(rows, columns, symmetric: false), [new ScanPart(rows, columns, IsSymmetric: false)]) { }

    private PairScan(PairSpace space, ImmutableArray<ScanPart> parts)
    {
        (Space, this.parts) = (space, parts);
        foreach (var part in parts)
        {
            if (part.Rows.Depth != part.Columns.Depth)
                throw new ArgumentException(
                    $"Rows and columns must have the same length, but these are {part.Rows} and {part.Columns}.",
                    "columns");
            if (part.Rows.Measure != part.Columns.Measure)
                throw new ArgumentException(
                    $"Rows and columns must be prepared for the same measure, but these are {part.Rows} and "
                        + $"{part.Columns}.",
                    "columns");
            ScoreRange.Check(space.Bound, part.Rows.Depth, "rows");
        }
    }

    /// <summary>The pairs of one tile, whose vectors alone are prepared. Folds are made for the whole space, and what
    /// they hold of all tiles merges to the bits of one scan.</summary>
    /// <param name="space">The whole; its bound is that of all vectors.</param>
    /// <param name="tile">One of <see cref="PairSpace.Cut"/>, not empty.</param>
    /// <param name="rows">The tile's rows, prepared; they must stay undisposed while the scan runs.</param>
    /// <param name="beside">The columns of <see cref="PairSpace.ColumnsBeside"/>, prepared; null where there are
    /// none.</param>
    /// <exception cref="ArgumentException">There are more or fewer rows or columns than the tile has, or they do not go
    /// together.</exception>
    public static PairScan OfTile(PairSpace space, PairTile tile, IPreparedRows rows, IPreparedRows? beside)
    {
        var columns = space.ColumnsBeside(tile);
        var (firstRow, firstColumn) = (space.FirstRow(tile.Rows.First), space.FirstColumn(columns.First));
        CheckCount(nameof(rows), rows.Count, space.FirstRow(tile.Rows.End) - firstRow);
        CheckCount(nameof(beside), beside?.Count ?? 0, space.FirstColumn(columns.End) - firstColumn);
        var parts = ImmutableArray.CreateBuilder<ScanPart>();
        if (space.IsOnDiagonal(tile)) parts.Add(new ScanPart(rows, rows, true, firstRow, firstRow));
        if (beside is not null) parts.Add(new ScanPart(rows, beside, false, firstRow, firstColumn));
        return new PairScan(space, parts.ToImmutable());

        void CheckCount(string name, int count, int wanted)
        {
            if (count != wanted)
                throw new ArgumentException($"The tile {tile} needs {wanted} vectors, but {count} are prepared.", name);
        }
    }

    /// <summary>The pairs that folds are made for: all that this scan visits, or those that its tile is cut
    /// from.</summary>
    public PairSpace Space { get; }

    /// <summary>The measure of the scores.</summary>
    public Measure Measure => parts[0].Rows.Measure;

    /// <summary>Runs the scan and adds its scores to the folds.</summary>
    /// <param name="folds">Empty folds; they receive the scores in place.</param>
    /// <param name="options">Threads, progress, cancellation, checkpoint.</param>
    /// <exception cref="OperationCanceledException">Cancellation was requested, or Ctrl-C pressed in a session that
    /// outlives it. The folds hold a part; what was
    /// finished is in the checkpoint, if there is one.</exception>
    /// <exception cref="ArgumentException">A checkpoint is asked for of a tile, or is one of another scan.</exception>
    public void Run(IReadOnlyList<PairFold> folds, ScanOptions? options = null)
    {
        options ??= new ScanOptions();
        var blocks = parts.Sum(part => part.RowBlocks);
        var ledger = new ScanLedger(
            blocks, folds, options.Checkpoint is null ? null : Header(folds, options), options.Checkpoint);
        var threads = Math.Min(Workers.Count(options.Threads), parts[0].Rows.MostSweeps);
        var claims = Claims(ledger.Remaining, threads);
        var meter = new ProgressMeter(options.Progress, claims.Sum(PairsIn));
        var next = 0;
        var interruption = Interruption.Token;
        Workers.Run(
            Math.Max(1, Math.Min(threads, claims.Count)),
            _ =>
            {
                var sweeps = parts.Select(part => part.Rows.Sweep(part.Columns, part.IsSymmetric)).ToArray();
                PairFold[] forks = [.. folds.Select(fold => fold.Fork())];
                var (covered, lastCommit) = (new List<RowBlockRange>(), Stopwatch.GetTimestamp());
                while (
                    !options.Cancellation.IsCancellationRequested
                    && !interruption.IsCancellationRequested
                    && Interlocked.Increment(ref next) - 1 is var claim
                    && claim < claims.Count
                )
                {
                    var (part, first, end) = Place(claims[claim]);
                    sweeps[part].Run(first, end, parts[part].Moved(forks));
                    covered.Add(claims[claim]);
                    meter.Advance(PairsIn(claims[claim]));
                    if (!ledger.IsDue(lastCommit))
                        continue;
                    ledger.Commit(forks, covered);
                    forks = [.. folds.Select(fold => fold.Fork())];
                    (covered, lastCommit) = ([], Stopwatch.GetTimestamp());
                }
                foreach (var sweep in sweeps) sweep.Dispose();
                ledger.Commit(forks, covered);
            }
        );
        ledger.Finish();
        foreach (var part in parts)
        {
            GC.KeepAlive(part.Rows);
            GC.KeepAlive(part.Columns);
        }
        options.Cancellation.ThrowIfCancellationRequested();
        interruption.ThrowIfCancellationRequested();
    }

    private static PairSpace SpaceOf(IPreparedRows rows, IPreparedRows columns, bool symmetric) =>
        new(rows.Count, columns.Count, symmetric, rows.LargestNorm * columns.LargestNorm);

    private ScanHeader Header(IReadOnlyList<PairFold> folds, ScanOptions options)
    {
        var (rows, columns) = (parts[0].Rows, parts[^1].Columns);
        if (rows.Count != Space.Rows || columns.Count != Space.Columns)
            throw new ArgumentException(
                "A tile keeps no checkpoint; cut the scan into more of them instead.", nameof(options));
        return new ScanHeader(
            Space,
            Measure,
            rows.Arithmetic,
            rows.Engine,
            Space.IsSymmetric ? rows.Fingerprint : $"{rows.Fingerprint}/{columns.Fingerprint}",
            [.. folds.Select(fold => fold.Settings)],
            [],
            options.Provenance.ToImmutableSortedDictionary()
        );
    }

    // What a thread takes at a time: as many row blocks of one part as the engine likes, but little enough that all
    // threads end together, where there can be several. The blocks of all parts are numbered one after the other.
    private List<RowBlockRange> Claims(IReadOnlyList<int> blocks, int threads)
    {
        var rows = parts[0].Rows;
        var size = rows.MostSweeps == 1
            ? rows.BlocksAtOnce
            : Math.Clamp(blocks.Count / (32 * threads), 1, rows.BlocksAtOnce);
        var claims = new List<RowBlockRange>();
        foreach (var block in blocks)
        {
            if (
                claims.Count > 0 && claims[^1].End == block && block - claims[^1].First < size
                && (parts.Length == 1 || block != parts[0].RowBlocks)
            )
                claims[^1] = claims[^1] with { End = block + 1 };
            else
                claims.Add(new RowBlockRange(block, block + 1));
        }
        return claims;
    }

    // Which part a claim is of, and its rows there.
    private (int Part, int FirstRow, int EndRow) Place(RowBlockRange claim)
    {
        var part = claim.First < parts[0].RowBlocks ? 0 : 1;
        var before = part == 0 ? 0 : parts[0].RowBlocks;
        return (part, parts[part].FirstRowOf(claim.First - before), parts[part].FirstRowOf(claim.End - before));
    }

    private long PairsIn(RowBlockRange claim)
    {
        var (part, first, end) = Place(claim);
        return parts[part].PairsIn(first, end);
    }
}

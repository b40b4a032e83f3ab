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
/// Every pair of vectors in one pass: scores are computed a register tile at a time, handed to every fold while they
/// are in the
/// cache, and forgotten. The matrix of similarities never exists.
/// </summary>
/// <remarks>
/// A score is one chain of fused multiply-adds, so folds see the same bits for any number of threads and on every
/// processor with
/// FMA. Memory beyond the prepared rows: under 2 MB for each thread, and the folds' own.
/// </remarks>
/// <example>
/// <code>
/// var rows = PreparedRows.Prepare(embedding, Measure.Cosine);
/// var scan = new PairScan(rows);
/// var histogram = new HistogramFold(4000);
/// scan.Run([histogram]);              // 30,522 rows: 465,780,981 scores
/// </code>
/// </example>
public sealed unsafe class PairScan
{
    private readonly PreparedRows rows;
    private readonly PreparedRows columns;

    /// <summary>All pairs i &lt; j of one set of rows.</summary>
    /// <param name="rows">Must stay undisposed while the scan runs.</param>
    public PairScan(PreparedRows rows)
        : this(rows, rows, symmetric: true) { }

    /// <summary>Every row of one set with every row of another.</summary>
    /// <param name="rows">The rows of the score matrix.</param>
    /// <param name="columns">Its columns; prepared for the same measure and of the same length.</param>
    /// <exception cref="ArgumentException">Measures or lengths differ, or dot products would leave the range of single
    /// precision.</exception>
    public PairScan(PreparedRows rows, PreparedRows columns)
        : this(rows, columns, symmetric: false) { }

    private PairScan(PreparedRows rows, PreparedRows columns, bool symmetric)
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
        var header = Header(folds, options);
        Execute(folds, options, header);
        return new PairPiece(header, folds);
    }

    private void Execute(IReadOnlyList<PairFold> folds, ScanOptions options, PieceHeader? header)
    {
        var ledger = new ScanLedger(Range(options), folds, header, options.Checkpoint);
        var threads = Workers.Count(options.Threads);
        var claims = Claims(ledger.Remaining, threads);
        var meter = new ProgressMeter(options.Progress, claims.Sum(Space.PairsIn));
        var next = 0;
        Workers.Run(
            Math.Max(1, Math.Min(threads, claims.Count)),
            _ =>
            {
                using var memory = AlignedBuffer.Rent(Sweep.MemoryLength(this));
                var sweep = new Sweep(this, folds, memory.Pointer);
                var (covered, lastCommit) = (new List<RowBlockRange>(), Stopwatch.GetTimestamp());
                while (
                    !options.Cancellation.IsCancellationRequested
                    && Interlocked.Increment(ref next) - 1 is var claim
                    && claim < claims.Count
                )
                {
                    sweep.Run(Space.FirstRow(claims[claim].First), Space.FirstRow(claims[claim].End));
                    covered.Add(claims[claim]);
                    meter.Advance(Space.PairsIn(claims[claim]));
                    if (!ledger.IsDue(lastCommit))
                        continue;
                    ledger.Commit(sweep.TakeFolds(), covered);
                    (covered, lastCommit) = ([], Stopwatch.GetTimestamp());
                }
                ledger.Commit(sweep.TakeFolds(), covered);
            }
        );
        ledger.Finish();
        GC.KeepAlive(rows);
        GC.KeepAlive(columns);
        options.Cancellation.ThrowIfCancellationRequested();
    }

    private RowBlockRange Range(ScanOptions options)
    {
        var range = options.RowBlocks ?? new RowBlockRange(0, Space.RowBlocks);
        if (range.First < 0 || range.First > range.End || range.End > Space.RowBlocks)
            throw new ArgumentOutOfRangeException(
                nameof(options), range, $"The scan has row blocks 0 to {Space.RowBlocks - 1}.");
        return range;
    }

    private PieceHeader Header(IReadOnlyList<PairFold> folds, ScanOptions options)
    {
        var range = Range(options);
        return new PieceHeader(
            Space,
            Measure,
            Space.IsSymmetric ? rows.Fingerprint : $"{rows.Fingerprint}/{columns.Fingerprint}",
            [.. folds.Select(fold => fold.Settings)],
            range.First < range.End ? [range] : [],
            options.Provenance.ToImmutableSortedDictionary()
        );
    }

    // What a thread takes at a time: as many row blocks as its cache holds, but little enough that all threads end
    // together.
    private List<RowBlockRange> Claims(IReadOnlyList<int> blocks, int threads)
    {
        var size = Math.Clamp(blocks.Count / (32 * threads), 1, Panels.InCache(PairSpace.RowBlock, rows.Depth));
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

    /// <summary>One thread's work: its block of A, its tile, its forks of the folds.</summary>
    private sealed class Sweep
    {
        private readonly PreparedRows rows;
        private readonly PreparedRows columns;
        private readonly bool symmetric;
        private readonly IReadOnlyList<PairFold> prototypes;
        private readonly MicroKernel kernel;
        private readonly int blockRows;
        private readonly float* block;
        private readonly float* tile;
        private PairFold[]? folds;

        public Sweep(PairScan scan, IReadOnlyList<PairFold> prototypes, float* memory)
        {
            (rows, columns, symmetric) = (scan.rows, scan.columns, scan.Space.IsSymmetric);
            (this.prototypes, kernel) = (prototypes, columns.Kernel);
            blockRows = BlockRows(scan);
            tile = memory;
            block = tile + PairSpace.RowBlock * kernel.Columns;
        }

        /// <summary>Floats that a sweep works in.</summary>
        public static long MemoryLength(PairScan scan) =>
            PairSpace.RowBlock * scan.columns.Kernel.Columns + (long)BlockRows(scan) * scan.rows.Depth;

        /// <summary>Hands over what was gathered; the next rows begin with empty folds.</summary>
        public PairFold[] TakeFolds()
        {
            var taken = folds ?? [];
            folds = null;
            return taken;
        }

        public void Run(int firstRow, int endRow)
        {
            folds ??= [.. prototypes.Select(fold => fold.Fork())];
            for (var row = firstRow; row < endRow; row += blockRows)
                Block(row, Math.Min(row + blockRows, endRow));
        }

        private static int BlockRows(PairScan scan) =>
            Panels.InCache(scan.rows.Kernel.Rows, scan.rows.Depth) * scan.rows.Kernel.Rows;

        private void Block(int firstRow, int endRow)
        {
            rows.PackRows(firstRow, endRow - firstRow, block);
            var depth = rows.Depth;
            var (height, width) = (kernel.Rows, kernel.Columns);
            // While a panel of B is used, the next comes into L2 in equal slices, one for each tile of this panel.
            var tiles = Panels.Count(endRow - firstRow, height);
            var slice = (width * sizeof(float) + tiles - 1) / tiles;
            for (var panel = symmetric ? (firstRow + 1) / width : 0; panel < columns.Panels; panel++)
            {
                var column = panel * width;
                var b = columns.Panel(panel);
                var ahead = (byte*)(panel + 1 < columns.Panels ? columns.Panel(panel + 1) : b);
                for (var first = firstRow; first < endRow; first += PairSpace.RowBlock)
                {
                    var row = first;
                    // Tiles from the diagonal down hold no pair above it.
                    for (
                        var end = Math.Min(first + PairSpace.RowBlock, endRow);
                        row < end && !(symmetric && column + width - 1 <= row);
                        row += height
                    )
                    {
                        kernel.Multiply(
                            block + (long)(row - firstRow) * depth, b, depth, tile + (row - first) * width,
                            prefetch: ahead, prefetchStep: slice);
                        ahead += (long)slice * depth;
                    }
                    if (row > first)
                        Deliver(first, Math.Min(row, endRow) - first, column, Math.Min(width, columns.Count - column));
                }
            }
        }

        // Rows that lie above the diagonal as a whole go out as one tile; those that it crosses, one by one.
        private void Deliver(int row, int height, int column, int width)
        {
            var whole = symmetric ? Math.Clamp(column - row, 0, height) : height;
            if (whole > 0)
                Send(tile, row, whole, column, width);
            for (var r = whole; r < height; r++)
            {
                var first = Math.Max(column, row + r + 1);
                if (first < column + width)
                    Send(tile + r * kernel.Columns + first - column, row + r, 1, first, column + width - first);
            }
        }

        private void Send(float* scores, int row, int height, int column, int width)
        {
            var span = new ReadOnlySpan<float>(scores, (height - 1) * kernel.Columns + width);
            var scoreTile = new ScoreTile(span, row, height, column, width, height == 1 ? width : kernel.Columns);
            foreach (var fold in folds!)
                fold.Add(scoreTile);
        }
    }
}

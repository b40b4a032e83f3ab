using System;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// The k rows of a large table most similar to each of some queries, exactly, without the matrix of scores and without
/// a copy of the table: it is read once, a block at a time.
/// </summary>
/// <example><code>
/// var nearest = TopK.Search(queries, embedding, k: 5);      // 768 queries × 50,257 tokens
/// nearest.Indices(0)                                        // the five tokens nearest to the first query, best first
/// </code></example>
public static unsafe class TopK
{
    /// <summary>Finds the most similar rows.</summary>
    /// <param name="queries">q × d; none may be degenerate.</param>
    /// <param name="table">n × d, such as the embeddings of a vocabulary.</param>
    /// <param name="k">How many to find for each query, at least 1.</param>
    /// <param name="measure">What similar means.</param>
    /// <param name="degenerate">What to do with rows of the table that have no similarity.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor. The result does not depend on it.</param>
    /// <returns>For each query its k rows, best first, ties by smallest row; fewer than k when the table is
    /// shorter.</returns>
    /// <exception cref="ArgumentException">Queries and table have different lengths of rows, or their dot products
    /// would leave the range of single precision.</exception>
    /// <exception cref="DegenerateRowsException">A query is degenerate, or a row of the table that was to be
    /// refused.</exception>
    public static TopKResult Search(MatrixView queries, MatrixView table, int k, Measure measure = Measure.DotProduct,
        DegenerateRows degenerate = DegenerateRows.Refuse, int threads = 0) =>
        Search(queries, table, k, measure, degenerate, Workers.Count(threads), MicroKernel.Best);

    internal static TopKResult Search(
        MatrixView queries, MatrixView table, int k, Measure measure, DegenerateRows degenerate, int threads,
        MicroKernel kernel)
    {
        Argument.AtLeast(k, 1);
        if (queries.Columns != table.Columns)
            throw new ArgumentException(
                $"Queries and table must have rows of one length, but they are {queries.Rows} × {queries.Columns} and "
                    + $"{table.Rows} × {table.Columns}.",
                nameof(table)
            );
        var querySource = new RowSource(queries, measure, DegenerateRows.Refuse, threads);
        var tableSource = new RowSource(table, measure, degenerate, threads);
        var depth = queries.Columns;
        ScoreRange.Check(querySource.LargestNorm * tableSource.LargestNorm, depth, nameof(queries));
        var queryPanels = Panels.Count(queries.Rows, kernel.Rows);
        using var packed = new AlignedBuffer((long)queryPanels * kernel.Rows * depth);
        Workers.Share(
            threads,
            queryPanels,
            panel =>
                querySource.Pack(panel * kernel.Rows, kernel.Rows, packed.Pointer + (long)panel * kernel.Rows * depth)
        );

        var panelsInBlock = Panels.InCache(kernel.Columns, depth);
        var blocks = Panels.Count(tableSource.Rows.Length, panelsInBlock * kernel.Columns);
        var lists = new BestLists(queries.Rows, Math.Min(k, Math.Max(1, tableSource.Rows.Length)));
        var gate = new Lock();
        var next = 0;
        Workers.Run(
            Math.Max(1, Math.Min(threads, blocks)),
            _ =>
            {
                var found = new BestLists(lists.Rows, lists.K);
                using var memory = AlignedBuffer.Rent(
                    MicroKernel.LargestTile + (long)panelsInBlock * kernel.Columns * depth);
                while (Interlocked.Increment(ref next) - 1 is var block && block < blocks)
                    SearchBlock(
                        kernel, packed.Pointer, queries.Rows, tableSource, block * panelsInBlock, panelsInBlock, depth,
                        memory.Pointer, found);
                lock (gate)
                    lists.Merge(found);
            }
        );
        return new TopKResult(lists, tableSource.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SearchBlock(
        MicroKernel kernel, float* queries, int queryCount, RowSource table, int firstPanel, int panels, int depth,
        float* memory, BestLists found)
    {
        var (height, width) = (kernel.Rows, kernel.Columns);
        var tile = new Span<float>(memory, height * width);
        var packed = memory + MicroKernel.LargestTile;
        panels = Math.Min(panels, Panels.Count(table.Rows.Length, width) - firstPanel);
        for (var p = 0; p < panels; p++) table.Pack((firstPanel + p) * width, width, packed + (long)p * width * depth);
        // The block of the table stays in L2 while the queries pass; each panel of them fetches an equal part of the
        // next.
        var part = (height * sizeof(float) + panels - 1) / panels;
        for (var query = 0; query < queryCount; query += height)
            for (var p = 0; p < panels; p++)
            {
                var first = (firstPanel + p) * width;
                var panel = queries + (long)query * depth;
                var ahead =
                    (byte*)(query + height < queryCount ? panel + (long)height * depth : queries)
                    + (long)p * part * depth;
                kernel.Multiply(
                    panel, packed + (long)p * width * depth, depth, memory, prefetch: ahead, prefetchStep: part);
                found.Add(
                    new ScoreTile(
                        tile, query, Math.Min(height, queryCount - query), first,
                        Math.Min(width, table.Rows.Length - first), width, ranged: false),
                    symmetric: false
                );
            }
    }
}

/// <summary>For each query the most similar rows of a table.</summary>
public sealed class TopKResult
{
    private readonly int[] indices;
    private readonly float[] scores;

    /// <summary>What an engine has found.</summary>
    /// <param name="queries">Number of queries.</param>
    /// <param name="k">How many rows were found for each.</param>
    /// <param name="indices">queries × k rows of the table, best first, ties by smallest row.</param>
    /// <param name="scores">Their similarities.</param>
    /// <exception cref="ArgumentException">There are not queries × k of both.</exception>
    public TopKResult(int queries, int k, ReadOnlySpan<int> indices, ReadOnlySpan<float> scores)
    {
        if (indices.Length != (long)queries * k || scores.Length != indices.Length)
            throw new ArgumentException(
                $"{queries} queries with {k} rows each need {(long)queries * k} indices and scores, but "
                    + $"{indices.Length} and {scores.Length} were given.",
                nameof(indices));
        (Queries, K, this.indices, this.scores) = (queries, k, indices.ToArray(), scores.ToArray());
    }

    internal TopKResult(BestLists lists, ImmutableArray<int> tableRows)
    {
        (Queries, K) = (lists.Rows, Math.Min(lists.K, tableRows.Length));
        (indices, scores) = (new int[Queries * K], new float[Queries * K]);
        for (var query = 0; query < Queries; query++)
        {
            lists.Scores(query).CopyTo(scores.AsSpan(query * K));
            for (var n = 0; n < K; n++) indices[query * K + n] = tableRows[lists.Indices(query)[n]];
        }
    }

    /// <summary>Number of queries.</summary>
    public int Queries { get; }

    /// <summary>How many rows were found for each query.</summary>
    public int K { get; }

    /// <summary>The rows most similar to a query, best first, numbered as in the table.</summary>
    /// <param name="query">From 0 to <see cref="Queries"/> − 1.</param>
    public ReadOnlySpan<int> Indices(int query) => indices.AsSpan(query * K, K);

    /// <summary>The similarities of <see cref="Indices"/>, descending.</summary>
    /// <param name="query">From 0 to <see cref="Queries"/> − 1.</param>
    public ReadOnlySpan<float> Scores(int query) => scores.AsSpan(query * K, K);
}

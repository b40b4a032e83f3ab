using System;
using System.Collections.Generic;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <namespacedoc><summary>What computes: the processor, plain loops to hold others against, and the seam for
/// more.</summary></namespacedoc>
/// <summary>
/// Something that computes products, similarities and forward passes. Data stays where the engine computes: rows are
/// prepared once, and a <see cref="PairScan"/> over them runs on the engine that prepared them.
/// </summary>
/// <remarks>
/// Engines of the same <see cref="Arithmetic"/> give the same bits: scores, and so counts, extremes, moments and ranks.
/// Every engine must pass the conformance tests of this library. Safe for use by several threads at once.
/// </remarks>
/// <example><code>
/// using IEngine engine = new CpuEngine();
/// using var rows = engine.Prepare(embedding, Measure.Cosine);
/// var extrema = new ExtremaFold();
/// new PairScan(rows).Run([extrema]);
/// </code></example>
public interface IEngine : IDisposable
{
    /// <summary>One word, as it is chosen by and as provenances tell it: "cpu".</summary>
    string Name { get; }

    /// <summary>How its scores are rounded.</summary>
    Arithmetic Arithmetic { get; }

    /// <summary>destination = a · bᵀ, every element a dot product in the engine's arithmetic.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">n × k.</param>
    /// <param name="destination">m × n; overwritten.</param>
    /// <exception cref="ArgumentException">The shapes do not fit together.</exception>
    void Multiply(MatrixView a, MatrixView b, Matrix destination);

    /// <summary>Prepares the rows of a matrix, or its columns through <see cref="MatrixView.Transposed"/>, for
    /// scans.</summary>
    /// <param name="rows">n × d; not kept.</param>
    /// <param name="measure">What a score will be.</param>
    /// <param name="degenerate">What to do with rows that have no similarity.</param>
    /// <exception cref="DegenerateRowsException">There are such rows, and they are to be refused.</exception>
    IPreparedRows Prepare(MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse);

    /// <summary>The k rows of a table most similar to each query, best first, ties by smallest row.</summary>
    /// <param name="queries">q × d; none may be degenerate.</param>
    /// <param name="table">n × d.</param>
    /// <param name="k">How many to find for each query, at least 1.</param>
    /// <param name="measure">What similar means.</param>
    /// <param name="degenerate">What to do with rows of the table that have no similarity.</param>
    /// <exception cref="DegenerateRowsException">A query is degenerate, or a row of the table that was to be
    /// refused.</exception>
    TopKResult TopK(
        MatrixView queries, MatrixView table, int k, Measure measure,
        DegenerateRows degenerate = DegenerateRows.Refuse)
    {
        Argument.AtLeast(k, 1);
        using var rows = Prepare(table, measure, degenerate);
        return TopK(queries, rows, k);
    }

    /// <summary>As <see cref="TopK(MatrixView, MatrixView, int, Measure, DegenerateRows)"/>, in rows that this engine
    /// has prepared, so that many searches prepare their table once.</summary>
    /// <param name="queries">q × d; none may be degenerate.</param>
    /// <param name="table">What <see cref="Prepare"/> gave.</param>
    /// <param name="k">How many to find for each query, at least 1.</param>
    /// <exception cref="ArgumentException">The rows are another engine's, or have another length.</exception>
    /// <exception cref="DegenerateRowsException">A query is degenerate.</exception>
    TopKResult TopK(MatrixView queries, IPreparedRows table, int k)
    {
        using var wanted = PrepareQueries(this, queries, table, k);
        var scan = new PairScan(wanted, table);
        var nearest = new NeighboursFold(scan.Space, Math.Min(k, Math.Max(1, table.Count)));
        scan.Run([nearest]);
        return nearest.Found(table.SourceRows);
    }

    /// <summary>Shuffles a matrix for each of some seeds, and prepares what comes of it, in the same memory one after
    /// the other.</summary>
    /// <param name="shuffles">Of which matrix, and what of it.</param>
    /// <param name="measure">What a score will be.</param>
    /// <param name="ofColumns">Whether columns are compared, or rows.</param>
    /// <param name="seeds">One for each shuffle.</param>
    /// <param name="use">Is given each shuffle's number and its rows, in order; they are there until it
    /// returns, and are not to be replaced or disposed of.</param>
    /// <exception cref="DegenerateRowsException">Something that was shuffled has no similarity; shuffles before it have
    /// been used.</exception>
    void Shuffle(
        Shuffles shuffles, Measure measure, bool ofColumns, IReadOnlyList<ulong> seeds,
        Action<int, IPreparedRows> use) => ShuffleHere(this, shuffles, measure, ofColumns, seeds, use);

    /// <summary><see cref="Shuffle"/> by the processor: the engine prepares what comes of it.</summary>
    internal static void ShuffleHere(
        IEngine engine, Shuffles shuffles, Measure measure, bool ofColumns, IReadOnlyList<ulong> seeds,
        Action<int, IPreparedRows> use)
    {
        var drawn = Matrix.Uninitialized(shuffles.Source.Rows, shuffles.Source.Columns);
        IPreparedRows? rows = null;
        try
        {
            for (var n = 0; n < seeds.Count; n++)
            {
                shuffles.Draw(seeds[n], drawn);
                if (rows is null) rows = engine.Prepare(shuffles.Vectors(drawn, ofColumns), measure);
                else rows.Replace(shuffles.Vectors(drawn, ofColumns));
                use(n, rows);
            }
        }
        finally
        {
            rows?.Dispose();
        }
    }

    /// <summary>A model ready to run. All that it gives, states at every place and logits, is within 5·10⁻⁶ of the
    /// largest value there of what <see cref="ReferenceEngine"/> gives, for models of a few blocks.</summary>
    /// <param name="weights">The weights, whose file must stay open. To load the same again costs little: an engine
    /// that copies weights keeps the copy.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    ITransformer Load(TransformerWeights weights);

    /// <summary>Refuses what cannot be searched, and prepares the queries of a search.</summary>
    /// <param name="engine">Prepares them.</param>
    /// <param name="queries">q × d; none may be degenerate.</param>
    /// <param name="table">What it has prepared.</param>
    /// <param name="k">How many are to be found for each query, at least 1.</param>
    /// <returns>The caller's, to be disposed of.</returns>
    /// <exception cref="ArgumentException">Lengths of rows differ, or dot products would leave the range of single
    /// precision.</exception>
    /// <exception cref="DegenerateRowsException">A query is degenerate.</exception>
    static IPreparedRows PrepareQueries(IEngine engine, MatrixView queries, IPreparedRows table, int k)
    {
        Argument.AtLeast(k, 1);
        var wanted = engine.Prepare(queries, table.Measure);
        try
        {
            _ = new PairScan(wanted, table);
            return wanted;
        }
        catch
        {
            wanted.Dispose();
            throw;
        }
    }

    /// <summary>Refuses shapes that <see cref="Multiply"/> cannot take.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">n × k.</param>
    /// <param name="destination">m × n.</param>
    /// <exception cref="ArgumentException">The shapes do not fit together.</exception>
    static void RequireFit(MatrixView a, MatrixView b, Matrix destination)
    {
        if (a.Columns != b.Columns || destination.Rows != a.Rows || destination.Columns != b.Rows)
            throw new ArgumentException(
                $"{a.Rows} × {a.Columns} times the transpose of {b.Rows} × {b.Columns} does not fit into "
                    + $"{destination.Rows} × {destination.Columns}.",
                nameof(destination));
    }
}

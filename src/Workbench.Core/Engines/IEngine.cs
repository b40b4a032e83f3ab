using System;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
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
        DegenerateRows degenerate = DegenerateRows.Refuse);

    /// <summary>A model ready to run. All that it gives, states at every place and logits, is within 5·10⁻⁶ of the
    /// largest value there of what <see cref="ReferenceEngine"/> gives, for models of a few blocks.</summary>
    /// <param name="weights">The weights, whose file must stay open. To load the same again costs little: an engine
    /// that copies weights keeps the copy.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    ITransformer Load(TransformerWeights weights);

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

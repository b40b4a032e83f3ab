using System;
using System.Collections.Immutable;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// Vectors that an engine has made ready and keeps where it computes, so that a score is a dot product: what a
/// <see cref="PairScan"/> runs over.
/// </summary>
public interface IPreparedRows : IDisposable
{
    /// <summary>The engine that keeps them, as a piece's header tells it.</summary>
    string Engine { get; }

    /// <summary>How their scores are rounded.</summary>
    Arithmetic Arithmetic { get; }

    /// <summary>Number of rows that take part.</summary>
    int Count { get; }

    /// <summary>Length of each row.</summary>
    int Depth { get; }

    /// <summary>The measure the rows are prepared for.</summary>
    Measure Measure { get; }

    /// <summary>For each prepared row, its row in the source; ascending.</summary>
    ImmutableArray<int> SourceRows { get; }

    /// <summary>The rows left out, in the source's numbering; empty unless <see cref="DegenerateRows.Exclude"/> was
    /// asked for.</summary>
    ImmutableArray<DegenerateRow> Excluded { get; }

    /// <summary>The largest length among the prepared rows: 1, or max |x| for <see cref="Measure.DotProduct"/>; 0
    /// without rows.</summary>
    double LargestNorm { get; }

    /// <summary>SHA-256 over measure, shape and every prepared value, in hexadecimal: two scans may be merged only if
    /// theirs agree. <see cref="PreparedRows.FingerprintOf"/> computes it.</summary>
    string Fingerprint { get; }

    /// <summary>Row blocks that a sweep likes to be given at a time; at least 1.</summary>
    int BlocksAtOnce { get; }

    /// <summary>The most sweeps that can run at the same time; at least 1.</summary>
    int MostSweeps { get; }

    /// <summary>Copies one prepared row: the vector whose dot products are the scores, rounded to single
    /// precision.</summary>
    /// <param name="row">From 0 to <see cref="Count"/> − 1.</param>
    /// <param name="destination"><see cref="Depth"/> floats.</param>
    void CopyRow(int row, Span<float> destination);

    /// <summary>Prepares another matrix of the same shape in the same memory, as when a scan is repeated over
    /// shuffles.</summary>
    /// <param name="source">As many rows and columns as before; none may be degenerate.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    /// <exception cref="DegenerateRowsException">A row has no similarity; the content is then as it was.</exception>
    void Replace(MatrixView source);

    /// <summary>Begins a worker's sweep.</summary>
    /// <param name="columns">Prepared by the same engine, for the same measure and of the same length; these rows
    /// themselves when symmetric.</param>
    /// <param name="symmetric">Whether only pairs i &lt; j are meant.</param>
    /// <exception cref="ArgumentException">The columns are another engine's.</exception>
    IPairSweep Sweep(IPreparedRows columns, bool symmetric);
}

using System;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>Plain loops in double precision, each result rounded to single once: what the errors of other engines are
/// measured against.</summary>
/// <remarks>Some hundred times slower than <see cref="CpuEngine"/>.</remarks>
public sealed class ReferenceEngine : IEngine
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => Arithmetic.Double;

    /// <inheritdoc/>
    public void Multiply(MatrixView a, MatrixView b, Matrix destination)
    {
        IEngine.RequireFit(a, b, destination);
        for (var i = 0; i < a.Rows; i++)
            for (var j = 0; j < b.Rows; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < a.Columns; k++) sum += (double)a[i, k] * b[j, k];
                destination[i, j] = (float)sum;
            }
    }

    /// <inheritdoc/>
    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        new ReferenceRows(rows, measure, degenerate);

    /// <inheritdoc/>
    public TopKResult TopK(
        MatrixView queries, MatrixView table, int k, Measure measure,
        DegenerateRows degenerate = DegenerateRows.Refuse)
    {
        Argument.AtLeast(k, 1);
        using var wanted = new ReferenceRows(queries, measure, DegenerateRows.Refuse);
        using var rows = new ReferenceRows(table, measure, degenerate);
        _ = new PairScan(wanted, rows); // refuses what cannot be compared
        k = Math.Min(k, rows.Count);
        var (indices, scores) = (new int[wanted.Count * k], new float[wanted.Count * k]);
        for (var query = 0; query < wanted.Count; query++)
        {
            var (order, values) = (new int[rows.Count], new float[rows.Count]);
            for (var row = 0; row < rows.Count; row++)
                (order[row], values[row]) = (row, (float)wanted.Score(query, rows, row));
            Array.Sort(order, (x, y) => values[x] != values[y] ? values[y].CompareTo(values[x]) : x.CompareTo(y));
            for (var n = 0; n < k; n++)
                (indices[query * k + n], scores[query * k + n]) = (rows.SourceRows[order[n]], values[order[n]]);
        }
        return new TopKResult(wanted.Count, k, indices, scores);
    }

    /// <inheritdoc/>
    public ITransformer Load(TransformerWeights weights) => new ReferenceTransformer(weights);

    /// <summary>Does nothing.</summary>
    public void Dispose() { }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}, plain loops in double precision";
}

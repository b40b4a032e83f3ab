using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>The meaning of every <see cref="Measure"/>, written as plain loops in double precision: what tests hold the
/// kernels against.</summary>
public static class ReferenceScores
{
    /// <summary>All similarities of the rows of two matrices.</summary>
    /// <param name="rows">m × d.</param>
    /// <param name="columns">n × d.</param>
    /// <param name="measure">Which similarity.</param>
    /// <returns>m × n; NaN where the measure is not defined.</returns>
    /// <exception cref="ArgumentException">The lengths of the rows differ.</exception>
    public static double[,] Compute(MatrixView rows, MatrixView columns, Measure measure)
    {
        if (rows.Columns != columns.Columns)
            throw new ArgumentException(
                $"Rows must have the same length, but the matrices are {rows.Rows} × {rows.Columns} and "
                    + $"{columns.Rows} × {columns.Columns}.",
                nameof(columns)
            );
        var scores = new double[rows.Rows, columns.Rows];
        for (var i = 0; i < rows.Rows; i++)
            for (var j = 0; j < columns.Rows; j++)
                scores[i, j] = Score(rows, i, columns, j, measure);
        return scores;
    }

    private static double Score(in MatrixView a, int i, in MatrixView b, int j, Measure measure)
    {
        var (meanX, meanY) = (0.0, 0.0);
        if (measure == Measure.Pearson)
        {
            for (var k = 0; k < a.Columns; k++) (meanX, meanY) = (meanX + a[i, k], meanY + b[j, k]);
            (meanX, meanY) = (meanX / a.Columns, meanY / a.Columns);
        }
        var (product, squareX, squareY) = (0.0, 0.0, 0.0);
        for (var k = 0; k < a.Columns; k++)
        {
            var (x, y) = (a[i, k] - meanX, b[j, k] - meanY);
            (product, squareX, squareY) = (product + x * y, squareX + x * x, squareY + y * y);
        }
        return measure == Measure.DotProduct ? product : product / Math.Sqrt(squareX * squareY);
    }
}

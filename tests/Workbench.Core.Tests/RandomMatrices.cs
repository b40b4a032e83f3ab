using System;
using Workbench.Core.Decompositions;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Tests;

/// <summary>Seeded matrices for tests, and how far two matrices lie apart.</summary>
internal static class RandomMatrices
{
    public static ColumnMatrix Normal(int rows, int columns, ulong seed)
    {
        var philox = new Philox(seed);
        var result = new ColumnMatrix(rows, columns);
        for (var j = 0; j < columns; j++)
            foreach (ref var value in result.Column(j)) value = philox.NextNormal();
        return result;
    }

    public static Matrix NormalRows(int rows, int columns, ulong seed) =>
        Normal(columns, rows, seed).ToTransposedMatrix();

    public static ColumnMatrix Times(ColumnMatrix a, ColumnMatrix b)
    {
        var result = new ColumnMatrix(a.Rows, b.Columns);
        for (var i = 0; i < a.Rows; i++)
            for (var j = 0; j < b.Columns; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < a.Columns; k++) sum += a[i, k] * b[k, j];
                result[i, j] = sum;
            }
        return result;
    }

    public static ColumnMatrix TimesDiagonal(ColumnMatrix a, ReadOnlySpan<double> diagonal)
    {
        var result = a.Copy();
        for (var j = 0; j < a.Columns; j++)
            foreach (ref var value in result.Column(j)) value *= diagonal[j];
        return result;
    }

    public static double LargestDifference(ColumnMatrix a, ColumnMatrix b)
    {
        if ((a.Rows, a.Columns) != (b.Rows, b.Columns)) throw new ArgumentException($"{a} and {b} differ in shape");
        var largest = 0.0;
        for (var j = 0; j < a.Columns; j++)
            for (var i = 0; i < a.Rows; i++)
                largest = Math.Max(
                    largest, double.IsNaN(a[i, j] - b[i, j]) ? double.PositiveInfinity : Math.Abs(a[i, j] - b[i, j]));
        return largest;
    }

    /// <summary>The largest deviation of VᵀV from the identity.</summary>
    public static double Skewness(ColumnMatrix vectors) =>
        LargestDifference(Times(vectors.Transpose(), vectors), ColumnMatrix.Identity(vectors.Columns));
}

using System;
using Workbench.Core.Decompositions;
using Workbench.Core.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>
/// The angles between two subspaces: the smallest angle between a vector of one and a vector of the other, then the
/// smallest between those orthogonal to both, and so on (Björck and Golub, "Numerical methods for computing angles
/// between linear subspaces", 1973).
/// </summary>
public static class PrincipalAngles
{
    /// <summary>The angles between the spaces that the columns of two matrices span.</summary>
    /// <remarks>Angles below π/4 are found by their sines, since a cosine near 1 says nothing of an angle below 1e-8.
    /// For row spaces give transposed matrices.</remarks>
    /// <param name="a">n × p, finite.</param>
    /// <param name="b">n × q, finite.</param>
    /// <returns>Radians, largest first; as many as the smaller space has dimensions (dependent columns do not
    /// count).</returns>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static double[] Between(Matrix a, Matrix b)
    {
        if (a.Rows != b.Rows)
            throw new ArgumentException(
                $"Both spaces must lie in the same one, but the columns of a {a.Rows} × {a.Columns} matrix have "
                    + $"{a.Rows} values and those of a {b.Rows} × {b.Columns} one {b.Rows}.",
                nameof(b)
            );
        var (larger, smaller) = (Basis(a), Basis(b));
        if (larger.Columns < smaller.Columns) (larger, smaller) = (smaller, larger);
        var products = larger.TransposeTimes(smaller);
        var cosines = new JacobiSvd(products).SingularValues;
        var outside = smaller.Copy();
        var inside = larger.Transpose().TransposeTimes(products);
        for (var j = 0; j < outside.Columns; j++)
        {
            var column = outside.Column(j);
            var part = inside.Column(j);
            for (var i = 0; i < column.Length; i++) column[i] -= part[i];
        }
        var sines = new JacobiSvd(outside).SingularValues;
        var angles = new double[smaller.Columns];
        for (var i = 0; i < angles.Length; i++)
        {
            var cosine = Math.Min(1, cosines[^(i + 1)]);
            angles[i] = cosine * cosine >= 0.5 ? Math.Asin(Math.Min(1, sines[i])) : Math.Acos(cosine);
        }
        return angles;
    }

    // An orthonormal basis of the column space: left singular vectors whose values are above rounding.
    private static ColumnMatrix Basis(Matrix matrix)
    {
        var svd = new JacobiSvd(matrix);
        var rank = 0;
        foreach (var value in svd.SingularValues)
            if (value > Math.Max(matrix.Rows, matrix.Columns) * Math.ScaleB(1, -52) * svd.SingularValues[0]) rank++;
        var basis = new ColumnMatrix(matrix.Rows, rank);
        for (var j = 0; j < rank; j++) svd.Left.Column(j).CopyTo(basis.Column(j));
        return basis;
    }
}

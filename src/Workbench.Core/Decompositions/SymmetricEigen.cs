using System;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A = V diag(λ) Vᵀ of a symmetric matrix in float64, by reflections to tridiagonal form and implicit QL (Dubrulle,
/// Martin and Wilkinson, "The implicit QL algorithm", 1968); good for sizes up to a few thousand.
/// </summary>
/// <remarks>
/// Cost about 4n³ operations and three n × n matrices. The same bits for any number of threads. Vectors of equal
/// eigenvalues are an arbitrary basis of their subspace. Values err by some roundings of the largest, so that those
/// that vanish come out as about 1e-16 of it, of either sign.
/// </remarks>
/// <example><code>new SymmetricEigen(ColumnMatrix.Of(Matrix.FromArray(2, 2, [2, 1, 1, 2]))).Values</code> is [3,
/// 1].</example>
public sealed class SymmetricEigen
{
    private readonly double[] values;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">n × n, finite; only its lower triangle is read.</param>
    /// <exception cref="ArgumentException">The matrix is not square, an entry is NaN or infinite, or an eigenvalue is
    /// beyond the range of a double.</exception>
    public SymmetricEigen(ColumnMatrix matrix)
    {
        if (matrix.Rows != matrix.Columns)
            throw new ArgumentException(
                $"Only a square matrix can be symmetric, but this one is {matrix.Rows} × {matrix.Columns}.",
                nameof(matrix));
        var size = matrix.Rows;
        var work = new ColumnMatrix(size, size);
        var largest = 0.0;
        for (var j = 0; j < size; j++)
            for (var i = j; i < size; i++)
            {
                var value = matrix[i, j];
                if (!double.IsFinite(value))
                    throw new ArgumentException(
                        $"Entry ({i}, {j}) of the {size} × {size} matrix is {value}.", nameof(matrix));
                work[i, j] = work[j, i] = value;
                largest = Math.Max(largest, Math.Abs(value));
            }
        var scale = largest > 0 ? largest : 1;
        for (var j = 0; j < size; j++)
            foreach (ref var value in work.Column(j)) value /= scale;

        var form = new TridiagonalForm(work);
        var vectors = ColumnMatrix.Identity(size);
        form.Reflections.Apply(vectors);
        ImplicitQl.Diagonalize(form.Diagonal, form.OffDiagonal, vectors);

        var order = new int[size];
        var keys = new double[size];
        for (var i = 0; i < size; i++) (order[i], keys[i]) = (i, -form.Diagonal[i]);
        Array.Sort(keys, order);
        values = new double[size];
        Vectors = new ColumnMatrix(size, size);
        for (var j = 0; j < size; j++)
        {
            values[j] = -keys[j] * scale;
            if (!double.IsFinite(values[j]))
                throw new ArgumentException(
                    $"An eigenvalue of the {size} × {size} matrix, whose largest entry is {scale:G3}, is beyond "
                        + "1.8e308; scale the matrix down.",
                    nameof(matrix));
            var column = vectors.Column(order[j]);
            var largestEntry = 0.0;
            foreach (var entry in column)
                if (Math.Abs(entry) > Math.Abs(largestEntry)) largestEntry = entry;
            var target = Vectors.Column(j);
            for (var i = 0; i < size; i++) target[i] = largestEntry < 0 ? -column[i] : column[i];
        }
    }

    /// <summary>λ, largest first (by value, not magnitude).</summary>
    public ReadOnlySpan<double> Values => values;

    /// <summary>V, n × n: column i belongs to the i-th value. Its entry of largest magnitude is positive.</summary>
    public ColumnMatrix Vectors { get; }
}

using System;
using System.Linq;
using MathNet.Numerics.LinearAlgebra;
using Workbench.Core.Decompositions;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

[RunsOnEveryTier]
public sealed class DecompositionTests
{
    /// <summary>Sizes around the width of a vector (8), of a panel (8), of a block (64), and ragged ones.</summary>
    public static TheoryData<int, int> TallShapes =>
        new()
        {
            { 1, 1 },
            { 2, 1 },
            { 7, 7 },
            { 8, 8 },
            { 9, 8 },
            { 9, 9 },
            { 16, 15 },
            { 17, 16 },
            { 33, 17 },
            { 70, 65 },
            { 130, 64 },
            { 100, 3 },
            { 5, 0 },
        };

    [Theory, MemberData(nameof(TallShapes))]
    public void Thin_qr_gives_orthonormal_columns_and_a_triangle_that_make_the_matrix_again(int rows, int columns)
    {
        var matrix = Normal(rows, columns, seed: 1);
        var qr = new ThinQr(matrix);
        Assert.InRange(Skewness(qr.Q()), 0, 1e-14);
        Assert.InRange(LargestDifference(Times(qr.Q(), qr.R), matrix), 0, 1e-13);
        for (var j = 0; j < columns; j++)
            for (var i = j + 1; i < columns; i++)
                Assert.Equal(0, qr.R[i, j]);
    }

    [Fact]
    public void The_transposed_factor_undoes_the_factor()
    {
        var qr = new ThinQr(Normal(37, 21, seed: 2));
        var x = Normal(37, 70, seed: 3);
        var y = x.Copy();
        qr.Apply(y);
        Assert.True(LargestDifference(x, y) > 0.1);
        qr.ApplyTransposed(y);
        Assert.InRange(LargestDifference(x, y), 0, 1e-13);
    }

    [Fact]
    public void Thin_qr_of_dependent_and_zero_columns_still_has_an_orthonormal_factor()
    {
        var matrix = new ColumnMatrix(20, 12);
        for (var i = 0; i < 20; i++) matrix[i, 3] = matrix[i, 5] = i + 1;
        var qr = new ThinQr(matrix);
        Assert.InRange(Skewness(qr.Q()), 0, 1e-14);
        Assert.InRange(LargestDifference(Times(qr.Q(), qr.R), matrix), 0, 1e-13);
    }

    [Fact]
    public void Thin_qr_refuses_a_wide_matrix_and_names_both_sizes() =>
        Assert.Contains("3 × 4", Assert.Throws<ArgumentException>(() => new ThinQr(new ColumnMatrix(3, 4))).Message);

    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void Thin_qr_names_the_column_of_a_value_that_is_not_finite(double value)
    {
        var matrix = Normal(12, 10, seed: 4);
        matrix[11, 9] = value;
        Assert.Contains("Column 9", Assert.Throws<ArgumentException>(() => new ThinQr(matrix)).Message);
    }

    [Theory, MemberData(nameof(TallShapes))]
    public void Jacobi_svd_reconstructs_with_orthonormal_vectors_and_the_values_of_MathNet(int rows, int columns)
    {
        foreach (var wide in new[] { false, true })
        {
            var matrix = Normal(wide ? columns : rows, wide ? rows : columns, seed: 5);
            var svd = new JacobiSvd(matrix);
            Assert.InRange(Skewness(svd.Left), 0, 1e-13);
            Assert.InRange(Skewness(svd.Right), 0, 1e-13);
            Assert.InRange(
                LargestDifference(Times(TimesDiagonal(svd.Left, svd.SingularValues), svd.Right.Transpose()), matrix), 0,
                1e-12);
            if (columns == 0)
                continue;
            var oracle = Matrix<double>.Build.Dense(matrix.Rows, matrix.Columns, (i, j) => matrix[i, j]).Svd(false).S;
            for (var i = 0; i < columns; i++) Assert.Equal(oracle[i], svd.SingularValues[i], 1e-12);
        }
    }

    [Fact]
    public void Jacobi_svd_finds_singular_values_over_twenty_orders_of_magnitude()
    {
        // Scaled columns of an orthogonal matrix: the values are the scales, and one-sided rotations keep their digits.
        var scales = Enumerable.Range(0, 11).Select(i => Math.Pow(10, -2 * i)).ToArray();
        var matrix = TimesDiagonal(new ThinQr(Normal(30, 11, seed: 6)).Q(), scales);
        var values = new JacobiSvd(matrix).SingularValues;
        for (var i = 0; i < scales.Length; i++) Assert.InRange(values[i] / scales[i], 1 - 1e-12, 1 + 1e-12);
    }

    [Fact]
    public void Jacobi_svd_of_a_matrix_of_low_rank_has_vanishing_values_and_still_orthonormal_vectors()
    {
        var product = Times(Normal(24, 3, seed: 7), Normal(3, 17, seed: 8));
        var svd = new JacobiSvd(product);
        for (var i = 3; i < 17; i++) Assert.InRange(svd.SingularValues[i], 0, 1e-13 * svd.SingularValues[0]);
        Assert.InRange(Skewness(svd.Left), 0, 1e-13);
        Assert.InRange(Skewness(svd.Right), 0, 1e-13);
    }

    [Fact]
    public void Jacobi_svd_of_zeros_has_zero_values_and_orthonormal_vectors()
    {
        var svd = new JacobiSvd(new ColumnMatrix(9, 5));
        Assert.All(svd.SingularValues.ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(0, Skewness(svd.Left));
        Assert.Equal(0, Skewness(svd.Right));
    }

    [Theory, InlineData(1e-140), InlineData(1e140)]
    public void Singular_values_scale_with_the_matrix(double factor)
    {
        var matrix = Normal(12, 6, seed: 9);
        var scaled = TimesDiagonal(matrix, Enumerable.Repeat(factor, 6).ToArray());
        var (want, got) = (
            new JacobiSvd(matrix).SingularValues.ToArray(), new JacobiSvd(scaled).SingularValues.ToArray());
        for (var i = 0; i < 6; i++)
            Assert.Equal(want[i], got[i] / factor, 1e-12);
    }

    [
        Theory,
        InlineData(0),
        InlineData(1),
        InlineData(2),
        InlineData(3),
        InlineData(8),
        InlineData(9),
        InlineData(50),
        InlineData(129)
    ]
    public void Symmetric_eigenvectors_are_orthonormal_and_satisfy_their_equation(int size)
    {
        var matrix = Symmetric(size, seed: 10);
        var eigen = new SymmetricEigen(matrix);
        Assert.InRange(Skewness(eigen.Vectors), 0, 1e-13);
        Assert.InRange(
            LargestDifference(Times(matrix, eigen.Vectors), TimesDiagonal(eigen.Vectors, eigen.Values)), 0,
            1e-12 * Math.Max(1, size));
        for (var i = 1; i < size; i++)
            Assert.True(eigen.Values[i] <= eigen.Values[i - 1]);
    }

    [Fact]
    public void Symmetric_eigenvalues_are_those_of_MathNet()
    {
        var matrix = Symmetric(75, seed: 11);
        var oracle = Matrix<double>.Build.Dense(75, 75, (i, j) => matrix[i, j]).Evd(Symmetricity.Symmetric).EigenValues
            .Select(value => value.Real).OrderDescending().ToArray();
        var values = new SymmetricEigen(matrix).Values;
        for (var i = 0; i < 75; i++) Assert.Equal(oracle[i], values[i], 1e-11);
    }

    [Fact]
    public void The_second_difference_matrix_has_the_eigenvalues_of_its_closed_form()
    {
        // 2 on the diagonal, −1 beside it: 4 sin²(πk / 2(n+1)); large enough for the parallel update.
        const int size = 600;
        var matrix = new ColumnMatrix(size, size);
        for (var i = 0; i < size; i++)
        {
            matrix[i, i] = 2;
            if (i + 1 < size) matrix[i, i + 1] = matrix[i + 1, i] = -1;
        }
        var values = new SymmetricEigen(matrix).Values;
        for (var i = 0; i < size; i++)
            Assert.Equal(4 * Math.Pow(Math.Sin(Math.PI * (size - i) / (2 * (size + 1))), 2), values[i], 1e-12);
    }

    [Fact]
    public void Repeated_and_vanishing_eigenvalues_keep_orthonormal_vectors()
    {
        var basis = new ThinQr(Normal(40, 40, seed: 12)).Q();
        var values = Enumerable.Range(0, 40).Select(i => i < 10 ? 3.0 : i < 30 ? 0.0 : -1.0).ToArray();
        var eigen = new SymmetricEigen(Times(TimesDiagonal(basis, values), basis.Transpose()));
        for (var i = 0; i < 40; i++) Assert.Equal(values[i], eigen.Values[i], 1e-13);
        Assert.InRange(Skewness(eigen.Vectors), 0, 1e-13);
    }

    [Fact]
    public void Principal_components_are_the_eigenvectors_of_the_covariance()
    {
        var rows = NormalRows(1100, 70, seed: 13); // more than two chunks of rows, more than one block of columns
        for (var i = 0; i < rows.Rows; i++) rows[i, 4] = 5 * rows[i, 4] + 2;
        var components = PrincipalComponents.Compute(rows, 3);
        var oracle = Matrix<double>.Build.Dense(rows.Rows, 70, (i, j) => rows[i, j] - components.Mean[j]);
        var variances = (oracle.TransposeThisAndMultiply(oracle) / 1099)
            .Evd(Symmetricity.Symmetric)
            .EigenValues.Select(value => value.Real)
            .OrderDescending()
            .ToArray();
        for (var i = 0; i < 3; i++)
            Assert.Equal(variances[i], components.Variances[i], 1e-9);
        Assert.Equal(variances.Sum(), components.TotalVariance, 1e-8);

        var projected = components.Project(rows);
        for (var c = 0; c < 3; c++)
        {
            var values = Enumerable.Range(0, rows.Rows).Select(i => (double)projected[i, c]).ToArray();
            Assert.Equal(0, values.Average(), 1e-6);
            Assert.Equal(components.Variances[c], values.Sum(value => value * value) / 1099, 1e-4);
        }
    }

    private static ColumnMatrix Symmetric(int size, ulong seed)
    {
        var matrix = Normal(size, size, seed);
        for (var j = 0; j < size; j++)
            for (var i = 0; i < j; i++)
                matrix[i, j] = matrix[j, i];
        return matrix;
    }
}

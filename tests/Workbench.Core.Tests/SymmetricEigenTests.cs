using System;
using System.Linq;
using MathNet.Numerics.LinearAlgebra;
using Workbench.Core.Decompositions;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

/// <summary>Matrices on which an eigenvalue routine may stop, or lose the right angles between its vectors.</summary>
public sealed class SymmetricEigenTests
{
    [Fact]
    public void Every_size_is_decomposed_at_every_rank_that_is_an_edge()
    {
        for (var size = 1; size <= 64; size++)
            foreach (var rank in new[] { 0, 1, 2, size / 2, size - 1, size }.Where(rank => rank <= size).Distinct())
                AssertDecomposed(Gram(NormalRows(Math.Max(1, rank), size, (ulong)(64 * size + rank)), rank));
    }

    [Theory, InlineData(100), InlineData(192), InlineData(257)]
    public void Large_matrices_of_few_rows_are_decomposed(int size)
    {
        foreach (var rank in new[] { 1, 5, 40, size - 1 })
            AssertDecomposed(Gram(NormalRows(rank, size, (ulong)rank), rank));
    }

    [Theory, InlineData(0), InlineData(1e-17), InlineData(1e-15), InlineData(1e-12)]
    public void Clustered_eigenvalues_keep_vectors_at_right_angles(double distance)
    {
        var basis = new ThinQr(Normal(60, 60, seed: 1)).Q();
        var values = Enumerable.Range(0, 60).Select(i => (i / 20 - 1) * (1 + i % 20 * distance)).ToArray();
        AssertDecomposed(Times(TimesDiagonal(basis, values), basis.Transpose()));
    }

    [Fact]
    public void Eigenvalues_from_1_down_to_the_smallest_doubles_keep_vectors_at_right_angles()
    {
        var basis = new ThinQr(Normal(50, 50, seed: 2)).Q();
        var values = Enumerable.Range(0, 50).Select(i => Math.Pow(10, -6.6 * i)).ToArray();
        AssertDecomposed(Times(TimesDiagonal(basis, values), basis.Transpose()));
        var diagonal = new ColumnMatrix(50, 50);
        for (var i = 0; i < 50; i++) diagonal[49 - i, 49 - i] = values[i];
        Assert.Equal(values, new SymmetricEigen(diagonal).Values.ToArray());
    }

    [Theory]
    [InlineData(1e-150), InlineData(1e-160), InlineData(1e-165), InlineData(1e-250), InlineData(1e-310)]
    public void A_block_so_small_that_its_squares_vanish_is_turned_by_rotations_too(double scale)
    {
        // A single large entry, and beside it a block that is decomposed as it would be alone.
        var block = Symmetric(12, seed: 3);
        var matrix = new ColumnMatrix(13, 13);
        matrix[0, 0] = 1;
        for (var j = 0; j < 12; j++)
            for (var i = 0; i < 12; i++) matrix[i + 1, j + 1] = scale * block[i, j];
        AssertDecomposed(matrix);
    }

    [Theory]
    [InlineData(1e-300, 1e-12), InlineData(1e-160, 1e-12), InlineData(1e160, 1e-12), InlineData(1e300, 1e-12)]
    [InlineData(1e-320, 2e-3)] // of a denormal few digits are kept: 1e-320 is 2,024 of the smallest
    public void Eigenvalues_scale_with_the_matrix(double scale, double tolerance)
    {
        var matrix = Symmetric(20, seed: 4);
        var scaled = TimesDiagonal(matrix, Enumerable.Repeat(scale, 20).ToArray());
        var (want, found) = (new SymmetricEigen(matrix), new SymmetricEigen(scaled));
        for (var i = 0; i < 20; i++)
            Assert.Equal(want.Values[i], found.Values[i] / scale, tolerance * want.Values[0]);
        Assert.InRange(Skewness(found.Vectors), 0, 1e-13);
    }

    [Fact]
    public void An_eigenvalue_beyond_a_double_is_refused_by_its_cause()
    {
        var ones = new ColumnMatrix(3, 3);
        for (var j = 0; j < 3; j++) ones.Column(j).Fill(1.7e308);
        Assert.Contains("scale the matrix "
            + "down", Assert.Throws<ArgumentException>(() => new SymmetricEigen(ones)).Message);
    }

    [Fact]
    public void Principal_components_of_every_number_of_rows_are_those_of_the_rows_products()
    {
        for (var rows = 2; rows <= 80; rows++) AssertComponents(NormalRows(rows, 192, (ulong)rows));
    }

    [Fact]
    public void Principal_components_of_every_width_are_those_of_the_rows_products()
    {
        for (var width = 1; width <= 40; width++)
            foreach (var rows in new[] { 2, 3, 7, 20, 45 }) AssertComponents(NormalRows(rows, width, (ulong)width));
    }

    [Fact]
    public void Equal_rows_have_components_without_variance()
    {
        var components = PrincipalComponents.Compute(Matrix.FromArray(3, 2, [0.1f, 7, 0.1f, 7, 0.1f, 7]), 2);
        Assert.Equal([0.0, 0.0], components.Variances.ToArray());
        Assert.Equal(0, Skewness(components.Directions));
    }

    [Fact]
    public void What_low_rank_leaves_without_its_components_is_zero_though_its_values_were_rounded()
    {
        // Rank 3 in real numbers; single precision leaves noise of 6e-8 of each value in all other directions.
        var matrix = Times(Normal(40, 3, seed: 5), Normal(3, 24, seed: 6)).ToMatrix();
        var three = PrincipalComponents.Compute(matrix, 3).Remove(matrix);
        Assert.All(three.ToArray(), value => Assert.Equal(0, value));
        var two = PrincipalComponents.Compute(matrix, 2).Remove(matrix);
        for (var i = 0; i < 40; i++) Assert.Contains(two.Row(i).ToArray(), value => value != 0);
    }

    [Fact]
    public void A_row_that_is_not_finite_is_named()
    {
        var rows = NormalRows(9, 4, seed: 7);
        rows[5, 2] = float.NaN;
        rows[7, 1] = float.PositiveInfinity;
        var error = Assert.Throws<ArgumentException>(() => PrincipalComponents.Compute(rows, 1));
        Assert.Contains("Row 7", error.Message);
        Assert.Contains("column 1", error.Message);
    }

    // The rows' products XXᵀ/(n − 1) of centred rows have the covariance's eigenvalues, but for zeros.
    private static void AssertComponents(Matrix rows)
    {
        var (n, d) = (rows.Rows, rows.Columns);
        var components = PrincipalComponents.Compute(rows, d);
        var centred = Matrix<double>.Build.Dense(n, d, (i, j) => rows[i, j] - components.Mean[j]);
        var wanted = (centred.TransposeAndMultiply(centred) / (n - 1)).Evd(Symmetricity.Symmetric)
            .EigenValues.Select(value => value.Real).OrderDescending().ToArray();
        for (var i = 0; i < d; i++)
            Assert.Equal(i < n - 1 ? wanted[i] : 0, components.Variances[i], 1e-13 * Math.Max(n, d) * wanted[0]);
        Assert.InRange(Skewness(components.Directions), 0, 1e-13);
    }

    private static void AssertDecomposed(ColumnMatrix matrix)
    {
        var (eigen, size) = (new SymmetricEigen(matrix), matrix.Rows);
        Assert.InRange(Skewness(eigen.Vectors), 0, 1e-14 * (10 + size));
        var largest = Math.Max(Math.Abs(eigen.Values[0]), Math.Abs(eigen.Values[^1]));
        Assert.InRange(
            LargestDifference(Times(matrix, eigen.Vectors), TimesDiagonal(eigen.Vectors, eigen.Values)), 0,
            1e-15 * (10 + size) * largest);
        for (var i = 1; i < size; i++) Assert.True(eigen.Values[i] <= eigen.Values[i - 1]);
    }

    // XᵀX of the first rows of X: as many eigenvalues above 0 as rows.
    private static ColumnMatrix Gram(Matrix rows, int rank)
    {
        var x = new ColumnMatrix(rank, rows.Columns);
        for (var i = 0; i < rank; i++)
            for (var j = 0; j < rows.Columns; j++) x[i, j] = rows[i, j];
        return x.TransposeTimes(x);
    }

    private static ColumnMatrix Symmetric(int size, ulong seed)
    {
        var matrix = Normal(size, size, seed);
        for (var j = 0; j < size; j++)
            for (var i = 0; i < j; i++) matrix[i, j] = matrix[j, i];
        return matrix;
    }
}

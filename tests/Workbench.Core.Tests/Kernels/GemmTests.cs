using System;
using System.IO;
using System.Linq;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Pairs;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

[RunsOnEveryTier]
public sealed class GemmTests
{
    public static TheoryData<int, int, int> Sizes() =>
        new()
        {
            { 0, 3, 2 },
            { 3, 0, 2 },
            { 3, 2, 0 },
            { 1, 1, 1 },
            { 1, 5, 33 },
            { 14, 32, 32 },
            { 15, 31, 33 },
            { 13, 33, 31 },
            { 29, 17, 65 },
            { 100, 40, 3 },
            { 3, 40, 300 },
            { 2, 1025, 5 },
            { 5, 2100, 40 },
        };

    [Theory, MemberData(nameof(Sizes))]
    public void A_product_agrees_with_the_double_loop(int m, int depth, int n)
    {
        var (a, b) = (Samples.Gaussian(m, depth, 1), Samples.Gaussian(depth, n, 2));
        foreach (var kernel in MicroKernel.Supported)
            foreach (var threads in new[] { 1, 3 })
            {
                var product = new Matrix(m, n);
                Gemm.Multiply(a, b, product, false, threads, kernel);
                AssertProduct(a, b, product);
            }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Transposed_operands_are_views_of_the_same_numbers(int m, int depth, int n)
    {
        var (a, b) = (Samples.Gaussian(m, depth, 1), Samples.Gaussian(depth, n, 2));
        var expected = Gemm.Multiply(a, b).ToArray();
        Assert.Equal(expected, Gemm.Multiply(((MatrixView)a.Transpose()).Transposed, b).ToArray());
        Assert.Equal(expected, Gemm.Multiply(a, ((MatrixView)b.Transpose()).Transposed).ToArray());
        var transposed = new Matrix(n, m);
        Gemm.Multiply(a, b, ((MatrixView)transposed).Transposed);
        Assert.Equal(expected, transposed.Transpose().ToArray());
    }

    [Fact]
    public void Slices_of_larger_matrices_multiply_in_place()
    {
        var (a, b, c) = (Samples.Gaussian(40, 50, 1), Samples.Gaussian(50, 60, 2), Samples.Gaussian(70, 80, 3));
        var before = c.Copy();
        var (left, right) = (
            ((MatrixView)a).RowRange(3, 20).ColumnRange(5, 17), ((MatrixView)b).RowRange(30, 17).ColumnRange(2, 35));
        Gemm.Multiply(left, right, ((MatrixView)c).RowRange(10, 20).ColumnRange(4, 35));
        for (var i = 0; i < c.Rows; i++)
            for (var j = 0; j < c.Columns; j++)
            {
                if (i is >= 10 and < 30 && j is >= 4 and < 39)
                    Assert.Equal(Dot(left, i - 10, right, j - 4), c[i, j], 1e-4);
                else
                    Assert.Equal(before[i, j], c[i, j]);
            }
    }

    [Fact]
    public void Accumulating_continues_each_chain_so_that_two_halves_of_k_give_the_bits_of_the_whole()
    {
        var (a, b) = (Samples.Gaussian(31, 64, 1), Samples.Gaussian(64, 45, 2));
        var halves = Gemm.Multiply(((MatrixView)a).ColumnRange(0, 20), ((MatrixView)b).RowRange(0, 20));
        Gemm.Multiply(((MatrixView)a).ColumnRange(20, 44), ((MatrixView)b).RowRange(20, 44), halves, accumulate: true);
        Assert.Equal(Gemm.Multiply(a, b).ToArray(), halves.ToArray());
    }

    [Theory, InlineData(130, 2100, 70), InlineData(500, 90, 20), InlineData(20, 90, 700)]
    public void Threads_and_kernels_with_fused_steps_give_the_same_bits(int m, int depth, int n)
    {
        var (a, b) = (Samples.Gaussian(m, depth, 1), Samples.Gaussian(depth, n, 2));
        var expected = Gemm.Multiply(a, b, threads: 1).ToArray();
        foreach (
            var kernel in MicroKernel.Supported.Where(kernel =>
                MicroKernelTests.IsFused(kernel) == MicroKernelTests.IsFused(MicroKernel.Best)
            )
        )
            foreach (var threads in new[] { 1, 2, 3, 5 })
            {
                var product = new Matrix(m, n);
                Gemm.Multiply(a, b, product, false, threads, kernel);
                Assert.Equal(expected, product.ToArray());
            }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var inner = Assert.Throws<ArgumentException>(() => Gemm.Multiply(new Matrix(2, 3), new Matrix(4, 5)));
        Assert.Contains("2 × 3", inner.Message);
        Assert.Contains("4 × 5", inner.Message);
        var outer = Assert.Throws<ArgumentException>(() =>
            Gemm.Multiply(new Matrix(2, 3), new Matrix(3, 5), new Matrix(5, 2))
        );
        Assert.Contains("5 × 2", outer.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Gemm.Multiply(new Matrix(2, 3), new Matrix(3, 5), threads: -1)
        );
    }

    private static void AssertProduct(MatrixView a, MatrixView b, Matrix product)
    {
        for (var i = 0; i < product.Rows; i++)
            for (var j = 0; j < product.Columns; j++)
                Assert.True(
                    Math.Abs(Dot(a, i, b, j) - product[i, j]) <= 4e-7 * a.Columns * 4,
                    $"({i}, {j}): {product[i, j]} against {Dot(a, i, b, j)}");
    }

    private static double Dot(MatrixView a, int i, MatrixView b, int j)
    {
        var sum = 0.0;
        for (var k = 0; k < a.Columns; k++) sum += (double)a[i, k] * b[k, j];
        return sum;
    }
}

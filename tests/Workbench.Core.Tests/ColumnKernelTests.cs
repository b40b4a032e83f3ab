using System;
using System.Linq;
using Workbench.Core.Decompositions;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

/// <summary>The inner loops of the decompositions beside plain ones, for lengths on both sides of a vector's.</summary>
[RunsOnEveryTier]
public sealed unsafe class ColumnKernelTests
{
    public static TheoryData<int> Lengths => new() { 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 64, 100 };

    [Theory, MemberData(nameof(Lengths))]
    public void A_dot_product_is_the_plain_sum(int rows)
    {
        var x = Normal(rows, 2, seed: 1);
        var wanted = Enumerable.Range(0, rows).Sum(i => x[i, 0] * x[i, 1]);
        var size = Enumerable.Range(0, rows).Sum(i => Math.Abs(x[i, 0] * x[i, 1]));
        Assert.Equal(wanted, ColumnKernels.Dot(x.Start, x.Start + x.Stride, x.Stride), 1e-15 * size * (1 + rows));
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Adding_a_multiple_and_rotating_are_their_formulas(int rows)
    {
        var x = Normal(rows, 2, seed: 2);
        var added = x.Copy();
        ColumnKernels.AddScaled(-1.7, added.Start, added.Start + added.Stride, added.Stride);
        var turned = x.Copy();
        ColumnKernels.Rotate(turned.Start, turned.Start + turned.Stride, 0.6, 0.8, turned.Stride);
        for (var i = 0; i < rows; i++)
        {
            Assert.Equal(x[i, 0], added[i, 0]);
            Assert.Equal(x[i, 1] - 1.7 * x[i, 0], added[i, 1], 1e-14);
            Assert.Equal(0.6 * x[i, 0] - 0.8 * x[i, 1], turned[i, 0], 1e-14);
            Assert.Equal(0.8 * x[i, 0] + 0.6 * x[i, 1], turned[i, 1], 1e-14);
        }
        AssertPadding(added);
        AssertPadding(turned);
    }

    [Theory]
    [InlineData(5, 1, 1), InlineData(8, 4, 4), InlineData(17, 5, 9), InlineData(40, 8, 3), InlineData(33, 13, 11)]
    [InlineData(200, 8, 17), InlineData(1000, 6, 16)] // more on the right than the first-level cache holds
    public void Products_of_columns_are_the_triple_loops(int rows, int left, int right)
    {
        var (v, c) = (Normal(rows, left, seed: 3), Normal(rows, right, seed: 4));
        var product = new ColumnMatrix(left, right);
        ColumnKernels.TransposedProduct(
            v.Start, v.Stride, left, c.Start, c.Stride, right, rows + (v.Stride - rows), product.Start, product.Stride);
        Assert.InRange(LargestDifference(Times(v.Transpose(), c), product), 0, 1e-13);

        var factors = Normal(left, right, seed: 5);
        var rest = c.Copy();
        ColumnKernels.SubtractProduct(
            v.Start, v.Stride, left, factors.Start, factors.Stride, rest.Start, rest.Stride, right, rest.Stride);
        var taken = Times(v, factors);
        for (var j = 0; j < right; j++)
            for (var i = 0; i < rows; i++) Assert.Equal(c[i, j] - taken[i, j], rest[i, j], 1e-13);
        AssertPadding(rest);
    }

    [Theory]
    [InlineData(1), InlineData(1e-140), InlineData(1e-161), InlineData(1e-200), InlineData(1e-310), InlineData(1e140)]
    public void A_reflection_is_one_whatever_the_scale_and_takes_a_column_to_its_first_entry(double scale)
    {
        const int rows = 19;
        var column = Normal(rows, 1, seed: 6);
        foreach (ref var value in column.Column(0)) value *= scale;
        var v = column.Copy();
        var (beta, alpha) = ColumnKernels.Reflect(v.Start, 0, v.Stride);
        // H = I − β v vᵀ is orthogonal where β |v|² = 2.
        Assert.Equal(2, beta * ColumnKernels.Dot(v.Start, v.Start, v.Stride), 1e-14);
        Assert.Equal(1, v[0, 0]);
        var norm = scale * Math.Sqrt(Enumerable.Range(0, rows).Sum(i => Math.Pow(column[i, 0] / scale, 2)));
        var digits = Math.Max(1e-14 * norm, double.Epsilon * rows);
        Assert.Equal(norm, Math.Abs(alpha), digits);
        var along = Enumerable.Range(0, rows).Sum(i => v[i, 0] * column[i, 0]);
        for (var i = 0; i < rows; i++)
            Assert.Equal(i == 0 ? alpha : 0, column[i, 0] - beta * along * v[i, 0], 10 * digits);
    }

    private static void AssertPadding(ColumnMatrix matrix)
    {
        for (var j = 0; j < matrix.Columns; j++)
            for (var i = matrix.Rows; i < matrix.Stride; i++) Assert.Equal(0, matrix.Start[j * matrix.Stride + i]);
    }
}

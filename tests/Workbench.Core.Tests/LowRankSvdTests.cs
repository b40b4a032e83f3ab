using System;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Decompositions;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.RandomMatrices;

namespace Workbench.Core.Tests;

[RunsOnEveryTier]
public sealed class LowRankSvdTests
{
    [WeightsTheory("reference/stats"), InlineData("low_rank_svd.d24_k4"), InlineData("low_rank_svd.d96_k8")]
    public void Values_and_leading_subspaces_are_those_of_a_full_svd_in_numpy(string name)
    {
        var reference = Reference.Case(name);
        var svd = LowRankSvd.Compute(reference.Matrix("a"), reference.Matrix("b"));
        reference.AssertNear(svd.SingularValues.ToArray(), "singular_values");
        var rank = (int)reference.Number("subspace_size");
        reference.AssertNear(Projection(svd.Left, rank), "left_projection");
        reference.AssertNear(Projection(svd.Right, rank), "right_projection");
    }

    [
        Theory,
        InlineData(1, 1, 1),
        InlineData(3, 2, 2),
        InlineData(49, 103, 5),
        InlineData(9, 17, 7),
        InlineData(40, 33, 8),
        InlineData(65, 130, 33),
        InlineData(96, 64, 64)
    ]
    public void Values_agree_with_the_svd_of_the_whole_product(int rows, int columns, int rank)
    {
        var (a, b) = (NormalRows(rows, rank, seed: 1), NormalRows(columns, rank, seed: 2));
        var svd = LowRankSvd.Compute(a, b, scale: 0.125);
        var product = Times(ColumnMatrix.Of(a), ColumnMatrix.Of(b).Transpose());
        var whole = new MathNet.Numerics.LinearAlgebra.Double.DenseMatrix(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                whole[i, j] = 0.125 * product[i, j];
        var oracle = whole.Svd(false).S;
        for (var i = 0; i < rank; i++)
            Assert.InRange(Math.Abs(svd.SingularValues[i] - oracle[i]), 0, 1e-13 * oracle[0]);

        var (left, right) = (ColumnMatrix.OfTransposed(svd.Left), ColumnMatrix.OfTransposed(svd.Right));
        Assert.InRange(Skewness(left), 0, 1e-6); // vectors are rounded to float32
        Assert.InRange(Skewness(right), 0, 1e-6);
        var again = Times(TimesDiagonal(left, svd.SingularValues), right.Transpose());
        for (var j = 0; j < columns; j++)
            foreach (ref var value in product.Column(j)) value *= 0.125;
        Assert.InRange(LargestDifference(again, product), 0, 1e-6 * oracle[0]);
    }

    // Condition by condition through both ways: the first two by Gram matrices, the others by reflections.
    [Theory, InlineData(1), InlineData(30), InlineData(1e4), InlineData(1e8)]
    public void Values_are_right_to_roundings_of_the_largest_and_while_the_factors_allow_it_of_themselves(double spread)
    {
        const int rank = 12;
        var scales = Enumerable.Range(0, rank).Select(i => Math.Pow(spread, -i / (rank - 1.0))).ToArray();
        var a = TimesDiagonal(new ThinQr(Normal(50, rank, seed: 21)).Q(), scales).ToMatrix();
        var b = TimesDiagonal(new ThinQr(Normal(61, rank, seed: 22)).Q(), scales).ToMatrix();
        var svd = LowRankSvd.Compute(a, b);
        // One-sided rotations of the whole product, which is exact but for one rounding of every entry.
        var oracle = new JacobiSvd(Times(ColumnMatrix.Of(a), ColumnMatrix.Of(b).Transpose()));
        for (var i = 0; i < rank; i++)
        {
            var (wanted, found) = (oracle.SingularValues[i], svd.SingularValues[i]);
            Assert.InRange(Math.Abs(found - wanted), 0, 1e-14 * oracle.SingularValues[0]);
            if (spread <= 30) Assert.Equal(1, found / wanted, 1e-12);
        }
        Assert.InRange(Skewness(ColumnMatrix.OfTransposed(svd.Left)), 0, 3e-7);
        Assert.InRange(Skewness(ColumnMatrix.OfTransposed(svd.Right)), 0, 3e-7);
    }

    [Fact]
    public void Each_right_vectors_largest_entry_is_positive_unless_the_caller_flips_it()
    {
        var svd = LowRankSvd.Compute(NormalRows(30, 6, seed: 3), NormalRows(20, 6, seed: 4));
        for (var i = 0; i < 6; i++) Assert.True(svd.Right.Row(i).ToArray().MaxBy(Math.Abs) > 0);

        var flipped = svd.WithFlipped([false, true, false, false, false, true]);
        for (var i = 0; i < 6; i++)
        {
            var sign = i is 1 or 5 ? -1 : 1;
            for (var j = 0; j < 30; j++) Assert.Equal(sign * svd.Left[i, j], flipped.Left[i, j]);
            for (var j = 0; j < 20; j++) Assert.Equal(sign * svd.Right[i, j], flipped.Right[i, j]);
        }
    }

    [Fact]
    public void Gaps_bound_how_far_a_perturbation_turns_a_direction()
    {
        var svd = Planted([10, 9.9, 4, 1], size: 30, seed: 5);
        Assert.Equal(0.1, svd.Gap(0), 1e-5);
        Assert.Equal(0.1, svd.Gap(1), 1e-5);
        Assert.Equal(3, svd.Gap(2), 1e-5);
        Assert.Equal(1, svd.Gap(3), 1e-5); // the product has zeros after its four values
        Assert.Equal(0, svd.AngleBound(2, 0));
        Assert.Equal(Math.Asin(0.5 / 2.5), svd.AngleBound(2, 0.5), 1e-5);
        Assert.Equal(Math.PI / 2, svd.AngleBound(0, 0.06));
    }

    [Fact]
    public void The_last_value_of_a_product_of_full_rank_has_no_zeros_below_it()
    {
        var svd = Planted([5, 2], size: 2, seed: 6);
        Assert.Equal(3, svd.Gap(1), 1e-5);
    }

    [Fact]
    public void Nearly_equal_values_are_reported_as_one_subspace()
    {
        var svd = Planted([7, 7, 7, 3, 2, 2], size: 25, seed: 7);
        Assert.Equal(
            [new SingularSubspace(0, 3), new SingularSubspace(3, 1), new SingularSubspace(4, 2)],
            svd.Subspaces(1e-5)
        );
        Assert.Equal([new SingularSubspace(0, 6)], svd.Subspaces(1));
    }

    [Fact]
    public void Factors_of_different_rank_are_refused_with_both_shapes()
    {
        var message = Assert
            .Throws<ArgumentException>(() => LowRankSvd.Compute(new Matrix(8, 3), new Matrix(9, 4)))
            .Message;
        Assert.Contains("8 × 3", message);
        Assert.Contains("9 × 4", message);
    }

    [Fact]
    public void Decompositions_made_side_by_side_have_the_bits_of_those_made_in_turn()
    {
        var factors = Enumerable
            .Range(0, 8)
            .Select(i => (A: NormalRows(96, 16, (ulong)i), B: NormalRows(96, 16, (ulong)(i + 100))))
            .ToArray();
        var inTurn = factors.Select(pair => LowRankSvd.Compute(pair.A, pair.B)).ToArray();
        var sideBySide = new LowRankSvd[8];
        Parallel.For(0, 8, i => sideBySide[i] = LowRankSvd.Compute(factors[i].A, factors[i].B));
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(inTurn[i].SingularValues.ToArray(), sideBySide[i].SingularValues.ToArray());
            Assert.Equal(inTurn[i].Left.ToArray(), sideBySide[i].Left.ToArray());
            Assert.Equal(inTurn[i].Right.ToArray(), sideBySide[i].Right.ToArray());
        }
    }

    [WeightsFact("gpt2/model.safetensors")]
    public void Values_of_a_real_head_are_those_of_the_whole_product_in_MathNet()
    {
        var (queries, keys) = RealHead(head: 3);
        var svd = LowRankSvd.Compute(queries, keys, scale: 0.125);
        var a = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(768, 64, (i, j) => queries[i, j]);
        var b = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(768, 64, (i, j) => keys[i, j]);
        // The eigenvalues of (B A')(A B') are the squares, computed another way: through the 64 × 64 Gram matrices.
        var squares = ((a.TransposeThisAndMultiply(a)) * (b.TransposeThisAndMultiply(b)))
            .Evd()
            .EigenValues.Select(value => value.Real)
            .OrderDescending()
            .ToArray();
        for (var i = 0; i < 64; i++)
            Assert.InRange(
                Math.Abs(svd.SingularValues[i] - 0.125 * Math.Sqrt(squares[i])), 0, 1e-6 * svd.SingularValues[0]);
    }

    private static (Matrix Queries, Matrix Keys) RealHead(int head)
    {
        using var file = SafetensorsFile.Open(Weights.At("gpt2", "model.safetensors"));
        var values = file.ReadMatrix(
            file.Tensors.Single(tensor => tensor.Name.EndsWith("h.5.attn.c_attn.weight")).Name);
        var (queries, keys) = (new Matrix(768, 64), new Matrix(768, 64));
        for (var i = 0; i < 768; i++)
        {
            values.Row(i).Slice(head * 64, 64).CopyTo(queries.WritableRow(i));
            values.Row(i).Slice(768 + head * 64, 64).CopyTo(keys.WritableRow(i));
        }
        return (queries, keys);
    }

    // Orthonormal factors, one of them scaled: a product with these singular values.
    private static LowRankSvd Planted(double[] values, int size, ulong seed)
    {
        var (left, right) = (
            new ThinQr(Normal(size, values.Length, seed)).Q(), new ThinQr(Normal(size, values.Length, seed + 50)).Q());
        return LowRankSvd.Compute(TimesDiagonal(left, values).ToMatrix(), right.ToMatrix());
    }

    private static double[] Projection(Matrix vectors, int rank)
    {
        var result = new double[vectors.Columns * vectors.Columns];
        for (var r = 0; r < rank; r++)
            for (var i = 0; i < vectors.Columns; i++)
                for (var j = 0; j < vectors.Columns; j++)
                    result[i * vectors.Columns + j] += (double)vectors[r, i] * vectors[r, j];
        return result;
    }
}

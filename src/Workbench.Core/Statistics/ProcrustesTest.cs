using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Decompositions;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>How well one configuration of points can be turned onto another, beside what is reached when the points
/// mean nothing.</summary>
/// <param name="Similarity">The cosine between the two after both were centred and one was turned to its best, from 0
/// to 1.</param>
/// <param name="Draws">The same with the points of one in random order.</param>
public sealed record ProcrustesTestResult(double Similarity, double[] Draws)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>One minus the squared similarity: what is left over after scaling, too (the disparity of a Procrustes
    /// analysis).</summary>
    public double Disparity => Math.Max(0, 1 - Similarity * Similarity);

    /// <summary>(b + 1)/(m + 1), where b of m draws are at least as similar.</summary>
    public double P => (Draws.Count(draw => draw >= Similarity) + 1.0) / (Draws.Length + 1);
}

/// <summary>
/// Orthogonal Procrustes analysis of two configurations of the same points, in as many dimensions as each likes, with a
/// permutation test (Jackson, "PROTEST", Écoscience 1995).
/// </summary>
/// <remarks>
/// The best turn reaches |AᵀB|∗ / (|A| |B|), the sum of singular values over the product of lengths; a configuration of
/// fewer dimensions counts as one with zeros added. That many points in many dimensions can be turned onto anything is
/// why the null matters: without it, 0.8 may be nothing.
/// </remarks>
public static class ProcrustesTest
{
    /// <summary>Turns one configuration onto the other, as they stand and with the points of b in random
    /// order.</summary>
    /// <param name="a">One point per row.</param>
    /// <param name="b">The same points.</param>
    /// <param name="permutations">How many random orders.</param>
    /// <param name="seed">Order number t uses stream t of this seed.</param>
    /// <param name="cancellation">Stops between draws.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ, values are not finite, or all points of one
    /// coincide.</exception>
    public static ProcrustesTestResult Permute(
        Matrix a, Matrix b, int permutations, ulong seed, CancellationToken cancellation = default)
    {
        if (a.Rows != b.Rows)
            throw new ArgumentException(
                $"a is {a.Shape} and b is {b.Shape}; both must have the same points as rows.", nameof(b));
        Argument.AtLeast(permutations, 1);
        var (x, y) = (Factor(a, nameof(a)), Factor(b, nameof(b)));
        var draws = new double[permutations];
        Workers.Loop(cancellation, options => Parallel.For(0, permutations, options, draw =>
        {
            var order = Enumerable.Range(0, y.Rows).ToArray();
            new Philox(seed, (ulong)draw).Shuffle(order.AsSpan());
            var permuted = new ColumnMatrix(y.Rows, y.Columns);
            for (var j = 0; j < y.Columns; j++)
            {
                var from = y.Column(j);
                var to = permuted.Column(j);
                for (var i = 0; i < to.Length; i++) to[i] = from[order[i]];
            }
            draws[draw] = Similarity(x, permuted);
        }));
        return new ProcrustesTestResult(Similarity(x, y), draws);
    }

    // Nuclear norm of XᵀY for factors of length one, by the eigenvalues of its Gram matrix: small singular values come
    // out wrong by 1e-8 of the largest, which the sum does not feel.
    private static double Similarity(ColumnMatrix x, ColumnMatrix y)
    {
        var product = x.Columns < y.Columns ? y.TransposeTimes(x) : x.TransposeTimes(y);
        var sum = 0.0;
        foreach (var value in new SymmetricEigen(product.TransposeTimes(product)).Values)
            sum += Math.Sqrt(Math.Max(0, value));
        return Math.Min(1, sum);
    }

    // Centred, of length one, and turned into no more dimensions than there are points: F Fᵀ = X Xᵀ is all that
    // matters.
    private static ColumnMatrix Factor(Matrix matrix, string name)
    {
        var centred = ColumnMatrix.Of(matrix);
        double square = 0, raw = 0;
        for (var j = 0; j < centred.Columns; j++)
        {
            var column = centred.Column(j);
            var mean = 0.0;
            foreach (var value in column) mean += value / column.Length;
            foreach (ref var value in column)
            {
                raw += value * value;
                value -= mean;
                square += value * value;
            }
        }
        if (!double.IsFinite(square))
            throw new ArgumentException(
                $"The points of {name} must be finite, but their sum of squares is {square}.", name);
        // Points that are equal leave the rounding of their mean, 1e-16 of their length.
        if (!(square > 1e-28 * raw))
            throw new ArgumentException(
                $"All {matrix.Rows} points of {name} are the same; they have no shape to turn onto another.", name);
        for (var j = 0; j < centred.Columns; j++)
            foreach (ref var value in centred.Column(j)) value /= Math.Sqrt(square);
        if (centred.Columns <= centred.Rows) return centred;

        var wide = centred.Transpose();
        var eigen = new SymmetricEigen(wide.TransposeTimes(wide));
        var factor = eigen.Vectors.Copy();
        for (var j = 0; j < factor.Columns; j++)
            foreach (ref var value in factor.Column(j)) value *= Math.Sqrt(Math.Max(0, eigen.Values[j]));
        return factor;
    }
}

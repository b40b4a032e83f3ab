using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// The orthogonal matrix R that carries one configuration of points nearest to another, minimising |A R − B| over the
/// rows (Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966). Reflections are allowed.
/// </summary>
/// <remarks>Neither centres nor scales; for layouts whose origin and size mean nothing see
/// <see cref="Align"/>.</remarks>
public sealed class Procrustes
{
    private Procrustes(ColumnMatrix rotation, double nuclearNorm, double residual) =>
        (Rotation, NuclearNorm, Residual) = (rotation, nuclearNorm, residual);

    /// <summary>R, d × d, for row vectors: a point x goes to x R.</summary>
    public ColumnMatrix Rotation { get; }

    /// <summary>The sum of the singular values of AᵀB.</summary>
    public double NuclearNorm { get; }

    /// <summary>The Frobenius norm |A R − B|.</summary>
    public double Residual { get; }

    /// <summary>Finds the rotation.</summary>
    /// <param name="a">n × d: the points to move.</param>
    /// <param name="b">n × d: the points to meet, in the same order.</param>
    /// <exception cref="ArgumentException">The shapes differ, or values are not finite.</exception>
    public static Procrustes Compute(Matrix a, Matrix b)
    {
        CheckShapes(a, b);
        return Compute(ColumnMatrix.Of(a), ColumnMatrix.Of(b));
    }

    /// <summary>
    /// One minus the squared cosine between the two configurations after both were centred, scaled and rotated to their
    /// best:
    /// 0 for the same shape, at most 1; symmetric. NaN where all points of one coincide.
    /// </summary>
    /// <param name="a">n × d.</param>
    /// <param name="b">n × d, in the same order.</param>
    /// <exception cref="ArgumentException">The shapes differ, or values are not finite.</exception>
    public static double Disparity(Matrix a, Matrix b)
    {
        CheckShapes(a, b);
        var (x, y) = (Centred(a, out _), Centred(b, out _));
        var cosine = Compute(x, y).NuclearNorm / (Norm(x) * Norm(y));
        return Math.Max(0, 1 - cosine * cosine);
    }

    /// <summary>The points moved, turned, reflected where needed, and scaled so that they lie nearest to the
    /// target.</summary>
    /// <param name="points">n × d: the points to move.</param>
    /// <param name="target">n × d: the points to meet, in the same order.</param>
    /// <returns>n × d, new; the target's mean for every point where all given points coincide.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or values are not finite.</exception>
    public static Matrix Align(Matrix points, Matrix target)
    {
        CheckShapes(points, target);
        var (x, y) = (Centred(points, out _), Centred(target, out var means));
        var fit = Compute(x, y);
        var norm = Norm(x);
        var scale = norm == 0 ? 0 : fit.NuclearNorm / (norm * norm);
        var moved = x.Transpose().TransposeTimes(fit.Rotation);
        for (var j = 0; j < moved.Columns; j++)
            foreach (ref var value in moved.Column(j)) value = scale * value + means[j];
        return moved.ToMatrix();
    }

    private static Procrustes Compute(ColumnMatrix a, ColumnMatrix b)
    {
        var svd = new JacobiSvd(a.TransposeTimes(b));
        var rotation = svd.Left.Transpose().TransposeTimes(svd.Right.Transpose());
        var nuclear = 0.0;
        foreach (var value in svd.SingularValues) nuclear += value;
        var moved = a.Transpose().TransposeTimes(rotation);
        for (var j = 0; j < moved.Columns; j++)
        {
            var column = moved.Column(j);
            var wanted = b.Column(j);
            for (var i = 0; i < column.Length; i++) column[i] -= wanted[i];
        }
        return new Procrustes(rotation, nuclear, Norm(moved));
    }

    private static void CheckShapes(Matrix a, Matrix b)
    {
        if (a.Shape != b.Shape)
            throw new ArgumentException(
                $"Both configurations need the same points in as many dimensions, but one is {a.Rows} × {a.Columns} "
                    + $"and the other {b.Rows} × {b.Columns}.",
                nameof(b)
            );
    }

    private static ColumnMatrix Centred(Matrix matrix, out double[] means)
    {
        var result = ColumnMatrix.Of(matrix);
        means = new double[result.Columns];
        for (var j = 0; j < result.Columns; j++)
        {
            foreach (var value in result.Column(j)) means[j] += value;
            means[j] /= result.Rows;
            foreach (ref var value in result.Column(j)) value -= means[j];
        }
        return result;
    }

    private static double Norm(ColumnMatrix matrix)
    {
        var sum = 0.0;
        for (var j = 0; j < matrix.Columns; j++)
            foreach (var value in matrix.Column(j)) sum += value * value;
        return Math.Sqrt(sum);
    }
}

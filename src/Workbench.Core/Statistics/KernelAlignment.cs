using System;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>
/// Linear centred kernel alignment of two representations of the same items, free of rotation and scale
/// (Kornblith, Norouzi, Lee and Hinton, ICML 2019).
/// </summary>
public static class KernelAlignment
{
    private const double Rounding = 1e-12;

    /// <summary>|Y′X|² / (|X′X| |Y′Y|) with centred columns, in [0, 1]. Biased upwards when dimensions are many:
    /// unrelated wide data reach 0.7.</summary>
    /// <param name="x">One item per row.</param>
    /// <param name="y">The same items.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ, a value is not finite, or all rows of one are
    /// the same.</exception>
    public static double Biased(Matrix x, Matrix y)
    {
        var (k, l) = Kernels(x, y, least: 2);
        return Inner(k, l) / Math.Sqrt(Inner(k, k) * Inner(l, l));
    }

    /// <summary>The same with the unbiased HSIC₁ of Song et al. (2012): 0 in expectation for unrelated data, and so
    /// sometimes negative. NaN where one has no geometry but chance's: all its items as far apart as all others
    /// (one-hot rows), or farther from their own kind than chance, so that its HSIC₁ with itself is not above
    /// 0.</summary>
    /// <param name="x">One item per row, at least 4.</param>
    /// <param name="y">The same items.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ or are below 4, a value is not finite, or all
    /// rows of one are the same.</exception>
    public static double Debiased(Matrix x, Matrix y)
    {
        var (k, l) = Kernels(x, y, least: 4);
        var (own, other) = (Hsic1(k, k), Hsic1(l, l));
        // Sums of n² products that vanish leave their rounding.
        return own > Rounding * Inner(k, k) && other > Rounding * Inner(l, l)
            ? Hsic1(k, l) / Math.Sqrt(own * other)
            : double.NaN;
    }

    // [tr(K~L~) + (1'K~1)(1'L~1)/((n−1)(n−2)) − 2/(n−2) 1'K~L~1] / (n(n−3)), diagonals zero.
    internal static double Hsic1(double[][] k, double[][] l)
    {
        var n = k.Length;
        double trace = 0, sumK = 0, sumL = 0, cross = 0;
        for (var i = 0; i < n; i++)
        {
            var (rowK, rowL) = (
                TensorPrimitives.Sum<double>(k[i]) - k[i][i], TensorPrimitives.Sum<double>(l[i]) - l[i][i]);
            trace += Correlation.Dot(k[i], l[i]) - k[i][i] * l[i][i];
            sumK += rowK;
            sumL += rowL;
            cross += rowK * rowL;
        }
        return (trace + sumK * sumL / ((n - 1.0) * (n - 2.0)) - 2 * cross / (n - 2.0)) / (n * (n - 3.0));
    }

    private static double Inner(double[][] k, double[][] l)
    {
        var sum = 0.0;
        for (var i = 0; i < k.Length; i++) sum += Correlation.Dot(k[i], l[i]);
        return sum;
    }

    private static (double[][] K, double[][] L) Kernels(Matrix x, Matrix y, int least)
    {
        if (x.Rows != y.Rows)
            throw new ArgumentException(
                $"x is {x.Shape} and y is {y.Shape}; both must have the same items as rows.", nameof(y));
        if (x.Rows < least)
            throw new ArgumentException($"At least {least} items are needed, but there are {x.Rows}.", nameof(x));
        return (Kernel(x, nameof(x)), Kernel(y, nameof(y)));
    }

    // Inner products of rows after the mean row is removed.
    private static double[][] Kernel(Matrix x, string name)
    {
        var rows = new double[x.Rows][];
        var mean = new double[x.Columns];
        double raw = 0, left = 0;
        for (var i = 0; i < x.Rows; i++)
        {
            rows[i] = Array.ConvertAll(x.Row(i).ToArray(), value => (double)value);
            if (!Correlation.IsFinite(rows[i]))
                throw new ArgumentException($"{name} must be finite, but row {i} is not.", name);
            raw += Correlation.Dot(rows[i], rows[i]);
            TensorPrimitives.Add(mean, rows[i], mean);
        }
        TensorPrimitives.Divide(mean, x.Rows, mean);
        foreach (var row in rows)
        {
            TensorPrimitives.Subtract(row, mean, row);
            left += Correlation.Dot(row, row);
        }
        // Rows that are equal leave the rounding of their mean, 1e-16 of their length.
        if (!(left > 1e-28 * raw))
            throw new ArgumentException($"All {x.Rows} rows of {name} are the same; there is nothing to align.", name);
        var kernel = new double[x.Rows][];
        for (var i = 0; i < x.Rows; i++)
        {
            kernel[i] = new double[x.Rows];
            for (var j = 0; j <= i; j++) kernel[i][j] = kernel[j][i] = Correlation.Dot(rows[i], rows[j]);
        }
        return kernel;
    }
}

using System;
using System.Threading.Tasks;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// Principal components of the rows of a matrix: the orthogonal directions of largest variance, from the covariance of
/// the columns and its eigenvectors in float64.
/// </summary>
/// <remarks>
/// Exact, not randomised; needs a d × d matrix of doubles, and n·d² operations for n rows. The same bits for any number
/// of threads.
/// </remarks>
public sealed unsafe class PrincipalComponents
{
    // Rows widened at a time: 512 × 768 doubles are 3 MiB, about a core's second-level cache.
    private const int ChunkRows = 512;
    private const int ColumnBlock = 64;

    // Values of single precision are known to half of 2⁻²³ of themselves: what is left of a row and is smaller is
    // noise.
    private const double Rounding = 1.2e-7;
    private readonly double[] mean;
    private readonly double[] variances;

    private PrincipalComponents(double[] mean, double[] variances, ColumnMatrix directions, double totalVariance) =>
        (this.mean, this.variances, Directions, TotalVariance) = (mean, variances, directions, totalVariance);

    /// <summary>The mean of the rows, d values.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>The variance along each component (divided by n − 1), largest first.</summary>
    public ReadOnlySpan<double> Variances => variances;

    /// <summary>The sum of all variances, of components that were not kept too.</summary>
    public double TotalVariance { get; }

    /// <summary>d × components: column i is the i-th direction, of length 1, its entry of largest magnitude
    /// positive.</summary>
    public ColumnMatrix Directions { get; }

    /// <summary>Finds the components.</summary>
    /// <param name="rows">n × d, finite, n at least 2.</param>
    /// <param name="components">How many to keep, from 1 to d.</param>
    /// <exception cref="ArgumentException">There are fewer than two rows, or a row, which is named, holds NaN or
    /// infinity.</exception>
    public static PrincipalComponents Compute(Matrix rows, int components)
    {
        if (rows.Rows < 2)
            throw new ArgumentException(
                $"Components need at least two rows, but the matrix is {rows.Rows} × {rows.Columns}.", nameof(rows));
        if (components < 1 || components > rows.Columns)
            throw Argument.OutOfRange(
                nameof(components), components,
                $"A {rows.Rows} × {rows.Columns} matrix has 1 to {rows.Columns} components.");
        var covariance = Covariance(rows, out var mean);
        var eigen = new SymmetricEigen(covariance);
        var directions = new ColumnMatrix(rows.Columns, components);
        for (var j = 0; j < components; j++)
            eigen.Vectors.Column(j).CopyTo(directions.Column(j));
        var total = 0.0;
        foreach (var value in eigen.Values)
            total += value;
        var variances = new double[components];
        for (var j = 0; j < components; j++)
            variances[j] = Math.Max(0, eigen.Values[j]); // rounding can leave −1e-17
        return new PrincipalComponents(mean, variances, directions, total);
    }

    /// <summary>The covariance of the columns, divided by n − 1, with float64 sums of centred values.</summary>
    /// <param name="rows">n × d, n at least 2.</param>
    /// <param name="mean">The mean row.</param>
    /// <returns>d × d, symmetric.</returns>
    /// <exception cref="ArgumentException">A row, which is named, holds NaN or infinity.</exception>
    public static ColumnMatrix Covariance(Matrix rows, out double[] mean)
    {
        var (n, d) = (rows.Rows, rows.Columns);
        var means = new double[d];
        for (var i = 0; i < n; i++)
        {
            var row = rows.Row(i);
            for (var j = 0; j < d; j++)
                means[j] += row[j];
        }
        for (var j = 0; j < d; j++)
            means[j] = double.IsFinite(means[j]) ? means[j] / n : throw NotFinite(rows, j);

        var sum = new ColumnMatrix(d, d);
        var blocks = (d + ColumnBlock - 1) / ColumnBlock;
        for (var first = 0; first < n; first += ChunkRows)
        {
            var chunk = ColumnMatrix.Of(rows.RowRange(first, Math.Min(ChunkRows, n - first)));
            for (var j = 0; j < d; j++)
                foreach (ref var value in chunk.Column(j))
                    value -= means[j];
            Workers.Loop(default, options => Parallel.For(
                0,
                blocks,
                options,
                block =>
                {
                    var column = block * ColumnBlock;
                    var count = Math.Min(ColumnBlock, d - column);
                    var product = new ColumnMatrix(d - column, count); // from the diagonal block down
                    ColumnKernels.TransposedProduct(
                        chunk.Start + (long)column * chunk.Stride, chunk.Stride, d - column,
                        chunk.Start + (long)column * chunk.Stride, chunk.Stride, count, chunk.Stride, product.Start,
                        product.Stride);
                    for (var j = 0; j < count; j++)
                    {
                        var from = product.Column(j);
                        var to = sum.Column(column + j)[column..];
                        for (var i = 0; i < from.Length; i++)
                            to[i] += from[i];
                    }
                }
            ));
        }
        for (var j = 0; j < d; j++)
            for (var i = j; i < d; i++)
                sum[i, j] = sum[j, i] = sum[i, j] / (n - 1);
        mean = means;
        return sum;
    }

    /// <summary>The components' values for some rows: (x − mean) · directions.</summary>
    /// <param name="rows">Any number of rows with d columns.</param>
    /// <returns>rows × components; each row depends on nothing but itself.</returns>
    /// <exception cref="ArgumentException">The rows have another number of columns.</exception>
    public Matrix Project(Matrix rows)
    {
        var result = new Matrix(rows.Rows, Directions.Columns);
        ForEach(
            rows,
            (i, _, scores) =>
            {
                var target = result.WritableRow(i);
                for (var c = 0; c < target.Length; c++)
                    target[c] = (float)scores[c];
            }
        );
        return result;
    }

    /// <summary>
    /// What is left of some rows without the mean and without the components: all-but-the-top, when the components are
    /// those of the rows themselves (Mu and Viswanath, "All-but-the-Top", 2018, who suggest d/100 components).
    /// </summary>
    /// <param name="rows">Any number of rows with d columns.</param>
    /// <returns>As many rows and columns; each row depends on nothing but itself.</returns>
    /// <exception cref="ArgumentException">The rows have another number of columns.</exception>
    public Matrix Remove(Matrix rows)
    {
        var result = new Matrix(rows.Rows, rows.Columns);
        var size = Length(mean);
        ForEach(
            rows,
            (i, centred, scores) =>
            {
                for (var c = 0; c < scores.Length; c++)
                {
                    var direction = Directions.Column(c);
                    for (var j = 0; j < centred.Length; j++)
                        centred[j] -= scores[c] * direction[j];
                }
                if (Length(centred) <= Rounding * (Length(rows.Row(i)) + size))
                    return; // a row of zeros
                var target = result.WritableRow(i);
                for (var j = 0; j < target.Length; j++)
                    target[j] = (float)centred[j];
            }
        );
        return result;
    }

    private static double Length(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    private static double Length(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value * value;
        return Math.Sqrt(sum);
    }

    private static ArgumentException NotFinite(Matrix rows, int column)
    {
        var row = 0;
        while (float.IsFinite(rows[row, column])) row++;
        return new ArgumentException(
            $"Row {row} of the {rows.Rows} × {rows.Columns} matrix holds {rows[row, column]} in column {column}; "
                + "leave it out or mend it first.",
            nameof(rows));
    }

    // Hands every row, centred, and its components to an action.
    private void ForEach(Matrix rows, Action<int, double[], double[]> action)
    {
        if (rows.Columns != mean.Length)
            throw new ArgumentException(
                $"The components were found for rows of {mean.Length} values, but these are {rows.Rows} × "
                    + $"{rows.Columns}.",
                nameof(rows)
            );
        Workers.Loop(default, options => Parallel.For(
            0,
            rows.Rows,
            options,
            () => (new double[mean.Length], new double[Directions.Columns]),
            (i, _, buffers) =>
            {
                var (centred, scores) = buffers;
                var row = rows.Row(i);
                for (var j = 0; j < row.Length; j++)
                    centred[j] = row[j] - mean[j];
                for (var c = 0; c < scores.Length; c++)
                {
                    var direction = Directions.Column(c);
                    var sum = 0.0;
                    for (var j = 0; j < centred.Length; j++)
                        sum += centred[j] * direction[j];
                    scores[c] = sum;
                }
                action(i, centred, scores);
                return buffers;
            },
            _ => { }
        ));
    }
}

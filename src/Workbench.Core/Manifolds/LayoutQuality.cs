using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Decompositions;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>How well a layout keeps the neighbourhoods of the data, under the Euclidean metric in both.</summary>
/// <param name="Trustworthiness">
/// 1 − 2/(nk(2n − 3k − 1)) Σ (rank − k) over neighbours in the layout that are none in the data, by their rank in the
/// data (Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001). 1 is perfect, chance
/// about ½.
/// </param>
/// <param name="Continuity">The same with data and layout exchanged: whether neighbours in the data stayed
/// together.</param>
/// <param name="NeighboursKept">The share of the k neighbours in the data that are among the k neighbours in the
/// layout.</param>
/// <param name="Neighbours">k.</param>
public readonly record struct LayoutQuality(
    double Trustworthiness, double Continuity, double NeighboursKept, int Neighbours)
{
    /// <summary>All of it; a record's own text would follow the machine's culture.</summary>
    public override string ToString() =>
        $"LayoutQuality {{ Trustworthiness = {Trustworthiness}, Continuity = {Continuity}, NeighboursKept = "
            + $"{NeighboursKept}, Neighbours = {Neighbours} }}";

    // A multiple of what TransposedProduct keeps in registers, three columns and four.
    private const int BlockRows = 60;

    /// <summary>Measures a layout; float64 throughout, every pair is looked at. Of equal distances the lower index is
    /// nearer.</summary>
    /// <param name="data">n × d, finite.</param>
    /// <param name="layout">n × anything, finite, in the same order.</param>
    /// <param name="neighbours">k, at least 1 and below n/2.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor. The result does not depend on
    /// it.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static LayoutQuality Measure(Matrix data, Matrix layout, int neighbours, int threads = 0)
    {
        var points = data.Rows;
        if (layout.Rows != points)
            throw new ArgumentException(
                $"Data and layout need the same points, but the data is {data.Rows} × {data.Columns} and the layout "
                    + $"{layout.Rows} × {layout.Columns}.",
                nameof(layout)
            );
        if (neighbours < 1 || 2L * neighbours >= points)
            throw Argument.OutOfRange(
                nameof(neighbours), neighbours,
                $"For {points} points the number of neighbours must be at least 1 and below {points / 2.0}.");
        var (high, low) = (new Distances(data), new Distances(layout));
        var blocks = (points + BlockRows - 1) / BlockRows;
        var (intrusions, extrusions, kept) = (new long[blocks], new long[blocks], new long[blocks]);
        // Blocks are megabytes, which the system would have to clear for each: a thread uses its own again.
        var free = new ConcurrentBag<(ColumnMatrix InData, ColumnMatrix InLayout)>();
        Workers.Share(
            Workers.Count(threads),
            blocks,
            block =>
            {
                var first = block * BlockRows;
                var count = Math.Min(BlockRows, points - first);
                if (!free.TryTake(out var buffers))
                    buffers = (new ColumnMatrix(points, BlockRows), new ColumnMatrix(points, BlockRows));
                var (inData, inLayout) = buffers;
                high.Block(first, count, inData);
                low.Block(first, count, inLayout);
                var (nearData, nearLayout) = (new int[neighbours], new int[neighbours]);
                for (var i = 0; i < count; i++)
                {
                    var dataRow = inData.Column(i);
                    var layoutRow = inLayout.Column(i);
                    Nearest(dataRow, first + i, nearData);
                    Nearest(layoutRow, first + i, nearLayout);
                    // Who is near in both has a rank of k at most, and none to be counted.
                    foreach (var j in nearLayout)
                        if (nearData.Contains(j))
                            kept[block]++;
                        else
                            intrusions[block] += Rank(dataRow, first + i, j) - neighbours;
                    foreach (var j in nearData)
                        if (!nearLayout.Contains(j))
                            extrusions[block] += Rank(layoutRow, first + i, j) - neighbours;
                }
                free.Add(buffers);
            }
        );
        var scale = 2.0 / ((double)points * neighbours * (2.0 * points - 3.0 * neighbours - 1));
        var (worse, lost, same) = (0L, 0L, 0L);
        for (var block = 0; block < blocks; block++)
            (worse, lost, same) = (worse + intrusions[block], lost + extrusions[block], same + kept[block]);
        return new LayoutQuality(1 - scale * worse, 1 - scale * lost, (double)same / points / neighbours, neighbours);
    }

    private static void Nearest(ReadOnlySpan<double> row, int self, Span<int> nearest)
    {
        var (found, farthest) = (0, double.PositiveInfinity);
        for (var j = 0; j < row.Length; j++)
        {
            if (found == nearest.Length)
            {
                j += NoneBelow(row[j..], farthest);
                if (j == row.Length) return;
            }
            if (j == self || found == nearest.Length && !(row[j] < farthest))
                continue;
            var at = found < nearest.Length ? found++ : found - 1;
            for (; at > 0 && row[nearest[at - 1]] > row[j]; at--)
                nearest[at] = nearest[at - 1];
            nearest[at] = j;
            farthest = row[nearest[found - 1]];
        }
    }

    // How many values from the first on can be passed over, since none is below the limit.
    private static int NoneBelow(ReadOnlySpan<double> values, double limit)
    {
        var (limits, i) = (Vector256.Create(limit), 0);
        ref var start = ref MemoryMarshal.GetReference(values);
        for (; i + Vector256<double>.Count <= values.Length; i += Vector256<double>.Count)
            if (Vector256.LessThanAny(Vector256.LoadUnsafe(in start, (nuint)i), limits)) return i;
        return i;
    }

    // 1 for the nearest: one more than the points that are nearer, the point itself aside.
    private static long Rank(ReadOnlySpan<double> row, int self, int j)
    {
        var distance = row[j];
        var nearer = CountUpTo(row[..j], distance) + CountUpTo(row[(j + 1)..], Math.BitDecrement(distance));
        return row[self] < distance || row[self] == distance && self < j ? nearer : nearer + 1;
    }

    private static long CountUpTo(ReadOnlySpan<double> values, double limit)
    {
        const int width = 4;
        var (limits, counts, more, i) = (Vector256.Create(limit), Vector256<long>.Zero, Vector256<long>.Zero, 0);
        ref var start = ref MemoryMarshal.GetReference(values);
        for (; i + 2 * width <= values.Length; i += 2 * width) // a true lane is −1
        {
            counts -= Vector256.LessThanOrEqual(Vector256.LoadUnsafe(in start, (nuint)i), limits).AsInt64();
            more -= Vector256.LessThanOrEqual(Vector256.LoadUnsafe(in start, (nuint)(i + width)), limits).AsInt64();
        }
        var count = Vector256.Sum(counts + more);
        for (; i < values.Length; i++)
            count += values[i] <= limit ? 1 : 0;
        return count;
    }

    /// <summary>Squared distances from some points to all, from float64 products of centred rows.</summary>
    private sealed unsafe class Distances
    {
        private readonly ColumnMatrix columns; // a point in each column
        private readonly double[] squares;
        private readonly ColumnMatrix? axes; // a coordinate in each column, where there are three at most

        public Distances(Matrix points)
        {
            columns = ColumnMatrix.OfTransposed(points);
            var mean = new double[points.Columns];
            for (var i = 0; i < columns.Columns; i++)
                for (var c = 0; c < mean.Length; c++)
                    mean[c] += columns[c, i] / columns.Columns;
            squares = new double[columns.Columns];
            for (var i = 0; i < columns.Columns; i++)
            {
                var column = columns.Column(i);
                for (var c = 0; c < mean.Length; c++)
                    column[c] -= mean[c];
                squares[i] = ColumnKernels.Dot(
                    columns.Start + (long)i * columns.Stride, columns.Start + (long)i * columns.Stride, columns.Stride);
                if (!double.IsFinite(squares[i]))
                    throw new ArgumentException(
                        $"Row {i} of a {points.Rows} × {points.Columns} matrix holds NaN or infinity.", nameof(points));
            }
            if (columns.Rows > 3) return;
            axes = new ColumnMatrix(columns.Columns, 3);
            for (var c = 0; c < columns.Rows; c++)
                for (var i = 0; i < columns.Columns; i++) axes[i, c] = columns[c, i];
        }

        /// <param name="first">The first of the points.</param>
        /// <param name="count">Their number.</param>
        /// <param name="result">Gets the distances from each in a column.</param>
        public void Block(int first, int count, ColumnMatrix result)
        {
            if (columns.Rows > 3) Products(first, count, result);
            for (var i = 0; i < count; i++)
            {
                var own = columns.Start + (long)(first + i) * columns.Stride;
                var to = result.Start + (long)i * result.Stride;
                if (columns.Rows > 3) OfProducts(squares[first + i], to);
                else OfCoordinates(own[0], own[1], own[2], squares[first + i], to);
            }
        }

        private void Products(int first, int count, ColumnMatrix result)
        {
            // Tiles of a block with as many points: both stay in cache while they are multiplied.
            var start = columns.Start + (long)first * columns.Stride;
            for (var j = 0; j < columns.Columns; j += BlockRows)
                ColumnKernels.TransposedProduct(
                    columns.Start + (long)j * columns.Stride, columns.Stride, Math.Min(BlockRows, columns.Columns - j),
                    start, columns.Stride, count, columns.Stride, result.Start + j, result.Stride);
        }

        private void OfProducts(double square, double* products)
        {
            var (own, j) = (Vector256.Create(square), 0);
            ref var others = ref MemoryMarshal.GetArrayDataReference(squares);
            for (; j + Vector256<double>.Count <= squares.Length; j += Vector256<double>.Count)
                (Vector256.LoadUnsafe(in others, (nuint)j) + own - 2 * Vector256.Load(products + j))
                    .Store(products + j);
            for (; j < squares.Length; j++) products[j] = squares[j] + square - 2 * products[j];
        }

        // Up to three coordinates, as maps have: added as the product adds its lanes.
        private void OfCoordinates(double x, double y, double z, double square, double* distances)
        {
            var (xs, ys, zs, own) = (
                Vector256.Create(x), Vector256.Create(y), Vector256.Create(z), Vector256.Create(square));
            ref var others = ref MemoryMarshal.GetArrayDataReference(squares);
            double* firsts = axes!.Start, seconds = firsts + axes.Stride, thirds = seconds + axes.Stride;
            var j = 0;
            for (; j + Vector256<double>.Count <= squares.Length; j += Vector256<double>.Count)
            {
                var product = Vector256.Load(firsts + j) * xs + Vector256.Load(seconds + j) * ys
                    + Vector256.Load(thirds + j) * zs;
                (Vector256.LoadUnsafe(in others, (nuint)j) + own - 2 * product).Store(distances + j);
            }
            for (; j < squares.Length; j++)
                distances[j] = squares[j] + square - 2 * (firsts[j] * x + seconds[j] * y + thirds[j] * z);
        }
    }
}

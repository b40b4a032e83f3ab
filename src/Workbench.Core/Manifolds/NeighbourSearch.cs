using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The search behind <see cref="NearestNeighbours"/>. Nearness is scored as x·y − |y|²/2 (Euclidean) or x·y/|y|
/// (cosine): for one query both rank the points as their distances do.
/// </summary>
internal sealed unsafe class NeighbourSearch
{
    // Candidates beyond those asked for: with that many, rounding next to never forces a second search.
    private const int Slack = 16;
    // Of a block: with 768 columns its panels take 786 KB of a core's second-level cache.
    private const int QueryRows = 256;

    private readonly Matrix points;
    private readonly Matrix queries;
    private readonly NearestNeighbours result;
    private readonly int? firstQuery; // which of the points the first query is; null where queries are others
    private readonly MicroKernel kernel;
    private readonly double[] squares; // |y|² of the points
    private readonly float[] factors;
    private readonly float[] offsets;
    private readonly int kept;
    private readonly double largestNorm;

    private NeighbourSearch(
        Matrix points, Matrix queries, NearestNeighbours result, int? firstQuery, MicroKernel kernel)
    {
        (this.points, this.queries, this.result, this.firstQuery, this.kernel) = (
            points, queries, result, firstQuery, kernel);
        kept = Math.Min(result.Count + Slack, Others);
        squares = Squares(points, nameof(points));
        var padded = Panels.Count(points.Rows, kernel.Columns) * kernel.Columns;
        (factors, offsets) = (new float[padded], new float[padded]);
        Array.Fill(offsets, float.NegativeInfinity, points.Rows, padded - points.Rows); // so that padding is never near
        for (var j = 0; j < points.Rows; j++)
        {
            largestNorm = Math.Max(largestNorm, Math.Sqrt(squares[j]));
            (factors[j], offsets[j]) = result.Metric == Metric.Euclidean
                ? (1f, (float)(-0.5 * squares[j]))
                : ((float)(1 / Math.Sqrt(squares[j])), 0f);
        }
    }

    public static NearestNeighbours Run(
        Matrix points, Matrix queries, int count, Metric metric, int? firstQuery, int threads, MicroKernel kernel)
    {
        var result = new NearestNeighbours(queries.Rows, count, metric);
        new NeighbourSearch(points, queries, result, firstQuery, kernel).Run(threads);
        return result;
    }

    private int Others => points.Rows - (firstQuery is null ? 0 : 1);

    // The point that a query is, or −1.
    private int Self(int query) => firstQuery is { } first ? first + query : -1;

    private double[] Squares(Matrix matrix, string name)
    {
        var sums = new double[matrix.Rows];
        for (var i = 0; i < matrix.Rows; i++)
        {
            var sum = 0.0;
            foreach (var value in matrix.Row(i)) sum += (double)value * value;
            if (!double.IsFinite(sum))
                throw new ArgumentException(
                    $"Row {i} of {name} holds NaN or infinity; find and replace it first.", name);
            if (sum == 0 && result.Metric == Metric.Cosine)
                throw new ArgumentException(
                    $"Row {i} of {name} is zero and has no direction, so the cosine does not exist; leave it out or "
                        + "use the Euclidean metric.",
                    name
                );
            sums[i] = sum;
        }
        return sums;
    }

    private void Run(int threads)
    {
        var querySquares = firstQuery is { } begin
            ? squares[begin..(begin + queries.Rows)]
            : Squares(queries, nameof(queries));
        var depth = points.Columns;
        using var packed = new AlignedBuffer((long)factors.Length * depth);
        Workers.Share(
            threads,
            factors.Length / kernel.Columns,
            panel =>
            {
                var first = panel * kernel.Columns;
                Panels.Pack(
                    points, first, Math.Min(kernel.Columns, points.Rows - first), 0, depth, kernel.Columns,
                    packed.Pointer + (long)first * depth);
            }
        );
        var rows = Panels.Count(QueryRows, kernel.Rows) * kernel.Rows;
        Workers.Share(
            threads,
            (queries.Rows + rows - 1) / rows,
            block =>
            {
                var first = block * rows;
                var candidates = new Candidates(Math.Min(rows, queries.Rows - first), kept);
                Propose(packed.Pointer, first, candidates);
                for (var r = 0; r < candidates.Rows; r++)
                    Decide(first + r, Math.Sqrt(querySquares[first + r]), candidates, r);
            }
        );
    }

    private void Propose(float* packedPoints, int first, Candidates candidates)
    {
        var depth = points.Columns;
        var rowPanels = Panels.Count(candidates.Rows, kernel.Rows);
        using var memory = AlignedBuffer.Rent(MicroKernel.LargestTile + (long)rowPanels * kernel.Rows * depth);
        var tile = memory.Pointer;
        var packedQueries = tile + MicroKernel.LargestTile;
        for (var r = 0; r < rowPanels; r++)
            Panels.Pack(
                queries, first + r * kernel.Rows, Math.Min(kernel.Rows, candidates.Rows - r * kernel.Rows), 0, depth,
                kernel.Rows, packedQueries + (long)r * kernel.Rows * depth);
        fixed (
            float* factor = factors,
                offset = offsets
        )
        {
            for (var j = 0; j < points.Rows; j += kernel.Columns)
                for (var r = 0; r < rowPanels; r++)
                {
                    kernel.Multiply(
                        packedQueries + (long)r * kernel.Rows * depth, packedPoints + (long)j * depth, depth, tile);
                    for (var i = r * kernel.Rows; i < Math.Min((r + 1) * kernel.Rows, candidates.Rows); i++)
                        candidates.Offer(
                            i, tile + (i - r * kernel.Rows) * kernel.Columns, factor + j, offset + j, j, kernel.Columns,
                            Self(first + i));
                }
        }
    }

    // Orders the candidates by their exact distances, and searches the row again if a point left out might be nearer.
    private void Decide(int query, double norm, Candidates candidates, int row)
    {
        var found = candidates.Indices(row);
        Span<double> exact = stackalloc double[kept];
        for (var i = 0; i < kept; i++) exact[i] = Distance(query, norm, found[i]);
        Sort(exact, found);
        if (kept < Others)
        {
            // A chain of d fused multiply-adds errs by at most d·2⁻²⁴ |x||y|; factor, offset and their use add a few
            // roundings of it.
            var last = exact[result.Count - 1];
            var (score, size) = result.Metric == Metric.Euclidean
                ? (0.5 * (norm * norm - last * last), (norm + largestNorm) * largestNorm)
                : ((1 - last) * norm, norm);
            if (score - (points.Columns + 4) * Math.ScaleB(1, -24) * size <= candidates.Threshold(row))
            {
                SearchAgain(query, norm);
                return;
            }
        }
        found[..result.Count].CopyTo(result.WritableIndices(query));
        exact[..result.Count].CopyTo(result.WritableDistances(query));
    }

    private void SearchAgain(int query, double norm)
    {
        var (all, order) = (new double[points.Rows], new int[points.Rows]);
        for (var j = 0; j < points.Rows; j++)
            (all[j], order[j]) = (j == Self(query) ? double.PositiveInfinity : Distance(query, norm, j), j);
        Array.Sort(order, (a, b) => all[a] != all[b] ? all[a].CompareTo(all[b]) : a.CompareTo(b));
        order.AsSpan(0, result.Count).CopyTo(result.WritableIndices(query));
        for (var i = 0; i < result.Count; i++) result.WritableDistances(query)[i] = all[order[i]];
    }

    private double Distance(int query, double norm, int point)
    {
        var x = queries.Row(query);
        var y = points.Row(point);
        var (first, second) = (0.0, 0.0);
        var j = 0;
        if (result.Metric == Metric.Cosine)
        {
            for (; j < x.Length; j++) first += (double)x[j] * y[j];
            return Math.Clamp(1 - first / (norm * Math.Sqrt(squares[point])), 0, 2);
        }
        for (; j + 1 < x.Length; j += 2)
        {
            var (a, b) = ((double)x[j] - y[j], (double)x[j + 1] - y[j + 1]);
            first += a * a;
            second += b * b;
        }
        if (j < x.Length) first += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
        return Math.Sqrt(first + second);
    }

    private static void Sort(Span<double> distances, Span<int> indices)
    {
        for (var i = 1; i < distances.Length; i++)
        {
            var (distance, index, at) = (distances[i], indices[i], i);
            for (
                ;
                at > 0 && (distances[at - 1] > distance || distances[at - 1] == distance && indices[at - 1] > index);
                at--
            )
                (distances[at], indices[at]) = (distances[at - 1], indices[at - 1]);
            (distances[at], indices[at]) = (distance, index);
        }
    }

    /// <summary>The best scores so far of some queries, best first.</summary>
    private sealed class Candidates
    {
        private readonly float[] scores;
        private readonly int[] indices;
        private readonly int kept;

        public Candidates(int rows, int kept)
        {
            (Rows, this.kept) = (rows, kept);
            (scores, indices) = (new float[rows * kept], new int[rows * kept]);
            Array.Fill(scores, float.NegativeInfinity);
        }

        public int Rows { get; }

        public Span<int> Indices(int row) => indices.AsSpan(row * kept, kept);

        /// <summary>No point left out scored more.</summary>
        public float Threshold(int row) => scores[row * kept + kept - 1];

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Offer(int row, float* products, float* factors, float* offsets, int firstPoint, int count, int self)
        {
            var threshold = Vector256.Create(Threshold(row));
            for (var c = 0; c < count; c += Vector256<float>.Count)
            {
                var score = Vector256.Load(products + c) * Vector256.Load(factors + c) + Vector256.Load(offsets + c);
                var better = Vector256.GreaterThan(score, threshold).ExtractMostSignificantBits();
                for (; better != 0; better &= better - 1)
                {
                    var lane = BitOperations.TrailingZeroCount(better);
                    if (firstPoint + c + lane != self)
                        Insert(row * kept, score.GetElement(lane), firstPoint + c + lane);
                }
            }
        }

        private void Insert(int start, float score, int index)
        {
            var at = start + kept - 1;
            if (!(score > scores[at]))
                return;
            for (; at > start && scores[at - 1] < score; at--)
                (scores[at], indices[at]) = (scores[at - 1], indices[at - 1]);
            (scores[at], indices[at]) = (score, index);
        }
    }
}

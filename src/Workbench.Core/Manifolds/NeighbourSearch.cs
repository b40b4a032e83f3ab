using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The search behind <see cref="NearestNeighbours"/>: a scan of products proposes <see cref="NeighbourCandidates"/>,
/// exact distances decide.
/// </summary>
internal sealed class NeighbourSearch
{
    // Candidates beyond those asked for: with that many, rounding next to never forces a second search.
    private const int Slack = 16;
    private const int QueriesAtOnce = 256; // of a thread, while exact distances decide

    private readonly Matrix points;
    private readonly Matrix queries;
    private readonly NearestNeighbours result;
    private readonly int? firstQuery; // which of the points the first query is; null where queries are others
    private readonly double[] squares; // |y|² of the points
    private readonly double largestNorm;

    private NeighbourSearch(Matrix points, Matrix queries, NearestNeighbours result, int? firstQuery)
    {
        (this.points, this.queries, this.result, this.firstQuery) = (points, queries, result, firstQuery);
        squares = Squares(points, nameof(points));
        largestNorm = Math.Sqrt(squares.Max());
    }

    public static NearestNeighbours Run(
        Matrix points, Matrix queries, int count, Metric metric, int? firstQuery, int threads, MicroKernel kernel)
    {
        var result = new NearestNeighbours(queries.Rows, count, metric);
        new NeighbourSearch(points, queries, result, firstQuery).Run(threads, kernel);
        return result;
    }

    private int Others => points.Rows - (firstQuery is null ? 0 : 1);

    // Every point is a query: a product serves both of its points.
    private bool IsWhole => firstQuery == 0 && queries.Rows == points.Rows;

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

    private void Run(int threads, MicroKernel kernel)
    {
        var querySquares = firstQuery is { } begin
            ? squares[begin..(begin + queries.Rows)]
            : Squares(queries, nameof(queries));
        ScoreRange.Check(largestNorm * Math.Sqrt(querySquares.Max()), points.Columns, nameof(points));
        using var columns = Prepared(points);
        using var rows = IsWhole ? null : Prepared(queries);
        var candidates = new NeighbourCandidates(
            queries.Rows, Math.Min(result.Count + Slack, Others), squares, result.Metric, firstQuery, IsWhole);
        (rows is null ? new PairScan(columns) : new PairScan(rows, columns)).Run(
            [candidates], new ScanOptions { Threads = threads });
        var isDecided = new bool[queries.Rows];
        Workers.Share(threads, (queries.Rows + QueriesAtOnce - 1) / QueriesAtOnce, block =>
        {
            var end = Math.Min(queries.Rows, (block + 1) * QueriesAtOnce);
            for (var query = block * QueriesAtOnce; query < end; query++)
                isDecided[query] = Decide(query, Math.Sqrt(querySquares[query]), candidates);
        });
        int[] others = [.. Enumerable.Range(0, queries.Rows).Where(query => !isDecided[query])];
        Workers.Share(threads, others.Length, i => SearchAgain(others[i], Math.Sqrt(querySquares[others[i]])));

        PreparedRows Prepared(Matrix matrix) =>
            PreparedRows.Prepare(matrix, Measure.DotProduct, DegenerateRows.Refuse, threads, kernel);
    }

    // Orders the candidates by their exact distances; false if a point left out might be nearer.
    private bool Decide(int query, double norm, NeighbourCandidates candidates)
    {
        var found = candidates.Indices(query);
        var kept = candidates.Kept;
        Span<double> exact = stackalloc double[kept];
        Distances(query, norm, found, exact);
        Sort(exact, found);
        if (kept < Others)
        {
            // A chain of d fused multiply-adds errs by at most d·2⁻²⁴ |x||y|; factor, offset and their use add a few
            // roundings of it. What is nearer than the last one found is no longer than both together.
            var last = exact[result.Count - 1];
            var longest = Math.Min(largestNorm, (norm + last) * (1 + Math.ScaleB(1, -40)));
            var (score, size) = result.Metric == Metric.Euclidean
                ? (0.5 * (norm * norm - last * last), (norm + longest) * longest)
                : ((1 - last) * norm, norm);
            if (score - (points.Columns + 4) * Math.ScaleB(1, -24) * size <= candidates.Threshold(query)) return false;
        }
        found[..result.Count].CopyTo(result.WritableIndices(query));
        exact[..result.Count].CopyTo(result.WritableDistances(query));
        return true;
    }

    // Every exact distance of a query whose neighbours lie closer together than rounding can tell: among the tokens
    // that a model never saw, hundreds do.
    private void SearchAgain(int query, double norm)
    {
        const int atOnce = 64;
        Span<int> some = stackalloc int[atOnce];
        Span<double> theirs = stackalloc double[atOnce];
        var indices = result.WritableIndices(query);
        var distances = result.WritableDistances(query);
        distances.Fill(double.PositiveInfinity);
        for (var first = 0; first < points.Rows; first += atOnce)
        {
            some = some[..Math.Min(atOnce, points.Rows - first)];
            for (var i = 0; i < some.Length; i++) some[i] = first + i;
            Distances(query, norm, some, theirs);
            for (var i = 0; i < some.Length; i++)
            {
                if (some[i] == Self(query) || !(theirs[i] < distances[^1])) continue;
                var at = distances.Length - 1;
                for (; at > 0 && distances[at - 1] > theirs[i]; at--)
                    (distances[at], indices[at]) = (distances[at - 1], indices[at - 1]);
                (distances[at], indices[at]) = (theirs[i], some[i]);
            }
        }
    }

    // Sums of even and of odd columns, in order, so that a distance has the same bits whatever is measured with it;
    // four points at once, since a sum waits for its last addition.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Distances(int query, double norm, ReadOnlySpan<int> others, Span<double> destination)
    {
        ref readonly var x = ref MemoryMarshal.GetReference(queries.Row(query));
        var isCosine = result.Metric == Metric.Cosine;
        for (var i = 0; i < others.Length; i += 4)
        {
            ref readonly var a = ref MemoryMarshal.GetReference(points.Row(others[i]));
            ref readonly var b = ref MemoryMarshal.GetReference(points.Row(others[Math.Min(i + 1, others.Length - 1)]));
            ref readonly var c = ref MemoryMarshal.GetReference(points.Row(others[Math.Min(i + 2, others.Length - 1)]));
            ref readonly var d = ref MemoryMarshal.GetReference(points.Row(others[Math.Min(i + 3, others.Length - 1)]));
            Vector128<double> sumA = default, sumB = default, sumC = default, sumD = default;
            nuint j = 0;
            for (; j + 1 < (nuint)points.Columns; j += 2)
            {
                var pair = Pair(in x, j);
                sumA += Term(pair, Pair(in a, j), isCosine);
                sumB += Term(pair, Pair(in b, j), isCosine);
                sumC += Term(pair, Pair(in c, j), isCosine);
                sumD += Term(pair, Pair(in d, j), isCosine);
            }
            if (j < (nuint)points.Columns)
            {
                var last = Single(in x, j);
                sumA += Term(last, Single(in a, j), isCosine);
                sumB += Term(last, Single(in b, j), isCosine);
                sumC += Term(last, Single(in c, j), isCosine);
                sumD += Term(last, Single(in d, j), isCosine);
            }
            Span<double> sums =
            [
                Vector128.Sum(sumA), Vector128.Sum(sumB), Vector128.Sum(sumC), Vector128.Sum(sumD),
            ];
            for (var k = 0; k < Math.Min(4, others.Length - i); k++)
                destination[i + k] = isCosine
                    ? Math.Clamp(1 - sums[k] / (norm * Math.Sqrt(squares[others[i + k]])), 0, 2)
                    : Math.Sqrt(sums[k]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Pair(ref readonly float start, nuint at) =>
        Vector128.WidenLower(Vector64.LoadUnsafe(in start, at).ToVector128Unsafe());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Single(ref readonly float start, nuint at) =>
        Vector128.CreateScalar((double)Unsafe.Add(ref Unsafe.AsRef(in start), at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Term(Vector128<double> x, Vector128<double> y, bool isCosine)
    {
        if (isCosine) return x * y;
        var difference = x - y;
        return difference * difference;
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
}

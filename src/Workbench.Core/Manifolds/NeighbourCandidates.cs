using System;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Threading;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The best scores so far of every query, best first. Nearness is scored as x·y − |y|²/2 (Euclidean) or x·y/|y|
/// (cosine): for one query both rank the points as their distances do.
/// </summary>
/// <remarks>All threads of a scan share one: a score enters its query's list under a lock, and most scores are turned
/// away before by a threshold, which may be an older and lower one.</remarks>
internal sealed class NeighbourCandidates : PairFold
{
    private readonly Lock[] gates = [.. Enumerable.Range(0, 1024).Select(_ => new Lock())];
    private readonly float[] scores; // queries × kept
    private readonly int[] indices;
    private readonly float[] thresholds; // each query's last score
    private readonly float[] factors; // of a point's products, and what is added to them
    private readonly float[] offsets;
    private readonly int? firstQuery;
    private readonly bool isSymmetric;

    /// <summary>Empty lists.</summary>
    /// <param name="queries">How many.</param>
    /// <param name="kept">Candidates of each.</param>
    /// <param name="squares">|y|² of every point.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="firstQuery">The point that the first query is, which is no candidate of its own; null where queries
    /// are others.</param>
    /// <param name="isSymmetric">Whether the scan visits each pair of points once, for both.</param>
    public NeighbourCandidates(
        int queries, int kept, double[] squares, Metric metric, int? firstQuery, bool isSymmetric)
    {
        (Kept, this.firstQuery, this.isSymmetric) = (kept, firstQuery, isSymmetric);
        (scores, indices) = (new float[checked(queries * kept)], new int[queries * kept]);
        thresholds = new float[queries];
        Array.Fill(scores, float.NegativeInfinity);
        Array.Fill(thresholds, float.NegativeInfinity);
        var isEuclidean = metric == Metric.Euclidean;
        factors = Array.ConvertAll(squares, square => isEuclidean ? 1f : (float)(1 / Math.Sqrt(square)));
        offsets = Array.ConvertAll(squares, square => isEuclidean ? (float)(-0.5 * square) : 0f);
    }

    /// <inheritdoc/>
    public override string Settings => $"candidates({Kept})";

    /// <summary>Candidates of each query.</summary>
    public int Kept { get; }

    /// <summary>Points, best first.</summary>
    public Span<int> Indices(int query) => indices.AsSpan(query * Kept, Kept);

    /// <summary>No point left out scored more.</summary>
    public float Threshold(int query) => thresholds[query];

    /// <inheritdoc/>
    public override PairFold Fork() => this;

    /// <inheritdoc/>
    public override void Merge(PairFold other) { }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer) => throw new NotSupportedException("Candidates are not kept.");

    /// <inheritdoc/>
    public override void Read(BinaryReader reader) => throw new NotSupportedException("Candidates are not kept.");

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        if (Vector512.IsHardwareAccelerated) Add<Lanes512, Vector512<float>>(tile);
        else Add<Lanes256, Vector256<float>>(tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, V>(in ScoreTile tile)
        where TLanes : struct, ILanes<V> where V : struct
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            var products = tile.Row(r);
            var row = tile.FirstRow + r;
            var least = TLanes.Create(thresholds[row]);
            var (factor, offset) = isSymmetric
                ? (TLanes.Create(factors[row]), TLanes.Create(offsets[row]))
                : (default, default);
            var c = 0;
            for (; c + TLanes.Count <= products.Length; c += TLanes.Count)
            {
                var (product, column) = (
                    TLanes.Load(in MemoryMarshal.GetReference(products), (nuint)c), tile.FirstColumn + c);
                var better = TLanes.AtLeast(
                    TLanes.FusedMultiplyAdd(
                        product, TLanes.Load(in factors[column], 0), TLanes.Load(in offsets[column], 0)),
                    least);
                if (isSymmetric)
                    better |= TLanes.AtLeast(
                        TLanes.FusedMultiplyAdd(product, factor, offset), TLanes.Load(in thresholds[column], 0));
                for (; better != 0; better &= better - 1)
                {
                    var lane = c + BitOperations.TrailingZeroCount(better);
                    Offer(row, tile.FirstColumn + lane, products[lane]);
                }
            }
            for (; c < products.Length; c++) Offer(row, tile.FirstColumn + c, products[c]);
        }
    }

    private void Offer(int row, int column, float product)
    {
        if (firstQuery + row != column) Insert(row, column, product);
        if (isSymmetric) Insert(column, row, product);
    }

    private void Insert(int query, int point, float product)
    {
        var score = float.FusedMultiplyAdd(product, factors[point], offsets[point]);
        if (!(score > thresholds[query])) return;
        lock (gates[query % gates.Length])
        {
            var list = scores.AsSpan(query * Kept, Kept);
            var ids = Indices(query);
            var at = Kept - 1;
            if (!(score > list[at])) return;
            for (; at > 0 && list[at - 1] < score; at--) (list[at], ids[at]) = (list[at - 1], ids[at - 1]);
            (list[at], ids[at]) = (score, point);
            thresholds[query] = list[^1];
        }
    }
}

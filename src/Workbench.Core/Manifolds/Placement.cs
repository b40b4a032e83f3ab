using System;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Manifolds;

/// <summary>
/// Places new points in a finished layout: each starts at the mean of its neighbours, weighted by membership, and then
/// follows the same forces as the layout did, for a third of the epochs at a quarter of the rate. All draw the same
/// random numbers.
/// </summary>
internal sealed unsafe class Placement
{
    private const int Lanes = LayoutPack.Lanes;
    private const double RateShare = 0.25;
    private readonly Positions positions;
    private readonly MembershipCurve curve;
    private readonly UmapSettings settings;
    private readonly int points;
    private readonly int dimensions;
    private readonly int epochs;
    private readonly uint random;

    public Placement(Matrix layout, MembershipCurve curve, UmapSettings settings, int layoutEpochs)
    {
        (this.curve, this.settings, points, dimensions) = (curve, settings, layout.Rows, layout.Columns);
        epochs = Math.Max(1, layoutEpochs / 3);
        random = (uint)new Philox(settings.Seed, UmapStreams.NewPoints).NextUInt64() | 1;
        positions = new Positions(points, dimensions);
        for (var i = 0; i < points; i++)
            for (var c = 0; c < dimensions; c++) positions[i][c] = layout[i, c];
    }

    public Matrix Place(NearestNeighbours neighbours, int threads)
    {
        var result = new Matrix(neighbours.Queries, dimensions);
        Workers.Share(
            threads, (neighbours.Queries + Lanes - 1) / Lanes, pack => Place(neighbours, pack * Lanes, result));
        return result;
    }

    private void Place(NearestNeighbours neighbours, int first, Matrix result)
    {
        var (lanes, slots) = (Math.Min(Lanes, neighbours.Queries - first), neighbours.Count);
        var starts = new float[dimensions * Lanes];
        var (heads, turns) = (new int[slots * Lanes], new int[slots * Lanes]);
        var (periods, due) = (new float[slots * Lanes], new float[slots * Lanes]);
        Array.Fill(due, float.PositiveInfinity);
        for (var lane = 0; lane < lanes; lane++) Enter(neighbours, first + lane, lane, starts, heads, periods, due);

        var at = stackalloc Vector256<float>[dimensions];
        var other = stackalloc Vector256<float>[positions.Stride];
        for (var c = 0; c < dimensions; c++) at[c] = Vector256.Create<float>(starts.AsSpan(c * Lanes));
        var step = new LayoutStep(curve, positions, dimensions, points, settings.NegativeSamples, pulls: 1);
        fixed (int* head = heads, turn = turns)
        fixed (float* period = periods, next = due)
        {
            var pack = new LayoutPack
            {
                At = at,
                Other = other,
                Heads = head,
                Periods = period,
                Due = next,
                Turns = turn,
                Slots = slots,
                Own = Vector256.Create(-1),
                Random = Vector256.Create(random),
            };
            for (var epoch = 1; epoch <= epochs; epoch++)
            {
                var rate = (float)(RateShare * settings.LearningRate * (1 - (epoch - 1.0) / epochs));
                step.Move(&pack, 1, epoch, rate);
            }
        }
        for (var lane = 0; lane < lanes; lane++)
            for (var c = 0; c < dimensions; c++) result[first + lane, c] = at[c][lane];
    }

    private void Enter(
        NearestNeighbours neighbours, int query, int lane, float[] starts, int[] heads, float[] periods, float[] due)
    {
        var indices = neighbours.Indices(query);
        var distances = neighbours.Distances(query);
        // A new point touches one neighbour less than a point of the layout, as in umap-learn: with one, nobody, so
        // that its nearest neighbour's membership is below 1 unless it is a copy.
        var scale = SmoothDistance.Of(distances, Math.Max(0, settings.LocalConnectivity - 1));
        var (strongest, total) = (scale.Membership(distances[0]), 0.0);
        Span<double> mean = stackalloc double[dimensions];
        mean.Clear();
        for (var e = 0; e < indices.Length; e++)
        {
            var weight = scale.Membership(distances[e]);
            total += weight;
            for (var c = 0; c < dimensions; c++) mean[c] += weight * positions[indices[e]][c];
            if (weight < strongest / epochs) continue;
            var slot = e * Lanes + lane;
            heads[slot] = indices[e] * positions.Stride;
            periods[slot] = due[slot] = (float)(strongest / weight);
        }
        for (var c = 0; c < dimensions; c++) starts[c * Lanes + lane] = (float)(mean[c] / total);
    }
}

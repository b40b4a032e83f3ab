using System;
using System.Linq;
using System.Runtime.Intrinsics;
using Workbench.Core.Manifolds;
using Xunit;

namespace Workbench.Core.Tests;

[RunsOnEveryTier]
public sealed unsafe class LayoutStepTests
{
    private const int Points = 200, Slots = 12, NegativeSamples = 5, Epochs = 6;
    private static readonly MembershipCurve Curve = MembershipCurve.Fit(1, 0.1);

    [Theory]
    [InlineData(1, 1), InlineData(2, 3), InlineData(3, 8), InlineData(4, 2), InlineData(5, 3), InlineData(9, 1)]
    public void Packs_that_move_together_move_every_point_as_a_plain_loop_does(int dimensions, int packs)
    {
        var random = new Random(dimensions);
        var positions = new Positions(Points, dimensions);
        for (var i = 0; i < Points; i++)
            for (var c = 0; c < dimensions; c++) positions[i][c] = 4 * random.NextSingle() - 2;
        // Some entries are due at once, some in each epoch, some never; some point to the point itself.
        var heads = Numbers(packs, _ => random.Next(Points));
        var periods = Numbers(packs, _ => 0.7f + 3 * random.NextSingle());
        var due = Numbers(packs, i => random.Next(4) == 0 ? float.PositiveInfinity : periods[i]);
        uint[] states = [.. Enumerable.Range(0, packs * LayoutPack.Lanes).Select(_ => (uint)random.Next() | 1)];

        var wanted = Enumerable.Range(0, states.Length)
            .Select(point => Plainly(point, dimensions, positions, heads, periods, [.. due], states[point]))
            .ToArray();
        var found = Together(dimensions, packs, positions, heads, periods, due, states);

        Assert.Equal(wanted, found);
        Assert.All(found, (at, i) => Assert.NotEqual(positions[i][..dimensions].ToArray(), at));
    }

    private static T[] Numbers<T>(int packs, Func<int, T> number) =>
        [.. Enumerable.Range(0, packs * Slots * LayoutPack.Lanes).Select(number)];

    private static float[][] Together(
        int dimensions, int packs, Positions positions, int[] heads, float[] periods, float[] due, uint[] states)
    {
        var stride = positions.Stride;
        var (offsets, turns) = (heads.Select(head => head * stride).ToArray(), new int[heads.Length]);
        var memory = stackalloc LayoutPack[packs];
        var (at, other) = (new Vector256<float>[packs * stride], new Vector256<float>[packs * stride]);
        var step = new LayoutStep(Curve, positions, dimensions, Points, NegativeSamples, pulls: 2);
        fixed (Vector256<float>* places = at, others = other)
        fixed (int* head = offsets, turn = turns)
        fixed (float* period = periods, next = due)
        {
            for (var i = 0; i < packs; i++)
            {
                var slot = i * Slots * LayoutPack.Lanes;
                var first = i * LayoutPack.Lanes;
                memory[i] = new LayoutPack
                {
                    At = places + i * stride,
                    Other = others + i * stride,
                    Heads = head + slot,
                    Periods = period + slot,
                    Due = next + slot,
                    Turns = turn + slot,
                    Slots = Slots,
                    Own = (Vector256.Create(first) + Vector256<int>.Indices) * stride,
                    Random = Vector256.Create<uint>(states.AsSpan(first)),
                };
                for (var lane = 0; lane < LayoutPack.Lanes; lane++) memory[i].Place(lane, positions[first + lane]);
            }
            for (var epoch = 1; epoch <= Epochs; epoch++) step.Move(memory, packs, epoch, Rate(epoch));
        }
        var moved = new float[packs * LayoutPack.Lanes][];
        for (var i = 0; i < moved.Length; i++)
        {
            var point = new float[stride];
            memory[i / LayoutPack.Lanes].CopyTo(point, i % LayoutPack.Lanes);
            moved[i] = point[..dimensions];
        }
        return moved;
    }

    private static float[] Plainly(
        int point, int dimensions, Positions positions, int[] heads, float[] periods, float[] due, uint state)
    {
        var forces = new LayoutForces(Curve);
        var at = positions[point][..dimensions].ToArray();
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var met = 0;
            for (var slot = 0; slot < Slots; slot++)
            {
                var entry = (point / LayoutPack.Lanes * Slots + slot) * LayoutPack.Lanes + point % LayoutPack.Lanes;
                if (due[entry] > epoch) continue;
                due[entry] += periods[entry];
                met++;
                for (var pull = 0; pull < 2; pull++)
                    Follow(positions[heads[entry]], epoch, square => forces.Attraction(square)[0]);
            }
            for (var drawn = 0; drawn < met * NegativeSamples; drawn++)
            {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                var other = Math.Min((int)((state >> 8) * (Points / 16777216f)), Points - 1);
                if (other != point) Follow(positions[other], epoch, square => forces.Repulsion(square)[0]);
            }
        }
        return at;

        void Follow(ReadOnlySpan<float> other, int epoch, Func<Vector256<float>, float> forceAt)
        {
            var square = 0f;
            for (var c = 0; c < dimensions; c++)
            {
                var difference = at[c] - other[c];
                square = float.MultiplyAddEstimate(difference, difference, square);
            }
            var force = forceAt(Vector256.Create(square));
            for (var c = 0; c < dimensions; c++)
                at[c] = float.MultiplyAddEstimate(
                    Math.Clamp((at[c] - other[c]) * force, -4, 4), Rate(epoch), at[c]);
        }
    }

    private static float Rate(int epoch) => 1 - (epoch - 1f) / Epochs;
}

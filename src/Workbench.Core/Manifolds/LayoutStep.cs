using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Manifolds;

/// <summary>
/// What one epoch does to packs of eight points, each point blind to all others that move: a step towards the other end
/// of every entry that is due, then a step away from points drawn at random for each of them.
/// </summary>
/// <remarks>
/// A point's steps wait for each other, and within a step each operation for the one before. So packs take every step
/// together, and each part of it one after the other: what one waits for, others fill. A lane's entries that are due
/// are queued before, or else all lanes would wait wherever one is due.
/// </remarks>
internal readonly unsafe struct LayoutStep
{
    private const int Lanes = LayoutPack.Lanes;

    private readonly LayoutForces forces;
    private readonly float* positions;
    private readonly int stride;
    private readonly int dimensions;
    private readonly int points;
    private readonly int negativeSamples;
    private readonly int pulls;

    /// <param name="curve">The shape of the forces.</param>
    /// <param name="positions">Where the points lie that pull and push.</param>
    /// <param name="dimensions">Number of dimensions.</param>
    /// <param name="points">How many of them, for the draw.</param>
    /// <param name="negativeSamples">Draws for each entry that is due.</param>
    /// <param name="pulls">Steps towards an entry: 2 where its other end has an entry too, and each pulls both; else
    /// 1.</param>
    public LayoutStep(
        MembershipCurve curve, Positions positions, int dimensions, int points, int negativeSamples, int pulls)
    {
        forces = new LayoutForces(curve);
        this.positions = positions.Start;
        stride = positions.Stride;
        (this.dimensions, this.points, this.negativeSamples, this.pulls) = (dimensions, points, negativeSamples, pulls);
    }

    /// <summary>Moves the points of some packs.</summary>
    /// <param name="packs">Their coordinates, turns and random states are overwritten.</param>
    /// <param name="count">How many.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="rate">Share of a force that is followed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Move(LayoutPack* packs, int count, int epoch, float rate)
    {
        var most = 0;
        for (var i = 0; i < count; i++) most = Math.Max(most, packs[i].QueueDue(epoch));
        var moving = stackalloc LayoutPack*[count];
        for (var turn = 0; turn < most; turn++)
        {
            var moved = 0;
            for (var i = 0; i < count; i++)
            {
                var pack = packs + i;
                pack->Active = Vector256.GreaterThan(pack->Queued, Vector256.Create(turn));
                if (pack->Active == Vector256<int>.Zero) continue;
                moving[moved++] = pack;
                Positions.Gather(positions, stride, pack->Turns + turn * Lanes, pack->Other);
            }
            for (var pull = 0; pull < pulls; pull++)
            {
                for (var i = 0; i < moved; i++) moving[i]->Force = Square(moving[i]);
                for (var i = 0; i < moved; i++) moving[i]->Force = forces.Attraction(moving[i]->Force);
                for (var i = 0; i < moved; i++) Follow(moving[i], rate);
            }
        }
        for (var drawn = 0; drawn < most * negativeSamples; drawn++)
        {
            var moved = 0;
            for (var i = 0; i < count; i++)
            {
                var pack = packs + i;
                pack->Active = Vector256.GreaterThan(pack->Queued * negativeSamples, Vector256.Create(drawn));
                if (pack->Active == Vector256<int>.Zero) continue;
                moving[moved++] = pack;
                Draw(pack);
            }
            for (var i = 0; i < moved; i++) moving[i]->Force = Square(moving[i]);
            for (var i = 0; i < moved; i++) moving[i]->Force = forces.Repulsion(moving[i]->Force);
            for (var i = 0; i < moved; i++) Follow(moving[i], rate);
        }
    }

    // A point for each lane, which is active no more where it drew itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Draw(LayoutPack* pack)
    {
        var state = pack->Random;
        var next = state ^ state << 13; // xorshift32 (Marsaglia, "Xorshift RNGs", 2003)
        next ^= next >>> 17;
        next ^= next << 5;
        state = Vector256.ConditionalSelect(pack->Active.AsUInt32(), next, state); // who is done does not draw
        pack->Random = state;
        // 24 random bits times n / 2²⁴; rounding can reach n itself.
        var drawn = Vector256.ConvertToInt32Native(
            Vector256.ConvertToSingle((state >>> 8).AsInt32()) * Vector256.Create(points / 16777216f));
        var offsets = Vector256.Min(drawn, Vector256.Create(points - 1)) * stride;
        pack->Active &= ~Vector256.Equals(offsets, pack->Own);
        offsets.Store(pack->Drawn);
        Positions.Gather(positions, stride, pack->Drawn, pack->Other);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Square(LayoutPack* pack)
    {
        var square = Vector256<float>.Zero;
        for (var c = 0; c < dimensions; c++)
        {
            var difference = pack->At[c] - pack->Other[c];
            square = Vector256.MultiplyAddEstimate(difference, difference, square);
        }
        return square;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Follow(LayoutPack* pack, float rate)
    {
        var force = pack->Force & pack->Active.AsSingle();
        for (var c = 0; c < dimensions; c++)
            pack->At[c] = Vector256.MultiplyAddEstimate(
                LayoutForces.Clip((pack->At[c] - pack->Other[c]) * force), Vector256.Create(rate), pack->At[c]);
    }
}

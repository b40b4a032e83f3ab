using System;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Manifolds;

/// <summary>
/// Eight points of a layout, each in its own lane, and when their entries are due. A lane's entries stand one in a
/// slot; the memory is the caller's.
/// </summary>
internal unsafe struct LayoutPack
{
    public const int Lanes = 8;

    /// <summary>The points' coordinates, one vector for each dimension.</summary>
    public Vector256<float>* At;

    /// <summary>The same of the points that they meet.</summary>
    public Vector256<float>* Other;

    /// <summary>Offsets of the entries' other ends, eight to a slot.</summary>
    public int* Heads;

    /// <summary>Epochs between two turns of an entry.</summary>
    public float* Periods;

    /// <summary>The epoch of each entry's next turn, infinity in lanes without an entry.</summary>
    public float* Due;

    /// <summary>Room for as many, holding offsets of points from the first.</summary>
    public int* Turns;

    /// <summary>The offsets that the present step draws.</summary>
    public fixed int Drawn[Lanes];

    /// <summary>Entries of the lane that has most.</summary>
    public int Slots;

    /// <summary>The points' own offsets, which a draw skips.</summary>
    public Vector256<int> Own;

    /// <summary>A state of the random numbers for each lane, none 0.</summary>
    public Vector256<uint> Random;

    /// <summary>How many of each lane's entries are due.</summary>
    public Vector256<int> Queued;

    /// <summary>The lanes that take the present step.</summary>
    public Vector256<int> Active;

    /// <summary>The square of the distance in the present step, then the force over the distance.</summary>
    public Vector256<float> Force;

    /// <summary>Puts a point into a lane.</summary>
    public readonly void Place(int lane, ReadOnlySpan<float> point)
    {
        for (var c = 0; c < point.Length; c++) ((float*)(At + c))[lane] = point[c];
    }

    /// <summary>The point in a lane.</summary>
    public readonly void CopyTo(Span<float> point, int lane)
    {
        for (var c = 0; c < point.Length; c++) point[c] = ((float*)(At + c))[lane];
    }

    /// <summary>Queues in each lane the other ends of what is due, in the order of the slots.</summary>
    /// <param name="epoch">From 1.</param>
    /// <returns>The longest queue's length.</returns>
    public int QueueDue(int epoch)
    {
        var now = Vector256.Create((float)epoch);
        var lengths = stackalloc int[Lanes];
        for (var slot = 0; slot < Slots * Lanes; slot += Lanes)
        {
            var time = Vector256.Load(Due + slot);
            var active = Vector256.LessThanOrEqual(time, now);
            var lanes = active.ExtractMostSignificantBits();
            if (lanes == 0) continue;
            Vector256.ConditionalSelect(active, time + Vector256.Load(Periods + slot), time).Store(Due + slot);
            for (; lanes != 0; lanes &= lanes - 1)
            {
                var lane = BitOperations.TrailingZeroCount(lanes);
                Turns[lengths[lane]++ * Lanes + lane] = Heads[slot + lane];
            }
        }
        Queued = Vector256.Load(lengths);
        var most = 0;
        for (var lane = 0; lane < Lanes; lane++) most = Math.Max(most, lengths[lane]);
        return most;
    }
}

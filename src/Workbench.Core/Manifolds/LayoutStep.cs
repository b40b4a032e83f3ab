using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Manifolds;

/// <summary>
/// What one epoch does to eight points, each in its own lane and blind to the other seven: a step towards the other end
/// of every entry that is due, then a step away from points drawn at random for each of them.
/// </summary>
internal readonly unsafe struct LayoutStep
{
    public const int Lanes = 8;

    private readonly LayoutForces forces;
    private readonly float** positions;
    private readonly int dimensions;
    private readonly int points;
    private readonly int negativeSamples;
    private readonly int pulls;

    /// <param name="curve">The shape of the forces.</param>
    /// <param name="positions">One address for each dimension: where the points lie that pull and push.</param>
    /// <param name="dimensions">Number of dimensions.</param>
    /// <param name="points">How many of them, for the draw.</param>
    /// <param name="negativeSamples">Draws for each entry that is due.</param>
    /// <param name="pulls">Steps towards an entry: 2 where its other end has an entry too, and each pulls both; else
    /// 1.</param>
    public LayoutStep(
        MembershipCurve curve, float** positions, int dimensions, int points, int negativeSamples, int pulls)
    {
        forces = new LayoutForces(curve);
        this.positions = positions;
        (this.dimensions, this.points, this.negativeSamples, this.pulls) = (dimensions, points, negativeSamples, pulls);
    }

    /// <summary>Moves eight points.</summary>
    /// <param name="at">Their coordinates, one vector for each dimension; overwritten.</param>
    /// <param name="scratch">As many vectors.</param>
    /// <param name="heads">Other ends of the entries, eight to a slot.</param>
    /// <param name="periods">Epochs between two turns of an entry.</param>
    /// <param name="due">The epoch of each entry's next turn, infinity in lanes without an entry; overwritten.</param>
    /// <param name="slots">Entries of the lane that has most.</param>
    /// <param name="own">The points' own indices, which a draw skips.</param>
    /// <param name="random">A state of the random numbers for each lane, none 0; overwritten.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="rate">Share of a force that is followed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Move(
        Vector256<float>* at, Vector256<float>* scratch, int* heads, float* periods, float* due, int slots,
        Vector256<int> own, uint* random, int epoch, float rate)
    {
        var now = Vector256.Create((float)epoch);
        var negatives = Vector256<int>.Zero;
        for (var slot = 0; slot < slots * Lanes; slot += Lanes)
        {
            var time = Vector256.Load(due + slot);
            var active = Vector256.LessThanOrEqual(time, now);
            if (active == Vector256<float>.Zero) continue;
            Vector256.ConditionalSelect(active, time + Vector256.Load(periods + slot), time).Store(due + slot);
            negatives -= active.AsInt32(); // a true lane is −1
            var indices = Vector256.Load(heads + slot);
            for (var c = 0; c < dimensions; c++) scratch[c] = LayoutForces.Gather(positions[c], indices);
            for (var pull = 0; pull < pulls; pull++) Attract(at, scratch, active, rate);
        }
        negatives *= negativeSamples;
        var state = Vector256.Load(random);
        for (var drawn = Vector256<int>.Zero; ; drawn += Vector256<int>.One)
        {
            var active = Vector256.LessThan(drawn, negatives);
            if (active == Vector256<int>.Zero) break;
            var next = state ^ state << 13; // xorshift32 (Marsaglia, "Xorshift RNGs", 2003)
            next ^= next >>> 17;
            next ^= next << 5;
            state = Vector256.ConditionalSelect(active.AsUInt32(), next, state); // a lane that is done does not draw
            // 24 random bits times n / 2²⁴; rounding can reach n itself.
            var drawnAt = Vector256.ConvertToInt32(
                Vector256.ConvertToSingle((state >>> 8).AsInt32()) * Vector256.Create(points / 16777216f));
            var indices = Vector256.Min(drawnAt, Vector256.Create(points - 1));
            Repel(at, scratch, indices, (active & ~Vector256.Equals(indices, own)).AsSingle(), rate);
        }
        state.Store(random);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Attract(Vector256<float>* at, Vector256<float>* other, Vector256<float> active, float rate)
    {
        var square = Vector256<float>.Zero;
        for (var c = 0; c < dimensions; c++)
        {
            var difference = at[c] - other[c];
            square = Vector256.MultiplyAddEstimate(difference, difference, square);
        }
        var force = forces.Attraction(square) & active;
        for (var c = 0; c < dimensions; c++)
            at[c] = Vector256.MultiplyAddEstimate(
                LayoutForces.Clip((at[c] - other[c]) * force), Vector256.Create(rate), at[c]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Repel(
        Vector256<float>* at, Vector256<float>* difference, Vector256<int> indices, Vector256<float> active, float rate)
    {
        var square = Vector256<float>.Zero;
        for (var c = 0; c < dimensions; c++)
        {
            difference[c] = at[c] - LayoutForces.Gather(positions[c], indices);
            square = Vector256.MultiplyAddEstimate(difference[c], difference[c], square);
        }
        var force = forces.Repulsion(square) & active;
        for (var c = 0; c < dimensions; c++)
            at[c] = Vector256.MultiplyAddEstimate(
                LayoutForces.Clip(difference[c] * force), Vector256.Create(rate), at[c]);
    }
}

using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// The singular value decomposition of scale · A Bᵀ from its factors A [m, r] and B [n, r], without ever making the m ×
/// n product: the triangles R of both, then Jacobi rotations on the r × r core R_A R_Bᵀ, everything in float64.
/// </summary>
/// <remarks>
/// The triangles come from Gram matrices where the factors' condition leaves singular values right to 1e-9 of
/// themselves, else from Householder's reflections, which leave them right to some roundings of the largest.
/// For row vectors x ↦ x · A Bᵀ the left vectors are directions that the map reads and the right ones directions that
/// it writes. Immutable; equal inputs give equal bits, also where many are decomposed side by side.
/// </remarks>
/// <example><code>
/// var head = LowRankSvd.Compute(queryWeights, keyWeights, scale: 1 / Math.Sqrt(64));
/// </code></example>
public sealed class LowRankSvd
{
    // |A| |B| of the smallest singular value: as many roundings (1e-16) the vectors of that value may err by.
    private const double LargestSpread = 1e6;

    private readonly double[] singularValues;

    private LowRankSvd(double[] singularValues, Matrix left, Matrix right, int fullRank)
    {
        this.singularValues = singularValues;
        (Left, Right, FullRank) = (left, right, fullRank);
    }

    /// <summary>The r singular values, largest first; those that vanish are there too.</summary>
    public ReadOnlySpan<double> SingularValues => singularValues;

    /// <summary>r × m: row i is the i-th left singular vector, of length 1.</summary>
    public Matrix Left { get; }

    /// <summary>r × n: row i is the i-th right singular vector, of length 1.</summary>
    public Matrix Right { get; }

    /// <summary>min(m, n), the rank that the product could have; singular values after the r-th are zeros.</summary>
    public int FullRank { get; }

    /// <summary>
    /// Decomposes scale · A Bᵀ. Of the two possible signs of a pair of vectors it takes the one that makes the right
    /// vector's entry of largest magnitude positive (the first of them in a tie); see <see cref="WithFlipped"/> for
    /// another choice.
    /// </summary>
    /// <param name="a">m × r with r ≤ m, finite.</param>
    /// <param name="b">n × r with r ≤ n, finite.</param>
    /// <param name="scale">A finite factor at least 0.</param>
    /// <exception cref="ArgumentException">The factors have different numbers of columns, more columns than rows, or
    /// values that are not finite.</exception>
    public static LowRankSvd Compute(Matrix a, Matrix b, double scale = 1)
    {
        if (a.Columns != b.Columns)
            throw new ArgumentException(
                $"A Bᵀ needs factors with as many columns, but A is {a.Rows} × {a.Columns} and B is {b.Rows} × "
                    + $"{b.Columns}.",
                nameof(b)
            );
        if (!double.IsFinite(scale) || scale < 0)
            throw Argument.OutOfRange(
                nameof(scale), scale, "The scale must be finite and at least 0; negate a factor instead.");
        return ByProducts(a, b, scale) ?? ByReflections(a, b, scale);
    }

    /// <summary>The same decomposition with both vectors of some directions negated: the way to a sign rule of one's
    /// own.</summary>
    /// <param name="flip">One for each direction: whether to negate its two vectors.</param>
    /// <returns>A new decomposition; this one is unchanged.</returns>
    /// <exception cref="ArgumentException">There is not one entry per direction.</exception>
    public LowRankSvd WithFlipped(ReadOnlySpan<bool> flip)
    {
        if (flip.Length != singularValues.Length)
            throw new ArgumentException(
                $"There are {singularValues.Length} directions, but {flip.Length} choices were given.", nameof(flip));
        var (left, right) = (Left.Copy(), Right.Copy());
        for (var i = 0; i < flip.Length; i++)
        {
            if (!flip[i]) continue;
            Negate(left.WritableRow(i));
            Negate(right.WritableRow(i));
        }
        return new LowRankSvd(singularValues, left, right, FullRank);
    }

    /// <summary>
    /// How far a singular value lies from its nearest neighbour; the zeros after the r-th count when r is less than
    /// <see cref="FullRank"/>. 0 means that the direction is arbitrary within a subspace.
    /// </summary>
    /// <param name="index">Which direction, from 0.</param>
    /// <returns>In the units of the singular values; infinity for a single value of a full-rank product.</returns>
    public double Gap(int index)
    {
        var value = singularValues[index];
        var above = index > 0 ? singularValues[index - 1] - value : double.PositiveInfinity;
        var below = index + 1 < singularValues.Length ? value - singularValues[index + 1]
            : singularValues.Length < FullRank ? value : double.PositiveInfinity;
        return Math.Min(above, below);
    }

    /// <summary>
    /// The largest angle by which a perturbation of the product can turn a direction's vectors: sin θ ≤ ‖E‖ / (gap −
    /// ‖E‖) (Wedin, "Perturbation bounds in connection with singular value decomposition", 1972).
    /// </summary>
    /// <param name="index">Which direction, from 0.</param>
    /// <param name="perturbation">‖E‖, the perturbation's largest singular value, in the units of the singular
    /// values.</param>
    /// <returns>Radians; π/2 where the gap is too small to say anything.</returns>
    public double AngleBound(int index, double perturbation)
    {
        Argument.AtLeast(perturbation, 0);
        var gap = Gap(index);
        if (perturbation == 0) return gap > 0 ? 0 : Math.PI / 2;
        return gap > 2 * perturbation ? Math.Asin(perturbation / (gap - perturbation)) : Math.PI / 2;
    }

    /// <summary>
    /// The directions grouped so that neighbouring singular values within a group differ by no more than a share of the
    /// largest one. A group of one is a direction of its own; of a longer group only the subspace has a meaning.
    /// </summary>
    /// <param name="tolerance">Share of the largest singular value, at least 0; 1e-6 is the accuracy of float32
    /// factors.</param>
    /// <returns>Groups in order, covering every direction once.</returns>
    public IReadOnlyList<SingularSubspace> Subspaces(double tolerance)
    {
        Argument.AtLeast(tolerance, 0);
        var groups = new List<SingularSubspace>();
        var first = 0;
        for (var i = 1; i <= singularValues.Length; i++)
        {
            if (i < singularValues.Length && singularValues[i - 1] - singularValues[i] <= tolerance * singularValues[0])
                continue;
            groups.Add(new SingularSubspace(first, i - first));
            first = i;
        }
        return groups;
    }

    // With L_A and L_B of the Gram matrices and the decomposition U diag(σ) Vᵀ of the core L_Aᵀ L_B, the right vectors
    // are B L_B⁻ᵀ V, and the left ones A L_B V diag(1/σ). Null where too many digits would be lost.
    private static LowRankSvd? ByProducts(Matrix a, Matrix b, double scale)
    {
        if (a.Columns == 0 || a.Columns > a.Rows || b.Columns > b.Rows) return null;
        if (GramFactor.TryMake(a) is not { } ofA || GramFactor.TryMake(b) is not { } ofB) return null;
        var rank = a.Columns;
        var (values, vectors) = (new double[rank], new ColumnMatrix(rank, rank));
        JacobiSvd.DecomposeSquare(ofA.Triangle.TransposeTimes(ofB.Triangle), null, values, vectors);
        if (!(ofA.Norm * ofB.Norm <= LargestSpread * values[^1])) return null;

        var toLeft = vectors.TransposeTimes(ofB.Triangle.Transpose());
        for (var k = 0; k < rank; k++)
        {
            var column = toLeft.Column(k);
            for (var i = 0; i < rank; i++) column[i] /= values[i];
        }
        var (left, right) = (
            ofA.TransposedTimes(toLeft), ofB.TransposedTimes(vectors.TransposeTimes(ofB.Inverse)));
        return new LowRankSvd(values, left, right, Math.Min(a.Rows, b.Rows)).Scaled(scale);
    }

    private static LowRankSvd ByReflections(Matrix a, Matrix b, double scale)
    {
        var rank = a.Columns;
        var (qrOfA, qrOfB) = (new ThinQr(a), new ThinQr(b));
        var core = qrOfA.R.Transpose().TransposeTimes(qrOfB.R.Transpose());
        var (left, right, values) = (new ColumnMatrix(a.Rows, rank), new ColumnMatrix(b.Rows, rank), new double[rank]);
        JacobiSvd.DecomposeSquare(core, left, values, right);
        qrOfA.Apply(left);
        qrOfB.Apply(right);
        return new LowRankSvd(values, left.ToTransposedMatrix(), right.ToTransposedMatrix(), Math.Min(a.Rows, b.Rows))
            .Scaled(scale);
    }

    // Values times a factor, and the signs of the vectors as they are promised.
    private LowRankSvd Scaled(double scale)
    {
        for (var i = 0; i < singularValues.Length; i++)
        {
            singularValues[i] *= scale;
            if (LargestEntry(Right.Row(i)) >= 0) continue;
            Negate(Left.WritableRow(i));
            Negate(Right.WritableRow(i));
        }
        return this;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestEntry(ReadOnlySpan<float> values)
    {
        var largest = 0f;
        foreach (var value in values)
            if (Math.Abs(value) > Math.Abs(largest)) largest = value;
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Negate(Span<float> values)
    {
        foreach (ref var value in values) value = -value;
    }
}

/// <summary>A run of directions whose singular values are nearly equal.</summary>
/// <param name="First">Index of the first direction.</param>
/// <param name="Count">Number of directions, at least 1.</param>
public readonly record struct SingularSubspace(int First, int Count);

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The forces of a UMAP layout on eight points at a time, and the arithmetic they need: the same bits on every
/// processor with fused multiplication (all of today's).
/// </summary>
internal readonly struct LayoutForces(MembershipCurve curve)
{
    private const float Limit = 4; // a step along one axis is clipped to this, as in the authors' program
    private readonly float a = (float)curve.A;
    private readonly float b = (float)curve.B;

    /// <summary>What to multiply the difference to a neighbour with, negative: −2ab d^(2b−2) / (1 + a d^(2b)); 0 at
    /// distance 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Attraction(Vector256<float> square)
    {
        var power = Power(square, b);
        var force =
            Vector256.Create(-2 * a * b)
            * power
            / (square * Vector256.MultiplyAddEstimate(Vector256.Create(a), power, Vector256<float>.One));
        return Vector256.ConditionalSelect(
            Vector256.GreaterThan(square, Vector256<float>.Zero), force, Vector256<float>.Zero);
    }

    /// <summary>What to multiply the difference to a random point with: 2b / ((0.001 + d²)(1 + a d^(2b))).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Repulsion(Vector256<float> square) =>
        Vector256.Create(2 * b)
        / (
            (square + Vector256.Create(0.001f))
            * Vector256.MultiplyAddEstimate(Vector256.Create(a), Power(square, b), Vector256<float>.One)
        );

    /// <summary>A step along one axis, clipped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Clip(Vector256<float> step) =>
        Vector256.Min(Vector256.Max(step, Vector256.Create(-Limit)), Vector256.Create(Limit));

    /// <summary>x^exponent for x ≥ 0 with a relative error below 2e-6; x below 2^−126 counts as 2^−127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Power(Vector256<float> x, float exponent)
    {
        // log₂ x = e + log₂ m with m from √½ to √2, by the series of artanh((m − 1)/(m + 1)).
        var bits = x.AsInt32();
        var e = Vector256.ShiftRightArithmetic(bits - Vector256.Create(0x3F3504F3), 23);
        var m = (bits - Vector256.ShiftLeft(e, 23)).AsSingle();
        var z = (m - Vector256<float>.One) / (m + Vector256<float>.One);
        var zz = z * z;
        var log = Vector256.MultiplyAddEstimate(zz, Vector256.Create(0.41219858f), Vector256.Create(0.57707802f));
        log = Vector256.MultiplyAddEstimate(zz, log, Vector256.Create(0.96179669f));
        log = Vector256.MultiplyAddEstimate(zz, log, Vector256.Create(2.88539008f));
        log = Vector256.MultiplyAddEstimate(z, log, Vector256.ConvertToSingle(e));

        // 2^y by its Taylor series around the nearest whole number.
        var y = Vector256.Min(
            Vector256.Max(log * Vector256.Create(exponent), Vector256.Create(-126f)), Vector256.Create(126f));
        var whole = Vector256.Round(y);
        var f = y - whole;
        var p = Vector256.MultiplyAddEstimate(f, Vector256.Create(0.000154035304f), Vector256.Create(0.00133335581f));
        p = Vector256.MultiplyAddEstimate(f, p, Vector256.Create(0.00961812911f));
        p = Vector256.MultiplyAddEstimate(f, p, Vector256.Create(0.0555041087f));
        p = Vector256.MultiplyAddEstimate(f, p, Vector256.Create(0.240226507f));
        p = Vector256.MultiplyAddEstimate(f, p, Vector256.Create(0.693147181f));
        p = Vector256.MultiplyAddEstimate(f, p, Vector256<float>.One);
        return (p.AsInt32() + Vector256.ShiftLeft(Vector256.ConvertToInt32Native(whole), 23)).AsSingle();
    }
}

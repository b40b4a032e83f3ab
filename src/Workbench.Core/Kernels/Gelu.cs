using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>The Gaussian error linear unit x·Φ(x) (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016), in its
/// two common forms.</summary>
/// <remarks>+∞ stays, −∞ and NaN give NaN; the destination may be the source's own memory.</remarks>
public static class Gelu
{
    // erfc(z) = exp(−z²)·t·P(t), t = 2.5 / (2.5 + z), z ≥ 0: P is the Chebyshev interpolant of degree 12 on 0 ≤ t ≤ 1,
    // fitted at 40 digits; its relative error is at most 6.1e-10 (at z = 3.2), a hundredth of a float32's rounding.
    private static ReadOnlySpan<double> ErfcFit =>
    [
        0.018795720591198616, -0.10735655693130298, 0.23749596128438605, -0.23746509107387354, 0.10097666058234776,
        -0.05800128604781359, 0.027687342589614326, 0.06564070142775648, 0.12173681457976425, 0.17151666140807195,
        0.2076213962425019, 0.22567584230673743, 0.22567583339147088,
    ];

    /// <summary>GPT-2's form, called <c>gelu_new</c>: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example>1 gives 0.84119199.</example>
    public static void Tanh(ReadOnlySpan<float> x, Span<float> destination) => Form.Apply<TanhForm>(x, destination);

    /// <summary>The definition itself, called <c>gelu</c>: x/2 · (1 + erf(x/√2)), evaluated in float64 and rounded
    /// once.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example>1 gives 0.84134475.</example>
    public static void Exact(ReadOnlySpan<float> x, Span<float> destination) => Form.Apply<ErfForm>(x, destination);

    /// <summary>The derivative of <see cref="Tanh"/>.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example>0 gives 0.5.</example>
    public static void TanhSlope(ReadOnlySpan<float> x, Span<float> destination) =>
        Form.Apply<TanhSlopeForm>(x, destination);

    /// <summary>The derivative of <see cref="Exact"/>: Φ(x) + x·φ(x).</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    /// <example>0 gives 0.5.</example>
    public static void ExactSlope(ReadOnlySpan<float> x, Span<float> destination) =>
        Form.Apply<ErfSlopeForm>(x, destination);

    private readonly struct TanhForm : IForm
    {
        // 2·√(2/π)
        private const float Factor = 1.5957691216f;

        // (1 + tanh u) / 2 is 1 / (1 + exp(−2u)), which loses nothing where tanh is close to −1.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x) => x / (Vector256<float>.One + Exponential.Of(-Twice(x)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Twice(Vector256<float> x) =>
            x * Factor * Vector256.MultiplyAddEstimate(x * x, Vector256.Create(0.044715f), Vector256<float>.One);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> TwiceSlope(Vector256<float> x) =>
            Factor * Vector256.MultiplyAddEstimate(x * x, Vector256.Create(3 * 0.044715f), Vector256<float>.One);
    }

    // The derivative of x·s(2u) is s + x·s·(1 − s)·(2u)′.
    private readonly struct TanhSlopeForm : IForm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x)
        {
            var s = Vector256<float>.One / (Vector256<float>.One + Exponential.Of(-TanhForm.Twice(x)));
            return s + x * s * (Vector256<float>.One - s) * TanhForm.TwiceSlope(x);
        }
    }

    private readonly struct ErfForm : IForm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x)
        {
            var (low, high) = Vector256.Widen(x);
            return Vector256.Narrow(low * Share(low), high * Share(high));
        }

        // Φ(x)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Share(Vector256<double> x)
        {
            var z = Vector256.Abs(x) * 0.70710678118654752;
            var t = Vector256.Create(2.5) / (z + Vector256.Create(2.5));
            var p = Vector256.Create(ErfcFit[0]);
            for (var i = 1; i < ErfcFit.Length; i++)
                p = Vector256.MultiplyAddEstimate(p, t, Vector256.Create(ErfcFit[i]));
            var tail = Vector256.Exp(-z * z) * t * p * 0.5; // Φ(−|x|), the smaller of the two tails
            return Vector256.ConditionalSelect(
                Vector256.GreaterThan(x, Vector256<double>.Zero), Vector256<double>.One - tail, tail);
        }
    }

    private readonly struct ErfSlopeForm : IForm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x)
        {
            var (low, high) = Vector256.Widen(x);
            return Vector256.Narrow(Of(low), Of(high));
        }

        // φ(x) = exp(−x²/2)/√(2π)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<double> Of(Vector256<double> x) =>
            ErfForm.Share(x) + x * Vector256.Exp(x * x * -0.5) * 0.39894228040143268;
    }
}

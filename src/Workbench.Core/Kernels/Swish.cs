using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>x·σ(a·x) (Ramachandran, Zoph and Le, "Searching for Activation Functions", 2017).</summary>
internal static class Swish
{
    /// <summary>a = 1, called <c>silu</c>.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static void Silu(ReadOnlySpan<float> x, Span<float> destination) => Form.Apply<SiluForm>(x, destination);

    /// <summary>a = 1.702, called <c>quick_gelu</c>.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static void QuickGelu(ReadOnlySpan<float> x, Span<float> destination) =>
        Form.Apply<QuickGeluForm>(x, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sigmoid(Vector256<float> x) =>
        Vector256<float>.One / (Vector256<float>.One + Exponential.Of(-x));

    private readonly struct SiluForm : IForm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x) => x * Sigmoid(x);
    }

    private readonly struct QuickGeluForm : IForm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> x) => x * Sigmoid(x * 1.702f);
    }
}

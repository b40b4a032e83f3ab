using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>6 rows × 16 columns in 12 of the 16 ymm registers, for AVX2 with FMA.</summary>
/// <remarks>
/// The same chain per score as <see cref="Avx512Kernel"/>, so the same bits.
/// </remarks>
internal static unsafe class Avx2Kernel
{
    public const int Rows = 6;
    public const int Columns = 16;

    /// <inheritdoc cref="MicroKernel.MultiplyInto"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, float* b, nint depth, float* start, nint startStride, float* tile, nint stride, byte* prefetch,
        nint prefetchStep)
    {
        var c00 = Vector256<float>.Zero; var c01 = Vector256<float>.Zero;
        var c10 = Vector256<float>.Zero; var c11 = Vector256<float>.Zero;
        var c20 = Vector256<float>.Zero; var c21 = Vector256<float>.Zero;
        var c30 = Vector256<float>.Zero; var c31 = Vector256<float>.Zero;
        var c40 = Vector256<float>.Zero; var c41 = Vector256<float>.Zero;
        var c50 = Vector256<float>.Zero; var c51 = Vector256<float>.Zero;
        if (start != null)
        {
            c00 = Vector256.Load(start); c01 = Vector256.Load(start + 8);
            c10 = Vector256.Load(start + startStride); c11 = Vector256.Load(start + startStride + 8);
            c20 = Vector256.Load(start + 2 * startStride); c21 = Vector256.Load(start + 2 * startStride + 8);
            c30 = Vector256.Load(start + 3 * startStride); c31 = Vector256.Load(start + 3 * startStride + 8);
            c40 = Vector256.Load(start + 4 * startStride); c41 = Vector256.Load(start + 4 * startStride + 8);
            c50 = Vector256.Load(start + 5 * startStride); c51 = Vector256.Load(start + 5 * startStride + 8);
        }
        for (; depth > 0; depth--, a += Rows, b += Columns, prefetch += prefetchStep)
        {
            Sse.Prefetch1(prefetch);
            Step(
                a, b, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41,
                ref c50, ref c51);
        }
        c00.Store(tile); c01.Store(tile + 8);
        c10.Store(tile + stride); c11.Store(tile + stride + 8);
        c20.Store(tile + 2 * stride); c21.Store(tile + 2 * stride + 8);
        c30.Store(tile + 3 * stride); c31.Store(tile + 3 * stride + 8);
        c40.Store(tile + 4 * stride); c41.Store(tile + 4 * stride + 8);
        c50.Store(tile + 5 * stride); c51.Store(tile + 5 * stride + 8);
    }

    /// <summary>The same of up to six rows of A as they lie.</summary>
    /// <param name="a">Element 0 of the first row.</param>
    /// <param name="aStride">Floats from one row to the next.</param>
    /// <param name="aStep">Floats from one element of a row to the next.</param>
    /// <param name="rows">How many rows there are; the last one is repeated in the tile.</param>
    /// <param name="b">Panel of B.</param>
    /// <param name="depth">Length of the vectors.</param>
    /// <param name="start">Where the chains start, six rows; null for 0.</param>
    /// <param name="startStride">Distance between its rows.</param>
    /// <param name="tile">Six rows.</param>
    /// <param name="stride">Distance between its rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, nint aStride, nint aStep, int rows, float* b, nint depth, float* start, nint startStride,
        float* tile, nint stride)
    {
        var a1 = rows > 1 ? a + aStride : a;
        var a2 = rows > 2 ? a1 + aStride : a1;
        var a3 = rows > 3 ? a2 + aStride : a2;
        var a4 = rows > 4 ? a3 + aStride : a3;
        var a5 = rows > 5 ? a4 + aStride : a4;
        var c00 = Vector256<float>.Zero; var c01 = Vector256<float>.Zero;
        var c10 = Vector256<float>.Zero; var c11 = Vector256<float>.Zero;
        var c20 = Vector256<float>.Zero; var c21 = Vector256<float>.Zero;
        var c30 = Vector256<float>.Zero; var c31 = Vector256<float>.Zero;
        var c40 = Vector256<float>.Zero; var c41 = Vector256<float>.Zero;
        var c50 = Vector256<float>.Zero; var c51 = Vector256<float>.Zero;
        if (start != null)
        {
            c00 = Vector256.Load(start); c01 = Vector256.Load(start + 8);
            c10 = Vector256.Load(start + startStride); c11 = Vector256.Load(start + startStride + 8);
            c20 = Vector256.Load(start + 2 * startStride); c21 = Vector256.Load(start + 2 * startStride + 8);
            c30 = Vector256.Load(start + 3 * startStride); c31 = Vector256.Load(start + 3 * startStride + 8);
            c40 = Vector256.Load(start + 4 * startStride); c41 = Vector256.Load(start + 4 * startStride + 8);
            c50 = Vector256.Load(start + 5 * startStride); c51 = Vector256.Load(start + 5 * startStride + 8);
        }
        for (nint k = 0; depth > 0; depth--, k += aStep, b += Columns)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var x = Vector256.Create(a[k]);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            x = Vector256.Create(a1[k]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            x = Vector256.Create(a2[k]);
            c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            x = Vector256.Create(a3[k]);
            c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            x = Vector256.Create(a4[k]);
            c40 = Vector256.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector256.FusedMultiplyAdd(x, b1, c41);
            x = Vector256.Create(a5[k]);
            c50 = Vector256.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector256.FusedMultiplyAdd(x, b1, c51);
        }
        c00.Store(tile); c01.Store(tile + 8);
        c10.Store(tile + stride); c11.Store(tile + stride + 8);
        c20.Store(tile + 2 * stride); c21.Store(tile + 2 * stride + 8);
        c30.Store(tile + 3 * stride); c31.Store(tile + 3 * stride + 8);
        c40.Store(tile + 4 * stride); c41.Store(tile + 4 * stride + 8);
        c50.Store(tile + 5 * stride); c51.Store(tile + 5 * stride + 8);
    }

    /// <summary>A tile of <see cref="SixteenChains"/>, whose chains are added up in registers.</summary>
    /// <param name="a">Panel of A.</param>
    /// <param name="b">Panel of B.</param>
    /// <param name="steps">Elements of a chain.</param>
    /// <param name="top">Five tiles, of which the first is the sum.</param>
    /// <remarks>Four steps at a time, so that a chain's few steps end where the branch predictor expects it: with 576
    /// inputs 88 to 91 % of one core's peak instead of 86 to 88.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void AddChains(float* a, float* b, nint steps, float* top)
    {
        for (var chain = 0; chain < MatMul.Lanes; chain++)
        {
            var c00 = Vector256<float>.Zero; var c01 = Vector256<float>.Zero;
            var c10 = Vector256<float>.Zero; var c11 = Vector256<float>.Zero;
            var c20 = Vector256<float>.Zero; var c21 = Vector256<float>.Zero;
            var c30 = Vector256<float>.Zero; var c31 = Vector256<float>.Zero;
            var c40 = Vector256<float>.Zero; var c41 = Vector256<float>.Zero;
            var c50 = Vector256<float>.Zero; var c51 = Vector256<float>.Zero;
            var k = steps;
            for (; k >= 4; k -= 4, a += 4 * Rows, b += 4 * Columns)
            {
                Step(
                    a + 0 * Rows, b + 0 * Columns, ref c00, ref c01, ref c10, ref c11, ref c20,
                    ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
                Step(
                    a + 1 * Rows, b + 1 * Columns, ref c00, ref c01, ref c10, ref c11, ref c20,
                    ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
                Step(
                    a + 2 * Rows, b + 2 * Columns, ref c00, ref c01, ref c10, ref c11, ref c20,
                    ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
                Step(
                    a + 3 * Rows, b + 3 * Columns, ref c00, ref c01, ref c10, ref c11, ref c20,
                    ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            }
            for (; k > 0; k--, a += Rows, b += Columns)
                Step(
                    a, b, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41,
                    ref c50, ref c51);
            for (var carried = chain; (carried & 1) != 0; carried >>= 1)
            {
                top -= Rows * Columns;
                c00 += Vector256.Load(top); c01 += Vector256.Load(top + 8);
                c10 += Vector256.Load(top + 16); c11 += Vector256.Load(top + 24);
                c20 += Vector256.Load(top + 32); c21 += Vector256.Load(top + 40);
                c30 += Vector256.Load(top + 48); c31 += Vector256.Load(top + 56);
                c40 += Vector256.Load(top + 64); c41 += Vector256.Load(top + 72);
                c50 += Vector256.Load(top + 80); c51 += Vector256.Load(top + 88);
            }
            c00.Store(top); c01.Store(top + 8);
            c10.Store(top + 16); c11.Store(top + 24);
            c20.Store(top + 32); c21.Store(top + 40);
            c30.Store(top + 48); c31.Store(top + 56);
            c40.Store(top + 64); c41.Store(top + 72);
            c50.Store(top + 80); c51.Store(top + 88);
            top += Rows * Columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float* a, float* b, ref Vector256<float> c00, ref Vector256<float> c01, ref Vector256<float> c10,
        ref Vector256<float> c11, ref Vector256<float> c20, ref Vector256<float> c21, ref Vector256<float> c30,
        ref Vector256<float> c31, ref Vector256<float> c40, ref Vector256<float> c41, ref Vector256<float> c50,
        ref Vector256<float> c51)
    {
        var b0 = Vector256.Load(b);
        var b1 = Vector256.Load(b + 8);
        var x = Vector256.Create(a[0]);
        c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
        c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
        x = Vector256.Create(a[1]);
        c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
        c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
        x = Vector256.Create(a[2]);
        c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
        c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
        x = Vector256.Create(a[3]);
        c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
        c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
        x = Vector256.Create(a[4]);
        c40 = Vector256.FusedMultiplyAdd(x, b0, c40);
        c41 = Vector256.FusedMultiplyAdd(x, b1, c41);
        x = Vector256.Create(a[5]);
        c50 = Vector256.FusedMultiplyAdd(x, b0, c50);
        c51 = Vector256.FusedMultiplyAdd(x, b1, c51);
    }
}

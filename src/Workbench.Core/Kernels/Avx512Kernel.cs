using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>14 rows × 32 columns in 28 of the 32 zmm registers; two more hold a row of B, one a broadcast element of
/// A.</summary>
/// <remarks>
/// A step in k is two loads, 14 broadcasts and 28 fused multiply-adds, so the two FMA ports never wait for the two load
/// ports.
/// The accumulators are named locals because the JIT keeps no array in registers.
/// </remarks>
internal static unsafe class Avx512Kernel
{
    public const int Rows = 14;
    public const int Columns = 32;

    /// <inheritdoc cref="MicroKernel.MultiplyInto"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, float* b, nint depth, float* start, nint startStride, float* tile, nint stride, byte* prefetch,
        nint prefetchStep)
    {
        var c00 = Vector512<float>.Zero; var c01 = Vector512<float>.Zero;
        var c10 = Vector512<float>.Zero; var c11 = Vector512<float>.Zero;
        var c20 = Vector512<float>.Zero; var c21 = Vector512<float>.Zero;
        var c30 = Vector512<float>.Zero; var c31 = Vector512<float>.Zero;
        var c40 = Vector512<float>.Zero; var c41 = Vector512<float>.Zero;
        var c50 = Vector512<float>.Zero; var c51 = Vector512<float>.Zero;
        var c60 = Vector512<float>.Zero; var c61 = Vector512<float>.Zero;
        var c70 = Vector512<float>.Zero; var c71 = Vector512<float>.Zero;
        var c80 = Vector512<float>.Zero; var c81 = Vector512<float>.Zero;
        var c90 = Vector512<float>.Zero; var c91 = Vector512<float>.Zero;
        var c100 = Vector512<float>.Zero; var c101 = Vector512<float>.Zero;
        var c110 = Vector512<float>.Zero; var c111 = Vector512<float>.Zero;
        var c120 = Vector512<float>.Zero; var c121 = Vector512<float>.Zero;
        var c130 = Vector512<float>.Zero; var c131 = Vector512<float>.Zero;
        if (start != null)
        {
            c00 = Vector512.Load(start); c01 = Vector512.Load(start + 16);
            c10 = Vector512.Load(start + startStride); c11 = Vector512.Load(start + startStride + 16);
            c20 = Vector512.Load(start + 2 * startStride); c21 = Vector512.Load(start + 2 * startStride + 16);
            c30 = Vector512.Load(start + 3 * startStride); c31 = Vector512.Load(start + 3 * startStride + 16);
            c40 = Vector512.Load(start + 4 * startStride); c41 = Vector512.Load(start + 4 * startStride + 16);
            c50 = Vector512.Load(start + 5 * startStride); c51 = Vector512.Load(start + 5 * startStride + 16);
            c60 = Vector512.Load(start + 6 * startStride); c61 = Vector512.Load(start + 6 * startStride + 16);
            c70 = Vector512.Load(start + 7 * startStride); c71 = Vector512.Load(start + 7 * startStride + 16);
            c80 = Vector512.Load(start + 8 * startStride); c81 = Vector512.Load(start + 8 * startStride + 16);
            c90 = Vector512.Load(start + 9 * startStride); c91 = Vector512.Load(start + 9 * startStride + 16);
            c100 = Vector512.Load(start + 10 * startStride); c101 = Vector512.Load(start + 10 * startStride + 16);
            c110 = Vector512.Load(start + 11 * startStride); c111 = Vector512.Load(start + 11 * startStride + 16);
            c120 = Vector512.Load(start + 12 * startStride); c121 = Vector512.Load(start + 12 * startStride + 16);
            c130 = Vector512.Load(start + 13 * startStride); c131 = Vector512.Load(start + 13 * startStride + 16);
        }
        for (; depth > 0; depth--, a += Rows, b += Columns, prefetch += prefetchStep)
        {
            Sse.Prefetch1(prefetch);
            Step(
                a, b, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50,
                ref c51, ref c60, ref c61, ref c70, ref c71, ref c80, ref c81, ref c90, ref c91, ref c100, ref c101,
                ref c110, ref c111, ref c120, ref c121, ref c130, ref c131);
        }
        c00.Store(tile); c01.Store(tile + 16);
        c10.Store(tile + stride); c11.Store(tile + stride + 16);
        c20.Store(tile + 2 * stride); c21.Store(tile + 2 * stride + 16);
        c30.Store(tile + 3 * stride); c31.Store(tile + 3 * stride + 16);
        c40.Store(tile + 4 * stride); c41.Store(tile + 4 * stride + 16);
        c50.Store(tile + 5 * stride); c51.Store(tile + 5 * stride + 16);
        c60.Store(tile + 6 * stride); c61.Store(tile + 6 * stride + 16);
        c70.Store(tile + 7 * stride); c71.Store(tile + 7 * stride + 16);
        c80.Store(tile + 8 * stride); c81.Store(tile + 8 * stride + 16);
        c90.Store(tile + 9 * stride); c91.Store(tile + 9 * stride + 16);
        c100.Store(tile + 10 * stride); c101.Store(tile + 10 * stride + 16);
        c110.Store(tile + 11 * stride); c111.Store(tile + 11 * stride + 16);
        c120.Store(tile + 12 * stride); c121.Store(tile + 12 * stride + 16);
        c130.Store(tile + 13 * stride); c131.Store(tile + 13 * stride + 16);
    }

    /// <summary>A tile of <see cref="SixteenChains"/>, whose chains are added up in registers: SmolLM2-135M over 8,192
    /// tokens takes 12.7 s, and 14.1 where each chain's tile is stored and loaded again.</summary>
    /// <param name="a">Panel of A.</param>
    /// <param name="b">Panel of B.</param>
    /// <param name="steps">Elements of a chain.</param>
    /// <param name="top">Five tiles, of which the first is the sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void AddChains(float* a, float* b, nint steps, float* top)
    {
        for (var chain = 0; chain < MatMul.Lanes; chain++)
        {
            var c00 = Vector512<float>.Zero; var c01 = Vector512<float>.Zero;
            var c10 = Vector512<float>.Zero; var c11 = Vector512<float>.Zero;
            var c20 = Vector512<float>.Zero; var c21 = Vector512<float>.Zero;
            var c30 = Vector512<float>.Zero; var c31 = Vector512<float>.Zero;
            var c40 = Vector512<float>.Zero; var c41 = Vector512<float>.Zero;
            var c50 = Vector512<float>.Zero; var c51 = Vector512<float>.Zero;
            var c60 = Vector512<float>.Zero; var c61 = Vector512<float>.Zero;
            var c70 = Vector512<float>.Zero; var c71 = Vector512<float>.Zero;
            var c80 = Vector512<float>.Zero; var c81 = Vector512<float>.Zero;
            var c90 = Vector512<float>.Zero; var c91 = Vector512<float>.Zero;
            var c100 = Vector512<float>.Zero; var c101 = Vector512<float>.Zero;
            var c110 = Vector512<float>.Zero; var c111 = Vector512<float>.Zero;
            var c120 = Vector512<float>.Zero; var c121 = Vector512<float>.Zero;
            var c130 = Vector512<float>.Zero; var c131 = Vector512<float>.Zero;
            for (var k = steps; k > 0; k--, a += Rows, b += Columns)
                Step(
                    a, b, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41,
                    ref c50, ref c51, ref c60, ref c61, ref c70, ref c71, ref c80, ref c81, ref c90, ref c91, ref c100,
                    ref c101, ref c110, ref c111, ref c120, ref c121, ref c130, ref c131);
            for (var carried = chain; (carried & 1) != 0; carried >>= 1)
            {
                top -= Rows * Columns;
                c00 += Vector512.Load(top); c01 += Vector512.Load(top + 16);
                c10 += Vector512.Load(top + 32); c11 += Vector512.Load(top + 48);
                c20 += Vector512.Load(top + 64); c21 += Vector512.Load(top + 80);
                c30 += Vector512.Load(top + 96); c31 += Vector512.Load(top + 112);
                c40 += Vector512.Load(top + 128); c41 += Vector512.Load(top + 144);
                c50 += Vector512.Load(top + 160); c51 += Vector512.Load(top + 176);
                c60 += Vector512.Load(top + 192); c61 += Vector512.Load(top + 208);
                c70 += Vector512.Load(top + 224); c71 += Vector512.Load(top + 240);
                c80 += Vector512.Load(top + 256); c81 += Vector512.Load(top + 272);
                c90 += Vector512.Load(top + 288); c91 += Vector512.Load(top + 304);
                c100 += Vector512.Load(top + 320); c101 += Vector512.Load(top + 336);
                c110 += Vector512.Load(top + 352); c111 += Vector512.Load(top + 368);
                c120 += Vector512.Load(top + 384); c121 += Vector512.Load(top + 400);
                c130 += Vector512.Load(top + 416); c131 += Vector512.Load(top + 432);
            }
            c00.Store(top); c01.Store(top + 16);
            c10.Store(top + 32); c11.Store(top + 48);
            c20.Store(top + 64); c21.Store(top + 80);
            c30.Store(top + 96); c31.Store(top + 112);
            c40.Store(top + 128); c41.Store(top + 144);
            c50.Store(top + 160); c51.Store(top + 176);
            c60.Store(top + 192); c61.Store(top + 208);
            c70.Store(top + 224); c71.Store(top + 240);
            c80.Store(top + 256); c81.Store(top + 272);
            c90.Store(top + 288); c91.Store(top + 304);
            c100.Store(top + 320); c101.Store(top + 336);
            c110.Store(top + 352); c111.Store(top + 368);
            c120.Store(top + 384); c121.Store(top + 400);
            c130.Store(top + 416); c131.Store(top + 432);
            top += Rows * Columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float* a, float* b, ref Vector512<float> c00, ref Vector512<float> c01, ref Vector512<float> c10,
        ref Vector512<float> c11, ref Vector512<float> c20, ref Vector512<float> c21, ref Vector512<float> c30,
        ref Vector512<float> c31, ref Vector512<float> c40, ref Vector512<float> c41, ref Vector512<float> c50,
        ref Vector512<float> c51, ref Vector512<float> c60, ref Vector512<float> c61, ref Vector512<float> c70,
        ref Vector512<float> c71, ref Vector512<float> c80, ref Vector512<float> c81, ref Vector512<float> c90,
        ref Vector512<float> c91, ref Vector512<float> c100, ref Vector512<float> c101, ref Vector512<float> c110,
        ref Vector512<float> c111, ref Vector512<float> c120, ref Vector512<float> c121, ref Vector512<float> c130,
        ref Vector512<float> c131)
    {
        var b0 = Vector512.Load(b);
        var b1 = Vector512.Load(b + 16);
        var x = Vector512.Create(a[0]);
        c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
        c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
        x = Vector512.Create(a[1]);
        c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
        c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
        x = Vector512.Create(a[2]);
        c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
        c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
        x = Vector512.Create(a[3]);
        c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
        c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
        x = Vector512.Create(a[4]);
        c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
        c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
        x = Vector512.Create(a[5]);
        c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
        c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
        x = Vector512.Create(a[6]);
        c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
        c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
        x = Vector512.Create(a[7]);
        c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
        c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
        x = Vector512.Create(a[8]);
        c80 = Vector512.FusedMultiplyAdd(x, b0, c80);
        c81 = Vector512.FusedMultiplyAdd(x, b1, c81);
        x = Vector512.Create(a[9]);
        c90 = Vector512.FusedMultiplyAdd(x, b0, c90);
        c91 = Vector512.FusedMultiplyAdd(x, b1, c91);
        x = Vector512.Create(a[10]);
        c100 = Vector512.FusedMultiplyAdd(x, b0, c100);
        c101 = Vector512.FusedMultiplyAdd(x, b1, c101);
        x = Vector512.Create(a[11]);
        c110 = Vector512.FusedMultiplyAdd(x, b0, c110);
        c111 = Vector512.FusedMultiplyAdd(x, b1, c111);
        x = Vector512.Create(a[12]);
        c120 = Vector512.FusedMultiplyAdd(x, b0, c120);
        c121 = Vector512.FusedMultiplyAdd(x, b1, c121);
        x = Vector512.Create(a[13]);
        c130 = Vector512.FusedMultiplyAdd(x, b0, c130);
        c131 = Vector512.FusedMultiplyAdd(x, b1, c131);
    }
}

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
        for (; depth > 0; depth--)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            Sse.Prefetch1(prefetch);
            prefetch += prefetchStep;
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
            a += Rows;
            b += Columns;
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
}

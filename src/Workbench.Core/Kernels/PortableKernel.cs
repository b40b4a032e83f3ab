using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>6 rows × two <see cref="Vector{T}"/> of columns, for every other processor.</summary>
/// <remarks>
/// Fuses multiplication and addition where the processor does (ARM: the same bits as the AVX kernels); elsewhere each
/// step rounds twice, and a score may differ from theirs by at most depth · 2⁻²³ · Σ|aₖ·bₖ|.
/// </remarks>
internal static unsafe class PortableKernel
{
    public const int Rows = 6;
    public static readonly int Columns = 2 * Vector<float>.Count;

    /// <inheritdoc cref="MicroKernel.MultiplyInto"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, float* b, nint depth, float* start, nint startStride, float* tile, nint stride, byte* prefetch,
        nint prefetchStep)
    {
        var c00 = Vector<float>.Zero; var c01 = Vector<float>.Zero;
        var c10 = Vector<float>.Zero; var c11 = Vector<float>.Zero;
        var c20 = Vector<float>.Zero; var c21 = Vector<float>.Zero;
        var c30 = Vector<float>.Zero; var c31 = Vector<float>.Zero;
        var c40 = Vector<float>.Zero; var c41 = Vector<float>.Zero;
        var c50 = Vector<float>.Zero; var c51 = Vector<float>.Zero;
        var width = Vector<float>.Count;
        if (start != null)
        {
            c00 = Vector.Load(start); c01 = Vector.Load(start + width);
            c10 = Vector.Load(start + startStride); c11 = Vector.Load(start + startStride + width);
            c20 = Vector.Load(start + 2 * startStride); c21 = Vector.Load(start + 2 * startStride + width);
            c30 = Vector.Load(start + 3 * startStride); c31 = Vector.Load(start + 3 * startStride + width);
            c40 = Vector.Load(start + 4 * startStride); c41 = Vector.Load(start + 4 * startStride + width);
            c50 = Vector.Load(start + 5 * startStride); c51 = Vector.Load(start + 5 * startStride + width);
        }
        for (; depth > 0; depth--)
        {
            var b0 = Vector.Load(b);
            var b1 = Vector.Load(b + width);
            var x = Vector.Create(a[0]);
            c00 = Vector.MultiplyAddEstimate(x, b0, c00);
            c01 = Vector.MultiplyAddEstimate(x, b1, c01);
            x = Vector.Create(a[1]);
            c10 = Vector.MultiplyAddEstimate(x, b0, c10);
            c11 = Vector.MultiplyAddEstimate(x, b1, c11);
            x = Vector.Create(a[2]);
            c20 = Vector.MultiplyAddEstimate(x, b0, c20);
            c21 = Vector.MultiplyAddEstimate(x, b1, c21);
            x = Vector.Create(a[3]);
            c30 = Vector.MultiplyAddEstimate(x, b0, c30);
            c31 = Vector.MultiplyAddEstimate(x, b1, c31);
            x = Vector.Create(a[4]);
            c40 = Vector.MultiplyAddEstimate(x, b0, c40);
            c41 = Vector.MultiplyAddEstimate(x, b1, c41);
            x = Vector.Create(a[5]);
            c50 = Vector.MultiplyAddEstimate(x, b0, c50);
            c51 = Vector.MultiplyAddEstimate(x, b1, c51);
            a += Rows;
            b += 2 * width;
        }
        c00.Store(tile); c01.Store(tile + width);
        c10.Store(tile + stride); c11.Store(tile + stride + width);
        c20.Store(tile + 2 * stride); c21.Store(tile + 2 * stride + width);
        c30.Store(tile + 3 * stride); c31.Store(tile + 3 * stride + width);
        c40.Store(tile + 4 * stride); c41.Store(tile + 4 * stride + width);
        c50.Store(tile + 5 * stride); c51.Store(tile + 5 * stride + width);
    }
}

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

    /// <inheritdoc cref="MicroKernel.Multiply"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, float* b, nint depth, float* tile, bool accumulate, byte* prefetch, nint prefetchStep)
    {
        var c00 = Vector<float>.Zero; var c01 = Vector<float>.Zero;
        var c10 = Vector<float>.Zero; var c11 = Vector<float>.Zero;
        var c20 = Vector<float>.Zero; var c21 = Vector<float>.Zero;
        var c30 = Vector<float>.Zero; var c31 = Vector<float>.Zero;
        var c40 = Vector<float>.Zero; var c41 = Vector<float>.Zero;
        var c50 = Vector<float>.Zero; var c51 = Vector<float>.Zero;
        var width = Vector<float>.Count;
        if (accumulate)
        {
            c00 = Vector.Load(tile); c01 = Vector.Load(tile + width);
            c10 = Vector.Load(tile + 2 * width); c11 = Vector.Load(tile + 3 * width);
            c20 = Vector.Load(tile + 4 * width); c21 = Vector.Load(tile + 5 * width);
            c30 = Vector.Load(tile + 6 * width); c31 = Vector.Load(tile + 7 * width);
            c40 = Vector.Load(tile + 8 * width); c41 = Vector.Load(tile + 9 * width);
            c50 = Vector.Load(tile + 10 * width); c51 = Vector.Load(tile + 11 * width);
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
        c10.Store(tile + 2 * width); c11.Store(tile + 3 * width);
        c20.Store(tile + 4 * width); c21.Store(tile + 5 * width);
        c30.Store(tile + 6 * width); c31.Store(tile + 7 * width);
        c40.Store(tile + 8 * width); c41.Store(tile + 9 * width);
        c50.Store(tile + 10 * width); c51.Store(tile + 11 * width);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>Tiles of A·Bᵀ whose elements are summed as <see cref="MatMul.OutputMajor"/> sums them: sixteen interleaved
/// chains, one fixed reduction and the rest in order.</summary>
/// <remarks>
/// A dot product alone needs the sixteen to hide the latency of an FMA, and ends each element with a sum across a
/// vector. Here a chain is a product of its own, of every sixteenth k: panels hold the elements of the first chain one
/// behind the other, then those of the next, and the tiles of the chains are added as the reduction adds its lanes.
/// They lie in the order in which a binary counter carries (0, 8, 4, 12, 2, …), so that a tile is added to the one
/// before it as soon as both are there and four wait at most.
/// </remarks>
internal static unsafe class SixteenChains
{
    /// <summary>Floats that <see cref="Multiply"/> needs for a kernel's tiles.</summary>
    public const int Scratch = 5 * MicroKernel.LargestTile;

    /// <summary>Packs contiguous rows into a panel.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Distance between rows in floats.</param>
    /// <param name="count">Number of rows, at most <paramref name="width"/>; the rest of the panel is zeros.</param>
    /// <param name="depth">Elements of a row.</param>
    /// <param name="width">Rows in a panel.</param>
    /// <param name="panel">depth · width floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* rows, nint stride, int count, int depth, int width, float* panel)
    {
        if (count < width) new System.Span<float>(panel, checked(depth * width)).Clear();
        nint steps = depth / MatMul.Lanes;
        var length = steps * width;
        for (nint step = 0; step < steps; step++)
        {
            var target = panel + step * width;
            var from = rows + step * MatMul.Lanes;
            var r = 0;
            for (; r + 4 <= count; r += 4, from += 4 * stride)
            {
                var x1 = from + stride;
                var x2 = x1 + stride;
                var x3 = x2 + stride;
                for (var lane = 0; lane < MatMul.Lanes; lane += 4)
                {
                    var at = target + r + Place(lane) * length;
                    if (Sse.IsSupported)
                    {
                        Panels.Transpose(
                            from + lane, x1 + lane, x2 + lane, x3 + lane, out var y0, out var y1, out var y2,
                            out var y3);
                        y0.Store(at);
                        y1.Store(at + Place(1) * length);
                        y2.Store(at + Place(2) * length);
                        y3.Store(at + Place(3) * length);
                    }
                    else
                        for (var next = 0; next < 4; next++)
                            Vector128
                                .Create(from[lane + next], x1[lane + next], x2[lane + next], x3[lane + next])
                                .Store(at + Place(next) * length);
                }
            }
            for (; Sse.IsSupported && r + 2 <= count; r += 2, from += 2 * stride)
                for (var lane = 0; lane < MatMul.Lanes; lane += 4)
                {
                    var at = target + r + Place(lane) * length;
                    Panels.Pairs(from + lane, from + stride + lane, out var low, out var high);
                    low.GetLower().Store(at);
                    low.GetUpper().Store(at + Place(1) * length);
                    high.GetLower().Store(at + Place(2) * length);
                    high.GetUpper().Store(at + Place(3) * length);
                }
            for (; r < count; r++, from += stride)
                for (var lane = 0; lane < MatMul.Lanes; lane++) target[Place(lane) * length + r] = from[lane];
        }
        Panels.Interleave(
            rows + steps * MatMul.Lanes, stride, count, depth % MatMul.Lanes, width, panel + MatMul.Lanes * length);
    }

    /// <summary>tile = A · Bᵀ.</summary>
    /// <param name="kernel">For whose tile the panels are.</param>
    /// <param name="a">Panel of A, as <see cref="Pack"/> makes it.</param>
    /// <param name="b">Panel of B.</param>
    /// <param name="depth">Length of the vectors.</param>
    /// <param name="tile"><see cref="Scratch"/> floats, of which the first are the tile.</param>
    public static void Multiply(MicroKernel kernel, float* a, float* b, int depth, float* tile)
    {
        nint steps = depth / MatMul.Lanes;
        var (rows, columns) = (kernel.Rows, kernel.Columns);
        if (kernel.Rows == Avx2Kernel.Rows && kernel.Columns == Avx2Kernel.Columns && Fma.IsSupported)
            Avx2Kernel.AddChains(a, b, steps, tile);
        else if (kernel.Rows == Avx512Kernel.Rows && kernel.Columns == Avx512Kernel.Columns && Avx512F.IsSupported)
            Avx512Kernel.AddChains(a, b, steps, tile);
        else
        {
            var size = rows * columns;
            var top = tile;
            for (var chain = 0; chain < MatMul.Lanes; chain++)
            {
                kernel.Multiply(a + chain * steps * rows, b + chain * steps * columns, steps, top);
                for (var carried = chain; (carried & 1) != 0; carried >>= 1)
                {
                    top -= size;
                    for (var i = 0; i < size; i += Vector<float>.Count)
                        (Vector.Load(top + i) + Vector.Load(top + size + i)).Store(top + i);
                }
                top += size;
            }
        }
        var done = MatMul.Lanes * steps;
        if (done < depth) kernel.Multiply(a + done * rows, b + done * columns, depth - done, tile, accumulate: true);
    }

    // Where a chain's elements lie: its four bits turned round.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Place(int lane) => (lane & 1) << 3 | (lane & 2) << 1 | (lane & 4) >> 1 | (lane & 8) >> 3;
}

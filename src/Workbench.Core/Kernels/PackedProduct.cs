using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>How the elements of a product are summed.</summary>
internal enum SumOrder
{
    /// <summary>One chain of multiply-adds in the order of k, as <see cref="Gemm"/> and
    /// <see cref="MatMul.InputMajor"/> have it.</summary>
    OneChain,

    /// <summary>As <see cref="MatMul.OutputMajor"/> has it.</summary>
    SixteenChains,
}

/// <summary>Products of many rows, by the <see cref="MicroKernel"/> on packed panels, with the bits that
/// <see cref="MatMul"/> gives the same rows one by one.</summary>
internal static unsafe class PackedProduct
{
    // 16 kB of A: half of the first-level cache.
    private const int SmallFloats = 4096;

    /// <summary>Packs contiguous rows, A's or B's, into whole panels.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Distance between rows in floats.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="depth">Elements of a row.</param>
    /// <param name="width">Rows in a panel.</param>
    /// <param name="order">How the product is summed.</param>
    /// <param name="panels">One behind the other; zeros where the last one is not full.</param>
    public static void Pack(
        float* rows, nint stride, int count, int depth, int width, SumOrder order, float* panels)
    {
        for (var row = 0; row < count; row += width)
        {
            var from = rows + row * stride;
            var panel = panels + (nint)row * depth;
            var own = Math.Min(width, count - row);
            if (order == SumOrder.SixteenChains) SixteenChains.Pack(from, stride, own, depth, width, panel);
            else
            {
                if (own < width) new Span<float>(panel, checked(depth * width)).Clear();
                Panels.Interleave(from, stride, own, depth, width, panel);
            }
        }
    }

    /// <summary>Y = A·Bᵀ, plus a number for each column where there is a bias. B's panels should fit the second-level
    /// cache together.</summary>
    /// <param name="kernel">For whose tiles A and B are packed.</param>
    /// <param name="order">How they are packed.</param>
    /// <param name="a">Panels of A.</param>
    /// <param name="rows">Rows of A and Y.</param>
    /// <param name="b">Panels of B.</param>
    /// <param name="columns">Rows of B, columns of Y.</param>
    /// <param name="depth">Columns of A and B.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    /// <param name="bias">One number per column, added last, or null.</param>
    [SkipLocalsInit]
    public static void Multiply(
        MicroKernel kernel, SumOrder order, float* a, int rows, float* b, int columns, int depth, float* y,
        nint yStride, float* bias = null)
    {
        const int line = 64 / sizeof(float);
        var memory = stackalloc float[SixteenChains.Scratch + line];
        var tile = (float*)((nint)(memory + line) & -64);
        // What is small stays in the first-level cache while the other passes.
        var (outer, inner) = (Panels.Count(rows, kernel.Rows), Panels.Count(columns, kernel.Columns));
        var isSmall = (long)rows * depth <= SmallFloats;
        if (isSmall) (outer, inner) = (inner, outer);
        for (var i = 0; i < outer; i++)
            for (var j = 0; j < inner; j++)
            {
                var (row, column) = isSmall ? (j, i) : (i, j);
                (row, column) = (row * kernel.Rows, column * kernel.Columns);
                var aPanel = a + (nint)row * depth;
                var bPanel = b + (nint)column * depth;
                if (order == SumOrder.SixteenChains) SixteenChains.Multiply(kernel, aPanel, bPanel, depth, tile);
                else kernel.Multiply(aPanel, bPanel, depth, tile);
                Store(
                    tile, kernel.Columns, Math.Min(kernel.Rows, rows - row), Math.Min(kernel.Columns, columns - column),
                    y + row * yStride + column, yStride, bias == null ? null : bias + column);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store(float* tile, int width, int rows, int columns, float* y, nint yStride, float* bias)
    {
        for (; rows > 0; rows--, tile += width, y += yStride)
        {
            var c = 0;
            for (; c <= columns - Vector256<float>.Count; c += Vector256<float>.Count)
            {
                var part = Vector256.Load(tile + c);
                (bias == null ? part : part + Vector256.Load(bias + c)).Store(y + c);
            }
            for (; c < columns; c++) y[c] = bias == null ? tile[c] : tile[c] + bias[c];
        }
    }
}

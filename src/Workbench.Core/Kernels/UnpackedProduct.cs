using System;
using System.Runtime.Intrinsics.X86;
using Workbench.Core.Tensors;

namespace Workbench.Core.Kernels;

/// <summary>Small products with an A that is read where it lies, on one thread, with the bits of
/// <see cref="Gemm"/>.</summary>
/// <remarks>A head's products have few columns: mixed values, 256 × 256 × 32, take 45 µs instead of 63 where A is
/// packed first, its scores 51 instead of 54.</remarks>
internal static unsafe class UnpackedProduct
{
    /// <summary>Whether A stays in the second-level cache while panels of B pass, and the kernel is AVX2's.</summary>
    public static bool Suits(MicroKernel kernel, in MatrixView a) =>
        kernel.Rows == Avx2Kernel.Rows && kernel.Columns == Avx2Kernel.Columns && Fma.IsSupported
        && (long)a.Rows * a.Columns <= Caches.SecondLevelBytes / 2 / sizeof(float);

    /// <summary>destination = start + a · b.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">k × n.</param>
    /// <param name="start">m × n, where the chains start; null for 0.</param>
    /// <param name="destination">m × n, perhaps the start.</param>
    public static void Multiply(MatrixView a, MatrixView b, MatrixView? start, MatrixView destination)
    {
        const int height = Avx2Kernel.Rows, width = Avx2Kernel.Columns;
        var depth = a.Columns;
        using var memory = AlignedBuffer.Rent(MicroKernel.LargestTile + (long)depth * width);
        var scratch = memory.Pointer;
        var panel = scratch + MicroKernel.LargestTile;
        var target = new TileTarget(start, destination, height, width);
        for (var column = 0; column < b.Columns; column += width)
        {
            Panels.Pack(b.Transposed, column, Math.Min(width, b.Columns - column), 0, depth, width, panel);
            var x = a.DangerousPointer;
            for (var row = 0; row < a.Rows; row += height, x += height * a.RowStride)
            {
                var tile = target.Open(row, column, scratch, out var stride, out var from, out var fromStride);
                Avx2Kernel.Multiply(
                    x, (nint)a.RowStride, (nint)a.ColumnStride, Math.Min(height, a.Rows - row), panel, depth, from,
                    fromStride, tile, stride);
                target.Close(row, column, scratch);
            }
        }
    }
}

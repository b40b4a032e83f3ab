using System;
using System.Runtime.CompilerServices;
using Workbench.Core.Formats;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// Some outputs of a layer, from its weights as they lie. For few rows of input, weights are streamed once: float32,
/// bfloat16, half and, for one row, blocks are widened in registers, all else a piece of a row at a time, into the
/// first-level cache.
/// For many, a panel is widened once and multiplied by every row; for so many that it pays, packed for the
/// micro-kernel.
/// </summary>
/// <remarks>Widening is exact and the chains of multiply-adds are those of <see cref="MatMul"/>, so the result has the
/// bits that the widened weights give.</remarks>
internal static unsafe class LayerKernel
{
    // 8 kB of widened weights, which stay in the first-level cache beside as much of X; a multiple of the chains' 16.
    private const int Piece = 2048;

    // Input-major weights are widened so many rows at a time: with 384 outputs, 48 kB, which stay in the second-level
    // cache.
    private const int Strip = 32;

    /// <summary>Y[r, c] = Σ_k X[r, k] · W[first + c, k].</summary>
    /// <param name="x">[rows, depth].</param>
    /// <param name="weight">[outputs, depth].</param>
    /// <param name="first">The first output.</param>
    /// <param name="columns">How many.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    public static void OutputMajor(Matrix x, StoredMatrix weight, int first, int columns, float* y, nint yStride)
    {
        var depth = x.Columns;
        if (Streams(weight, x.Rows))
        {
            var from = x.DangerousPointer;
            var w = weight.DangerousPointer(first, 0);
            switch (weight.DType)
            {
                case DType.F32:
                    MatMul.OutputMajor<SingleElement>(from, depth, x.Rows, depth, w, depth, columns, y, yStride);
                    return;
                case DType.BF16:
                    MatMul.OutputMajor<BFloat16Element>(from, depth, x.Rows, depth, w, depth, columns, y, yStride);
                    return;
                case DType.F16:
                    if (MatMul.OutputMajor<HalfElement>(from, depth, x.Rows, depth, w, depth, columns, y, yStride))
                        return;
                    break;
            }
        }
        if (x.Rows <= MatMul.RowBlock)
        {
            for (var column = 0; column < columns; column++)
                Dot(x, weight, first + column, y + column, yStride);
            return;
        }
        using var memory = AlignedBuffer.Rent((long)columns * depth);
        weight.Widen(first, 0, memory.Span(columns * depth));
        MatMul.OutputMajor(x.DangerousPointer, depth, x.Rows, depth, memory.Pointer, depth, columns, y, yStride);
    }

    /// <summary>Y[r, c] = Σ_k X[r, k] · W[k, first + c].</summary>
    /// <param name="x">[rows, depth].</param>
    /// <param name="weight">[depth, outputs].</param>
    /// <param name="first">The first output.</param>
    /// <param name="columns">How many.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    public static void InputMajor(Matrix x, StoredMatrix weight, int first, int columns, float* y, nint yStride)
    {
        var depth = x.Columns;
        var plain = weight.IsPlain && weight.DType == DType.F32 ? (float*)weight.DangerousPointer(0, first) : null;
        if (x.Rows <= MatMul.RowBlock && plain is not null)
        {
            MatMul.InputMajor(
                x.DangerousPointer, depth, x.Rows, depth, plain, weight.Columns, columns, y, yStride);
            return;
        }
        // A panel that every row of X reads, or a strip after the other for few rows.
        var step = Math.Max(1, x.Rows <= MatMul.RowBlock ? Strip : depth);
        using var memory = AlignedBuffer.Rent((long)step * columns);
        var panel = memory.Pointer;
        for (var k = 0; k == 0 || k < depth; k += step)
        {
            var part = Math.Min(step, depth - k);
            if (plain is not null) MatMul.Gather(plain, weight.Columns, depth, columns, panel);
            else
                for (var i = 0; i < part; i++)
                    weight.Widen(k + i, first, new Span<float>(panel + (long)i * columns, columns));
            MatMul.InputMajor(
                x.DangerousPointer + k, depth, x.Rows, part, panel, columns, columns, y, yStride, resume: k > 0);
        }
    }

    /// <summary>Y = X·W for so many rows that W is packed: they share one widening and packing of these outputs, and
    /// have the bits that they have one by one.</summary>
    /// <param name="rows">X, packed for the best kernel in the <see cref="Order"/> of the layout.</param>
    /// <param name="count">Rows of X.</param>
    /// <param name="depth">Columns of X.</param>
    /// <param name="weight">[outputs, depth] or [depth, outputs].</param>
    /// <param name="layout">Which of the two.</param>
    /// <param name="first">The first output.</param>
    /// <param name="columns">How many.</param>
    /// <param name="bias">One number for each, added last, or null.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    public static void Packed(
        float* rows, int count, int depth, StoredMatrix weight, WeightLayout layout, int first, int columns,
        float* bias, float* y, nint yStride)
    {
        var kernel = MicroKernel.Best;
        var panels = (long)Panels.Count(columns, kernel.Columns) * kernel.Columns * depth;
        var plain = weight.IsPlain && weight.DType == DType.F32;
        using var memory = AlignedBuffer.Rent(panels + (plain ? 0 : (long)depth * columns));
        var packed = memory.Pointer;
        var lying = packed + panels;
        var stride = layout == WeightLayout.OutputMajor ? depth : columns;
        if (plain)
        {
            stride = weight.Columns;
            lying = layout == WeightLayout.OutputMajor
                ? (float*)weight.DangerousPointer(first, 0)
                : (float*)weight.DangerousPointer(0, first);
        }
        else if (layout == WeightLayout.OutputMajor)
            weight.Widen(first, 0, new Span<float>(lying, checked(depth * columns)));
        else
            for (var k = 0; k < depth; k++)
                weight.Widen(k, first, new Span<float>(lying + (long)k * columns, columns));
        if (layout == WeightLayout.OutputMajor)
            PackedProduct.Pack(lying, stride, columns, depth, kernel.Columns, Order(layout), packed);
        else Panels.PackSideBySide(lying, stride, columns, depth, kernel.Columns, packed);
        PackedProduct.Multiply(
            kernel, Order(layout), rows, count, packed, columns, depth, y, yStride, bias);
    }

    /// <summary>How a layer's outputs are summed.</summary>
    public static SumOrder Order(WeightLayout layout) =>
        layout == WeightLayout.OutputMajor ? SumOrder.SixteenChains : SumOrder.OneChain;

    private static bool Streams(StoredMatrix weight, int rows) =>
        weight.IsPlain && (weight.DType == DType.F32 || rows <= MatMul.RowBlock);

    /// <summary>One output of at most eight rows of X.</summary>
    [SkipLocalsInit]
    private static void Dot(Matrix x, StoredMatrix weight, int output, float* y, nint yStride)
    {
        var (depth, rows) = (x.Columns, x.Rows);
        var piece = stackalloc float[Piece];
        var chains = stackalloc float[MatMul.RowBlock * MatMul.Lanes];
        new Span<float>(chains, rows * MatMul.Lanes).Clear();
        var from = x.DangerousPointer;
        if (rows == 1 && weight.DType.IsBlocked())
        {
            weight.Multiply(output, from, chains);
            *y = MatMul.Sum(chains);
            return;
        }
        var rest = 0;
        for (var k = 0; k < depth; k += Piece)
        {
            var count = Math.Min(Piece, depth - k);
            rest = count % MatMul.Lanes;
            weight.Widen(output, k, new Span<float>(piece, count));
            MatMul.Continue(from + k, depth, rows, count - rest, piece, chains);
        }
        var behind = piece + ((depth - 1) % Piece + 1 - rest);
        for (var row = 0; row < rows; row++)
        {
            var sum = MatMul.Sum(chains + row * MatMul.Lanes);
            var last = from + (long)row * depth + depth - rest;
            for (var k = 0; k < rest; k++) sum = float.MultiplyAddEstimate(last[k], behind[k], sum);
            y[row * yStride] = sum;
        }
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbench.Core.Tensors;

namespace Workbench.Core.Kernels;

/// <summary>Packing: vectors of a matrix interleaved into panels, the layout in which a <see cref="MicroKernel"/> reads
/// them.</summary>
internal static unsafe class Panels
{
    // What a thread keeps in its second-level cache while other panels pass: half of it. On Zen 3 (512 KiB) a scan of
    // 768 columns takes the same time, to the noise of 2 %, with 270 to 540 KB.
    private static readonly int CacheBytes = Caches.SecondLevelBytes / 2;

    /// <summary>How many panels stay in the second-level cache while others stream past; at least 1.</summary>
    public static int InCache(int width, int depth) =>
        (int)Math.Clamp(CacheBytes / ((long)Math.Max(1, depth) * width * sizeof(float)), 1, 64);

    /// <summary>How many panels of <paramref name="width"/> hold <paramref name="vectors"/> vectors.</summary>
    public static int Count(int vectors, int width) => (vectors + width - 1) / width;

    /// <summary>Interleaves rows of a view: element k of row <c>first + r</c> goes to <c>k · width + r</c> of the
    /// panel.</summary>
    /// <param name="source">The rows, in any strides.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows, at most <paramref name="width"/>; the rest of the panel is zeros.</param>
    /// <param name="firstElement">First column.</param>
    /// <param name="depth">Number of columns.</param>
    /// <param name="width">Vectors in a panel.</param>
    /// <param name="panel">depth · width floats.</param>
    public static void Pack(
        in MatrixView source, int first, int count, int firstElement, int depth, int width, float* panel)
    {
        var start = source.DangerousPointer + first * source.RowStride + firstElement * source.ColumnStride;
        if (count < width) new Span<float>(panel, checked(depth * width)).Clear();
        if (source.ColumnStride == 1) Interleave(start, source.RowStride, count, depth, width, panel);
        else if (source.RowStride == 1) CopyRuns(start, source.ColumnStride, count, depth, width, panel);
        else CopyElements(start, source.RowStride, source.ColumnStride, count, depth, width, panel);
    }

    /// <summary>Interleaves <paramref name="count"/> contiguous rows that lie <paramref name="stride"/> floats
    /// apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(float* rows, long stride, int count, int depth, int width, float* panel)
    {
        var r = 0;
        for (; r + 4 <= count; r += 4)
        {
            var x0 = rows + r * stride;
            var x1 = x0 + stride;
            var x2 = x1 + stride;
            var x3 = x2 + stride;
            var target = panel + r;
            var k = 0;
            for (; Sse.IsSupported && k <= depth - 4; k += 4)
            {
                Transpose(x0 + k, x1 + k, x2 + k, x3 + k, out var y0, out var y1, out var y2, out var y3);
                y0.Store(target);
                y1.Store(target + width);
                y2.Store(target + 2 * width);
                y3.Store(target + 3 * width);
                target += 4 * width;
            }
            for (; k < depth; k++, target += width) Vector128.Create(x0[k], x1[k], x2[k], x3[k]).Store(target);
        }
        for (; Sse.IsSupported && r + 2 <= count; r += 2)
        {
            var x0 = rows + r * stride;
            var x1 = x0 + stride;
            var target = panel + r;
            var k = 0;
            for (; k <= depth - 4; k += 4)
            {
                Pairs(x0 + k, x1 + k, out var low, out var high);
                low.GetLower().Store(target);
                low.GetUpper().Store(target + width);
                high.GetLower().Store(target + 2 * width);
                high.GetUpper().Store(target + 3 * width);
                target += 4 * width;
            }
            for (; k < depth; k++, target += width) (target[0], target[1]) = (x0[k], x1[k]);
        }
        for (; r < count; r++)
        {
            var row = rows + r * stride;
            var target = panel + r;
            for (var k = 0; k < depth; k++, target += width) *target = row[k];
        }
    }

    /// <summary>Four elements of each of four rows as four rows of their columns; where there is SSE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(
        float* x0, float* x1, float* x2, float* x3, out Vector128<float> y0, out Vector128<float> y1,
        out Vector128<float> y2, out Vector128<float> y3)
    {
        Pairs(x0, x1, out var low, out var high);
        Pairs(x2, x3, out var nextLow, out var nextHigh);
        y0 = Sse.MoveLowToHigh(low, nextLow);
        y1 = Sse.MoveHighToLow(nextLow, low);
        y2 = Sse.MoveLowToHigh(high, nextHigh);
        y3 = Sse.MoveHighToLow(nextHigh, high);
    }

    /// <summary>Four elements of two rows by turns; where there is SSE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pairs(float* x0, float* x1, out Vector128<float> low, out Vector128<float> high)
    {
        var (a, b) = (Vector128.Load(x0), Vector128.Load(x1));
        low = Sse.UnpackLow(a, b);
        high = Sse.UnpackHigh(a, b);
    }

    /// <summary>
    /// Rows of a view as contiguous floats: where they lie if they are so already, else copied to
    /// <paramref name="scratch"/>.
    /// </summary>
    /// <param name="source">The rows, in any strides.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scratch">count · <see cref="ScratchStride"/> floats.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float* Contiguous(in MatrixView source, int first, int count, float* scratch, out long stride)
    {
        var start = source.DangerousPointer + first * source.RowStride;
        if (source.ColumnStride == 1)
        {
            stride = source.RowStride;
            return start;
        }
        stride = ScratchStride(source.Columns);
        var (rowStride, columnStride, depth) = (source.RowStride, source.ColumnStride, source.Columns);
        var k = 0;
        for (; k + 4 <= depth; k += 4)
        {
            var x = k * columnStride;
            var target = scratch + k;
            for (var r = 0; r < count; r++, x += rowStride, target += stride)
                Vector128
                    .Create(start[x], start[x + columnStride], start[x + 2 * columnStride], start[x + 3 * columnStride])
                    .Store(target);
        }
        for (; k < depth; k++)
            for (var r = 0; r < count; r++) scratch[r * stride + k] = start[r * rowStride + k * columnStride];
        return scratch;
    }

    /// <summary>A row's length in scratch memory: a cache line more than it needs, so that rows do not share one set of
    /// the cache.</summary>
    public static long ScratchStride(int depth) => (depth + 31L) / 16 * 16;

    /// <summary>The same of several panels, one after the other in memory, of rows that lie side by side, as columns of
    /// a row-major matrix do: each line of them is read once.</summary>
    /// <param name="source">The rows; their <see cref="MatrixView.RowStride"/> is 1.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows; the rest of the last panel is zeros.</param>
    /// <param name="depth">Number of columns.</param>
    /// <param name="width">Vectors in a panel.</param>
    /// <param name="panels">Whole panels.</param>
    public static void PackSideBySide(
        in MatrixView source, int first, int count, int depth, int width, float* panels) =>
        PackSideBySide(source.DangerousPointer + first, source.ColumnStride, count, depth, width, panels);

    /// <summary>The same of rows by their address.</summary>
    /// <param name="rows">Element 0 of the first row, behind which those of the others lie.</param>
    /// <param name="columnStride">Distance between the elements of a row.</param>
    /// <param name="count">Number of rows; the rest of the last panel is zeros.</param>
    /// <param name="depth">Elements of a row.</param>
    /// <param name="width">Vectors in a panel.</param>
    /// <param name="panels">Whole panels.</param>
    public static void PackSideBySide(
        float* rows, long columnStride, int count, int depth, int width, float* panels)
    {
        if (count % width != 0)
            new Span<float>(panels + (long)(count / width) * width * depth, checked(depth * width)).Clear();
        CopyRuns(rows, columnStride, count, depth, width, panels);
    }

    // Rows that are columns of a row-major matrix: count neighbours in memory for every k. They are few, so no call of
    // memmove: that took a tenth of a training step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRuns(float* rows, long columnStride, int count, int depth, int width, float* panels)
    {
        var panelLength = (long)depth * width;
        var k = 0;
        // Six of eight: what is too much is written over by the next k, so the last one is copied exactly.
        for (; width == 6 && count % 6 == 0 && k < depth - 1; k++, rows += columnStride, panels += width)
        {
            var target = panels;
            for (var done = 0; done < count; done += 6, target += panelLength)
                Vector256.Load(rows + done).Store(target);
        }
        for (; k < depth; k++, rows += columnStride, panels += width)
        {
            var target = panels;
            for (var done = 0; done < count; done += width, target += panelLength)
            {
                var run = Math.Min(width, count - done);
                var from = rows + done;
                var r = 0;
                for (; r + 8 <= run; r += 8) Vector256.Load(from + r).Store(target + r);
                if ((run & 4) != 0)
                {
                    Vector128.Load(from + r).Store(target + r);
                    r += 4;
                }
                if ((run & 2) != 0)
                {
                    Vector64.Load(from + r).Store(target + r);
                    r += 2;
                }
                if ((run & 1) != 0) target[r] = from[r];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyElements(
        float* rows, long rowStride, long columnStride, int count, int depth, int width, float* panel)
    {
        for (var k = 0; k < depth; k++, rows += columnStride, panel += width)
            for (var r = 0; r < count; r++) panel[r] = rows[r * rowStride];
    }
}

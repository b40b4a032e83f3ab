using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>
/// Y = X·W for the layers of a model, where X has few rows: W is read where it lies, once for every eight rows of X, so
/// that up to eight tokens cost one pass over the weights at the memory's speed. (<see cref="Gemm"/> packs W first,
/// which takes another.)
/// </summary>
/// <remarks>
/// One call is one thread's work; callers cut the columns of Y. Each element of Y is a single chain of fused
/// multiply-adds in the order of the inner dimension (<see cref="InputMajor"/>), or sixteen interleaved chains, one
/// fixed reduction and the rest in order (<see cref="OutputMajor"/>): its bits depend neither on how the columns are
/// cut nor on how many rows X has. (Of many rows <see cref="PackedProduct"/> gives the same bits.)
/// </remarks>
internal static unsafe class MatMul
{
    /// <summary>Rows of X that share one reading of W: 8 rows × 2 vectors are 16 accumulators, enough to hide the
    /// latency of an FMA.</summary>
    public const int RowBlock = 8;

    /// <summary>Chains of a sum in <see cref="OutputMajor"/>.</summary>
    public const int Lanes = 16;

    // 8 kB ahead along a row and into the next ones: with less, one core stays at 10 of the 26 GB/s it can read.
    private const int PrefetchBytes = 8192;

    // Rows of W ahead of those that are gathered.
    private const int RowsAhead = 32;

    // Few rows of X: four rows of W at a time, so many columns of them, while the next four are fetched. With vectors
    // of 256 bits eight rows of X take 16.3 ms for the layers of GPT-2 124M, 17.7 with 192 columns, 20.7 with 768,
    // whose sums leave the first-level cache.
    private const int StripColumns = 384;

    /// <summary>Y[r, c] = Σ_k X[r, k] · W[k, c], W stored with its inputs as rows (GPT-2's own layout).</summary>
    /// <param name="x">Rows of X.</param>
    /// <param name="xStride">Distance between rows of X in elements; as for the other strides.</param>
    /// <param name="rows">Rows of X and Y.</param>
    /// <param name="depth">Columns of X, rows of W.</param>
    /// <param name="w">W's first row, at the first column wanted.</param>
    /// <param name="wStride">Distance between rows of W.</param>
    /// <param name="columns">Columns of W and Y.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    /// <param name="resume">Whether the chains go on from what Y holds: for a W whose rows come in parts.</param>
    public static void InputMajor(
        float* x, nint xStride, int rows, int depth, float* w, nint wStride, int columns, float* y, nint yStride,
        bool resume = false)
    {
        // Of many rows W stays in the second-level cache, and as many accumulators as fit the registers go through it.
        var many = rows > RowBlock;
        var block = many && !Vector512.IsHardwareAccelerated ? 6 : RowBlock;
        for (var row = 0; row < rows; row += block)
        {
            var xr = x + row * xStride;
            var yr = y + row * yStride;
            var count = Math.Min(block, rows - row);
            var column = 0;
            if (many && count == block)
            {
                for (; count == 8 && column <= columns - 2 * Lanes; column += 2 * Lanes)
                    InputMajor8x32(xr, xStride, depth, resume, w + column, wStride, yr + column, yStride);
                for (; count == 6 && column <= columns - Lanes; column += Lanes)
                    InputMajor6x16(xr, xStride, depth, resume, w + column, wStride, yr + column, yStride);
            }
            while (column <= columns - Lanes)
            {
                var width = Math.Min(StripColumns, columns - column) / Lanes * Lanes;
                InputMajorStrip(
                    xr, xStride, count, depth, resume, w + column, wStride, width, yr + column, yStride);
                column += width;
            }
            for (; column < columns; column++)
                for (var r = 0; r < count; r++)
                {
                    var sum = resume ? yr[r * yStride + column] : 0f;
                    for (var k = 0; k < depth; k++)
                        sum = float.MultiplyAddEstimate(xr[r * xStride + k], w[k * wStride + column], sum);
                    yr[r * yStride + column] = sum;
                }
        }
    }

    /// <summary>Y[r, c] = Σ_k X[r, k] · W[c, k], W stored with its outputs as rows (the layout of most other
    /// models).</summary>
    /// <param name="x">Rows of X.</param>
    /// <param name="xStride">Distance between rows of X in elements; as for the other strides.</param>
    /// <param name="rows">Rows of X and Y.</param>
    /// <param name="depth">Columns of X and of W.</param>
    /// <param name="w">The first row of W wanted.</param>
    /// <param name="wStride">Distance between rows of W.</param>
    /// <param name="columns">Rows of W, columns of Y.</param>
    /// <param name="y">Overwritten.</param>
    /// <param name="yStride">Distance between rows of Y.</param>
    public static void OutputMajor(
        float* x, nint xStride, int rows, int depth, float* w, nint wStride, int columns, float* y, nint yStride) =>
        OutputMajor<SingleElement>(x, xStride, rows, depth, (byte*)w, wStride, columns, y, yStride);

    /// <summary>The same of a W whose elements are widened on their way into the multiplication.</summary>
    /// <returns>Whether the results hold: not where W has elements that the element type does not widen exactly, and
    /// perhaps not where X has elements of 65,536 and above, or a sum leaves float32.</returns>
    public static bool OutputMajor<T>(
        float* x, nint xStride, int rows, int depth, byte* w, nint wStride, int columns, float* y, nint yStride)
        where T : struct, IElement
    {
        var stride = wStride * T.Size;
        var holds = true;
        for (var row = 0; row < rows; row += RowBlock)
        {
            var xr = x + row * xStride;
            var yr = y + row * yStride;
            var count = Math.Min(RowBlock, rows - row);
            var column = 0;
            if (count == 1)
            {
                for (; column <= columns - 4; column += 4)
                {
                    var ahead = column <= columns - 8 ? 4 * stride : 0;
                    holds &= typeof(T) == typeof(HalfElement) && HalfDots.IsSupported
                        ? HalfDots.Four(xr, depth, w + column * stride, stride, ahead, yr + column)
                        : OutputMajor1x4<T>(xr, depth, w + column * stride, stride, ahead, yr + column);
                }
            }
            else if (typeof(T) == typeof(SingleElement))
            {
                for (; column <= columns - 3; column += 3)
                    for (var r = 0; r < count; r += 2)
                        OutputMajor2x3(
                            xr + r * xStride, xStride, Math.Min(2, count - r), depth, (float*)(w + column * stride),
                            wStride, 3 + r / 2, yr + r * yStride + column, yStride);
            }
            else if (Vector512.IsHardwareAccelerated)
            {
                for (; column <= columns - 2; column += 2)
                    holds &= OutputMajor8x2<T>(
                        xr, xStride, count, depth, w + column * stride, stride, yr + column, yStride);
            }
            for (; column < columns; column++)
            {
                holds &= OutputMajor4x1<T>(
                    xr, xStride, Math.Min(4, count), depth, w + column * stride, yr + column, yStride);
                if (count > 4)
                    holds &= OutputMajor4x1<T>(
                        xr + 4 * xStride, xStride, count - 4, depth, w + column * stride, yr + 4 * yStride + column,
                        yStride);
            }
            for (var k = depth - depth % Lanes; k < depth; k++)
                for (var r = 0; r < count; r++)
                    for (column = 0; column < columns; column++)
                        yr[r * yStride + column] = float.MultiplyAddEstimate(
                            xr[r * xStride + k], T.Value(w + column * stride + k * T.Size), yr[r * yStride + column]);
        }
        return holds;
    }

    /// <summary>Goes on with the sixteen chains of <see cref="OutputMajor"/>, of one row of W that comes in parts and
    /// some rows of X.</summary>
    /// <param name="x">Rows of X, at the part's first column.</param>
    /// <param name="xStride">Distance between rows of X.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="depth">Columns of the part, a multiple of 16.</param>
    /// <param name="w">The part of W's row.</param>
    /// <param name="chains">Sixteen for each row of X.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Continue(float* x, nint xStride, int rows, int depth, float* w, float* chains)
    {
        for (var row = 0; row < rows; row++, x += xStride, chains += Lanes)
        {
            Load(chains, out Vector256<float> a, out var b);
            for (nint k = 0; k < depth; k += Lanes)
            {
                a = Vector256.MultiplyAddEstimate(Vector256.Load(x + k), Vector256.Load(w + k), a);
                b = Vector256.MultiplyAddEstimate(
                    Vector256.Load(x + k + Lanes / 2), Vector256.Load(w + k + Lanes / 2), b);
            }
            Store(a, b, chains);
        }
    }

    /// <summary>The sum of sixteen chains, as <see cref="OutputMajor"/> ends them.</summary>
    public static float Sum(float* chains) => Sum(Vector256.Load(chains), Vector256.Load(chains + Lanes / 2));

    /// <summary>Copies some columns of W so that they lie together, for a W that is read more than once.</summary>
    /// <param name="w">W's first row, at the first column wanted.</param>
    /// <param name="wStride">Distance between rows of W.</param>
    /// <param name="depth">Rows of W.</param>
    /// <param name="columns">Columns wanted.</param>
    /// <param name="panel">[depth, columns], overwritten.</param>
    public static void Gather(float* w, nint wStride, int depth, int columns, float* panel)
    {
        for (nint k = 0; k < depth; k++)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(w + RowsAhead * wStride);
                Sse.Prefetch0(w + RowsAhead * wStride + Lanes);
            }
            new ReadOnlySpan<float>(w, columns).CopyTo(new Span<float>(panel, columns));
            w += wStride;
            panel += columns;
        }
    }

    // Eight rows of X as they lie with 32 columns of W: of many rows, where vectors have 512 bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InputMajor8x32(
        float* x, nint xStride, int depth, bool resume, float* w, nint wStride, float* y, nint yStride)
    {
        var x1 = x + xStride;
        var x2 = x1 + xStride;
        var x3 = x2 + xStride;
        var x4 = x3 + xStride;
        var x5 = x4 + xStride;
        var x6 = x5 + xStride;
        var x7 = x6 + xStride;
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector512<float> a4 = default, a5 = default, a6 = default, a7 = default;
        Vector512<float> b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> b4 = default, b5 = default, b6 = default, b7 = default;
        if (resume)
        {
            Load(y, out a0, out b0);
            Load(y + yStride, out a1, out b1);
            Load(y + 2 * yStride, out a2, out b2);
            Load(y + 3 * yStride, out a3, out b3);
            Load(y + 4 * yStride, out a4, out b4);
            Load(y + 5 * yStride, out a5, out b5);
            Load(y + 6 * yStride, out a6, out b6);
            Load(y + 7 * yStride, out a7, out b7);
        }
        for (nint k = 0; k < depth; k++)
        {
            var p = Vector512.Load(w);
            var q = Vector512.Load(w + Lanes);
            w += wStride;
            var v = Vector512.Create(x[k]);
            a0 = Vector512.FusedMultiplyAdd(v, p, a0);
            b0 = Vector512.FusedMultiplyAdd(v, q, b0);
            v = Vector512.Create(x1[k]);
            a1 = Vector512.FusedMultiplyAdd(v, p, a1);
            b1 = Vector512.FusedMultiplyAdd(v, q, b1);
            v = Vector512.Create(x2[k]);
            a2 = Vector512.FusedMultiplyAdd(v, p, a2);
            b2 = Vector512.FusedMultiplyAdd(v, q, b2);
            v = Vector512.Create(x3[k]);
            a3 = Vector512.FusedMultiplyAdd(v, p, a3);
            b3 = Vector512.FusedMultiplyAdd(v, q, b3);
            v = Vector512.Create(x4[k]);
            a4 = Vector512.FusedMultiplyAdd(v, p, a4);
            b4 = Vector512.FusedMultiplyAdd(v, q, b4);
            v = Vector512.Create(x5[k]);
            a5 = Vector512.FusedMultiplyAdd(v, p, a5);
            b5 = Vector512.FusedMultiplyAdd(v, q, b5);
            v = Vector512.Create(x6[k]);
            a6 = Vector512.FusedMultiplyAdd(v, p, a6);
            b6 = Vector512.FusedMultiplyAdd(v, q, b6);
            v = Vector512.Create(x7[k]);
            a7 = Vector512.FusedMultiplyAdd(v, p, a7);
            b7 = Vector512.FusedMultiplyAdd(v, q, b7);
        }
        Store(a0, b0, y);
        Store(a1, b1, y + yStride);
        Store(a2, b2, y + 2 * yStride);
        Store(a3, b3, y + 3 * yStride);
        Store(a4, b4, y + 4 * yStride);
        Store(a5, b5, y + 5 * yStride);
        Store(a6, b6, y + 6 * yStride);
        Store(a7, b7, y + 7 * yStride);
    }

    // The sums wait side by side: rows of Y, like those of W, may lie a multiple of 4 kB apart, and would all meet in
    // the same lines of the first-level cache. (In Y itself the layers of GPT-2 124M take 25 ms for eight rows.)
    [SkipLocalsInit]
    private static void InputMajorStrip(
        float* x, nint xStride, int rows, int depth, bool resume, float* w, nint wStride, int columns, float* y,
        nint yStride)
    {
        const int stride = StripColumns + Lanes;
        var sums = stackalloc float[RowBlock * stride];
        for (var row = 0; row < rows; row++)
        {
            var sum = new Span<float>(sums + row * stride, columns);
            if (resume) new Span<float>(y + row * yStride, columns).CopyTo(sum);
            else sum.Clear();
        }
        var k = 0;
        for (; k <= depth - 4; k += 4)
            AddFour(x + k, xStride, rows, w + k * wStride, wStride, columns, sums, stride);
        for (; k < depth; k++)
            for (var row = 0; row < rows; row++)
                AddOne(x[row * xStride + k], w + k * wStride, columns, sums + row * stride);
        for (var row = 0; row < rows; row++)
            new Span<float>(sums + row * stride, columns).CopyTo(new Span<float>(y + row * yStride, columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void AddFour(
        float* x, nint xStride, int rows, float* w, nint wStride, int columns, float* sums, nint stride)
    {
        var w1 = w + wStride;
        var w2 = w1 + wStride;
        var w3 = w2 + wStride;
        for (nint column = 0; column < columns; column += Lanes)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch1(w + 4 * wStride + column);
                Sse.Prefetch1(w1 + 4 * wStride + column);
                Sse.Prefetch1(w2 + 4 * wStride + column);
                Sse.Prefetch1(w3 + 4 * wStride + column);
            }
            if (Vector512.IsHardwareAccelerated)
            {
                AddFourSixteens(
                    x, xStride, rows, w + column, w1 + column, w2 + column, w3 + column, sums + column, stride);
                continue;
            }
            Load(w + column, out Vector256<float> p0, out var q0);
            Load(w1 + column, out Vector256<float> p1, out var q1);
            Load(w2 + column, out Vector256<float> p2, out var q2);
            Load(w3 + column, out Vector256<float> p3, out var q3);
            var from = x;
            var to = sums + column;
            for (var row = 0; row < rows; row++, from += xStride, to += stride)
            {
                Load(to, out Vector256<float> a, out var b);
                var v = Vector256.Create(from[0]);
                a = Vector256.MultiplyAddEstimate(v, p0, a);
                b = Vector256.MultiplyAddEstimate(v, q0, b);
                v = Vector256.Create(from[1]);
                a = Vector256.MultiplyAddEstimate(v, p1, a);
                b = Vector256.MultiplyAddEstimate(v, q1, b);
                v = Vector256.Create(from[2]);
                a = Vector256.MultiplyAddEstimate(v, p2, a);
                b = Vector256.MultiplyAddEstimate(v, q2, b);
                v = Vector256.Create(from[3]);
                a = Vector256.MultiplyAddEstimate(v, p3, a);
                b = Vector256.MultiplyAddEstimate(v, q3, b);
                Store(a, b, to);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFourSixteens(
        float* x, nint xStride, int rows, float* w0, float* w1, float* w2, float* w3, float* sums, nint stride)
    {
        var (p0, p1) = (Vector512.Load(w0), Vector512.Load(w1));
        var (p2, p3) = (Vector512.Load(w2), Vector512.Load(w3));
        for (var row = 0; row < rows; row++, x += xStride, sums += stride)
        {
            var a = Vector512.FusedMultiplyAdd(Vector512.Create(x[0]), p0, Vector512.Load(sums));
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x[1]), p1, a);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x[2]), p2, a);
            Vector512.FusedMultiplyAdd(Vector512.Create(x[3]), p3, a).Store(sums);
        }
    }

    private static void AddOne(float x, float* w, int columns, float* sums)
    {
        var v = Vector256.Create(x);
        for (nint column = 0; column < columns; column += Lanes)
        {
            Load(w + column, out Vector256<float> p, out var q);
            Load(sums + column, out Vector256<float> a, out var b);
            Store(Vector256.MultiplyAddEstimate(v, p, a), Vector256.MultiplyAddEstimate(v, q, b), sums + column);
        }
    }

    // Six rows of X as they lie with sixteen columns of W, the tile of the AVX2 micro-kernel: of many rows, where W
    // stays in the second-level cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InputMajor6x16(
        float* x, nint xStride, int depth, bool resume, float* w, nint wStride, float* y, nint yStride)
    {
        var x1 = x + xStride;
        var x2 = x1 + xStride;
        var x3 = x2 + xStride;
        var x4 = x3 + xStride;
        var x5 = x4 + xStride;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default;
        if (resume)
        {
            Load(y, out a0, out b0);
            Load(y + yStride, out a1, out b1);
            Load(y + 2 * yStride, out a2, out b2);
            Load(y + 3 * yStride, out a3, out b3);
            Load(y + 4 * yStride, out a4, out b4);
            Load(y + 5 * yStride, out a5, out b5);
        }
        for (nint k = 0; k < depth; k++)
        {
            var p = Vector256.Load(w);
            var q = Vector256.Load(w + Lanes / 2);
            w += wStride;
            var v = Vector256.Create(x[k]);
            a0 = Vector256.MultiplyAddEstimate(v, p, a0);
            b0 = Vector256.MultiplyAddEstimate(v, q, b0);
            v = Vector256.Create(x1[k]);
            a1 = Vector256.MultiplyAddEstimate(v, p, a1);
            b1 = Vector256.MultiplyAddEstimate(v, q, b1);
            v = Vector256.Create(x2[k]);
            a2 = Vector256.MultiplyAddEstimate(v, p, a2);
            b2 = Vector256.MultiplyAddEstimate(v, q, b2);
            v = Vector256.Create(x3[k]);
            a3 = Vector256.MultiplyAddEstimate(v, p, a3);
            b3 = Vector256.MultiplyAddEstimate(v, q, b3);
            v = Vector256.Create(x4[k]);
            a4 = Vector256.MultiplyAddEstimate(v, p, a4);
            b4 = Vector256.MultiplyAddEstimate(v, q, b4);
            v = Vector256.Create(x5[k]);
            a5 = Vector256.MultiplyAddEstimate(v, p, a5);
            b5 = Vector256.MultiplyAddEstimate(v, q, b5);
        }
        Store(a0, b0, y);
        Store(a1, b1, y + yStride);
        Store(a2, b2, y + 2 * yStride);
        Store(a3, b3, y + 3 * yStride);
        Store(a4, b4, y + 4 * yStride);
        Store(a5, b5, y + 5 * yStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool OutputMajor8x2<T>(
        float* x, nint xStride, int rows, int depth, byte* w, nint wStride, float* y, nint yStride)
        where T : struct, IElement
    {
        Row(x, xStride, rows, out var x0, out var x1, out var x2, out var x3);
        Row(x + 4 * xStride, xStride, rows - 4, out var x4, out var x5, out var x6, out var x7);
        if (rows <= 4) x4 = x5 = x6 = x7 = x0;
        var w1 = w + wStride;
        var seen = Vector256<ushort>.Zero;
        Vector512<float> a0 = default,
            a1 = default,
            a2 = default,
            a3 = default,
            a4 = default,
            a5 = default,
            a6 = default,
            a7 = default;
        Vector512<float> b0 = default,
            b1 = default,
            b2 = default,
            b3 = default,
            b4 = default,
            b5 = default,
            b6 = default,
            b7 = default;
        for (nint k = 0; k <= depth - Lanes; k += Lanes)
        {
            var p = Sixteen<T>(w + k * T.Size);
            var q = Sixteen<T>(w1 + k * T.Size);
            seen = T.Note(w1 + k * T.Size, T.Note(w + k * T.Size, seen));
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(w + k * T.Size + PrefetchBytes);
                Sse.Prefetch0(w1 + k * T.Size + PrefetchBytes);
            }
            var v = Vector512.Load(x0 + k);
            a0 = Vector512.FusedMultiplyAdd(v, p, a0);
            b0 = Vector512.FusedMultiplyAdd(v, q, b0);
            v = Vector512.Load(x1 + k);
            a1 = Vector512.FusedMultiplyAdd(v, p, a1);
            b1 = Vector512.FusedMultiplyAdd(v, q, b1);
            v = Vector512.Load(x2 + k);
            a2 = Vector512.FusedMultiplyAdd(v, p, a2);
            b2 = Vector512.FusedMultiplyAdd(v, q, b2);
            v = Vector512.Load(x3 + k);
            a3 = Vector512.FusedMultiplyAdd(v, p, a3);
            b3 = Vector512.FusedMultiplyAdd(v, q, b3);
            v = Vector512.Load(x4 + k);
            a4 = Vector512.FusedMultiplyAdd(v, p, a4);
            b4 = Vector512.FusedMultiplyAdd(v, q, b4);
            v = Vector512.Load(x5 + k);
            a5 = Vector512.FusedMultiplyAdd(v, p, a5);
            b5 = Vector512.FusedMultiplyAdd(v, q, b5);
            v = Vector512.Load(x6 + k);
            a6 = Vector512.FusedMultiplyAdd(v, p, a6);
            b6 = Vector512.FusedMultiplyAdd(v, q, b6);
            v = Vector512.Load(x7 + k);
            a7 = Vector512.FusedMultiplyAdd(v, p, a7);
            b7 = Vector512.FusedMultiplyAdd(v, q, b7);
        }
        Sums(a0, b0, y);
        if (rows > 1) Sums(a1, b1, y + yStride);
        if (rows > 2) Sums(a2, b2, y + 2 * yStride);
        if (rows > 3) Sums(a3, b3, y + 3 * yStride);
        if (rows > 4) Sums(a4, b4, y + 4 * yStride);
        if (rows > 5) Sums(a5, b5, y + 5 * yStride);
        if (rows > 6) Sums(a6, b6, y + 6 * yStride);
        if (rows > 7) Sums(a7, b7, y + 7 * yStride);
        return T.Holds(seen);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sixteen<T>(byte* at) where T : struct, IElement
    {
        if (typeof(T) == typeof(SingleElement)) return Vector512.Load((float*)at);
        T.Load(at, out var low, out var high);
        return low.ToVector512Unsafe().WithUpper(high);
    }

    // One row of X and four of W: the rows of W are so many streams, and each load of X serves all. Of elements of 16
    // bits the next four rows, so many bytes ahead, are fetched meanwhile to the second-level cache: 31 instead of 26
    // GB/s on two cores of Zen 3, where rows of 4 kB end before the processor has seen that they are streams. Float32
    // gains nothing.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool OutputMajor1x4<T>(float* x, int depth, byte* w, nint wStride, nint ahead, float* y)
        where T : struct, IElement
    {
        var w1 = w + wStride;
        var w2 = w1 + wStride;
        var w3 = w2 + wStride;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default;
        var seen = Vector256<ushort>.Zero;
        for (nint k = 0; k <= depth - Lanes; k += Lanes)
        {
            var u = Vector256.Load(x + k);
            var v = Vector256.Load(x + k + Lanes / 2);
            if (Sse.IsSupported && T.Size == 2 && k % (2 * Lanes) == 0)
            {
                Sse.Prefetch1(w + ahead);
                Sse.Prefetch1(w1 + ahead);
                Sse.Prefetch1(w2 + ahead);
                Sse.Prefetch1(w3 + ahead);
            }
            T.Load(w, out var p, out var q);
            seen = T.Note(w, seen);
            a0 = Vector256.MultiplyAddEstimate(u, p, a0);
            b0 = Vector256.MultiplyAddEstimate(v, q, b0);
            T.Load(w1, out p, out q);
            seen = T.Note(w1, seen);
            a1 = Vector256.MultiplyAddEstimate(u, p, a1);
            b1 = Vector256.MultiplyAddEstimate(v, q, b1);
            T.Load(w2, out p, out q);
            seen = T.Note(w2, seen);
            a2 = Vector256.MultiplyAddEstimate(u, p, a2);
            b2 = Vector256.MultiplyAddEstimate(v, q, b2);
            T.Load(w3, out p, out q);
            seen = T.Note(w3, seen);
            a3 = Vector256.MultiplyAddEstimate(u, p, a3);
            b3 = Vector256.MultiplyAddEstimate(v, q, b3);
            w += Lanes * T.Size;
            w1 += Lanes * T.Size;
            w2 += Lanes * T.Size;
            w3 += Lanes * T.Size;
        }
        y[0] = Sum(a0, b0);
        y[1] = Sum(a1, b1);
        y[2] = Sum(a2, b2);
        y[3] = Sum(a3, b3);
        return T.Holds(seen);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool OutputMajor4x1<T>(float* x, nint xStride, int rows, int depth, byte* w, float* y, nint yStride)
        where T : struct, IElement
    {
        Row(x, xStride, rows, out var x0, out var x1, out var x2, out var x3);
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default;
        var seen = Vector256<ushort>.Zero;
        for (nint k = 0; k <= depth - Lanes; k += Lanes)
        {
            T.Load(w + k * T.Size, out var p, out var q);
            seen = T.Note(w + k * T.Size, seen);
            a0 = Vector256.MultiplyAddEstimate(Vector256.Load(x0 + k), p, a0);
            b0 = Vector256.MultiplyAddEstimate(Vector256.Load(x0 + k + Lanes / 2), q, b0);
            a1 = Vector256.MultiplyAddEstimate(Vector256.Load(x1 + k), p, a1);
            b1 = Vector256.MultiplyAddEstimate(Vector256.Load(x1 + k + Lanes / 2), q, b1);
            a2 = Vector256.MultiplyAddEstimate(Vector256.Load(x2 + k), p, a2);
            b2 = Vector256.MultiplyAddEstimate(Vector256.Load(x2 + k + Lanes / 2), q, b2);
            a3 = Vector256.MultiplyAddEstimate(Vector256.Load(x3 + k), p, a3);
            b3 = Vector256.MultiplyAddEstimate(Vector256.Load(x3 + k + Lanes / 2), q, b3);
        }
        y[0] = Sum(a0, b0);
        if (rows > 1) y[yStride] = Sum(a1, b1);
        if (rows > 2) y[2 * yStride] = Sum(a2, b2);
        if (rows > 3) y[3 * yStride] = Sum(a3, b3);
        return T.Holds(seen);
    }

    // Two rows of X with three of W: ten loads for twelve multiplications, where four rows and one take ten for eight.
    // SmolLM2-135M over 1,024 tokens takes 0.79 of the time. Each pair of rows of X fetches one of the next rows of W
    // meanwhile: 8.5 ms instead of 10.1 for GPT-2's 50,257 outputs of eight tokens.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OutputMajor2x3(
        float* x, nint xStride, int rows, int depth, float* w, nint wStride, int next, float* y, nint yStride)
    {
        var x1 = rows > 1 ? x + xStride : x;
        var w1 = w + wStride;
        var w2 = w1 + wStride;
        var ahead = w + next * wStride;
        Vector256<float> a00 = default, a01 = default, a02 = default, a10 = default, a11 = default, a12 = default;
        Vector256<float> b00 = default, b01 = default, b02 = default, b10 = default, b11 = default, b12 = default;
        for (nint k = 0; k <= depth - Lanes; k += Lanes)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead + k);
            var (p, q) = (Vector256.Load(x + k), Vector256.Load(x1 + k));
            var v = Vector256.Load(w + k);
            a00 = Vector256.MultiplyAddEstimate(p, v, a00);
            a10 = Vector256.MultiplyAddEstimate(q, v, a10);
            v = Vector256.Load(w1 + k);
            a01 = Vector256.MultiplyAddEstimate(p, v, a01);
            a11 = Vector256.MultiplyAddEstimate(q, v, a11);
            v = Vector256.Load(w2 + k);
            a02 = Vector256.MultiplyAddEstimate(p, v, a02);
            a12 = Vector256.MultiplyAddEstimate(q, v, a12);
            (p, q) = (Vector256.Load(x + k + Lanes / 2), Vector256.Load(x1 + k + Lanes / 2));
            v = Vector256.Load(w + k + Lanes / 2);
            b00 = Vector256.MultiplyAddEstimate(p, v, b00);
            b10 = Vector256.MultiplyAddEstimate(q, v, b10);
            v = Vector256.Load(w1 + k + Lanes / 2);
            b01 = Vector256.MultiplyAddEstimate(p, v, b01);
            b11 = Vector256.MultiplyAddEstimate(q, v, b11);
            v = Vector256.Load(w2 + k + Lanes / 2);
            b02 = Vector256.MultiplyAddEstimate(p, v, b02);
            b12 = Vector256.MultiplyAddEstimate(q, v, b12);
        }
        (y[0], y[1], y[2]) = (Sum(a00, b00), Sum(a01, b01), Sum(a02, b02));
        if (rows == 1) return;
        y += yStride;
        (y[0], y[1], y[2]) = (Sum(a10, b10), Sum(a11, b11), Sum(a12, b12));
    }

    // Rows that are not there repeat the last one that is; their results are not stored.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(float* x, nint stride, int rows, out float* x0, out float* x1, out float* x2, out float* x3)
    {
        x0 = x;
        x1 = rows > 1 ? x0 + stride : x0;
        x2 = rows > 2 ? x1 + stride : x1;
        x3 = rows > 3 ? x2 + stride : x2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* y, out Vector512<float> a, out Vector512<float> b)
    {
        a = Vector512.Load(y);
        b = Vector512.Load(y + Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* y, out Vector256<float> a, out Vector256<float> b)
    {
        a = Vector256.Load(y);
        b = Vector256.Load(y + Lanes / 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, float* y)
    {
        a.Store(y);
        b.Store(y + Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> a, Vector256<float> b, float* y)
    {
        a.Store(y);
        b.Store(y + Lanes / 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sums(Vector512<float> a, Vector512<float> b, float* y)
    {
        y[0] = Sum(a.GetLower(), a.GetUpper());
        y[1] = Sum(b.GetLower(), b.GetUpper());
    }

    // Lanes 0–7 and 8–15 of one sum of sixteen; written out, so that every vector width reduces in the same order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector256<float> low, Vector256<float> high)
    {
        var eight = low + high;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }
}

using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Kernels;

/// <summary>
/// Matrix products in single precision through the <see cref="MicroKernel"/>. Transposed operands are views:
/// A·Bᵀ is <c>Multiply(a, b.Transposed, …)</c>, and a head's part of a projection is a
/// <see cref="MatrixView.ColumnRange"/>.
/// </summary>
/// <remarks>Each element is one chain of fused multiply-adds in the order of k, so the product has the same bits for
/// any number of threads. NaN and infinities spread by the rules of IEEE 754.</remarks>
public static unsafe class Gemm
{
    // One pass over k reads panels of this depth at most, so that several panels of B (32 columns: 128 KiB each) fit in
    // L2.
    private const int Depth = 1024;
    // Rows of A packed at a time, in floats (16 MiB, the caches' order of magnitude), so that memory stays bounded for
    // tall A.
    private const long RowFloats = 4 << 20;
    // Below this many multiply-adds (about 20 µs on one core) waking a second thread costs more than it saves.
    private const double WorthAThread = 2e6;

    // Of a transposed A: 48 rows (AVX2) fill three cache lines for every k, where those of one panel take part of one,
    // and a line whose neighbours a power of two apart came after it is gone before the next panel asks for it.
    private const int PanelsAtOnce = 8;

    /// <summary>destination = a · b, or destination += a · b.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">k × n.</param>
    /// <param name="destination">m × n; must not overlap the operands.</param>
    /// <param name="accumulate">Whether each element's chain starts from the destination's content instead of
    /// 0.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor. Small products use fewer.</param>
    /// <exception cref="ArgumentException">The shapes do not fit together, or the destination cannot be
    /// written.</exception>
    public static void Multiply(
        MatrixView a, MatrixView b, MatrixView destination, bool accumulate = false,
        int threads = 0) => Multiply(a, b, destination, accumulate, Workers.Count(threads), MicroKernel.Best);

    /// <summary>a · b in a new matrix.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">k × n.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <returns>m × n; all zeros when k = 0.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit together.</exception>
    public static Matrix Multiply(MatrixView a, MatrixView b, int threads = 0)
    {
        var result = Matrix.Uninitialized(a.Rows, b.Columns);
        Multiply(a, b, result, accumulate: false, threads);
        return result;
    }

    internal static void Multiply(
        MatrixView a, MatrixView b, MatrixView destination, bool accumulate, int threads, MicroKernel kernel) =>
        Multiply(a, b, accumulate ? destination : default(MatrixView?), destination, threads, kernel);

    /// <summary>destination = start + a · b, each element's chain starting from the start's.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">k × n.</param>
    /// <param name="start">m × n, perhaps one row that is repeated, or the destination; null for zeros.</param>
    /// <param name="destination">m × n; must not overlap the operands.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="kernel">Of the tiles.</param>
    internal static void Multiply(
        MatrixView a, MatrixView b, MatrixView? start, MatrixView destination, int threads, MicroKernel kernel)
    {
        CheckShapes(a, b, destination);
        if (destination.ColumnStride != 1 && destination.RowStride == 1)
        {
            Multiply(b.Transposed, a.Transposed, start?.Transposed, destination.Transposed, threads, kernel);
            return;
        }
        if (destination.Rows == 0 || destination.Columns == 0) return;
        var depth = a.Columns;
        if ((double)a.Rows * b.Columns * depth < WorthAThread) threads = 1;
        if (threads == 1 && UnpackedProduct.Suits(kernel, a)) UnpackedProduct.Multiply(a, b, start, destination);
        else InSlices(a, b, start, destination, threads, kernel);
        GC.KeepAlive(a.Owner);
        GC.KeepAlive(b.Owner);
        GC.KeepAlive(start?.Owner);
        GC.KeepAlive(destination.Owner);
    }

    private static void InSlices(
        MatrixView a, MatrixView b, MatrixView? start, MatrixView destination, int threads, MicroKernel kernel)
    {
        var depth = a.Columns;
        var slices = Math.Max(1, (depth + Depth - 1) / Depth);
        var slice = Math.Max(1, (depth + slices - 1) / slices);
        var rowsAtOnce = (int)Math.Clamp(RowFloats / slice / kernel.Rows * kernel.Rows, kernel.Rows, int.MaxValue);
        for (var row = 0; row < a.Rows; row += rowsAtOnce)
        {
            var rows = Math.Min(rowsAtOnce, a.Rows - row);
            var first = 0;
            do
            {
                var job = new Job(
                    kernel, a.RowRange(row, rows).ColumnRange(first, Math.Min(slice, depth - first)),
                    b.RowRange(first, Math.Min(slice, depth - first)).Transposed,
                    (first > 0 ? destination : start)?.RowRange(row, rows), destination.RowRange(row, rows));
                job.Run((double)rows * b.Columns * slice < WorthAThread ? 1 : threads);
                first += slice;
            }
            while (first < depth);
        }
    }

    private static void CheckShapes(in MatrixView a, in MatrixView b, in MatrixView destination)
    {
        if (a.Columns != b.Rows)
            throw new ArgumentException(
                $"The inner sizes must match, but a is {a.Rows} × {a.Columns} and b is {b.Rows} × {b.Columns}; "
                    + "perhaps one needs Transposed.",
                nameof(b)
            );
        if (destination.Rows != a.Rows || destination.Columns != b.Columns)
            throw new ArgumentException(
                $"{a.Rows} × {a.Columns} times {b.Rows} × {b.Columns} is {a.Rows} × {b.Columns}, but the destination "
                    + $"is {destination.Rows} × {destination.Columns}.",
                nameof(destination)
            );
        if (destination.IsReadOnly)
            throw new ArgumentException(
                "The destination views a mapped file and is read-only; give a matrix that owns its memory.",
                nameof(destination));
    }

    /// <summary>One slice in k: A packed once for all, then tasks of column panels × row panels taken from a
    /// counter.</summary>
    private sealed class Job(
        MicroKernel kernel, MatrixView a, MatrixView b, MatrixView? start, MatrixView destination)
    {
        private readonly int depth = a.Columns;
        private readonly int rowPanels = Panels.Count(a.Rows, kernel.Rows);
        private readonly int columnPanels = Panels.Count(b.Rows, kernel.Columns);
        private readonly TileTarget target = new(start, destination, kernel.Rows, kernel.Columns);
        private float* packedA;
        private int columnTask;
        private int columnTasks;
        private int rowTask;
        private int rowTasks;

        public void Run(int threads)
        {
            using var memory = AlignedBuffer.Rent((long)rowPanels * kernel.Rows * depth);
            packedA = memory.Pointer;
            if (a.RowStride == 1 && a.ColumnStride != 1)
                Workers.Share(threads, (rowPanels + PanelsAtOnce - 1) / PanelsAtOnce, PackRowPanels);
            else Workers.Share(threads, rowPanels, PackRowPanel);
            // Four tasks for each thread keep them evenly busy; rows are cut only where there are too few columns for
            // that, and then not below four panels, because every task packs its own columns.
            var wanted = threads == 1 ? 1 : 4 * threads;
            columnTask = Math.Clamp(columnPanels / wanted, 1, Panels.InCache(kernel.Columns, depth));
            columnTasks = (columnPanels + columnTask - 1) / columnTask;
            rowTasks = Math.Clamp(wanted / columnTasks, 1, Math.Max(1, rowPanels / 4));
            rowTask = (rowPanels + rowTasks - 1) / rowTasks;
            Workers.Share(threads, columnTasks * rowTasks, Compute);
        }

        private void PackRowPanel(int panel)
        {
            var first = panel * kernel.Rows;
            Panels.Pack(
                a, first, Math.Min(kernel.Rows, a.Rows - first), 0, depth, kernel.Rows, packedA + (long)first * depth);
        }

        private void PackRowPanels(int group)
        {
            var first = group * PanelsAtOnce * kernel.Rows;
            Panels.PackSideBySide(
                a, first, Math.Min(PanelsAtOnce * kernel.Rows, a.Rows - first), depth, kernel.Rows,
                packedA + (long)first * depth);
        }

        private void Compute(int task)
        {
            var firstColumn = task / rowTasks * columnTask;
            var endColumn = Math.Min(firstColumn + columnTask, columnPanels);
            var firstRow = task % rowTasks * rowTask;
            var endRow = Math.Min(firstRow + rowTask, rowPanels);
            var panelLength = (long)kernel.Columns * depth;
            using var memory = AlignedBuffer.Rent(MicroKernel.LargestTile + panelLength * columnTask);
            var tile = memory.Pointer;
            var packedB = tile + MicroKernel.LargestTile;
            for (var p = firstColumn; p < endColumn; p++)
            {
                var first = p * kernel.Columns;
                Panels.Pack(
                    b, first, Math.Min(kernel.Columns, b.Rows - first), 0, depth, kernel.Columns,
                    packedB + (p - firstColumn) * panelLength);
            }
            // The block of B stays in L2 while panels of A pass; each fetches an equal part of the one after it.
            var part = (kernel.Rows * sizeof(float) + endColumn - firstColumn - 1) / (endColumn - firstColumn);
            for (var r = firstRow; r < endRow; r++)
                for (var p = firstColumn; p < endColumn; p++)
                {
                    var ahead =
                        (byte*)(packedA + (long)Math.Min(r + 1, endRow - 1) * kernel.Rows * depth)
                        + (long)(p - firstColumn) * part * depth;
                    Tile(r, p, packedB + (p - firstColumn) * panelLength, tile, ahead, part);
                }
        }

        private void Tile(int rowPanel, int columnPanel, float* packedB, float* scratch, byte* ahead, nint part)
        {
            var (row, column) = (rowPanel * kernel.Rows, columnPanel * kernel.Columns);
            var tile = target.Open(row, column, scratch, out var stride, out var from, out var fromStride);
            kernel.MultiplyInto(
                packedA + (long)row * depth, packedB, depth, from, fromStride, tile, stride, ahead, part);
            target.Close(row, column, scratch);
        }
    }
}

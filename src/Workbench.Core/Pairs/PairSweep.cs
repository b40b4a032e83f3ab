using System;
using System.Collections.Generic;
using Workbench.Core.Kernels;

namespace Workbench.Core.Pairs;

/// <summary>A thread's work on the processor: its block of A and its tile.</summary>
internal sealed unsafe class PairSweep : IPairSweep
{
    private readonly PreparedRows rows;
    private readonly PreparedRows columns;
    private readonly bool symmetric;
    private readonly MicroKernel kernel;
    private readonly int blockRows;
    private float* block;
    private float* tile;
    private IReadOnlyList<PairFold> folds = [];

    public PairSweep(PreparedRows rows, PreparedRows columns, bool symmetric)
    {
        (this.rows, this.columns, this.symmetric, kernel) = (rows, columns, symmetric, columns.Kernel);
        blockRows = Panels.InCache(kernel.Rows, rows.Depth) * kernel.Rows;
    }

    public void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds)
    {
        var tileLength = PairSpace.RowBlock * kernel.Columns;
        using var memory = AlignedBuffer.Rent(tileLength + (long)blockRows * rows.Depth);
        tile = memory.Pointer;
        block = tile + tileLength;
        this.folds = folds;
        for (var row = firstRow; row < endRow; row += blockRows)
            Block(row, Math.Min(row + blockRows, endRow));
        GC.KeepAlive(rows);
        GC.KeepAlive(columns);
    }

    public void Dispose() { }

    private void Block(int firstRow, int endRow)
    {
        rows.PackRows(firstRow, endRow - firstRow, block);
        var depth = rows.Depth;
        var (height, width) = (kernel.Rows, kernel.Columns);
        // While a panel of B is used, the next comes into L2 in equal slices, one for each tile of this panel.
        var tiles = Panels.Count(endRow - firstRow, height);
        var slice = (width * sizeof(float) + tiles - 1) / tiles;
        for (var panel = symmetric ? (firstRow + 1) / width : 0; panel < columns.Panels; panel++)
        {
            var column = panel * width;
            var b = columns.Panel(panel);
            var ahead = (byte*)(panel + 1 < columns.Panels ? columns.Panel(panel + 1) : b);
            for (var first = firstRow; first < endRow; first += PairSpace.RowBlock)
            {
                var row = first;
                // Tiles from the diagonal down hold no pair above it.
                for (
                    var end = Math.Min(first + PairSpace.RowBlock, endRow);
                    row < end && !(symmetric && column + width - 1 <= row);
                    row += height
                )
                {
                    kernel.Multiply(
                        block + (long)(row - firstRow) * depth, b, depth, tile + (row - first) * width,
                        prefetch: ahead, prefetchStep: slice);
                    ahead += (long)slice * depth;
                }
                if (row > first)
                    Deliver(first, Math.Min(row, endRow) - first, column, Math.Min(width, columns.Count - column));
            }
        }
    }

    // Rows that lie above the diagonal as a whole go out as one tile; those that it crosses, one by one.
    private void Deliver(int row, int height, int column, int width)
    {
        var whole = symmetric ? Math.Clamp(column - row, 0, height) : height;
        if (whole > 0)
            Send(tile, row, whole, column, width);
        for (var r = whole; r < height; r++)
        {
            var first = Math.Max(column, row + r + 1);
            if (first < column + width)
                Send(tile + r * kernel.Columns + first - column, row + r, 1, first, column + width - first);
        }
    }

    private void Send(float* scores, int row, int height, int column, int width)
    {
        var span = new ReadOnlySpan<float>(scores, (height - 1) * kernel.Columns + width);
        var scoreTile = new ScoreTile(span, row, height, column, width, height == 1 ? width : kernel.Columns);
        foreach (var fold in folds)
            fold.Add(scoreTile);
    }
}

using System;
using System.Runtime.CompilerServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Kernels;

/// <summary>Where the tiles of a product go, and where their chains start. Whole tiles are made where they belong: with
/// tiles that are copied there a head's scores, 256 × 32 × 256, take 65 µs instead of 54.</summary>
internal readonly unsafe struct TileTarget
{
    private readonly int rows, columns, height, width;
    private readonly float* start, target;
    private readonly nint startRow, startColumn, targetRow, targetColumn;

    /// <param name="start">As large as the destination, or the destination; null for zeros.</param>
    /// <param name="destination">The product.</param>
    /// <param name="height">Rows of a tile.</param>
    /// <param name="width">Columns of a tile.</param>
    public TileTarget(MatrixView? start, MatrixView destination, int height, int width)
    {
        (rows, columns, this.height, this.width) = (destination.Rows, destination.Columns, height, width);
        target = destination.DangerousPointer;
        (targetRow, targetColumn) = ((nint)destination.RowStride, (nint)destination.ColumnStride);
        if (start is not { } given) return;
        this.start = given.DangerousPointer;
        (startRow, startColumn) = ((nint)given.RowStride, (nint)given.ColumnStride);
    }

    /// <summary>Where the kernel makes the tile.</summary>
    /// <param name="row">Its first row in the product.</param>
    /// <param name="column">Its first column.</param>
    /// <param name="scratch">height · width floats, for a tile that is not whole or whose rows do not lie so.</param>
    /// <param name="stride">Distance between its rows.</param>
    /// <param name="from">Where its chains start; null for zeros.</param>
    /// <param name="fromStride">Distance between their rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float* Open(int row, int column, float* scratch, out nint stride, out float* from, out nint fromStride)
    {
        from = start == null ? null : start + row * startRow + column * startColumn;
        if (IsInPlace(row, column))
        {
            (stride, fromStride) = (targetRow, startRow);
            return target + row * targetRow + column * targetColumn;
        }
        if (from != null)
        {
            Copy(
                from, startRow, startColumn, scratch, width, 1, Math.Min(height, rows - row),
                Math.Min(width, columns - column));
            from = scratch;
        }
        stride = fromStride = width;
        return scratch;
    }

    /// <summary>Takes the tile that the kernel has made.</summary>
    /// <param name="row">Its first row in the product.</param>
    /// <param name="column">Its first column.</param>
    /// <param name="scratch">As given to <see cref="Open"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Close(int row, int column, float* scratch)
    {
        if (!IsInPlace(row, column))
            Copy(
                scratch, width, 1, target + row * targetRow + column * targetColumn, targetRow, targetColumn,
                Math.Min(height, rows - row), Math.Min(width, columns - column));
    }

    private bool IsInPlace(int row, int column) =>
        targetColumn == 1 && (start == null || startColumn == 1) && row <= rows - height && column <= columns - width;

    private static void Copy(
        float* from, nint fromRow, nint fromColumn, float* to, nint toRow, nint toColumn, int rows, int columns)
    {
        for (var r = 0; r < rows; r++, from += fromRow, to += toRow)
            for (var c = 0; c < columns; c++) to[c * toColumn] = from[c * fromColumn];
    }
}

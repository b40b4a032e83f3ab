using System;

namespace Workbench.Core.Tensors;

/// <summary>
/// A rectangle of a <see cref="Matrix"/>, perhaps transposed, without a copy: what products and scans read.
/// A matrix converts to a view of all of itself.
/// </summary>
/// <remarks>Element (i, j) lies <c>i · RowStride + j · ColumnStride</c> elements after the first. The view keeps the
/// matrix alive.</remarks>
/// <example><code>((MatrixView)m).Transposed[2, 0]</code> is <c>m[0, 2]</c>.</example>
public readonly unsafe struct MatrixView
{
    private readonly Matrix? matrix;
    private readonly long offset;

    private MatrixView(Matrix? matrix, long offset, int rows, int columns, long rowStride, long columnStride)
    {
        (this.matrix, this.offset) = (matrix, offset);
        (Rows, Columns, RowStride, ColumnStride) = (rows, columns, rowStride, columnStride);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from one row to the next.</summary>
    public long RowStride { get; }

    /// <summary>Elements from one column to the next; 1 unless transposed.</summary>
    public long ColumnStride { get; }

    /// <summary>[<see cref="Rows"/>, <see cref="Columns"/>].</summary>
    public Shape Shape => new(Rows, Columns);

    /// <summary>The same elements with rows and columns exchanged.</summary>
    public MatrixView Transposed => new(matrix, offset, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Whether the elements cannot be written because they lie in a mapped file.</summary>
    public bool IsReadOnly => matrix is { IsReadOnly: true };

    /// <summary>The element at a row and a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index leaves the view.</exception>
    public float this[int row, int column]
    {
        get
        {
            if ((uint)row >= (uint)Rows || (uint)column >= (uint)Columns)
                throw new ArgumentOutOfRangeException(
                    nameof(row), $"Element ({row}, {column}) was asked for, but the view is {Rows} × {Columns}.");
            return DangerousPointer[row * RowStride + column * ColumnStride];
        }
    }

    /// <summary>A view of the whole matrix: how every scan and product begins, and so where a mapped file is asked
    /// whether it is still whole.</summary>
    /// <param name="matrix">Viewed, not copied.</param>
    /// <exception cref="System.IO.IOException">The matrix lies in a file that was shortened since it was
    /// opened.</exception>
    public static implicit operator MatrixView(Matrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireWholeFile();
        return new MatrixView(matrix, 0, matrix.Rows, matrix.Columns, matrix.Columns, 1);
    }

    /// <summary>Rows that are all the same: the elements of a matrix, one after the other.</summary>
    internal static MatrixView Repeated(Matrix elements, int rows) =>
        new(elements, 0, rows, checked((int)elements.Elements), 0, 1);

    /// <summary>A range of rows.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the view.</exception>
    public MatrixView RowRange(int first, int count)
    {
        CheckRange(first, count, Rows, "Rows");
        return new MatrixView(matrix, offset + first * RowStride, count, Columns, RowStride, ColumnStride);
    }

    /// <summary>A range of columns, such as one head's part of a projection.</summary>
    /// <param name="first">First column.</param>
    /// <param name="count">Number of columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the view.</exception>
    public MatrixView ColumnRange(int first, int count)
    {
        CheckRange(first, count, Columns, "Columns");
        return new MatrixView(matrix, offset + first * ColumnStride, Rows, count, RowStride, ColumnStride);
    }

    /// <inheritdoc/>
    public override string ToString() => $"MatrixView {Shape}";

    /// <summary>The address of element (0, 0), for kernels; null for a view of nothing. Keep the view or its matrix
    /// alive while using it, and do not write when <see cref="IsReadOnly"/>.</summary>
    /// <exception cref="ObjectDisposedException">The matrix views a file that has been unmapped.</exception>
    public float* DangerousPointer => matrix is null ? null : matrix.DangerousPointer + offset;

    /// <summary>What to keep alive while pointers into the view are used.</summary>
    internal object? Owner => matrix;

    private void CheckRange(int first, int count, int size, string what)
    {
        if (first < 0 || count < 0 || first > size - count)
            throw new ArgumentOutOfRangeException(
                nameof(first),
                $"{what} {first} to {(long)first + count} were asked for, but the view is {Rows} × {Columns}.");
    }
}

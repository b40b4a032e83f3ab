using System;
using System.Runtime.CompilerServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A dense float64 matrix stored column by column: the working storage of the decompositions.
/// </summary>
/// <remarks>
/// Column j begins at a multiple of 64 bytes and is followed by zeros up to a multiple of eight values, which the
/// methods of the decompositions keep; so their inner loops need no remainder. Owns its memory, which the garbage
/// collector reclaims.
/// </remarks>
/// <example><code>ColumnMatrix.Of(Matrix.FromArray(2, 3, [1, 2, 3, 4, 5, 6]))[1, 0]</code> is 4.</example>
public sealed unsafe class ColumnMatrix
{
    /// <summary>Values in one vector of the inner loops, and the multiple to which columns are padded.</summary>
    internal const int Lanes = 8;

    private readonly double[] memory;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">At least 0.</param>
    /// <param name="columns">At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, or the matrix has more than about 2^31
    /// elements.</exception>
    public ColumnMatrix(int rows, int columns)
    {
        Argument.AtLeast(rows, 0);
        Argument.AtLeast(columns, 0);
        Stride = (int)(((long)rows + Lanes - 1) / Lanes * Lanes);
        var elements = (long)Stride * columns + Lanes;
        if (elements > Array.MaxLength)
            throw new ArgumentOutOfRangeException(
                nameof(rows),
                $"A {rows} × {columns} matrix of doubles has {elements} elements with padding; at most "
                    + $"{Array.MaxLength} fit."
            );
        memory = GC.AllocateArray<double>((int)elements, pinned: true);
        Start = (double*)(((nuint)Unsafe.AsPointer(ref memory[0]) + 63) & ~(nuint)63);
        (Rows, Columns) = (rows, columns);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Distance between columns in elements: <see cref="Rows"/> rounded up to a multiple of eight.</summary>
    internal int Stride { get; }

    /// <summary>Address of element (0, 0); the matrix must be kept alive while it is used.</summary>
    internal double* Start { get; }

    /// <summary>The element at a row and a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index leaves the matrix.</exception>
    public double this[int row, int column]
    {
        get => Column(column)[CheckedRow(row)];
        set => Column(column)[CheckedRow(row)] = value;
    }

    /// <summary>The values of one column, without a copy.</summary>
    /// <param name="column">From 0 to <see cref="Columns"/> − 1.</param>
    public Span<double> Column(int column)
    {
        if ((uint)column >= (uint)Columns)
            throw Argument.OutOfRange(
                nameof(column), column, $"The matrix is {Rows} × {Columns}; its columns are 0 to {Columns - 1}.");
        return new Span<double>(Start + (long)column * Stride, Rows);
    }

    /// <summary>The matrix with ones on its diagonal.</summary>
    /// <param name="size">Rows and columns.</param>
    public static ColumnMatrix Identity(int size)
    {
        var result = new ColumnMatrix(size, size);
        for (var i = 0; i < size; i++) result[i, i] = 1;
        return result;
    }

    /// <summary>A float32 matrix, widened: the same rows and columns.</summary>
    /// <param name="source">Any matrix; it is copied.</param>
    public static ColumnMatrix Of(Matrix source)
    {
        var result = new ColumnMatrix(source.Rows, source.Columns);
        var from = source.DangerousPointer;
        for (var i0 = 0; i0 < source.Rows; i0 += Lanes) // eight rows at a time fill whole cache lines of the columns
            for (var j = 0; j < source.Columns; j++)
            {
                var column = result.Start + (long)j * result.Stride;
                for (var i = i0; i < Math.Min(i0 + Lanes, source.Rows); i++)
                    column[i] = from[(long)i * source.Columns + j];
            }
        GC.KeepAlive(source);
        return result;
    }

    /// <summary>A float32 matrix, widened and transposed: its row j becomes column j.</summary>
    /// <param name="source">Any matrix; it is copied.</param>
    public static ColumnMatrix OfTransposed(Matrix source)
    {
        var result = new ColumnMatrix(source.Columns, source.Rows);
        for (var j = 0; j < source.Rows; j++)
        {
            var from = source.Row(j);
            var to = result.Column(j);
            for (var i = 0; i < from.Length; i++) to[i] = from[i];
        }
        return result;
    }

    /// <summary>The values rounded to float32: the same rows and columns.</summary>
    public Matrix ToMatrix()
    {
        var result = Matrix.Uninitialized(Rows, Columns);
        for (var i = 0; i < Rows; i++)
        {
            var row = result.WritableRow(i);
            for (var j = 0; j < Columns; j++) row[j] = (float)Start[(long)j * Stride + i];
        }
        return result;
    }

    /// <summary>The values rounded to float32 and transposed: column j becomes row j.</summary>
    public Matrix ToTransposedMatrix()
    {
        var result = Matrix.Uninitialized(Columns, Rows);
        for (var j = 0; j < Columns; j++)
        {
            var from = Column(j);
            var to = result.WritableRow(j);
            for (var i = 0; i < from.Length; i++) to[i] = (float)from[i];
        }
        return result;
    }

    /// <summary>A copy.</summary>
    public ColumnMatrix Copy()
    {
        var result = new ColumnMatrix(Rows, Columns);
        for (var j = 0; j < Columns; j++) Column(j).CopyTo(result.Column(j));
        return result;
    }

    /// <summary>A copy with rows and columns exchanged.</summary>
    public ColumnMatrix Transpose()
    {
        var result = new ColumnMatrix(Columns, Rows);
        for (var j = 0; j < Columns; j++)
        {
            var from = Start + (long)j * Stride;
            for (var i = 0; i < Rows; i++) result.Start[(long)i * result.Stride + j] = from[i];
        }
        return result;
    }

    /// <summary>This matrix's transpose times another: entry (i, j) is the dot product of column i here and column j
    /// there.</summary>
    /// <param name="other">A matrix with as many rows.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public ColumnMatrix TransposeTimes(ColumnMatrix other)
    {
        if (other.Rows != Rows)
            throw new ArgumentException(
                $"AᵀB needs as many rows in both, but A is {Rows} × {Columns} and B is {other.Rows} × {other.Columns}.",
                nameof(other));
        var result = new ColumnMatrix(Columns, other.Columns);
        ColumnKernels.TransposedProduct(
            Start, Stride, Columns, other.Start, other.Stride, other.Columns, Stride, result.Start, result.Stride);
        GC.KeepAlive(this);
        GC.KeepAlive(other);
        return result;
    }

    /// <inheritdoc/>
    public override string ToString() => $"ColumnMatrix {new Shape(Rows, Columns)}";

    private int CheckedRow(int row) =>
        (uint)row < (uint)Rows
            ? row
            : throw Argument.OutOfRange(
                nameof(row), row, $"The matrix is {Rows} × {Columns}; its rows are 0 to {Rows - 1}.");
}

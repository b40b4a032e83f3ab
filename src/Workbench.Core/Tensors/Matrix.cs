using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Core.Tensors;

/// <namespacedoc><summary>Matrices of float32, their shapes and element types, and files seen through
/// memory.</summary></namespacedoc>
/// <summary>
/// A dense row-major float32 matrix that owns its memory, views a mapped file, or lies over another library's memory.
/// </summary>
/// <remarks>
/// Element (i, j) lies at i · <see cref="Columns"/> + j. Owned memory is aligned to 64 bytes, never moves and is
/// reclaimed by the garbage collector; at most 2^31 − 64 elements (8.6 GB). A view costs no memory, may be larger, is
/// read-only, and throws <see cref="ObjectDisposedException"/> once its file is unmapped.
/// </remarks>
/// <example><code>var m = Matrix.FromArray(2, 3, [1, 2, 3, 4, 5, 6]); m[1, 0]</code> is 4.</example>
public sealed unsafe class Matrix
{
    private const int Alignment = 64;
    private readonly object owner;
    private readonly MappedFile? file;
    private readonly float* start;

    /// <summary>A matrix of zeros that owns its memory.</summary>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of columns, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, or there are more than 2^31 − 64
    /// elements.</exception>
    public Matrix(int rows, int columns) : this(rows, columns, clear: true) { }

    private Matrix(int rows, int columns, bool clear)
    {
        Argument.AtLeast(rows, 0);
        Argument.AtLeast(columns, 0);
        var elements = (long)rows * columns;
        if (elements > Array.MaxLength - Alignment / sizeof(float))
            throw new ArgumentOutOfRangeException(
                nameof(rows),
                $"A {rows} × {columns} matrix has {elements} elements; one that owns its memory holds at most "
                    + $"{Array.MaxLength - Alignment / sizeof(float)}. Work on a range of its rows, or view a mapped "
                    + "file."
            );
        var length = (int)elements + Alignment / sizeof(float);
        var memory = clear
            ? GC.AllocateArray<float>(length, pinned: true)
            : GC.AllocateUninitializedArray<float>(length, pinned: true);
        owner = memory;
        start = (float*)(((nuint)Unsafe.AsPointer(ref memory[0]) + Alignment - 1) & ~(nuint)(Alignment - 1));
        (Rows, Columns) = (rows, columns);
    }

    private Matrix(object owner, MappedFile? file, float* start, int rows, int columns)
    {
        this.owner = owner;
        this.file = file;
        this.start = start;
        (Rows, Columns) = (rows, columns);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns, which is also the distance between rows in elements.</summary>
    public int Columns { get; }

    /// <summary>Number of elements.</summary>
    public long Elements => (long)Rows * Columns;

    /// <summary>[<see cref="Rows"/>, <see cref="Columns"/>].</summary>
    public Shape Shape => new(Rows, Columns);

    /// <summary>Whether the values lie in a mapped file, and so cannot be written.</summary>
    public bool IsReadOnly => file is not null;

    /// <summary>The element at a row and a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index leaves the matrix.</exception>
    public float this[int row, int column]
    {
        get => Row(row)[column];
        set => WritableRow(row)[column] = value;
    }

    /// <summary>A matrix whose content is not yet defined; every element must be written before it is read.</summary>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of columns, at least 0.</param>
    public static Matrix Uninitialized(int rows, int columns) => new(rows, columns, clear: false);

    /// <summary>A matrix with a copy of these values.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="values">Row-major, rows · columns of them.</param>
    /// <exception cref="ArgumentException">The number of values is another.</exception>
    public static Matrix FromArray(int rows, int columns, ReadOnlySpan<float> values)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException(
                $"A {rows} × {columns} matrix has {(long)rows * columns} values, but {values.Length} were given.",
                nameof(values));
        var result = Uninitialized(rows, columns);
        values.CopyTo(new Span<float>(result.start, values.Length));
        return result;
    }

    /// <summary>A read-only view of little-endian float32 values in a mapped file; nothing is copied.</summary>
    /// <param name="file">The file, which must stay undisposed while the matrix is used; ownership stays with the
    /// caller.</param>
    /// <param name="offset">Byte at which element (0, 0) lies.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">The values leave the file.</exception>
    public static Matrix View(MappedFile file, long offset, int rows, int columns) =>
        new(file, file, (float*)file.DangerousPointer(offset, (long)rows * columns * sizeof(float)), rows, columns);

    /// <summary>A writable matrix over memory of another library's; nothing is copied.</summary>
    /// <param name="owner">What keeps the memory alive, and is kept by the matrix. Spans do not keep it: the matrix
    /// must stay reachable while they are used.</param>
    /// <param name="start">The address of element (0, 0).</param>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of columns, at least 0, which is also the distance between rows.</param>
    public static Matrix Over(object owner, float* start, int rows, int columns)
    {
        Argument.AtLeast(rows, 0);
        Argument.AtLeast(columns, 0);
        return new Matrix(owner, null, start, rows, columns);
    }

    /// <summary>The values of one row, without a copy; the span keeps owned memory alive.</summary>
    /// <param name="row">From 0 to <see cref="Rows"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">The matrix views a file that has been unmapped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<float> Row(int row)
    {
        if ((uint)row >= (uint)Rows || file is { IsDisposed: true }) ThrowRow(row);
        return new ReadOnlySpan<float>(start + (long)row * Columns, Columns);
    }

    /// <summary>The values of one row for writing.</summary>
    /// <param name="row">From 0 to <see cref="Rows"/> − 1.</param>
    /// <exception cref="InvalidOperationException">The matrix views a mapped file.</exception>
    public Span<float> WritableRow(int row)
    {
        if (IsReadOnly)
            throw new InvalidOperationException(
                $"This {Rows} × {Columns} matrix views {file!.Path} and is read-only; write to a Copy() of it.");
        if ((uint)row >= (uint)Rows)
            ThrowRow(row);
        return new Span<float>(start + (long)row * Columns, Columns);
    }

    /// <summary>
    /// The address of element (0, 0), for kernels. The caller keeps the matrix alive (<see cref="GC.KeepAlive"/>) while
    /// using it, stays within <see cref="Elements"/>, and does not write when <see cref="IsReadOnly"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The matrix views a file that has been unmapped.</exception>
    public float* DangerousPointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(file is { IsDisposed: true }, file!);
            return start;
        }
    }

    /// <summary>Asks, before a long pass over the values, whether the file that they lie in is still whole.</summary>
    /// <exception cref="System.IO.IOException">The file was shortened since it was opened.</exception>
    internal void RequireWholeFile()
    {
        if (file is { IsDisposed: false }) file.RequireWhole(); // a closed one is told by whoever touches it
    }

    /// <summary>All values, row by row, without a copy.</summary>
    /// <exception cref="OverflowException">There are more than 2^31 − 1 of them, as a view may have; take its
    /// rows.</exception>
    public ReadOnlySpan<float> Values => new(DangerousPointer, checked((int)Elements));

    /// <summary>All values, row by row, for writing.</summary>
    /// <exception cref="InvalidOperationException">The matrix views a mapped file.</exception>
    public Span<float> WritableValues =>
        Elements == 0 ? default : MemoryMarshal.CreateSpan(ref WritableRow(0)[0], checked((int)Elements));

    /// <summary>Sets all values to 0.</summary>
    /// <exception cref="InvalidOperationException">The matrix views a mapped file.</exception>
    public void Clear() => WritableValues.Clear();

    /// <summary>Copies all values to another matrix.</summary>
    /// <param name="destination">Writable, of the same shape.</param>
    /// <exception cref="ArgumentException">It has another shape.</exception>
    public void CopyTo(Matrix destination)
    {
        if (destination.Shape != Shape)
            throw new ArgumentException(
                $"The matrix is {Shape}, but the destination is {destination.Shape}.", nameof(destination));
        for (var i = 0; i < Rows; i++)
            Row(i).CopyTo(destination.WritableRow(i));
    }

    /// <summary>A range of rows that shares this matrix's memory; writes to one are seen in the other.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the matrix.</exception>
    public Matrix RowRange(int first, int count)
    {
        if (first < 0 || count < 0 || first > Rows - count)
            throw new ArgumentOutOfRangeException(
                nameof(first),
                $"Rows {first} to {(long)first + count} were asked for, but the matrix is {Rows} × {Columns}.");
        return new Matrix(owner, file, DangerousPointer + (long)first * Columns, count, Columns);
    }

    /// <summary>The rows at these indices, copied in their order; an index may repeat.</summary>
    /// <param name="indices">Each from 0 to <see cref="Rows"/> − 1.</param>
    public Matrix SelectRows(ReadOnlySpan<int> indices)
    {
        var result = Uninitialized(indices.Length, Columns);
        for (var i = 0; i < indices.Length; i++) Row(indices[i]).CopyTo(result.WritableRow(i));
        return result;
    }

    /// <summary>A writable copy that owns its memory.</summary>
    public Matrix Copy()
    {
        var result = Uninitialized(Rows, Columns);
        CopyTo(result);
        return result;
    }

    /// <summary>A copy with rows and columns exchanged: <see cref="Columns"/> × <see cref="Rows"/>.</summary>
    public Matrix Transpose()
    {
        var result = Uninitialized(Columns, Rows);
        TransposeTo(result);
        return result;
    }

    /// <summary>Copies the values to another matrix with rows and columns exchanged.</summary>
    /// <param name="destination">Writable, <see cref="Columns"/> × <see cref="Rows"/>, not this matrix itself.</param>
    /// <exception cref="ArgumentException">It has another shape or cannot be written.</exception>
    public void TransposeTo(Matrix destination)
    {
        if (destination.Rows != Columns || destination.Columns != Rows || destination.IsReadOnly)
            throw new ArgumentException(
                $"The transpose of {Shape} needs a writable {new Shape(Columns, Rows)}, but the destination is "
                    + $"{(destination.IsReadOnly ? "a read-only " : "")}{destination.Shape}.",
                nameof(destination)
            );
        const int block = 16; // a 16 × 16 block of floats is one cache line wide on both sides
        var source = DangerousPointer;
        var target = destination.start;
        for (var i0 = 0; i0 < Rows; i0 += block)
            for (var j0 = 0; j0 < Columns; j0 += block)
                for (var i = i0; i < Math.Min(i0 + block, Rows); i++)
                    for (var j = j0; j < Math.Min(j0 + block, Columns); j++)
                        target[(long)j * Rows + i] = source[(long)i * Columns + j];
        GC.KeepAlive(this);
        GC.KeepAlive(destination);
    }

    /// <summary>All values, row by row, copied.</summary>
    /// <exception cref="InvalidOperationException">There are more elements than an array can hold.</exception>
    public float[] ToArray()
    {
        if (Elements > Array.MaxLength)
            throw new InvalidOperationException(
                $"A {Rows} × {Columns} matrix does not fit in one array; copy a RowRange of it.");
        var result = new float[Elements];
        for (var i = 0; i < Rows; i++) Row(i).CopyTo(result.AsSpan((int)((long)i * Columns), Columns));
        return result;
    }

    /// <inheritdoc/>
    public override string ToString() => $"Matrix {Shape}";

    private void ThrowRow(int row)
    {
        ObjectDisposedException.ThrowIf(file is { IsDisposed: true }, file!);
        throw Argument.OutOfRange(
            nameof(row), row, $"The matrix is {Rows} × {Columns}; its rows are 0 to {Rows - 1}.");
    }
}

using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A read-only matrix of any storage type where it lies: in memory as float32, or in a mapped file as float32,
/// bfloat16, half, blocks of a quantised type, … Its elements become float32 when they are asked for, exactly as
/// <see cref="TensorFile.ReadMatrix"/> gives them.
/// </summary>
/// <remarks>Takes no memory beside the pages of the file that are touched, and may have more elements than a
/// <see cref="Matrix"/> that owns its memory. Safe for use by several threads at once; not once the file is
/// unmapped.</remarks>
/// <example><code>file.View("wte.weight").SelectRows([262])</code> widens one row.</example>
public sealed unsafe class StoredMatrix
{
    // Elements of which the bytes are counted in an int, whatever the type.
    private const int MostAtOnce = 1 << 24;

    private readonly Matrix? values;
    private readonly StoredTensor? tensor;
    private readonly int firstRow;
    private Matrix? widened;

    /// <summary>A matrix that is float32 already.</summary>
    /// <param name="values">Kept, not copied.</param>
    public StoredMatrix(Matrix values) => (this.values, Rows, Columns) = (values, values.Rows, values.Columns);

    internal StoredMatrix(StoredTensor tensor, int firstRow, int rows, int columns) =>
        (this.tensor, this.firstRow, Rows, Columns) = (tensor, firstRow, rows, columns);

    /// <summary>How the elements are stored.</summary>
    public DType DType => tensor?.Info.DType ?? DType.F32;

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>[<see cref="Rows"/>, <see cref="Columns"/>].</summary>
    public Shape Shape => new(Rows, Columns);

    /// <summary>Whether the elements lie one behind the other, each by itself and in this machine's order of bytes, so
    /// that a kernel can read them by their address.</summary>
    internal bool IsPlain => values is not null || tensor!.IsPlain && !DType.IsBlocked();

    /// <summary>The address of an element of a matrix that <see cref="IsPlain"/>. The caller keeps this alive while
    /// using it.</summary>
    /// <exception cref="ObjectDisposedException">The file has been unmapped.</exception>
    internal byte* DangerousPointer(int row, int column) =>
        values is not null
            ? (byte*)(values.DangerousPointer + (long)row * Columns + column)
            : tensor!.DangerousPointer(Index(row, column), 0);

    /// <summary>Goes on with the sixteen chains of fused multiply-adds of a dot product of one row, of a type in
    /// blocks, with x, without widened values in memory.</summary>
    internal void Multiply(int row, float* x, float* chains) => tensor!.Multiply(Index(row, 0), Columns, x, chains);

    /// <summary>A range of rows, where they lie.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the matrix.</exception>
    public StoredMatrix RowRange(int first, int count)
    {
        if (values is not null) return new StoredMatrix(values.RowRange(first, count));
        if (first < 0 || count < 0 || first > Rows - count)
            throw new ArgumentOutOfRangeException(
                nameof(first),
                $"Rows {first} to {(long)first + count} were asked for, but the matrix is {Rows} × {Columns}.");
        return new StoredMatrix(tensor!, firstRow + first, count, Columns);
    }

    /// <summary>Some elements in the order of rows, from one on.</summary>
    /// <param name="row">The first one's row.</param>
    /// <param name="column">The first one's column.</param>
    /// <param name="destination">Filled; may be longer than what is left of the row.</param>
    /// <exception cref="ArgumentOutOfRangeException">They leave the matrix.</exception>
    public void Widen(int row, int column, Span<float> destination)
    {
        if (row < 0 || column < 0 || (long)row * Columns + column > (long)Rows * Columns - destination.Length)
            throw new ArgumentOutOfRangeException(
                nameof(row),
                $"{destination.Length} elements from ({row}, {column}) on were asked for, but the matrix is {Rows} × "
                    + $"{Columns}.");
        if (values is not null)
        {
            var start = values.DangerousPointer + (long)row * Columns + column;
            new ReadOnlySpan<float>(start, destination.Length).CopyTo(destination);
            GC.KeepAlive(values);
        }
        else tensor!.Widen(Index(row, column), destination);
    }

    /// <summary>The rows at these indices, widened, in their order; an index may repeat.</summary>
    /// <param name="indices">Each from 0 to <see cref="Rows"/> − 1.</param>
    public Matrix SelectRows(ReadOnlySpan<int> indices)
    {
        var result = Matrix.Uninitialized(indices.Length, Columns);
        for (var i = 0; i < indices.Length; i++) Widen(indices[i], 0, result.WritableRow(i));
        return result;
    }

    /// <summary>All elements as float32: the matrix itself where it is that already, and otherwise widened into memory
    /// of its own.</summary>
    public Matrix ToMatrix()
    {
        if (values is not null) return values;
        var result = Matrix.Uninitialized(Rows, Columns);
        var rows = Math.Max(1, MostAtOnce / Math.Max(1, Columns));
        for (var row = 0L; row < Rows; row += rows)
        {
            var count = (int)Math.Min(rows, Rows - row);
            Widen((int)row, 0, new Span<float>(result.DangerousPointer + row * Columns, count * Columns));
        }
        return result;
    }

    /// <summary>As <see cref="ToMatrix"/>, once: for what asks for single elements in no order.</summary>
    internal Matrix Widened => widened ??= ToMatrix();

    /// <summary>Asks, before a long pass over the elements, whether the file that they lie in is still whole.</summary>
    /// <exception cref="System.IO.IOException">The file was shortened since it was opened.</exception>
    internal void RequireWhole()
    {
        if (values is not null) values.RequireWholeFile();
        else tensor!.RequireWhole();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{DType.Name()} {Shape}";

    private long Index(int row, int column) => ((long)firstRow + row) * Columns + column;
}

using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Where a tensor's elements lie in a mapped file, and how to read them: what every format comes down
/// to.</summary>
/// <param name="file">The file; stays with the caller.</param>
/// <param name="info">Name, type and shape.</param>
/// <param name="offset">Byte of the first element. The caller has checked that all elements lie within the
/// file.</param>
/// <param name="strides">Distance in elements along each axis, none negative; default means C order without
/// gaps.</param>
/// <param name="bigEndian">Whether the elements' bytes are in big-endian order.</param>
/// <param name="negated">Whether the elements, which are floats, are the negatives of what is stored.</param>
internal sealed unsafe class StoredTensor(
    MappedFile file, TensorInfo info, long offset, ImmutableArray<long> strides = default, bool bigEndian = false,
    bool negated = false)
{
    // At most 64 KB of bytes and 64 KB of doubles, which a first-level cache nearly holds.
    private const int ChunkElements = 1 << 13;

    private delegate void Converter<T>(DType dtype, ReadOnlySpan<byte> source, Span<T> destination);

    public TensorInfo Info => info;

    /// <summary>Plain F32 at an address that is a multiple of 4 is viewed; everything else is copied.</summary>
    public Matrix ReadMatrix()
    {
        RequireReadable();
        var (rows, columns) = RowsAndColumns();
        if (IsPlain && info.DType == DType.F32 && offset % sizeof(float) == 0)
            return Matrix.View(file, offset, rows, columns);
        RequireRoom(sizeof(float));
        var matrix = Matrix.Uninitialized(rows, columns);
        Widen(0, new Span<float>(matrix.DangerousPointer, (int)matrix.Elements));
        GC.KeepAlive(matrix);
        return matrix;
    }

    /// <summary>The tensor as a matrix where it lies; what cannot be used so is copied.</summary>
    /// <remarks>Truth values are copied because each is checked, and what has strides or is negated because its rows do
    /// not lie one behind the other or are not the values.</remarks>
    public StoredMatrix View()
    {
        RequireReadable();
        if (!strides.IsDefault || negated || info.DType == DType.Bool) return new StoredMatrix(ReadMatrix());
        var (rows, columns) = RowsAndColumns();
        return IsPlain && info.DType == DType.F32 && offset % sizeof(float) == 0
            ? new StoredMatrix(ReadMatrix())
            : new StoredMatrix(this, 0, rows, columns);
    }

    /// <summary>Whether the elements lie as they are, one behind the other, in this machine's order of bytes.</summary>
    public bool IsPlain => strides.IsDefault && !bigEndian && !negated;

    /// <summary>Where an element's bytes begin; of a type without blocks.</summary>
    /// <param name="first">Its number, in C order.</param>
    /// <param name="count">How many must lie within the file from there.</param>
    public byte* DangerousPointer(long first, long count)
    {
        var size = info.DType.SizeInBytes();
        return file.DangerousPointer(offset + first * size, count * size);
    }

    /// <summary>Asks, before a long pass over the values, whether the file is still whole.</summary>
    public void RequireWhole() => file.RequireWhole();

    /// <summary>Some elements as float32; of a tensor with strides from the first on.</summary>
    /// <param name="first">Number of the first, in C order.</param>
    /// <param name="destination">Filled.</param>
    public void Widen(long first, Span<float> destination)
    {
        if (info.DType.IsBlocked())
            QuantisedBlocks.Read(file, offset, info.DType, bigEndian, first, destination);
        else Read(first, destination, Widening.ToSingle);
        if (negated) TensorPrimitives.Negate(destination, destination);
    }

    public double[] ReadDoubles()
    {
        RequireReadable();
        RequireRoom(sizeof(double));
        if (info.DType.IsBlocked()) return Array.ConvertAll(ReadMatrix().ToArray(), value => (double)value);
        var values = GC.AllocateUninitializedArray<double>((int)info.Shape.Elements);
        Read<double>(0, values, Widening.ToDouble);
        if (negated) TensorPrimitives.Negate<double>(values, values);
        return values;
    }

    public long[] ReadIntegers()
    {
        RequireReadable();
        if (!info.DType.IsInteger())
            throw Refuse(
                FileProblem.UnsupportedDType,
                $"{info.DType.Name()} elements are not integers; read them as a matrix or as doubles.");
        RequireRoom(sizeof(long));
        var values = GC.AllocateUninitializedArray<long>((int)info.Shape.Elements);
        Read<long>(0, values, Widening.ToInt64);
        return values;
    }

    private WeightFileException Refuse(FileProblem problem, string reason) =>
        new(problem, file.Path, reason, info.Name);

    /// <summary>Goes on with the sixteen chains of a dot product of some whole blocks with x
    /// (<see cref="QuantisedBlocks.Multiply"/>).</summary>
    public void Multiply(long first, int count, float* x, float* chains) =>
        QuantisedBlocks.Multiply(file, offset, info.DType, bigEndian, first, count, x, chains);

    private (int Rows, int Columns) RowsAndColumns()
    {
        var sizes = info.Shape.Sizes.AsSpan();
        var columns = sizes.Length == 0 ? 1 : sizes[^1];
        var rows = 1L;
        if (sizes.Length > 1 && !Shape.TryCountElements(sizes[..^1], out rows)) rows = long.MaxValue;
        return rows <= int.MaxValue && columns <= int.MaxValue
            ? ((int)rows, (int)columns)
            : throw Refuse(
                FileProblem.BeyondLimits,
                $"shape {info.Shape} has an axis of more than {int.MaxValue} as a matrix; nothing here holds that.");
    }

    private void RequireReadable()
    {
        if (file.IsShortened)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"the file had {file.Length} bytes when it was opened and has fewer now: another program has cut it. "
                    + "Open it again when that program is done."
            );
        if (!info.DType.IsReadable())
            throw Refuse(
                FileProblem.UnsupportedDType,
                $"elements of type {info.DType.Name()} are not read; convert the tensor to F16, BF16 or F32.");
        if (bigEndian && info.DType.IsBlocked() && !QuantisedBlocks.HaveBigEndianForm(info.DType))
            throw Refuse(
                FileProblem.UnsupportedDType,
                $"blocks of type {info.DType.Name()} have no agreed big-endian form; Q4_0, Q8_0, Q4_K, Q6_K and MXFP4 "
                    + "have.");
    }

    private void RequireRoom(int elementSize)
    {
        var elements = info.Shape.Elements;
        if (elements > Array.MaxLength - 64)
            throw Refuse(
                FileProblem.BeyondLimits,
                $"shape {info.Shape} has {elements} elements, more than the {Array.MaxLength - 64} that can be copied "
                    + "at once."
            );
        // Views may repeat elements (stride 0), which lets a small file ask for any amount of memory.
        if (!strides.IsDefault && elements > Math.Max(file.Length, 4096))
            throw Refuse(
                FileProblem.BeyondLimits,
                $"shape {info.Shape} repeats stored elements until they are {elements}, {elements * elementSize} "
                    + $"bytes from a file of {file.Length}; save the tensor with .contiguous()."
            );
    }

    private void Read<T>(long first, Span<T> destination, Converter<T> convert)
    {
        var size = info.DType.SizeInBytes();
        var copy = !strides.IsDefault || bigEndian && size > 1;
        var buffer = copy ? new byte[Math.Min(ChunkElements, destination.Length) * size] : [];
        var walk = strides.IsDefault ? null : new Walk(info.Shape.Sizes, strides);
        for (var done = 0; done < destination.Length; done += ChunkElements)
        {
            var count = Math.Min(ChunkElements, destination.Length - done);
            var start = offset + (first + done) * size;
            ReadOnlySpan<byte> source;
            if (copy)
            {
                var chunk = buffer.AsSpan(0, count * size);
                if (walk is null) file.Bytes(start, count * size).CopyTo(chunk);
                else walk.Gather(file.DangerousPointer(offset, walk.Extent * size), chunk, size);
                if (bigEndian) Reverse(chunk, size);
                source = chunk;
            }
            else
            {
                source = file.Bytes(start, count * size);
            }
            if (info.DType == DType.Bool) RequireTruthValues(source, done);
            convert(info.DType, source, destination.Slice(done, count));
        }
    }

    private void RequireTruthValues(ReadOnlySpan<byte> source, int first)
    {
        var at = source.IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (at >= 0)
            throw Refuse(
                FileProblem.Malformed, $"element {first + at} is {source[at]}; a truth value is stored as 0 or 1.");
    }

    private static void Reverse(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2: Reverse16(MemoryMarshal.Cast<byte, ushort>(bytes)); break;
            case 4: Reverse32(MemoryMarshal.Cast<byte, uint>(bytes)); break;
            case 8: Reverse64(MemoryMarshal.Cast<byte, ulong>(bytes)); break;
        }

        static void Reverse16(Span<ushort> values) => BinaryPrimitives.ReverseEndianness(values, values);
        static void Reverse32(Span<uint> values) => BinaryPrimitives.ReverseEndianness(values, values);
        static void Reverse64(Span<ulong> values) => BinaryPrimitives.ReverseEndianness(values, values);
    }

    /// <summary>Visits the elements of a strided view in C order, some at a time.</summary>
    private sealed class Walk(ImmutableArray<long> sizes, ImmutableArray<long> strides)
    {
        private readonly long[] index = new long[sizes.Length];
        private long position;

        /// <summary>Elements from the first to the last in storage order, both included; the view must not be
        /// empty.</summary>
        public long Extent
        {
            get
            {
                var last = 0L;
                for (var axis = 0; axis < sizes.Length; axis++) last += (sizes[axis] - 1) * strides[axis];
                return last + 1;
            }
        }

        public void Gather(byte* start, Span<byte> destination, int size)
        {
            switch (size)
            {
                case 1: Gather(start, destination); break;
                case 2: Gather((ushort*)start, MemoryMarshal.Cast<byte, ushort>(destination)); break;
                case 4: Gather((uint*)start, MemoryMarshal.Cast<byte, uint>(destination)); break;
                default: Gather((ulong*)start, MemoryMarshal.Cast<byte, ulong>(destination)); break;
            }
        }

        private void Gather<T>(T* start, Span<T> destination) where T : unmanaged
        {
            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = Unsafe.ReadUnaligned<T>(start + position);
                for (var axis = sizes.Length - 1; axis >= 0; axis--)
                {
                    position += strides[axis];
                    if (++index[axis] < sizes[axis]) break;
                    position -= sizes[axis] * strides[axis];
                    index[axis] = 0;
                }
            }
        }
    }
}

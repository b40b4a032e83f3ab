using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// One array in NumPy's .npy format: the bytes <c>\x93NUMPY</c>, a version, the header's length, the header, then the
/// elements.
/// </summary>
/// <remarks>
/// Versions 1, 2 and 3; truth values, integers and floats of 1 to 8 bytes in either byte order; C or Fortran order,
/// always given in C order.
/// As a <see cref="TensorFile"/> it has one tensor, named <see cref="ArrayName"/>. The format is described in NumPy's
/// NEP 1 and numpy.lib.format.
/// </remarks>
/// <example><code>
/// NpyFile.Write("x.npy", Matrix.FromArray(1, 2, [1, 2]));
/// NpyFile.Open("x.npy").ReadMatrix(NpyFile.ArrayName)[0, 1]
/// </code>
/// is 2.</example>
public sealed class NpyFile : TensorFile
{
    /// <summary>The name of the only tensor: <c>array</c>.</summary>
    public const string ArrayName = "array";

    // NumPy pads its headers so that the elements begin at a multiple of this.
    private const int Alignment = 64;

    private readonly MappedFile file;
    private readonly StoredTensor array;

    private NpyFile(MappedFile file)
    {
        this.file = file;
        var head = file.Bytes(0, (int)Math.Min(NpyHeader.MostBytes, file.Length));
        var header = NpyHeader.Read(file.Path, null, head, file.Length);
        var info = new TensorInfo(ArrayName, header.DType, new Shape(header.Sizes));
        array = new StoredTensor(file, info, header.Start, NpyHeader.Strides(header), header.BigEndian);
        Tensors = [info];
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Always empty: the format has no notes.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, it is not a whole .npy file, or its elements are of
    /// a type that is not read.</exception>
    public static NpyFile Open(string path) => FileKinds.Open(path, FileKind.Npy, file => new NpyFile(file));

    /// <summary>Writes a matrix as float32, version 1, C order; the file appears under its name when it is
    /// whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="values">A matrix of any size.</param>
    public static void Write(string path, Matrix values) => WholeFile.Write(path, stream =>
    {
        stream.Write(Header("<f4", values.Shape));
        for (var row = 0; row < values.Rows; row++) stream.Write(MemoryMarshal.AsBytes(values.Row(row)));
    });

    /// <summary>Writes float64 values in C order.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="values">As many as the shape has elements.</param>
    /// <param name="shape">Any shape; rank 0 for a single number.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    public static void Write(string path, ReadOnlyMemory<double> values, Shape shape) =>
        WriteValues(path, "<f8", values, shape);

    /// <summary>Writes 64-bit integers in C order.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="values">As many as the shape has elements.</param>
    /// <param name="shape">Any shape; rank 0 for a single number.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    public static void Write(string path, ReadOnlyMemory<long> values, Shape shape) =>
        WriteValues(path, "<i8", values, shape);

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => Array(name).ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => Array(name).View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => Array(name).ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => Array(name).ReadIntegers();

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    private StoredTensor Array(string name)
    {
        Find(name);
        return array;
    }

    private static void WriteValues<T>(string path, string descr, ReadOnlyMemory<T> values, Shape shape)
        where T : unmanaged
    {
        if (values.Length != shape.Elements)
            throw new ArgumentException(
                $"Shape {shape} has {shape.Elements} elements, but {values.Length} values were given.", nameof(values));
        WholeFile.Write(
            path,
            stream =>
            {
                stream.Write(Header(descr, shape));
                const int chunk = 1 << 20; // a span of bytes holds 2^31, an array of numbers may be larger
                for (var done = 0; done < values.Length; done += chunk)
                    stream.Write(MemoryMarshal.AsBytes(values.Span.Slice(done, Math.Min(chunk, values.Length - done))));
            }
        );
    }

    /// <summary>What stands before the elements, version 1, C order.</summary>
    internal static byte[] Header(string descr, Shape shape)
    {
        var sizes = string.Concat(shape.Sizes.Select((size, axis) => axis == 0 ? $"{size}," : $" {size},"));
        if (shape.Rank > 1) sizes = sizes[..^1];
        var text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}";
        var length = (10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var header = new byte[length];
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        (header[0], header[6]) = (0x93, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(length - 10)));
        Encoding.ASCII.GetBytes(text.PadRight(length - 11) + "\n", header.AsSpan(10));
        return header;
    }
}

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Collects named tensors and writes them as one safetensors file.</summary>
/// <remarks>
/// The same tensors in the same order give the same bytes. F32 tensors come before F16 ones, so that every element is
/// aligned;
/// the header is padded with spaces to a multiple of 8 bytes. Matrices are not copied: they are read when
/// <see cref="Write"/> is called.
/// </remarks>
/// <example><code>
/// new SafetensorsWriter().Add("wpe.weight", positions).Add("ln_f.bias", [0f, 1f]).Write("model.safetensors");
/// </code></example>
public sealed class SafetensorsWriter
{
    // Throws on half of a surrogate pair, which would be written as another character.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly List<(TensorInfo Info, Matrix Values)> tensors = [];
    private readonly HashSet<string> names = [];

    /// <summary>Notes to be kept in the file's <c>__metadata__</c>, written in order of their names; libraries for
    /// PyTorch expect <c>format: pt</c>.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds a matrix as a tensor of rank 2.</summary>
    /// <param name="name">Not used before, and not <c>__metadata__</c>.</param>
    /// <param name="values">Must not change until the file is written.</param>
    /// <param name="dtype">F32, or F16, which rounds to the nearest half and makes values beyond ±65,504
    /// infinite.</param>
    public SafetensorsWriter Add(string name, Matrix values, DType dtype = DType.F32) =>
        Add(name, values, values.Shape, dtype);

    /// <summary>Adds a vector as a tensor of rank 1.</summary>
    /// <param name="name">Not used before, and not <c>__metadata__</c>.</param>
    /// <param name="values">Copied.</param>
    /// <param name="dtype">F32 or F16, as for a matrix.</param>
    public SafetensorsWriter Add(string name, ReadOnlySpan<float> values, DType dtype = DType.F32) =>
        Add(name, Matrix.FromArray(1, values.Length, values), new Shape(values.Length), dtype);

    /// <summary>Adds the elements of a matrix, row by row, under another shape.</summary>
    /// <param name="name">Not used before, and not <c>__metadata__</c>.</param>
    /// <param name="values">Must not change until the file is written.</param>
    /// <param name="shape">A shape with as many elements.</param>
    /// <param name="dtype">F32 or F16, as for a matrix.</param>
    /// <exception cref="ArgumentException">The name is taken or no valid text, the type cannot be written, or the
    /// numbers of elements differ.</exception>
    public SafetensorsWriter Add(string name, Matrix values, Shape shape, DType dtype = DType.F32)
    {
        if (dtype is not (DType.F32 or DType.F16))
            throw new ArgumentException(
                $"Tensor \"{name}\" cannot be written as {dtype.Name()}; F32 and F16 can.", nameof(dtype));
        if (shape.Elements != values.Elements)
            throw new ArgumentException(
                $"Tensor \"{name}\" of shape {shape} has {shape.Elements} elements, but the matrix is {values.Rows} × "
                    + $"{values.Columns}.",
                nameof(shape)
            );
        if (name == "__metadata__" || !names.Add(name))
            throw new ArgumentException(
                $"The name \"{name}\" is "
                    + $"{(name == "__metadata__" ? "reserved for the file's notes" : "already taken")}.",
                nameof(name)
            );
        StrictUtf8.GetByteCount(name);
        tensors.Add((new TensorInfo(name, dtype, shape), values));
        return this;
    }

    /// <summary>Writes the file; it appears under its name when it is whole, and one that is there is
    /// replaced.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The disk is full or the folder is not there; nothing is left behind.</exception>
    public void Write(string path)
    {
        var ordered = tensors.OrderByDescending(tensor => tensor.Info.DType.SizeInBytes()).ToArray();
        WholeFile.Write(path, stream =>
        {
            WriteHeader(stream, ordered);
            foreach (var (info, values) in ordered) WriteValues(stream, info.DType, values);
        });
    }

    private void WriteHeader(Stream stream, (TensorInfo Info, Matrix Values)[] ordered)
    {
        using var header = new MemoryStream();
        // The relaxed encoder leaves non-ASCII names readable; the header is never embedded in a web page.
        using (
            var json = new Utf8JsonWriter(
                header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
        )
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in Metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            var begin = 0L;
            foreach (var (info, _) in ordered)
            {
                var end = begin + info.Shape.Elements * info.DType.SizeInBytes();
                json.WriteStartObject(info.Name);
                json.WriteString("dtype", info.DType.Name());
                json.WriteStartArray("shape");
                foreach (var size in info.Shape.Sizes) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                begin = end;
            }
            json.WriteEndObject();
        }
        while (header.Length % 8 != 0) header.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        header.WriteTo(stream);
    }

    private static void WriteValues(Stream stream, DType dtype, Matrix values)
    {
        var halves = new Half[dtype == DType.F16 ? values.Columns : 0];
        for (var row = 0; row < values.Rows; row++)
        {
            if (dtype == DType.F16)
                TensorPrimitives.ConvertToHalf(values.Row(row), halves);
            stream.Write(
                dtype == DType.F16 ? MemoryMarshal.AsBytes<Half>(halves) : MemoryMarshal.AsBytes(values.Row(row)));
        }
    }
}

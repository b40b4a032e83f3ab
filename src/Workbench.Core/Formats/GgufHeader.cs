using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>What stands before a GGUF file's data: counts, keys with values, and an entry for each tensor. Every
/// length is checked against the bytes that are left before anything is made of it.</summary>
/// <remarks>Format: github.com/ggml-org/ggml, docs/gguf.md.</remarks>
internal ref struct GgufHeader
{
    /// <summary>Where a tensor's data begin, unless a key says otherwise, is a multiple of this.</summary>
    private const uint UsualAlignment = 32;

    // Nobody nests arrays; one within another is what the format's text speaks of.
    private const int DeepestArray = 8;

    private const int MostAxes = 4;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly MappedFile file;
    private long at = 4;

    private GgufHeader(MappedFile file) => this.file = file;

    /// <summary>A tensor's entry, and where its bytes lie in the data.</summary>
    public readonly record struct Entry(TensorInfo Info, ulong Offset, long Length);

    /// <summary>What a header says.</summary>
    public sealed record Contents(
        uint Version, bool BigEndian, Dictionary<string, object> Values, List<Entry> Entries, long DataStart);

    public bool BigEndian { get; private set; }

    /// <summary>Reads the header of a whole file.</summary>
    public static Contents Read(MappedFile file)
    {
        if (file.Length < 4 || !file.Bytes(0, 4).SequenceEqual("GGUF"u8))
            throw new WeightFileException(
                FileProblem.Malformed, file.Path, "does not begin with the letters GGUF, so this is no GGUF file.");
        return new GgufHeader(file).Read();
    }

    private Contents Read()
    {
        var version = UInt32("the version");
        // A version is small: one that is not is small the other way round.
        if ((version & 0xffff) == 0 && version != 0)
            (BigEndian, version) = (true, BinaryPrimitives.ReverseEndianness(version));
        if (version is not (2 or 3))
            throw Refuse(
                FileProblem.UnsupportedObject,
                $"is of version {version} of the format; 2 and 3 are read. llama.cpp's converter writes the model "
                    + "anew.");
        var tensors = Count(24, "tensors"); // a name's length, a count of axes, a type and an offset
        var keys = Count(13, "keys"); // a name of one letter, a type and a byte
        var values = new Dictionary<string, object>();
        for (var i = 0; i < keys; i++)
        {
            var key = Text($"key {i}");
            if (key.Length == 0) throw Refuse(FileProblem.Malformed, $"key {i} is empty.");
            var value = Value(UInt32(Named(key)), Named(key), 0);
            if (!values.TryAdd(key, value))
                throw Refuse(FileProblem.DuplicateName, $"{Named(key)} is there twice.");
        }
        var alignment = Alignment(values);
        var entries = new List<Entry>();
        var names = new HashSet<string>();
        for (var i = 0; i < tensors; i++)
        {
            var entry = Tensor(i);
            if (!names.Add(entry.Info.Name))
                throw Refuse(FileProblem.DuplicateName, "there are two tensors of this name.", entry.Info.Name);
            if (entry.Offset % (ulong)alignment != 0)
                throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its bytes begin at {entry.Offset} of the data, which is no multiple of {alignment}.",
                    entry.Info.Name);
            entries.Add(entry);
        }
        return new Contents(version, BigEndian, values, entries, (at + alignment - 1) / alignment * alignment);
    }

    private readonly long Alignment(Dictionary<string, object> values)
    {
        const string key = "general.alignment";
        if (!values.TryGetValue(key, out var said)) return UsualAlignment;
        return said is uint alignment && uint.IsPow2(alignment)
            ? alignment
            : throw Refuse(FileProblem.Malformed, $"{Named(key)} should be a power of two of type uint32.");
    }

    private Entry Tensor(int number)
    {
        var name = Text($"the name of tensor {number}");
        var rank = UInt32("a number of axes");
        if (rank > MostAxes)
            throw Refuse(FileProblem.Malformed, $"it has {rank} axes; the format has at most {MostAxes}.", name);
        var sizes = new long[rank]; // stored innermost first
        for (var axis = sizes.Length - 1; axis >= 0; axis--)
            sizes[axis] = UInt64("an axis") is <= long.MaxValue and var size
                ? (long)size
                : throw Refuse(FileProblem.BeyondLimits, "an axis is longer than 2^63.", name);
        if (!Shape.TryCountElements(sizes, out var elements))
            throw Refuse(FileProblem.BeyondLimits, "it has more than 2^63 values.", name);
        if (elements == 0)
            throw Refuse(FileProblem.Malformed, $"its shape {new Shape(sizes)} is that of no values.", name);
        var type = UInt32("a type");
        if (GgufTypes.TypeOf(type) is not { } dtype)
            throw Refuse(FileProblem.UnsupportedDType, $"its type is {GgufTypes.NameOf(type)}.", name);
        var (block, bytes) = QuantisedBlocks.Size(dtype);
        if (block > 1 && (rank == 0 ? 1 : sizes[^1]) % block != 0)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"its rows have {(rank == 0 ? 1 : sizes[^1])} values, but {dtype.Name()} stores blocks of {block}.",
                name);
        var length = (UInt128)(ulong)(elements / block) * (uint)bytes;
        if (length > (ulong)file.Length)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"its {elements} values of type {dtype.Name()} take {length} bytes, but the file has {file.Length}.",
                name);
        return new Entry(new TensorInfo(name, dtype, new Shape(sizes)), UInt64("an offset"), (long)length);
    }

    private object Value(uint type, string what, int depth)
    {
        switch (type)
        {
            case 0: return Take(1, what)[0];
            case 1: return (sbyte)Take(1, what)[0];
            case 2: return (ushort)Number(2, what);
            case 3: return (short)Number(2, what);
            case 4: return UInt32(what);
            case 5: return (int)UInt32(what);
            case 6: return BitConverter.UInt32BitsToSingle(UInt32(what));
            case 7: return Truth(Take(1, what)[0], what);
            case 8: return Text(what);
            case 10: return UInt64(what);
            case 11: return (long)UInt64(what);
            case 12: return BitConverter.UInt64BitsToDouble(UInt64(what));
            case 9:
                if (depth == DeepestArray)
                    throw Refuse(FileProblem.BeyondLimits, $"{what} has arrays nested more than {depth} deep.");
                var element = UInt32(what);
                var count = Count(LeastBytes(element, what), $"values in {what}");
                return element switch
                {
                    0 => Take(count, what).ToArray(),
                    1 => MemoryMarshal.Cast<byte, sbyte>(Take(count, what)).ToArray(),
                    2 => Array<ushort>(element, count, what, depth),
                    3 => Array<short>(element, count, what, depth),
                    4 => Array<uint>(element, count, what, depth),
                    5 => Array<int>(element, count, what, depth),
                    6 => Array<float>(element, count, what, depth),
                    7 => Array<bool>(element, count, what, depth),
                    8 => Array<string>(element, count, what, depth),
                    9 => Array<Array>(element, count, what, depth),
                    10 => Array<ulong>(element, count, what, depth),
                    11 => Array<long>(element, count, what, depth),
                    _ => Array<double>(element, count, what, depth),
                };
            default: throw Unknown(type, what);
        }
    }

    private T[] Array<T>(uint element, int count, string what, int depth)
    {
        var values = new T[count];
        for (var i = 0; i < count; i++) values[i] = (T)Value(element, what, depth + 1);
        return values;
    }

    private readonly int LeastBytes(uint type, string what) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        8 or 10 or 11 or 12 => 8,
        9 => 12,
        _ => throw Unknown(type, what),
    };

    /// <summary>A count of things that take at least so many bytes each.</summary>
    private int Count(int leastBytes, string what)
    {
        var count = UInt64($"the number of {what}");
        return count <= (ulong)((file.Length - at) / leastBytes) && count <= int.MaxValue / 2
            ? (int)count
            : throw Refuse(
                FileProblem.OutOfBounds,
                $"should hold {count} {what}, but {file.Length - at} bytes are left, which hold at most "
                    + $"{(file.Length - at) / leastBytes}. {CutShort}");
    }

    private readonly bool Truth(byte value, string what) => value <= 1
        ? value == 1
        : throw Refuse(FileProblem.Malformed, $"{what} is {value}, where a truth value is 0 or 1.");

    private string Text(string what)
    {
        var length = UInt64($"the length of {what}");
        if (length > (ulong)(file.Length - at) || length > int.MaxValue / 2)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"{what} should have {length} bytes, but {file.Length - at} are left. {CutShort}");
        try
        {
            return StrictUtf8.GetString(Take((int)length, what));
        }
        catch (DecoderFallbackException)
        {
            throw Refuse(FileProblem.Encoding, $"{what} is not UTF-8.");
        }
    }

    private uint UInt32(string what) => (uint)Number(4, what);

    private ulong UInt64(string what) => Number(8, what);

    private ulong Number(int size, string what)
    {
        var value = 0ul;
        var bytes = Take(size, what);
        for (var i = 0; i < size; i++) value |= (ulong)bytes[BigEndian ? size - 1 - i : i] << 8 * i;
        return value;
    }

    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (count > file.Length - at)
            throw Refuse(FileProblem.OutOfBounds, $"the file ends at byte {file.Length}, within {what}. {CutShort}");
        var bytes = file.Bytes(at, count);
        at += count;
        return bytes;
    }

    private static string Named(string key) => $"the key \"{Excerpt.Of(key, 80)}\"";

    private static string CutShort => "A download that was cut short looks like this: get the file again.";

    private readonly WeightFileException Unknown(uint type, string what) =>
        Refuse(FileProblem.Malformed, $"{what} has a value of type {type}; the format has types 0 to 12.");

    private readonly WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, file.Path, reason, tensor);
}

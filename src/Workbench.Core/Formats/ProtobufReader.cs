using System;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Some bytes of a file.</summary>
internal readonly record struct FileRange(long Offset, long Length);

/// <summary>The fields of one message of a protocol buffer in a mapped file, one after the other. Every length is
/// checked against the message around it before anything is made of it.</summary>
/// <remarks>The wire format: protobuf.dev/programming-guides/encoding.</remarks>
internal ref struct ProtobufReader
{
    // Groups are long out of use; protobuf itself stops at 100 messages within each other.
    private const int DeepestGroup = 32;

    private const int LongestVarint = 10;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly MappedFile file;
    private readonly long end;
    private long at;

    /// <summary>A whole file as one message.</summary>
    public ProtobufReader(MappedFile file) : this(file, new FileRange(0, file.Length)) { }

    /// <summary>Some bytes of a file as one message.</summary>
    public ProtobufReader(MappedFile file, FileRange range) =>
        (this.file, at, end) = (file, range.Offset, range.Offset + range.Length);

    /// <summary>The number of the field that was found last.</summary>
    public int Field { get; private set; }

    /// <summary>How its value is written: 0 a varint, 1 eight bytes, 2 a length and so many bytes, 3 and 4 around a
    /// group, 5 four bytes.</summary>
    public int Wire { get; private set; }

    /// <summary>Goes to the next field, whose value must then be read or skipped; false at the end.</summary>
    public bool Next()
    {
        if (at == end) return false;
        var tag = ReadVarint();
        if (tag >> 3 is 0 or > (1 << 29) - 1)
            throw Refuse(FileProblem.Malformed, $"a field before byte {at} has the number {tag >> 3}.");
        (Field, Wire) = ((int)(tag >> 3), (int)(tag & 7));
        return Wire is not (6 or 7)
            ? true
            : throw Refuse(FileProblem.Malformed, $"a field before byte {at} is of kind {Wire}, which does not exist.");
    }

    /// <summary>Passes over the value.</summary>
    public void Skip() => Skip(0);

    private void Skip(int depth)
    {
        switch (Wire)
        {
            case 0: ReadVarint(); break;
            case 1: Take(8); break;
            case 2: Take(ReadVarint()); break;
            case 5: Take(4); break;
            case 3 when depth == DeepestGroup:
                throw Refuse(FileProblem.BeyondLimits, $"groups are nested more than {DeepestGroup} deep.");
            case 3:
                var group = Field;
                while (Next() ? Wire != 4 : throw Refuse(FileProblem.Malformed, $"the group {group} has no end."))
                    Skip(depth + 1);
                if (Field != group)
                    throw Refuse(FileProblem.Malformed, $"the group {group} ends as group {Field}, before byte {at}.");
                break;
            default: throw Refuse(FileProblem.Malformed, $"a group ends before byte {at} that has not begun.");
        }
    }

    /// <summary>The value, a whole number; negative ones are in two's complement.</summary>
    public ulong Number()
    {
        Require(0);
        return ReadVarint();
    }

    /// <summary>The value, some bytes.</summary>
    public FileRange Bytes()
    {
        Require(2);
        return Take(ReadVarint());
    }

    /// <summary>The value, a message.</summary>
    public ProtobufReader Message() => new(file, Bytes());

    /// <summary>The value, text.</summary>
    public string Text()
    {
        var range = Bytes();
        if (range.Length > Array.MaxLength / 4)
            throw Refuse(FileProblem.BeyondLimits, $"a text of {range.Length} bytes begins at byte {range.Offset}.");
        try
        {
            return StrictUtf8.GetString(file.Bytes(range.Offset, (int)range.Length));
        }
        catch (DecoderFallbackException)
        {
            throw Refuse(FileProblem.Encoding, $"the text at byte {range.Offset} is not UTF-8.");
        }
    }

    /// <summary>The value, one of a list of numbers or several of them in one piece.</summary>
    /// <param name="wire">How a single one is written: 0, 1 or 5.</param>
    public FileRange Numbers(int wire)
    {
        if (Wire == 2) return Bytes();
        Require(wire);
        var start = at;
        Skip();
        return new FileRange(start, at - start);
    }

    /// <summary>Reads a varint from the front of some bytes.</summary>
    /// <returns>The bytes that it takes; 0 where they end within it, or it is longer than 64 bits.</returns>
    public static int ReadVarint(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(LongestVarint, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << 7 * i;
            if (bytes[i] < 0x80) return i == LongestVarint - 1 && bytes[i] > 1 ? 0 : i + 1;
        }
        return 0;
    }

    /// <summary>What is wrong with the file.</summary>
    public readonly WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, file.Path, reason, tensor);

    private ulong ReadVarint()
    {
        var length = ReadVarint(file.Bytes(at, (int)Math.Min(LongestVarint, end - at)), out var value);
        if (length == 0)
            throw Refuse(
                FileProblem.Malformed,
                $"the number at byte {at} has more than 64 bits, or what holds it ends within it. A download that was "
                    + "cut short looks like this: get the file again.");
        at += length;
        return value;
    }

    private FileRange Take(ulong length)
    {
        if (length > (ulong)(end - at))
            throw Refuse(
                FileProblem.OutOfBounds,
                $"at byte {at} {length} bytes should follow, but {end - at} are left. A download that was cut short "
                    + "looks like this: get the file again.");
        var range = new FileRange(at, (long)length);
        at += range.Length;
        return range;
    }

    private readonly void Require(int wire)
    {
        if (Wire != wire)
            throw Refuse(
                FileProblem.Malformed, $"the field {Field} before byte {at} is of kind {Wire}, where {wire} belongs.");
    }
}

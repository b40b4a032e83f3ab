using System;
using System.Buffers.Binary;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>Reads a message of Protocol Buffers field by field, every length checked against the bytes that are
/// there.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> rest = message;

    /// <summary>Number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Its value where it is a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its value where it has a length: a text, bytes, or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Its value where it is a single-precision number.</summary>
    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Number);

    /// <summary>Reads the next field; false at the end.</summary>
    /// <exception cref="FormatException">The bytes end inside a field, or it is of a kind that is not
    /// known.</exception>
    public bool Read()
    {
        if (rest.IsEmpty) return false;
        var tag = Varint();
        Field = tag >> 3 is > 0 and < int.MaxValue and var field ? (int)field
            : throw Damaged("a field without a number");
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                var length = Varint();
                Bytes = length <= (ulong)rest.Length
                    ? Take((int)length)
                    : throw Damaged($"a field of {length} bytes where {rest.Length} are left");
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Damaged($"a field of kind {tag & 7}");
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw Damaged("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length) throw Damaged("a field that ends behind the file");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static FormatException Damaged(string what) =>
        new($"is no SentencePiece model, or a damaged one: it has {what}.");
}

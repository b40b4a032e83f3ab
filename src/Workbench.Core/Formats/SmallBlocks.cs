using System;
using System.Buffers.Binary;

namespace Workbench.Core.Formats;

/// <summary>GGUF's first quantised types: 32 values with a scale, and with a least value in those of name
/// Q…_1.</summary>
internal static class SmallBlocks
{
    private const int Half = 16; // of a block: the low halves of bytes are its first values, the high ones the others

    public static void Q4WithScale(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block, bigEndian);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * ((block[2 + i] & 15) - 8);
            values[i + Half] = scale * ((block[2 + i] >> 4) - 8);
        }
    }

    public static void Q4WithLeast(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block[2..]));
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * (block[4 + i] & 15) + least;
            values[i + Half] = scale * (block[4 + i] >> 4) + least;
        }
    }

    public static void Q5WithScale(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block);
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * ((block[6 + i] & 15 | Fifth(high, i)) - 16);
            values[i + Half] = scale * ((block[6 + i] >> 4 | Fifth(high, i + Half)) - 16);
        }
    }

    public static void Q5WithLeast(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block[2..]));
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * (block[8 + i] & 15 | Fifth(high, i)) + least;
            values[i + Half] = scale * (block[8 + i] >> 4 | Fifth(high, i + Half)) + least;
        }
    }

    public static void Q8WithScale(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block, bigEndian);
        for (var i = 0; i < values.Length; i++) values[i] = scale * (sbyte)block[2 + i];
    }

    private static int Fifth(uint high, int i) => (int)(high >> i & 1) << 4;
}

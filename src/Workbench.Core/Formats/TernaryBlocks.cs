using System;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of −1, 0 and 1 times a scale.</summary>
internal static class TernaryBlocks
{
    /// <summary>TQ1_0: five values are the first digits, to base 3, of a byte as a fraction of 256. 32 bytes of five,
    /// 16 of five, 4 of four, the scale.</summary>
    public static void FiveToAByte(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block[52..]);
        Digits(block[..32], 5, scale, values[..160]);
        Digits(block.Slice(32, 16), 5, scale, values.Slice(160, 80));
        Digits(block.Slice(48, 4), 4, scale, values[240..]);
    }

    /// <summary>TQ2_0: 64 bytes of two bits each, the scale.</summary>
    public static void FourToAByte(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block[64..]);
        for (var i = 0; i < values.Length; i++)
            values[i] = scale * ((block[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3) - 1);
    }

    private static void Digits(ReadOnlySpan<byte> bytes, int count, float scale, Span<float> values)
    {
        for (var (digit, power) = (0, 1); digit < count; digit++, power *= 3)
            for (var i = 0; i < bytes.Length; i++)
                values[digit * bytes.Length + i] = scale * (((byte)(bytes[i] * power) * 3 >> 8) - 1);
    }
}

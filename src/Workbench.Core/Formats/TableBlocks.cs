using System;
using System.Buffers.Binary;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types whose four bits are a place in a table: of unequal steps, or of the four-bit floats of the
/// Open Compute Project's microscaling formats.</summary>
internal static class TableBlocks
{
    // Steps that lie closer near zero, where most weights are; fixed by the format.
    private static ReadOnlySpan<sbyte> Steps =>
        [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Twice the values of a float with one sign, two exponent and one mantissa bits; scales are halved.
    private static ReadOnlySpan<sbyte> Floats => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>IQ4_NL: a scale and 16 bytes.</summary>
    public static void Plain(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian) =>
        Look(block[2..], Steps, QuantisedBlocks.Half(block), values);

    /// <summary>IQ4_XS: the block's scale, the groups' scales (two bits, then four), 128 bytes.</summary>
    public static void Scaled(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block);
        var high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (var group = 0; group < 8; group++)
        {
            var own = block[4 + group / 2] >> group % 2 * 4 & 15 | (high >> group * 2 & 3) << 4;
            Look(block.Slice(8 + group * 16, 16), Steps, scale * (own - 32), values.Slice(group * 32, 32));
        }
    }

    /// <summary>MXFP4: an exponent and 16 bytes.</summary>
    public static void PowerScaled(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        // 2^(e − 128), half of the scale 2^(e − 127): exponents 0 and 1 give numbers below the least normal one.
        var bits = block[0] < 2 ? 0x00200000u << block[0] : (uint)(block[0] - 1) << 23;
        Look(block[1..], Floats, BitConverter.UInt32BitsToSingle(bits), values);
    }

    /// <summary>NVFP4: four scales of eight bits, each for 16 values, and 32 bytes.</summary>
    public static void ByteScaled(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        for (var group = 0; group < 4; group++)
            Look(
                block.Slice(4 + group * 8, 8), Floats, HalfOfUnsignedFloat(block[group]),
                values.Slice(group * 16, 16));
    }

    /// <summary>Half of an eight-bit float without sign, four exponent bits (bias 7) and three of mantissa; its only
    /// NaN counts as 0.</summary>
    private static float HalfOfUnsignedFloat(byte bits)
    {
        var (exponent, mantissa) = (bits >> 3 & 15, bits & 7);
        if (bits == 0x7f) return 0;
        return exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
    }

    /// <summary>The low halves of the bytes are the first values, the high ones the others.</summary>
    private static void Look(ReadOnlySpan<byte> bytes, ReadOnlySpan<sbyte> table, float scale, Span<float> values)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            values[i] = scale * table[bytes[i] & 15];
            values[i + bytes.Length] = scale * table[bytes[i] >> 4];
        }
    }
}

using System;
using System.Buffers.Binary;
using Workbench.Core.Tensors;

namespace Workbench.Core.Tests.Formats;

/// <summary>GGUF's blocks decoded by plain loops, a value at a time: the witness of the vectors.</summary>
internal static class PlainBlocks
{
    private const int Half = 16; // of a block: the low halves of bytes are its first values, the high ones the others

    // Steps that lie closer near zero, where most weights are; fixed by the format.
    private static ReadOnlySpan<sbyte> Steps =>
        [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Twice the values of a float with one sign, two exponent and one mantissa bits; scales are halved.
    private static ReadOnlySpan<sbyte> Floats => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>One block.</summary>
    public static void Decode(DType dtype, ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        switch (dtype)
        {
            case DType.Q4_0: Q4WithScale(block, values, bigEndian); break;
            case DType.Q4_1: Q4WithLeast(block, values); break;
            case DType.Q5_0: Q5WithScale(block, values); break;
            case DType.Q5_1: Q5WithLeast(block, values); break;
            case DType.Q8_0: Q8WithScale(block, values, bigEndian); break;
            case DType.Q2_K: Q2(block, values); break;
            case DType.Q3_K: Q3(block, values); break;
            case DType.Q4_K: Q4(block, values, bigEndian); break;
            case DType.Q5_K: Q5(block, values); break;
            case DType.Q6_K: Q6(block, values, bigEndian); break;
            case DType.IQ4_NL: Plain(block, values); break;
            case DType.IQ4_XS: Scaled(block, values); break;
            case DType.MXFP4: PowerScaled(block, values); break;
            case DType.NVFP4: ByteScaled(block, values); break;
            case DType.TQ1_0: FiveToAByte(block, values); break;
            case DType.TQ2_0: FourToAByte(block, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "No block that is read.");
        }
    }

    private static float ScaleOf(ReadOnlySpan<byte> bytes, bool bigEndian = false) =>
        (float)(bigEndian ? BinaryPrimitives.ReadHalfBigEndian(bytes) : BinaryPrimitives.ReadHalfLittleEndian(bytes));

    private static void Q4WithScale(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = ScaleOf(block, bigEndian);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * ((block[2 + i] & 15) - 8);
            values[i + Half] = scale * ((block[2 + i] >> 4) - 8);
        }
    }

    private static void Q4WithLeast(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (ScaleOf(block), ScaleOf(block[2..]));
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * (block[4 + i] & 15) + least;
            values[i + Half] = scale * (block[4 + i] >> 4) + least;
        }
    }

    private static void Q5WithScale(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = ScaleOf(block);
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * ((block[6 + i] & 15 | Fifth(high, i)) - 16);
            values[i + Half] = scale * ((block[6 + i] >> 4 | Fifth(high, i + Half)) - 16);
        }
    }

    private static void Q5WithLeast(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (ScaleOf(block), ScaleOf(block[2..]));
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (var i = 0; i < Half; i++)
        {
            values[i] = scale * (block[8 + i] & 15 | Fifth(high, i)) + least;
            values[i + Half] = scale * (block[8 + i] >> 4 | Fifth(high, i + Half)) + least;
        }
    }

    private static void Q8WithScale(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = ScaleOf(block, bigEndian);
        for (var i = 0; i < values.Length; i++) values[i] = scale * (sbyte)block[2 + i];
    }

    private static int Fifth(uint high, int i) => (int)(high >> i & 1) << 4;

    /// <summary>16 bytes of scale and least value, 64 of two bits each, the block's scale and least value.</summary>
    private static void Q2(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (ScaleOf(block[80..]), ScaleOf(block[82..]));
        for (var i = 0; i < values.Length; i++)
        {
            var group = block[i / 16];
            var bits = block[16 + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
            values[i] = scale * (group & 15) * bits - least * (group >> 4);
        }
    }

    /// <summary>32 bytes of third bits, 64 of two bits each, 12 of scales, the block's scale.</summary>
    private static void Q3(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = ScaleOf(block[108..]);
        var scales = block.Slice(96, 12);
        for (var i = 0; i < values.Length; i++)
        {
            var group = i / 16;
            var low = scales[group % 8] >> group / 8 * 4 & 15;
            var high = scales[8 + group % 4] >> group / 4 * 2 & 3;
            var bits = block[32 + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
            var third = block[i % 32] >> i / 32 & 1; // where it is missing, 4 are taken away
            values[i] = scale * ((low | high << 4) - 32) * (bits - (1 - third) * 4);
        }
    }

    /// <summary>The block's scale and least value, 12 bytes of both for the groups, 128 of four bits each.</summary>
    private static void Q4(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (ScaleOf(block, bigEndian), ScaleOf(block[2..], bigEndian));
        for (var group = 0; group < 8; group++)
        {
            var (own, below) = Group(block.Slice(4, 12), group);
            var (factor, offset) = (scale * own, least * below);
            for (var i = 0; i < 32; i++)
                values[group * 32 + i] =
                    factor * (block[16 + group / 2 * 32 + i] >> group % 2 * 4 & 15) - offset;
        }
    }

    /// <summary>As <see cref="Q4"/>, with 32 bytes of fifth bits before the others.</summary>
    private static void Q5(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (ScaleOf(block), ScaleOf(block[2..]));
        for (var group = 0; group < 8; group++)
        {
            var (own, below) = Group(block.Slice(4, 12), group);
            var (factor, offset) = (scale * own, least * below);
            for (var i = 0; i < 32; i++)
            {
                var low = block[48 + group / 2 * 32 + i] >> group % 2 * 4 & 15;
                values[group * 32 + i] = factor * (low | (block[16 + i] >> group & 1) << 4) - offset;
            }
        }
    }

    /// <summary>128 bytes of four bits each, 64 of the two above them, 16 scales, the block's scale.</summary>
    private static void Q6(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = ScaleOf(block[208..], bigEndian);
        for (var i = 0; i < values.Length; i++)
        {
            var low = block[i / 128 * 64 + i % 64] >> i / 64 % 2 * 4 & 15;
            var high = block[128 + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
            values[i] = scale * (sbyte)block[192 + i / 16] * ((low | high << 4) - 32);
        }
    }

    /// <summary>Scale and least value of one of eight groups, six bits each, in 12 bytes: those of the first four lie
    /// whole in the first eight bytes, the others in four bits of the last and two of the first.</summary>
    private static (int Scale, int Least) Group(ReadOnlySpan<byte> bytes, int group)
    {
        if (group < 4) return (bytes[group] & 63, bytes[group + 4] & 63);
        var last = bytes[group + 4];
        return (last & 15 | bytes[group - 4] >> 2 & 0x30, last >> 4 | bytes[group] >> 2 & 0x30);
    }

    /// <summary>IQ4_NL: a scale and 16 bytes.</summary>
    private static void Plain(ReadOnlySpan<byte> block, Span<float> values) =>
        Look(block[2..], Steps, ScaleOf(block), values);

    /// <summary>IQ4_XS: the block's scale, the groups' scales (two bits, then four), 128 bytes.</summary>
    private static void Scaled(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = ScaleOf(block);
        var high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (var group = 0; group < 8; group++)
        {
            var own = block[4 + group / 2] >> group % 2 * 4 & 15 | (high >> group * 2 & 3) << 4;
            Look(block.Slice(8 + group * 16, 16), Steps, scale * (own - 32), values.Slice(group * 32, 32));
        }
    }

    /// <summary>MXFP4: an exponent and 16 bytes.</summary>
    private static void PowerScaled(ReadOnlySpan<byte> block, Span<float> values)
    {
        // 2^(e − 128), half of the scale 2^(e − 127): exponents 0 and 1 give numbers below the least normal one.
        var bits = block[0] < 2 ? 0x00200000u << block[0] : (uint)(block[0] - 1) << 23;
        Look(block[1..], Floats, BitConverter.UInt32BitsToSingle(bits), values);
    }

    /// <summary>NVFP4: four scales of eight bits, each for 16 values, and 32 bytes.</summary>
    private static void ByteScaled(ReadOnlySpan<byte> block, Span<float> values)
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

    /// <summary>TQ1_0: five values are the first digits, to base 3, of a byte as a fraction of 256. 32 bytes of five,
    /// 16 of five, 4 of four, the scale.</summary>
    private static void FiveToAByte(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = ScaleOf(block[52..]);
        Digits(block[..32], 5, scale, values[..160]);
        Digits(block.Slice(32, 16), 5, scale, values.Slice(160, 80));
        Digits(block.Slice(48, 4), 4, scale, values[240..]);
    }

    /// <summary>TQ2_0: 64 bytes of two bits each, the scale.</summary>
    private static void FourToAByte(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = ScaleOf(block[64..]);
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

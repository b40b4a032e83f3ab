using System;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of name Q…_K: 256 values in groups of 16 or 32, each group with a scale that is itself a small
/// whole number times the block's.</summary>
internal static class SuperBlocks
{
    /// <summary>16 bytes of scale and least value, 64 of two bits each, the block's scale and least value.</summary>
    public static void Q2(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (QuantisedBlocks.Half(block[80..]), QuantisedBlocks.Half(block[82..]));
        for (var i = 0; i < values.Length; i++)
        {
            var group = block[i / 16];
            var bits = block[16 + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
            values[i] = scale * (group & 15) * bits - least * (group >> 4);
        }
    }

    /// <summary>32 bytes of third bits, 64 of two bits each, 12 of scales, the block's scale.</summary>
    public static void Q3(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block[108..]);
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
    public static void Q4(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (QuantisedBlocks.Half(block, bigEndian), QuantisedBlocks.Half(block[2..], bigEndian));
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
    public static void Q5(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block[2..]));
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
    public static void Q6(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian)
    {
        var scale = QuantisedBlocks.Half(block[208..], bigEndian);
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
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of name Q…_K: 256 values in groups of 16 or 32, each group with a scale that is itself a small
/// whole number times the block's.</summary>
internal static unsafe class SuperBlocks
{
    /// <summary>16 bytes of scale and least value, 64 of two bits each, the block's scale and least value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 84)
        {
            var (scale, least) = (QuantisedBlocks.Half(block + 80), QuantisedBlocks.Half(block + 82));
            for (var group = 0; group < 16; group++, values += 16)
            {
                var bytes = Vector128.Load(block + 16 + group / 8 * 32 + group % 2 * 16);
                var own = block[group];
                BlockVectors.PutBelow(
                    BlockVectors.Bits(bytes, group / 2 % 4 * 2, 3), scale * (own & 15), least * (own >> 4), values);
            }
        }
    }

    /// <summary>32 bytes of third bits, 64 of two bits each, 12 of scales, the block's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3(byte* block, int count, bool bigEndian, float* values)
    {
        var four = Vector128.Create((byte)4);
        for (; count > 0; count--, block += 110)
        {
            var scale = QuantisedBlocks.Half(block + 108);
            var scales = block + 96;
            for (var group = 0; group < 16; group++, values += 16)
            {
                var low = scales[group % 8] >> group / 8 * 4 & 15;
                var high = scales[8 + group % 4] >> group / 4 * 2 & 3;
                var bytes = Vector128.Load(block + 32 + group / 8 * 32 + group % 2 * 16);
                var thirds = Vector128.Load(block + group % 2 * 16);
                // Where the third bit is missing, 4 are taken away.
                var third = BlockVectors.Bits(thirds, group / 2, 1) << 2;
                BlockVectors.Put(
                    (BlockVectors.Bits(bytes, group / 2 % 4 * 2, 3) | third) - four, scale * ((low | high << 4) - 32),
                    values);
            }
        }
    }

    /// <summary>The block's scale and least value, 12 bytes of both for the groups, 128 of four bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 144)
        {
            var (scale, least) = (QuantisedBlocks.Half(block, bigEndian), QuantisedBlocks.Half(block + 2, bigEndian));
            for (var group = 0; group < 8; group++, values += 32)
            {
                var (own, below) = Group(block + 4, group);
                var (factor, offset) = (scale * own, least * below);
                var bytes = block + 16 + group / 2 * 32;
                var shift = group % 2 * 4;
                BlockVectors.PutBelow(BlockVectors.Bits(Vector128.Load(bytes), shift, 15), factor, offset, values);
                BlockVectors.PutBelow(
                    BlockVectors.Bits(Vector128.Load(bytes + 16), shift, 15), factor, offset, values + 16);
            }
        }
    }

    /// <summary>As <see cref="Q4"/>, with 32 bytes of fifth bits before the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 176)
        {
            var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block + 2));
            for (var group = 0; group < 8; group++)
            {
                var (own, below) = Group(block + 4, group);
                var (factor, offset) = (scale * own, least * below);
                for (var part = 0; part < 32; part += 16, values += 16)
                {
                    var low = BlockVectors.Bits(
                        Vector128.Load(block + 48 + group / 2 * 32 + part), group % 2 * 4, 15);
                    var fifth = BlockVectors.Bits(Vector128.Load(block + 16 + part), group, 1) << 4;
                    BlockVectors.PutBelow(low | fifth, factor, offset, values);
                }
            }
        }
    }

    /// <summary>128 bytes of four bits each, 64 of the two above them, 16 scales, the block's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6(byte* block, int count, bool bigEndian, float* values)
    {
        var middle = Vector128.Create((byte)32);
        for (; count > 0; count--, block += 210)
        {
            var scale = QuantisedBlocks.Half(block + 208, bigEndian);
            for (var group = 0; group < 16; group++, values += 16)
            {
                var (half, part) = (group / 8, group % 2 * 16);
                var low = BlockVectors.Bits(
                    Vector128.Load(block + half * 64 + group / 2 % 2 * 32 + part), group / 4 % 2 * 4, 15);
                var high = BlockVectors.Bits(
                    Vector128.Load(block + 128 + half * 32 + part), group / 2 % 4 * 2, 3) << 4;
                BlockVectors.Put((low | high) - middle, scale * (sbyte)block[192 + group], values);
            }
        }
    }

    /// <summary>Scale and least value of one of eight groups, six bits each, in 12 bytes: those of the first four lie
    /// whole in the first eight bytes, the others in four bits of the last and two of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int Scale, int Least) Group(byte* bytes, int group)
    {
        if (group < 4) return (bytes[group] & 63, bytes[group + 4] & 63);
        var last = bytes[group + 4];
        return (last & 15 | bytes[group - 4] >> 2 & 0x30, last >> 4 | bytes[group] >> 2 & 0x30);
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types whose four bits are a place in a table: of unequal steps, or of the four-bit floats of the
/// Open Compute Project's microscaling formats. The low halves of the bytes are the first values, the high ones the
/// others.</summary>
internal static unsafe class TableBlocks
{
    // Steps that lie closer near zero, where most weights are; fixed by the format.
    private static Vector128<byte> Steps =>
        Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113).AsByte();

    // Twice the values of a float with one sign, two exponent and one mantissa bits; scales are halved.
    private static Vector128<byte> Floats =>
        Vector128.Create(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12).AsByte();

    /// <summary>IQ4_NL: a scale and 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Plain(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 18, values += 32)
            Look(block + 2, Steps, QuantisedBlocks.Half(block), values);
    }

    /// <summary>IQ4_XS: the block's scale, the groups' scales (two bits, then four), 128 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scaled(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 136)
        {
            var scale = QuantisedBlocks.Half(block);
            var high = block[2] | block[3] << 8;
            for (var group = 0; group < 8; group++, values += 32)
            {
                var own = block[4 + group / 2] >> group % 2 * 4 & 15 | (high >> group * 2 & 3) << 4;
                Look(block + 8 + group * 16, Steps, scale * (own - 32), values);
            }
        }
    }

    /// <summary>MXFP4: an exponent and 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PowerScaled(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 17, values += 32)
        {
            // 2^(e − 128), half of the scale 2^(e − 127): exponents 0 and 1 give numbers below the least normal one.
            var bits = block[0] < 2 ? 0x00200000u << block[0] : (uint)(block[0] - 1) << 23;
            Look(block + 1, Floats, BitConverter.UInt32BitsToSingle(bits), values);
        }
    }

    /// <summary>NVFP4: four scales of eight bits, each for 16 values, and 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ByteScaled(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 36)
            for (var group = 0; group < 4; group++, values += 16)
            {
                var bytes = Vector64.Load(block + 4 + group * 8);
                var places = Vector128.Create(bytes & Vector64.Create((byte)15), bytes >>> 4);
                BlockVectors.Put(
                    Vector128.ShuffleNative(Floats, places), HalfOfUnsignedFloat(block[group]), values);
            }
    }

    /// <summary>Half of an eight-bit float without sign, four exponent bits (bias 7) and three of mantissa; its only
    /// NaN counts as 0.</summary>
    private static float HalfOfUnsignedFloat(byte bits)
    {
        var (exponent, mantissa) = (bits >> 3 & 15, bits & 7);
        if (bits == 0x7f) return 0;
        return exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Look(byte* from, Vector128<byte> table, float scale, float* values)
    {
        var bytes = Vector128.Load(from);
        BlockVectors.Put(Vector128.ShuffleNative(table, BlockVectors.Bits(bytes, 0, 15)), scale, values);
        BlockVectors.Put(Vector128.ShuffleNative(table, BlockVectors.Bits(bytes, 4, 15)), scale, values + 16);
    }
}

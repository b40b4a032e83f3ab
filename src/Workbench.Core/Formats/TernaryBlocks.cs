using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of −1, 0 and 1 times a scale.</summary>
internal static unsafe class TernaryBlocks
{
    /// <summary>TQ1_0: five values are the first digits, to base 3, of a byte as a fraction of 256. 32 bytes of five,
    /// 16 of five, 4 of four, the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FiveToAByte(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 54, values += 256)
        {
            var scale = QuantisedBlocks.Half(block + 52);
            Digits(Vector128.Load(block), scale, values, 32);
            Digits(Vector128.Load(block + 16), scale, values + 16, 32);
            Digits(Vector128.Load(block + 32), scale, values + 160, 16);
            for (var (digit, power) = (0, 1); digit < 4; digit++, power *= 3)
                for (var i = 0; i < 4; i++)
                    values[240 + digit * 4 + i] = scale * (((byte)(block[48 + i] * power) * 3 >> 8) - 1);
        }
    }

    /// <summary>TQ2_0: 64 bytes of two bits each, the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourToAByte(byte* block, int count, bool bigEndian, float* values)
    {
        var one = Vector128.Create((byte)1);
        for (; count > 0; count--, block += 66)
        {
            var scale = QuantisedBlocks.Half(block + 64);
            for (var part = 0; part < 16; part++, values += 16)
            {
                var bytes = Vector128.Load(block + part / 8 * 32 + part % 2 * 16);
                BlockVectors.Put(BlockVectors.Bits(bytes, part / 2 % 4 * 2, 3) - one, scale, values);
            }
        }
    }

    // The first digits of all bytes, then the second ones …, each time so many places on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Digits(Vector128<byte> bytes, float scale, float* values, int step)
    {
        var one = Vector128.Create((byte)1);
        for (var digit = 0; digit < 5; digit++, values += step)
        {
            var (low, high) = Vector128.Widen(bytes);
            BlockVectors.Put(Vector128.Narrow(low * 3 >>> 8, high * 3 >>> 8) - one, scale, values);
            bytes += bytes + bytes; // the fraction times 3, without its whole part
        }
    }
}

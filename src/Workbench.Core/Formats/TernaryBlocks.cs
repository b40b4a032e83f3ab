using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of −1, 0 and 1 times a scale.</summary>
internal static unsafe class TernaryBlocks
{
    /// <summary>TQ1_0: five values are the first digits, to base 3, of a byte as a fraction of 256. 32 bytes of five,
    /// 16 of five, 4 of four, the scale.</summary>
    public readonly struct FiveToAByte : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 54;
        public static int Group => 256;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block + 52);
            Digits(Vector128.Load(block), (byte*)room, 32);
            Digits(Vector128.Load(block + 16), (byte*)room + 16, 32);
            Digits(Vector128.Load(block + 32), (byte*)room + 160, 16);
            for (var (digit, power) = (0, 1); digit < 4; digit++, power *= 3)
                for (var i = 0; i < 4; i++)
                    room[240 + digit * 4 + i] = (sbyte)(((byte)(block[48 + i] * power) * 3 >> 8) - 1);
            return room;
        }

        // The first digits of all bytes, then the second ones …, each time so many places on.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Digits(Vector128<byte> bytes, byte* codes, int step)
        {
            var one = Vector128.Create((byte)1);
            for (var digit = 0; digit < 5; digit++, codes += step)
            {
                var (low, high) = Vector128.Widen(bytes);
                (Vector128.Narrow(low * 3 >>> 8, high * 3 >>> 8) - one).Store(codes);
                bytes += bytes + bytes; // the fraction times 3, without its whole part
            }
        }
    }

    /// <summary>TQ2_0: 64 bytes of two bits each, the scale.</summary>
    public readonly struct FourToAByte : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 66;
        public static int Group => 256;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block + 64);
            var (codes, one) = ((nint)room, Vector256.Create((byte)1));
            for (var half = block; half < block + 64; half += 32, codes += 128)
            {
                var bytes = Vector256.Load(half);
                (BlockLoops.Bits(bytes, 0, 3) - one).Store((byte*)codes);
                (BlockLoops.Bits(bytes, 2, 3) - one).Store((byte*)codes + 32);
                (BlockLoops.Bits(bytes, 4, 3) - one).Store((byte*)codes + 64);
                (BlockLoops.Bits(bytes, 6, 3) - one).Store((byte*)codes + 96);
            }
            return room;
        }
    }
}

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
    public readonly struct Plain : ISmallBlock
    {
        public static int Bytes => 18;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d) =>
            Look(Steps, block + 2, BlockLoops.Scale(block, bigEndian, halves), out a, out b, out c, out d);
    }

    /// <summary>IQ4_XS: the block's scale, the groups' scales (two bits, then four), 128 bytes.</summary>
    public readonly struct Scaled : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 136;
        public static int Group => 32;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            var scale = BlockLoops.Half(block);
            var high = block[2] | block[3] << 8;
            for (var group = 0; group < 8; group++)
            {
                var own = block[4 + group / 2] >> group % 2 * 4 & 15 | (high >> group * 2 & 3) << 4;
                factors[group] = scale * (own - 32);
                Look(Steps, block + 8 + group * 16, room + group * 32);
            }
            return room;
        }
    }

    /// <summary>MXFP4: an exponent and 16 bytes.</summary>
    public readonly struct PowerScaled : ISmallBlock
    {
        public static int Bytes => 17;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            // 2^(e − 128), half of the scale 2^(e − 127): exponents 0 and 1 give numbers below the least normal one.
            var bits = block[0] < 2 ? 0x00200000u << block[0] : (uint)(block[0] - 1) << 23;
            Look(Floats, block + 1, Vector256.Create(bits).AsSingle(), out a, out b, out c, out d);
        }
    }

    /// <summary>NVFP4: four scales of eight bits, each for 16 values, and 32 bytes.</summary>
    public readonly struct ByteScaled : IBlock
    {
        public static int Elements => 64;
        public static int Bytes => 36;
        public static int Group => 16;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            for (var group = 0; group < 4; group++)
            {
                factors[group] = HalfOfUnsignedFloat(block[group]);
                // Eight bytes of each group: their low halves, then the high ones.
                var bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(block + 4 + group * 8)).AsByte();
                var places = Vector128.Create(
                    BlockLoops.Bits(bytes, 0, 15).AsUInt64().ToScalar(),
                    BlockLoops.Bits(bytes, 4, 15).AsUInt64().ToScalar());
                Vector128.ShuffleNative(Floats, places.AsByte()).Store((byte*)room + group * 16);
            }
            return room;
        }

        // An eight-bit float without sign, four exponent bits (bias 7) and three of mantissa; its only NaN counts as 0.
        // Moved into place it is the number times 2^(7 − 127).
        private static float HalfOfUnsignedFloat(byte bits) =>
            bits == 0x7f ? 0 : BitConverter.Int32BitsToSingle((bits & 0x7f) << 20) * TwoTo119;

        private const float TwoTo119 = 6.646139978924579e35f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Look(
        Vector128<byte> table, byte* from, Vector256<float> scale, out Vector256<float> a, out Vector256<float> b,
        out Vector256<float> c, out Vector256<float> d)
    {
        var bytes = Vector128.Load(from);
        (a, b) = BlockLoops.Sixteen(Vector128.ShuffleNative(table, BlockLoops.Bits(bytes, 0, 15)).AsSByte());
        (c, d) = BlockLoops.Sixteen(Vector128.ShuffleNative(table, BlockLoops.Bits(bytes, 4, 15)).AsSByte());
        (a, b, c, d) = (a * scale, b * scale, c * scale, d * scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Look(Vector128<byte> table, byte* from, sbyte* codes)
    {
        var bytes = Vector128.Load(from);
        Vector128.ShuffleNative(table, BlockLoops.Bits(bytes, 0, 15)).Store((byte*)codes);
        Vector128.ShuffleNative(table, BlockLoops.Bits(bytes, 4, 15)).Store((byte*)codes + 16);
    }
}

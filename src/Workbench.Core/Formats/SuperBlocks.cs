using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's types of name Q…_K: 256 values in groups of 16 or 32, each group with a scale that is itself a small
/// whole number times the block's.</summary>
internal static unsafe class SuperBlocks
{
    /// <summary>16 bytes of scale and least value, 64 of two bits each, the block's scale and least value.</summary>
    public readonly struct Q2 : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 84;
        public static int Group => 16;
        public static bool Adds => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            var both = Vector128.Load(block);
            BlockLoops.Bits(both, 0, 15).Store((byte*)room);
            BlockLoops.Bits(both, 4, 15).Store((byte*)room + 16);
            BlockLoops.Factors(BlockLoops.Half(block + 80), room, factors);
            BlockLoops.Factors(-BlockLoops.Half(block + 82), room + 16, addends);
            var codes = (byte*)room;
            for (var half = block + 16; half < block + 80; half += 32, codes += 128)
            {
                var bytes = Vector256.Load(half);
                BlockLoops.Bits(bytes, 0, 3).Store(codes);
                BlockLoops.Bits(bytes, 2, 3).Store(codes + 32);
                BlockLoops.Bits(bytes, 4, 3).Store(codes + 64);
                BlockLoops.Bits(bytes, 6, 3).Store(codes + 96);
            }
            return room;
        }
    }

    /// <summary>32 bytes of third bits, 64 of two bits each, 12 of scales, the block's scale.</summary>
    public readonly struct Q3 : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 110;
        public static int Group => 16;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            // Four bits of each scale in the first eight bytes, two in the last four.
            var (first, second, high) = (Read(block + 96), Read(block + 100), Read(block + 104));
            var scales = Vector128.Create(
                first & 0x0f0f0f0f | (high & 0x03030303) << 4, second & 0x0f0f0f0f | (high >> 2 & 0x03030303) << 4,
                first >> 4 & 0x0f0f0f0f | (high >> 4 & 0x03030303) << 4,
                second >> 4 & 0x0f0f0f0f | (high >> 6 & 0x03030303) << 4);
            (scales.AsByte() - Vector128.Create((byte)32)).Store((byte*)room);
            BlockLoops.Factors(BlockLoops.Half(block + 108), room, factors);
            var thirds = Vector256.Load(block);
            Half(block + 32, thirds, (byte*)room);
            Half(block + 64, BlockLoops.Bits(thirds, 4, 15), (byte*)room + 128);
            return room;
        }

        // Where the third bit is missing, 4 are taken away.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Half(byte* at, Vector256<byte> thirds, byte* codes)
        {
            var (bytes, four) = (Vector256.Load(at), Vector256.Create((byte)4));
            ((BlockLoops.Bits(bytes, 0, 3) | thirds << 2 & four) - four).Store(codes);
            ((BlockLoops.Bits(bytes, 2, 3) | thirds << 1 & four) - four).Store(codes + 32);
            ((BlockLoops.Bits(bytes, 4, 3) | thirds & four) - four).Store(codes + 64);
            ((BlockLoops.Bits(bytes, 6, 3) | BlockLoops.Bits(thirds, 1, 4)) - four).Store(codes + 96);
        }
    }

    /// <summary>The block's scale and least value, 12 bytes of both for the groups, 128 of four bits each.</summary>
    public readonly struct Q4 : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 144;
        public static int Group => 32;
        public static bool Adds => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            Groups(block, bigEndian, room, factors, addends);
            var codes = (byte*)room;
            for (var part = block + 16; part < block + 144; part += 32, codes += 64)
            {
                var bytes = Vector256.Load(part);
                BlockLoops.Bits(bytes, 0, 15).Store(codes);
                BlockLoops.Bits(bytes, 4, 15).Store(codes + 32);
            }
            return room;
        }
    }

    /// <summary>As <see cref="Q4"/>, with 32 bytes of fifth bits before the others.</summary>
    public readonly struct Q5 : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 176;
        public static int Group => 32;
        public static bool Adds => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            Groups(block, bigEndian, room, factors, addends);
            var (codes, sixteen) = ((nint)room, Vector256.Create((byte)16));
            var fifths = Vector256.Load(block + 16);
            for (var part = block + 48; part < block + 176; part += 32, codes += 64)
            {
                var bytes = Vector256.Load(part);
                (BlockLoops.Bits(bytes, 0, 15) | fifths << 4 & sixteen).Store((byte*)codes);
                (BlockLoops.Bits(bytes, 4, 15) | fifths << 3 & sixteen).Store((byte*)codes + 32);
                fifths = BlockLoops.Bits(fifths, 2, 63);
            }
            return room;
        }
    }

    /// <summary>128 bytes of four bits each, 64 of the two above them, 16 scales, the block's scale.</summary>
    public readonly struct Q6 : IBlock
    {
        public static int Elements => 256;
        public static int Bytes => 210;
        public static int Group => 16;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            BlockLoops.Factors(BlockLoops.Half(block + 208, bigEndian), (sbyte*)block + 192, factors);
            Half(block, block + 128, (byte*)room);
            Half(block + 64, block + 160, (byte*)room + 128);
            return room;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Half(byte* four, byte* two, byte* codes)
        {
            var (first, second, high) = (Vector256.Load(four), Vector256.Load(four + 32), Vector256.Load(two));
            var (upper, middle) = (Vector256.Create((byte)0x30), Vector256.Create((byte)32));
            ((BlockLoops.Bits(first, 0, 15) | high << 4 & upper) - middle).Store(codes);
            ((BlockLoops.Bits(second, 0, 15) | high << 2 & upper) - middle).Store(codes + 32);
            ((BlockLoops.Bits(first, 4, 15) | high & upper) - middle).Store(codes + 64);
            ((BlockLoops.Bits(second, 4, 15) | BlockLoops.Bits(high, 2, 0x30)) - middle).Store(codes + 96);
        }
    }

    /// <summary>Scales and least values of eight groups, six bits each, in 12 bytes: those of the first four lie whole
    /// in the first eight bytes, the others in four bits of the last and two of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Groups(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
    {
        var (first, second, last) = (Read(block + 4), Read(block + 8), Read(block + 12));
        Unsafe.WriteUnaligned(room, first & 0x3f3f3f3f);
        Unsafe.WriteUnaligned(room + 4, last & 0x0f0f0f0f | (first >> 6 & 0x03030303) << 4);
        Unsafe.WriteUnaligned(room + 8, second & 0x3f3f3f3f);
        Unsafe.WriteUnaligned(room + 12, last >> 4 & 0x0f0f0f0f | (second >> 6 & 0x03030303) << 4);
        (BlockLoops.Half(block, bigEndian) * BlockLoops.Eight(room)).Store(factors);
        (-BlockLoops.Half(block + 2, bigEndian) * BlockLoops.Eight(room + 8)).Store(addends);
    }

    private static uint Read(byte* at) => Unsafe.ReadUnaligned<uint>(at);
}

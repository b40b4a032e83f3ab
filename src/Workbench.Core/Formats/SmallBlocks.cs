using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's first quantised types: 32 values with a scale, and with a least value in those of name Q…_1. The low
/// halves of a block's 16 bytes are its first values, the high ones the others.</summary>
internal static unsafe class SmallBlocks
{
    /// <summary>A scale and 16 bytes.</summary>
    public readonly struct Q4WithScale : IBlock
    {
        public static int Elements => 32;
        public static int Bytes => 18;
        public static int Group => 32;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block, bigEndian);
            (BlockLoops.Nibbles(block + 2) - Vector256.Create((byte)8)).Store((byte*)room);
            return room;
        }
    }

    /// <summary>A scale, the least value and 16 bytes.</summary>
    public readonly struct Q4WithLeast : IBlock
    {
        public static int Elements => 32;
        public static int Bytes => 20;
        public static int Group => 32;
        public static bool Adds => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block);
            addends[0] = BlockLoops.Half(block + 2);
            BlockLoops.Nibbles(block + 4).Store((byte*)room);
            return room;
        }
    }

    /// <summary>A scale, 32 fifth bits and 16 bytes.</summary>
    public readonly struct Q5WithScale : IBlock
    {
        public static int Elements => 32;
        public static int Bytes => 22;
        public static int Group => 32;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block);
            ((BlockLoops.Nibbles(block + 6) | Fifth(block + 2)) - Vector256.Create((byte)16)).Store((byte*)room);
            return room;
        }
    }

    /// <summary>A scale, the least value, 32 fifth bits and 16 bytes.</summary>
    public readonly struct Q5WithLeast : IBlock
    {
        public static int Elements => 32;
        public static int Bytes => 24;
        public static int Group => 32;
        public static bool Adds => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block);
            addends[0] = BlockLoops.Half(block + 2);
            (BlockLoops.Nibbles(block + 8) | Fifth(block + 4)).Store((byte*)room);
            return room;
        }
    }

    /// <summary>A scale and 32 signed bytes.</summary>
    public readonly struct Q8WithScale : IBlock
    {
        public static int Elements => 32;
        public static int Bytes => 34;
        public static int Group => 32;
        public static bool Adds => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends)
        {
            factors[0] = BlockLoops.Half(block, bigEndian);
            return (sbyte*)block + 2;
        }
    }

    /// <summary>16 where a bit of four bytes is set, and 0 elsewhere, the lowest bit first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Fifth(byte* bits)
    {
        var four = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(bits)).AsByte();
        var spread = Vector256.Create(
            Vector128.ShuffleNative(four, Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)),
            Vector128.ShuffleNative(four, Vector128.Create((byte)2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)));
        var each = Vector256.Create(0x8040201008040201).AsByte();
        return Vector256.Equals(spread & each, each) & Vector256.Create((byte)16);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's first quantised types: 32 values with a scale, and with a least value in those of name Q…_1. The low
/// halves of a block's 16 bytes are its first values, the high ones the others.</summary>
internal static unsafe class SmallBlocks
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4WithScale(byte* block, int count, bool bigEndian, float* values)
    {
        var eight = Vector128.Create((byte)8);
        for (; count > 0; count--, block += 18, values += 32)
        {
            var scale = QuantisedBlocks.Half(block, bigEndian);
            var bytes = Vector128.Load(block + 2);
            BlockVectors.Put(BlockVectors.Bits(bytes, 0, 15) - eight, scale, values);
            BlockVectors.Put(BlockVectors.Bits(bytes, 4, 15) - eight, scale, values + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4WithLeast(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 20, values += 32)
        {
            var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block + 2));
            var bytes = Vector128.Load(block + 4);
            BlockVectors.PutAbove(BlockVectors.Bits(bytes, 0, 15), scale, least, values);
            BlockVectors.PutAbove(BlockVectors.Bits(bytes, 4, 15), scale, least, values + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5WithScale(byte* block, int count, bool bigEndian, float* values)
    {
        var sixteen = Vector128.Create((byte)16);
        for (; count > 0; count--, block += 22, values += 32)
        {
            var scale = QuantisedBlocks.Half(block);
            var bytes = Vector128.Load(block + 6);
            BlockVectors.Put((BlockVectors.Bits(bytes, 0, 15) | Fifth(block + 2)) - sixteen, scale, values);
            BlockVectors.Put((BlockVectors.Bits(bytes, 4, 15) | Fifth(block + 4)) - sixteen, scale, values + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5WithLeast(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 24, values += 32)
        {
            var (scale, least) = (QuantisedBlocks.Half(block), QuantisedBlocks.Half(block + 2));
            var bytes = Vector128.Load(block + 8);
            BlockVectors.PutAbove(BlockVectors.Bits(bytes, 0, 15) | Fifth(block + 4), scale, least, values);
            BlockVectors.PutAbove(BlockVectors.Bits(bytes, 4, 15) | Fifth(block + 6), scale, least, values + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8WithScale(byte* block, int count, bool bigEndian, float* values)
    {
        for (; count > 0; count--, block += 34, values += 32)
        {
            var scale = QuantisedBlocks.Half(block, bigEndian);
            BlockVectors.Put(Vector128.Load(block + 2), scale, values);
            BlockVectors.Put(Vector128.Load(block + 18), scale, values + 16);
        }
    }

    /// <summary>16 where a bit of two bytes is set, and 0 elsewhere, the lowest bit first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Fifth(byte* bits)
    {
        var each = Vector128.Create(0x8040201008040201).AsByte();
        var spread = Vector128.Create(Vector64.Create(bits[0]), Vector64.Create(bits[1]));
        return Vector128.Equals(spread & each, each) & Vector128.Create((byte)16);
    }
}

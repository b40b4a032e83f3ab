using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Formats;

/// <summary>GGUF's first quantised types: 32 values with a scale, and with a least value in those of name Q…_1. The low
/// halves of a block's 16 bytes are its first values, the high ones the others.</summary>
/// <remarks>Codes become floats in registers: by way of memory a product with Q4_0 took 1.4 times as long.</remarks>
internal static unsafe class SmallBlocks
{
    /// <summary>A scale and 16 bytes.</summary>
    public readonly struct Q4WithScale : ISmallBlock
    {
        public static int Bytes => 18;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            Nibbles(block + 2, out var p, out var q, out var r, out var s);
            var (scale, middle) = (BlockLoops.Scale(block, bigEndian, halves), Vector256.Create(8));
            a = Vector256.ConvertToSingle(p - middle) * scale;
            b = Vector256.ConvertToSingle(q - middle) * scale;
            c = Vector256.ConvertToSingle(r - middle) * scale;
            d = Vector256.ConvertToSingle(s - middle) * scale;
        }
    }

    /// <summary>A scale, the least value and 16 bytes.</summary>
    public readonly struct Q4WithLeast : ISmallBlock
    {
        public static int Bytes => 20;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            Nibbles(block + 4, out var p, out var q, out var r, out var s);
            var scale = BlockLoops.Scale(block, bigEndian, halves);
            var least = BlockLoops.Scale(block + 2, bigEndian, halves);
            a = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(p), scale, least);
            b = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(q), scale, least);
            c = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(r), scale, least);
            d = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(s), scale, least);
        }
    }

    /// <summary>A scale, 32 fifth bits and 16 bytes.</summary>
    public readonly struct Q5WithScale : ISmallBlock
    {
        public static int Bytes => 22;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            Nibbles(block + 6, out var p, out var q, out var r, out var s);
            Fifth(block + 2, ref p, ref q, ref r, ref s);
            var (scale, middle) = (BlockLoops.Scale(block, bigEndian, halves), Vector256.Create(16));
            a = Vector256.ConvertToSingle(p - middle) * scale;
            b = Vector256.ConvertToSingle(q - middle) * scale;
            c = Vector256.ConvertToSingle(r - middle) * scale;
            d = Vector256.ConvertToSingle(s - middle) * scale;
        }
    }

    /// <summary>A scale, the least value, 32 fifth bits and 16 bytes.</summary>
    public readonly struct Q5WithLeast : ISmallBlock
    {
        public static int Bytes => 24;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            Nibbles(block + 8, out var p, out var q, out var r, out var s);
            Fifth(block + 4, ref p, ref q, ref r, ref s);
            var scale = BlockLoops.Scale(block, bigEndian, halves);
            var least = BlockLoops.Scale(block + 2, bigEndian, halves);
            a = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(p), scale, least);
            b = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(q), scale, least);
            c = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(r), scale, least);
            d = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(s), scale, least);
        }
    }

    /// <summary>A scale and 32 signed bytes.</summary>
    public readonly struct Q8WithScale : ISmallBlock
    {
        public static int Bytes => 34;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Read(
            byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
            out Vector256<float> c, out Vector256<float> d)
        {
            var (scale, codes) = (BlockLoops.Scale(block, bigEndian, halves), (nint)block + 2);
            a = BlockLoops.Eight((sbyte*)codes) * scale;
            b = BlockLoops.Eight((sbyte*)codes + 8) * scale;
            c = BlockLoops.Eight((sbyte*)codes + 16) * scale;
            d = BlockLoops.Eight((sbyte*)codes + 24) * scale;
        }
    }

    /// <summary>The low halves of sixteen bytes, and then the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Nibbles(
        byte* at, out Vector256<int> a, out Vector256<int> b, out Vector256<int> c, out Vector256<int> d)
    {
        var (first, second) = (BlockLoops.EightWhole(at), BlockLoops.EightWhole(at + 8));
        var low = Vector256.Create(15);
        (a, b, c, d) = (first & low, second & low, first >>> 4, second >>> 4);
    }

    /// <summary>Adds 16 where a bit of four bytes is set, the lowest bit first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fifth(
        byte* bits, ref Vector256<int> a, ref Vector256<int> b, ref Vector256<int> c, ref Vector256<int> d)
    {
        var all = Vector256.Create(Unsafe.ReadUnaligned<int>(bits));
        var each = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        a |= Sixteen(all, each);
        b |= Sixteen(all, each << 8);
        c |= Sixteen(all, each << 16);
        d |= Sixteen(all, each << 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Sixteen(Vector256<int> bits, Vector256<int> each) =>
        Vector256.Equals(bits & each, each) & Vector256.Create(16);
}

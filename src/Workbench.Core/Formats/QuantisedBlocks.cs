using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Blocks of GGUF's quantised types as float32, bit for bit as gguf-py's dequantisation gives them.</summary>
/// <remarks>Each product is exact in float32: a half has 11 significant bits, and the whole numbers beside it few
/// enough. Only the one addition of types with a least value rounds, so that neither the order of the factors nor a
/// fused multiply-add changes a bit.</remarks>
internal static unsafe class QuantisedBlocks
{
    private const int LargestBlock = 256;
    private const int MostAtOnce = 1 << 20; // so that counts of bytes stay small numbers
    private const float TwoTo112 = 5.192296858534828e33f;

    /// <summary>How many values a block has, and how many bytes.</summary>
    public static (int Elements, int Bytes) Size(DType dtype) => dtype switch
    {
        DType.Q4_0 or DType.IQ4_NL => (32, 18),
        DType.Q4_1 => (32, 20),
        DType.Q5_0 => (32, 22),
        DType.Q5_1 => (32, 24),
        DType.Q8_0 => (32, 34),
        DType.Q8_1 => (32, 40),
        DType.MXFP4 => (32, 17),
        DType.NVFP4 => (64, 36),
        DType.Q1_0 => (128, 18),
        DType.Q2_K => (256, 84),
        DType.Q3_K or DType.IQ3_S => (256, 110),
        DType.Q4_K => (256, 144),
        DType.Q5_K => (256, 176),
        DType.Q6_K => (256, 210),
        DType.Q8_K => (256, 292),
        DType.IQ1_S => (256, 50),
        DType.IQ1_M => (256, 56),
        DType.IQ2_XXS => (256, 66),
        DType.IQ2_XS => (256, 74),
        DType.IQ2_S => (256, 82),
        DType.IQ3_XXS => (256, 98),
        DType.IQ4_XS => (256, 136),
        DType.TQ1_0 => (256, 54),
        DType.TQ2_0 => (256, 66),
        _ => (1, dtype.SizeInBytes()),
    };

    /// <summary>Whether files in big-endian order hold blocks of a type; gguf's own converter knows these.</summary>
    public static bool HaveBigEndianForm(DType dtype) =>
        dtype is DType.Q4_0 or DType.Q8_0 or DType.Q4_K or DType.Q6_K or DType.MXFP4;

    /// <summary>Some values of a tensor, as many as there is room for.</summary>
    /// <param name="file">Holds the blocks.</param>
    /// <param name="offset">The first block's first byte.</param>
    /// <param name="dtype">A type that is read.</param>
    /// <param name="bigEndian">The order of the bytes of scales.</param>
    /// <param name="first">The first value, which may lie inside a block.</param>
    /// <param name="destination">Filled; its end may lie inside a block.</param>
    [SkipLocalsInit]
    public static void Read(
        MappedFile file, long offset, DType dtype, bool bigEndian, long first, Span<float> destination)
    {
        var (elements, bytes) = Size(dtype);
        var decode = DecoderOf(dtype);
        var block = first / elements;
        var one = stackalloc float[LargestBlock]; // of which only a part is wanted
        while (destination.Length > 0)
        {
            var skipped = (int)(first - block * elements);
            var whole = skipped == 0 ? Math.Min(destination.Length / elements, MostAtOnce) : 0;
            var start = file.DangerousPointer(offset + block * bytes, (long)Math.Max(1, whole) * bytes);
            int done;
            if (whole > 0)
            {
                fixed (float* values = destination) decode(start, whole, bigEndian, values);
                (done, block) = (whole * elements, block + whole);
            }
            else
            {
                decode(start, 1, bigEndian, one);
                done = Math.Min(elements - skipped, destination.Length);
                new ReadOnlySpan<float>(one + skipped, done).CopyTo(destination);
                block++;
            }
            first += done;
            destination = destination[done..];
        }
        GC.KeepAlive(file);
    }

    /// <summary>A scale in half precision.</summary>
    /// <remarks>The runtime's own conversion takes as long as a third of a block.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* bytes, bool bigEndian = false)
    {
        var half = Unsafe.ReadUnaligned<ushort>(bytes);
        if (bigEndian == BitConverter.IsLittleEndian) half = BinaryPrimitives.ReverseEndianness(half);
        if ((half & 0x7c00) == 0x7c00) return (float)BitConverter.UInt16BitsToHalf(half); // infinite or no number
        // Exponent and mantissa moved into place are the number times 2^(15 − 127), subnormal ones too.
        return BitConverter.Int32BitsToSingle((short)half << 13 & unchecked((int)0x8fffe000)) * TwoTo112;
    }

    private static delegate*<byte*, int, bool, float*, void> DecoderOf(DType dtype) => dtype switch
    {
        DType.Q4_0 => &SmallBlocks.Q4WithScale,
        DType.Q4_1 => &SmallBlocks.Q4WithLeast,
        DType.Q5_0 => &SmallBlocks.Q5WithScale,
        DType.Q5_1 => &SmallBlocks.Q5WithLeast,
        DType.Q8_0 => &SmallBlocks.Q8WithScale,
        DType.Q2_K => &SuperBlocks.Q2,
        DType.Q3_K => &SuperBlocks.Q3,
        DType.Q4_K => &SuperBlocks.Q4,
        DType.Q5_K => &SuperBlocks.Q5,
        DType.Q6_K => &SuperBlocks.Q6,
        DType.IQ4_NL => &TableBlocks.Plain,
        DType.IQ4_XS => &TableBlocks.Scaled,
        DType.MXFP4 => &TableBlocks.PowerScaled,
        DType.NVFP4 => &TableBlocks.ByteScaled,
        DType.TQ1_0 => &TernaryBlocks.FiveToAByte,
        DType.TQ2_0 => &TernaryBlocks.FourToAByte,
        _ => throw Argument.OutOfRange(nameof(dtype), dtype, "Blocks of this type are not read."),
    };
}

using System;
using System.Buffers.Binary;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Blocks of GGUF's quantised types as float32, bit for bit as gguf-py's dequantisation gives them.</summary>
/// <remarks>Each product is exact in float32: a half has 11 significant bits, and the whole numbers beside it few
/// enough. Only the one addition of types with a least value rounds, so that neither the order of the factors nor a
/// fused multiply-add changes a bit.</remarks>
internal static class QuantisedBlocks
{
    private delegate void Decoder(ReadOnlySpan<byte> block, Span<float> values, bool bigEndian);

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

    /// <summary>All blocks of a tensor.</summary>
    /// <param name="file">Holds them.</param>
    /// <param name="offset">The first block's first byte.</param>
    /// <param name="dtype">A type that is read.</param>
    /// <param name="bigEndian">The order of the bytes of scales.</param>
    /// <param name="destination">A whole number of blocks.</param>
    public static void Read(MappedFile file, long offset, DType dtype, bool bigEndian, Span<float> destination)
    {
        var (elements, bytes) = Size(dtype);
        var decode = DecoderOf(dtype);
        for (var done = 0; done < destination.Length; done += elements, offset += bytes)
            decode(file.Bytes(offset, bytes), destination.Slice(done, elements), bigEndian);
    }

    /// <summary>A scale in half precision.</summary>
    public static float Half(ReadOnlySpan<byte> bytes, bool bigEndian = false) =>
        (float)(bigEndian ? BinaryPrimitives.ReadHalfBigEndian(bytes) : BinaryPrimitives.ReadHalfLittleEndian(bytes));

    private static Decoder DecoderOf(DType dtype) => dtype switch
    {
        DType.Q4_0 => SmallBlocks.Q4WithScale,
        DType.Q4_1 => SmallBlocks.Q4WithLeast,
        DType.Q5_0 => SmallBlocks.Q5WithScale,
        DType.Q5_1 => SmallBlocks.Q5WithLeast,
        DType.Q8_0 => SmallBlocks.Q8WithScale,
        DType.Q2_K => SuperBlocks.Q2,
        DType.Q3_K => SuperBlocks.Q3,
        DType.Q4_K => SuperBlocks.Q4,
        DType.Q5_K => SuperBlocks.Q5,
        DType.Q6_K => SuperBlocks.Q6,
        DType.IQ4_NL => TableBlocks.Plain,
        DType.IQ4_XS => TableBlocks.Scaled,
        DType.MXFP4 => TableBlocks.PowerScaled,
        DType.NVFP4 => TableBlocks.ByteScaled,
        DType.TQ1_0 => TernaryBlocks.FiveToAByte,
        DType.TQ2_0 => TernaryBlocks.FourToAByte,
        _ => throw Argument.OutOfRange(nameof(dtype), dtype, "Blocks of this type are not read."),
    };
}

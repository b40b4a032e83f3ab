using System;
using System.Runtime.CompilerServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Blocks of GGUF's quantised types as float32, bit for bit as gguf-py's dequantisation gives them.</summary>
/// <remarks>Each product is exact in float32: a half has 11 significant bits, and the whole numbers beside it few
/// enough. Only the one addition of types with a least value rounds, so that neither the order of the factors nor a
/// fused multiply-add changes a bit. <see cref="BlockLoops"/> has the loops, each <see cref="IBlock"/> its own
/// layout.</remarks>
internal static unsafe class QuantisedBlocks
{
    private const int LargestBlock = 256;
    private const int MostAtOnce = 1 << 20; // so that counts of bytes stay small numbers

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
        var decode = LoopsOf(dtype).Widen;
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

    /// <summary>Goes on with the sixteen chains of fused multiply-adds of a dot product: value i of some whole blocks,
    /// times x[i], goes to chain i % 16.</summary>
    /// <param name="file">Holds the blocks.</param>
    /// <param name="offset">The tensor's first byte.</param>
    /// <param name="dtype">A type that is read.</param>
    /// <param name="bigEndian">The order of the bytes of scales.</param>
    /// <param name="first">The first value, at the beginning of a block.</param>
    /// <param name="count">How many values, a whole number of blocks.</param>
    /// <param name="x">As many numbers.</param>
    /// <param name="chains">Sixteen.</param>
    public static void Multiply(
        MappedFile file, long offset, DType dtype, bool bigEndian, long first, int count, float* x, float* chains)
    {
        var (elements, bytes) = Size(dtype);
        var start = file.DangerousPointer(offset + first / elements * bytes, (long)count / elements * bytes);
        LoopsOf(dtype).Multiply(start, count / elements, bigEndian, x, chains);
    }

    private static Loops LoopsOf(DType dtype) => dtype switch
    {
        DType.Q4_0 => Loops.OfSmall<SmallBlocks.Q4WithScale>(),
        DType.Q4_1 => Loops.OfSmall<SmallBlocks.Q4WithLeast>(),
        DType.Q5_0 => Loops.OfSmall<SmallBlocks.Q5WithScale>(),
        DType.Q5_1 => Loops.OfSmall<SmallBlocks.Q5WithLeast>(),
        DType.Q8_0 => Loops.OfSmall<SmallBlocks.Q8WithScale>(),
        DType.Q2_K => Loops.Of<SuperBlocks.Q2>(),
        DType.Q3_K => Loops.Of<SuperBlocks.Q3>(),
        DType.Q4_K => Loops.Of<SuperBlocks.Q4>(),
        DType.Q5_K => Loops.Of<SuperBlocks.Q5>(),
        DType.Q6_K => Loops.Of<SuperBlocks.Q6>(),
        DType.IQ4_NL => Loops.OfSmall<TableBlocks.Plain>(),
        DType.IQ4_XS => Loops.Of<TableBlocks.Scaled>(),
        DType.MXFP4 => Loops.OfSmall<TableBlocks.PowerScaled>(),
        DType.NVFP4 => Loops.Of<TableBlocks.ByteScaled>(),
        DType.TQ1_0 => Loops.Of<TernaryBlocks.FiveToAByte>(),
        DType.TQ2_0 => Loops.Of<TernaryBlocks.FourToAByte>(),
        _ => throw Argument.OutOfRange(nameof(dtype), dtype, "Blocks of this type are not read."),
    };

    private readonly struct Loops(
        delegate*<byte*, int, bool, float*, void> widen, delegate*<byte*, int, bool, float*, float*, void> multiply)
    {
        public readonly delegate*<byte*, int, bool, float*, void> Widen = widen;
        public readonly delegate*<byte*, int, bool, float*, float*, void> Multiply = multiply;

        public static Loops Of<T>() where T : struct, IBlock => new(&BlockLoops.Widen<T>, &BlockLoops.Multiply<T>);

        public static Loops OfSmall<T>() where T : struct, ISmallBlock =>
            new(&BlockLoops.WidenSmall<T>, &BlockLoops.MultiplySmall<T>);
    }
}

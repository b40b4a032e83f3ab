using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Formats;

/// <summary>A quantised type: its block as small whole numbers, and what makes floats of them.</summary>
internal unsafe interface IBlock
{
    /// <summary>Values of a block: 32, 64 or 256.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Values that share a factor and an addend: 16 or a multiple.</summary>
    static abstract int Group { get; }

    /// <summary>Whether there are addends.</summary>
    static abstract bool Adds { get; }

    /// <summary>A block's whole numbers: value i is factors[i / Group] · codes[i] + addends[i / Group], the product
    /// exact in float32.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="bigEndian">The order of the bytes of scales.</param>
    /// <param name="room">Room for the codes.</param>
    /// <param name="factors">Filled.</param>
    /// <param name="addends">Filled where <see cref="Adds"/>.</param>
    /// <returns>Where the codes are: in the room, or in the block.</returns>
    static abstract sbyte* Unpack(byte* block, bool bigEndian, sbyte* room, float* factors, float* addends);
}

/// <summary>A quantised type of blocks of 32 values, few enough to stay in registers.</summary>
internal unsafe interface ISmallBlock
{
    /// <summary>Values of a block of any such type.</summary>
    const int Elements = 32;

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>A block's values, eight and eight.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="bigEndian">The order of the bytes of scales.</param>
    /// <param name="halves">What the halves are, by their bits.</param>
    /// <param name="a">The first eight.</param>
    /// <param name="b">The next.</param>
    /// <param name="c">The next.</param>
    /// <param name="d">The last.</param>
    static abstract void Read(
        byte* block, bool bigEndian, float* halves, out Vector256<float> a, out Vector256<float> b,
        out Vector256<float> c, out Vector256<float> d);
}

/// <summary>What is done with the blocks of every type.</summary>
internal static unsafe class BlockLoops
{
    private const int MostElements = 256, MostGroups = 16, Lanes = 16;
    private const float TwoTo112 = 5.192296858534828e33f;

    /// <summary>Some blocks as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Widen<T>(byte* block, int count, bool bigEndian, float* values) where T : struct, IBlock
    {
        var room = stackalloc sbyte[MostElements];
        var factors = stackalloc float[MostGroups];
        var addends = stackalloc float[MostGroups];
        for (; count > 0; count--, block += T.Bytes)
        {
            var codes = T.Unpack(block, bigEndian, room, factors, addends);
            for (nint group = 0; group < T.Elements / T.Group; group++)
            {
                var factor = Vector256.Create(factors[group]);
                var addend = T.Adds ? Vector256.Create(addends[group]) : default;
                for (var end = codes + T.Group; codes < end; codes += Lanes, values += Lanes)
                {
                    Value<T>(codes, factor, addend).Store(values);
                    Value<T>(codes + Lanes / 2, factor, addend).Store(values + Lanes / 2);
                }
            }
        }
    }

    /// <summary>Goes on with the sixteen chains of fused multiply-adds of a product of these blocks with x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Multiply<T>(byte* block, int count, bool bigEndian, float* x, float* chains)
        where T : struct, IBlock
    {
        var room = stackalloc sbyte[MostElements];
        var factors = stackalloc float[MostGroups];
        var addends = stackalloc float[MostGroups];
        var (a, b) = (Vector256.Load(chains), Vector256.Load(chains + Lanes / 2));
        for (; count > 0; count--, block += T.Bytes)
        {
            var codes = T.Unpack(block, bigEndian, room, factors, addends);
            for (nint group = 0; group < T.Elements / T.Group; group++)
            {
                var factor = Vector256.Create(factors[group]);
                var addend = T.Adds ? Vector256.Create(addends[group]) : default;
                // Groups of 16, or of a multiple of 32.
                for (var end = codes + T.Group; codes < end; codes += Lanes, x += Lanes)
                {
                    var (low, high) = (Value<T>(codes, factor, addend), Value<T>(codes + Lanes / 2, factor, addend));
                    a = Vector256.MultiplyAddEstimate(Vector256.Load(x), low, a);
                    b = Vector256.MultiplyAddEstimate(Vector256.Load(x + Lanes / 2), high, b);
                    if (T.Group == Lanes) continue;
                    codes += Lanes;
                    x += Lanes;
                    (low, high) = (Value<T>(codes, factor, addend), Value<T>(codes + Lanes / 2, factor, addend));
                    a = Vector256.MultiplyAddEstimate(Vector256.Load(x), low, a);
                    b = Vector256.MultiplyAddEstimate(Vector256.Load(x + Lanes / 2), high, b);
                }
            }
        }
        a.Store(chains);
        b.Store(chains + Lanes / 2);
    }

    /// <summary><see cref="Widen"/> for small blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WidenSmall<T>(byte* block, int count, bool bigEndian, float* values)
        where T : struct, ISmallBlock
    {
        var halves = HalfTable.Values;
        for (; count > 0; count--, block += T.Bytes, values += ISmallBlock.Elements)
        {
            T.Read(block, bigEndian, halves, out var p, out var q, out var r, out var s);
            p.Store(values);
            q.Store(values + 8);
            r.Store(values + 16);
            s.Store(values + 24);
        }
    }

    /// <summary><see cref="Multiply"/> for small blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplySmall<T>(byte* block, int count, bool bigEndian, float* x, float* chains)
        where T : struct, ISmallBlock
    {
        var halves = HalfTable.Values;
        var (a, b) = (Vector256.Load(chains), Vector256.Load(chains + Lanes / 2));
        for (; count > 0; count--, block += T.Bytes, x += ISmallBlock.Elements)
        {
            T.Read(block, bigEndian, halves, out var p, out var q, out var r, out var s);
            a = Vector256.MultiplyAddEstimate(Vector256.Load(x), p, a);
            b = Vector256.MultiplyAddEstimate(Vector256.Load(x + 8), q, b);
            a = Vector256.MultiplyAddEstimate(Vector256.Load(x + 16), r, a);
            b = Vector256.MultiplyAddEstimate(Vector256.Load(x + 24), s, b);
        }
        a.Store(chains);
        b.Store(chains + Lanes / 2);
    }

    /// <summary>Some low bits of each byte after a shift to the right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bits(Vector256<byte> bytes, [ConstantExpected] int shift, byte mask) =>
        (bytes.AsUInt16() >>> shift).AsByte() & Vector256.Create(mask);

    /// <summary>The same of sixteen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Bits(Vector128<byte> bytes, [ConstantExpected] int shift, byte mask) =>
        (bytes.AsUInt16() >>> shift).AsByte() & Vector128.Create(mask);

    /// <summary>Eight bytes in lanes of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> EightWhole(byte* bytes)
    {
        if (Avx2.IsSupported) return Avx2.ConvertToVector256Int32(bytes);
        var wide = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(bytes)).AsByte());
        return Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)).AsInt32();
    }

    /// <summary>Eight signed bytes as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Eight(sbyte* codes)
    {
        if (Avx2.IsSupported) return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(codes));
        var wide = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(codes)).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)));
    }

    /// <summary>The first eight of sixteen signed bytes as float32, and the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> First, Vector256<float> Last) Sixteen(Vector128<sbyte> codes)
    {
        var (first, last) = (Vector128.WidenLower(codes), Vector128.WidenUpper(codes));
        return (Wide(first), Wide(last));

        static Vector256<float> Wide(Vector128<short> eight) => Vector256.ConvertToSingle(
            Avx2.IsSupported
                ? Avx2.ConvertToVector256Int32(eight)
                : Vector256.Create(Vector128.WidenLower(eight), Vector128.WidenUpper(eight)));
    }

    /// <summary>Sixteen factors from as many signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Factors(float scale, sbyte* bytes, float* factors)
    {
        (scale * Eight(bytes)).Store(factors);
        (scale * Eight(bytes + 8)).Store(factors + 8);
    }

    /// <summary>A scale in half precision.</summary>
    /// <remarks>The runtime's own conversion is a call, across which a loop's sums would leave their registers: that
    /// took two thirds of a product's time.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* bytes, bool bigEndian = false)
    {
        var half = Unsafe.ReadUnaligned<ushort>(bytes);
        if (bigEndian == BitConverter.IsLittleEndian) half = BinaryPrimitives.ReverseEndianness(half);
        // Exponent and mantissa moved into place are the number times 2^(15 − 127), subnormal ones too.
        var value = BitConverter.Int32BitsToSingle((short)half << 13 & unchecked((int)0x8fffe000)) * TwoTo112;
        var special = (half & 0x7c00) == 0x7c00 ? 0x7f800000 : 0; // infinite, or no number
        return BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) | special);
    }

    /// <summary>A scale in half precision, eight times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* bytes, bool bigEndian, float* halves)
    {
        var half = Unsafe.ReadUnaligned<ushort>(bytes);
        if (bigEndian == BitConverter.IsLittleEndian) half = BinaryPrimitives.ReverseEndianness(half);
        return Vector256.Create(halves[half]);
    }

    // The product is exact, so that fused or not the sum is rounded once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Value<T>(sbyte* codes, Vector256<float> factor, Vector256<float> addend)
        where T : struct, IBlock =>
        T.Adds ? Vector256.MultiplyAddEstimate(Eight(codes), factor, addend) : Eight(codes) * factor;
}

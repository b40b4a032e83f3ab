using System;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// Little-endian elements of any storage type as float32, float64 or int64.
/// Spans may start at any address: every load below is one that the processors .NET runs on do unaligned.
/// </summary>
internal static class Widening
{
    private static readonly float[] E4M3 = DecodeE4M3();

    /// <summary>Exact for types that float32 holds; F64 and wide integers round to nearest even.</summary>
    public static void ToSingle(DType dtype, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (dtype)
        {
            case DType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case DType.F16:
                HalfToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DType.BF16:
                BFloat16ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DType.F8E4M3:
                for (var i = 0; i < source.Length; i++)
                    destination[i] = E4M3[source[i]];
                break;
            case DType.F8E5M2:
                for (var i = 0; i < source.Length; i++)
                    destination[i] = E5M2(source[i]);
                break;
            case DType.F64:
                Convert<double, float>(source, destination);
                break;
            default:
                Integers(dtype, source, destination);
                break;
        }
    }

    /// <summary>Exact, except that integers beyond 2^53 round to nearest even.</summary>
    public static void ToDouble(DType dtype, ReadOnlySpan<byte> source, Span<double> destination)
    {
        switch (dtype)
        {
            case DType.F64:
                MemoryMarshal.Cast<byte, double>(source).CopyTo(destination);
                break;
            case DType.F32:
                Convert<float, double>(source, destination);
                break;
            case DType.F16:
                Convert<Half, double>(source, destination);
                break;
            case DType.BF16:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle(
                        (uint)(source[2 * i] << 16 | source[2 * i + 1] << 24));
                break;
            case DType.F8E4M3:
                for (var i = 0; i < source.Length; i++)
                    destination[i] = E4M3[source[i]];
                break;
            case DType.F8E5M2:
                for (var i = 0; i < source.Length; i++)
                    destination[i] = E5M2(source[i]);
                break;
            default:
                Integers(dtype, source, destination);
                break;
        }
    }

    /// <summary>Integers and truth values; U64 keeps its bits.</summary>
    public static void ToInt64(DType dtype, ReadOnlySpan<byte> source, Span<long> destination) =>
        Integers(dtype, source, destination);

    private static void Integers<T>(DType dtype, ReadOnlySpan<byte> source, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        switch (dtype)
        {
            case DType.Bool or DType.U8:
                Convert<byte, T>(source, destination);
                break;
            case DType.I8:
                Convert<sbyte, T>(source, destination);
                break;
            case DType.U16:
                Convert<ushort, T>(source, destination);
                break;
            case DType.I16:
                Convert<short, T>(source, destination);
                break;
            case DType.U32:
                Convert<uint, T>(source, destination);
                break;
            case DType.I32:
                Convert<int, T>(source, destination);
                break;
            case DType.U64:
                Convert<ulong, T>(source, destination);
                break;
            case DType.I64:
                Convert<long, T>(source, destination);
                break;
            default:
                throw Argument.OutOfRange(nameof(dtype), dtype, "Values of this type are not read.");
        }
    }

    private static void Convert<TFrom, TTo>(ReadOnlySpan<byte> source, Span<TTo> destination)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo> =>
        TensorPrimitives.ConvertTruncating<TFrom, TTo>(MemoryMarshal.Cast<byte, TFrom>(source), destination);

    // TensorPrimitives.ConvertToSingle is as fast once it is compiled for good, but takes 29 instead of 0.2 ns an
    // element until then, which is as long as most programs read weights. Hence these two, compiled for good at their
    // first call.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void HalfToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            HalfToSingle(low).CopyTo(bits[i..]);
            HalfToSingle(high).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
    }

    /// <summary>One half in each 32-bit lane: 1 sign, 5 exponent (bias 15) and 10 mantissa bits become 1, 8 (bias 127)
    /// and 23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> HalfToSingle(Vector<uint> half)
    {
        var sign = (half & new Vector<uint>(0x8000)) << 16;
        var magnitude = half & new Vector<uint>(0x7fff);
        // Moved up by 13 bits the mantissa is in place, and the exponent lacks 127 - 15 = 112; infinity and NaN (31)
        // lack as much again (255).
        var rebias = new Vector<uint>(112u << 23);
        var normal =
            (magnitude << 13) + rebias + (rebias & Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7c00)));
        // A subnormal is mantissa * 2^-24: put behind the leading bit of 2^-14, which is then subtracted, exactly.
        var lead = new Vector<uint>(113u << 23);
        var subnormal = Vector.AsVectorUInt32(
            Vector.AsVectorSingle((magnitude << 13) + lead) - Vector.AsVectorSingle(lead));
        return sign | Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(0x400)), subnormal, normal);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        // A bfloat16 is the upper half of a float32: widen eight or more lanes at a time and move them up by 16 bits.
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }

    /// <summary>E5M2 is the upper byte of a half.</summary>
    private static float E5M2(byte bits) => (float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8));

    /// <summary>1 sign, 4 exponent (bias 7), 3 mantissa bits; no infinities, all ones is NaN (Micikevicius et al. 2022,
    /// FP8 Formats for Deep Learning).</summary>
    private static float[] DecodeE4M3()
    {
        var values = new float[256];
        for (var code = 0; code < 256; code++)
        {
            var (exponent, mantissa) = (code >> 3 & 15, code & 7);
            var magnitude = (exponent, mantissa) switch
            {
                (15, 7) => float.NaN,
                (0, _) => MathF.ScaleB(mantissa, -9),
                _ => MathF.ScaleB(8 + mantissa, exponent - 10),
            };
            values[code] = code < 128 ? magnitude : -magnitude;
        }
        return values;
    }
}

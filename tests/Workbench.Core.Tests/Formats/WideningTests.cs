using System;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Every stored type against its plain definition, at lengths around every vector width and at odd
/// addresses.</summary>
public sealed class WideningTests
{
    public static TheoryData<int> Lengths =>
        new() { 0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 1000 };

    private static float[] Singles(DType dtype, ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / dtype.SizeInBytes()];
        Widening.ToSingle(dtype, bytes, values);
        return values;
    }

    private static double[] Doubles(DType dtype, ReadOnlySpan<byte> bytes)
    {
        var values = new double[bytes.Length / dtype.SizeInBytes()];
        Widening.ToDouble(dtype, bytes, values);
        return values;
    }

    [Fact]
    public void Every_half_becomes_the_same_float_and_double()
    {
        var codes = Enumerable.Range(0, 65_536).Select(code => (ushort)code).ToArray();
        var bytes = MemoryMarshal.AsBytes(codes.AsSpan());
        Assert.Equal(codes.Select(code => (float)BitConverter.UInt16BitsToHalf(code)), Singles(DType.F16, bytes));
        Assert.Equal(codes.Select(code => (double)BitConverter.UInt16BitsToHalf(code)), Doubles(DType.F16, bytes));
    }

    [Fact]
    public void Every_bfloat16_is_the_upper_half_of_a_float()
    {
        var codes = Enumerable.Range(0, 65_536).Select(code => (ushort)code).ToArray();
        var bytes = MemoryMarshal.AsBytes(codes.AsSpan());
        Assert.Equal(
            codes.Select(code => (uint)code << 16), Singles(DType.BF16, bytes).Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(
            codes.Select(code => (double)BitConverter.UInt32BitsToSingle((uint)code << 16)),
            Doubles(DType.BF16, bytes));
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Sixteen_bit_floats_are_right_at_every_length_and_address(int length)
    {
        var bytes = Enumerable.Range(0, 2 * length + 1).Select(i => (byte)(i * 37)).ToArray();
        for (var start = 0; start < 2; start++)
        {
            var slice = bytes.AsSpan(start, 2 * length).ToArray();
            var codes = Enumerable
                .Range(0, length)
                .Select(i => (ushort)(slice[2 * i] | slice[2 * i + 1] << 8))
                .ToArray();
            Assert.Equal(
                codes.Select(code => (uint)code << 16),
                Singles(DType.BF16, bytes.AsSpan(start, 2 * length)).Select(BitConverter.SingleToUInt32Bits));
            Assert.Equal(
                codes.Select(code => (float)BitConverter.UInt16BitsToHalf(code)),
                Singles(DType.F16, bytes.AsSpan(start, 2 * length)));
        }
    }

    [Theory]
    [InlineData(0x00, 0.0)]
    [InlineData(0x01, 0.001953125)] // 2^-9, the smallest
    [InlineData(0x07, 0.013671875)] // the largest subnormal, 7/8 * 2^-6
    [InlineData(0x08, 0.015625)] // 2^-6, the smallest normal
    [InlineData(0x38, 1.0)]
    [InlineData(0x7e, 448.0)] // the largest
    [InlineData(0x7f, double.NaN)]
    [InlineData(0xff, double.NaN)]
    [InlineData(0xb8, -1.0)]
    public void E4M3_codes_are_those_of_the_paper(byte code, double value)
    {
        Assert.Equal(value, Doubles(DType.F8E4M3, [code]).Single());
        Assert.Equal((float)value, Singles(DType.F8E4M3, [code]).Single());
    }

    [Theory]
    [InlineData(0x01, 1.52587890625e-05)] // 2^-16
    [InlineData(0x3c, 1.0)]
    [InlineData(0x7b, 57344.0)]
    [InlineData(0x7c, double.PositiveInfinity)]
    [InlineData(0xfc, double.NegativeInfinity)]
    [InlineData(0x7d, double.NaN)]
    public void E5M2_codes_are_those_of_the_paper(byte code, double value)
    {
        Assert.Equal(value, Doubles(DType.F8E5M2, [code]).Single());
        Assert.Equal((float)value, Singles(DType.F8E5M2, [code]).Single());
    }

    [Fact]
    public void Doubles_round_to_the_nearest_float_and_ties_to_even()
    {
        double[] values = [1 + Math.Pow(2, -24), 1 + 3 * Math.Pow(2, -24), 1e300, -1e300, 1e-46, double.NaN, 0.1, -0.0];
        Assert.Equal(
            [1f, 1 + MathF.Pow(2, -22), float.PositiveInfinity, float.NegativeInfinity, 0f, float.NaN, 0.1f, -0f],
            Singles(DType.F64, MemoryMarshal.AsBytes(values.AsSpan()))
        );
    }

    [Theory]
    [
        InlineData(DType.U8),
        InlineData(DType.I8),
        InlineData(DType.U16),
        InlineData(DType.I16),
        InlineData(DType.U32),
        InlineData(DType.I32),
        InlineData(DType.U64),
        InlineData(DType.I64)
    ]
    public void Integers_are_sign_extended_or_not_as_their_type_says(DType dtype)
    {
        var size = dtype.SizeInBytes();
        var bytes = Enumerable.Range(0, 65 * size).Select(i => (byte)(i * 167 + 13)).ToArray();
        var integers = new long[65];
        Widening.ToInt64(dtype, bytes, integers);
        var singles = Singles(dtype, bytes);
        var doubles = Doubles(dtype, bytes);
        for (var i = 0; i < 65; i++)
        {
            Int128 expected = 0;
            for (var b = size - 1; b >= 0; b--)
                expected = expected << 8 | bytes[i * size + b];
            if (!dtype.ToString().StartsWith('U') && bytes[i * size + size - 1] > 127)
                expected -= (Int128)1 << 8 * size;
            Assert.Equal(unchecked((long)expected), integers[i]);
            Assert.Equal((double)expected, doubles[i]);
            Assert.Equal((float)expected, singles[i]);
        }
    }
}

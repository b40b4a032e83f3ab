using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Pairs;

/// <summary>
/// Sums of doubles whose result does not depend on the order: each term is rounded once to a multiple of 2⁻⁵⁰ of the largest term
/// possible, and the multiples are added as integers.
/// </summary>
/// <remarks>
/// Adding 1.5 · 2⁵² to |x| ≤ 2⁵¹ leaves round(x), to nearest and ties to even, in the low bits of the sum's representation;
/// summing those representations as 64-bit integers and taking off the constant's own once per term gives the sum of the rounded x.
/// </remarks>
internal static class FixedPoint
{
    /// <summary>Fraction bits of a term that is at most 1.</summary>
    public const int Bits = 50;

    public const double One = 1L << Bits;

    public const double Magic = 3L << 51;

    public static readonly long MagicBits = BitConverter.DoubleToInt64Bits(Magic);

    /// <summary>The least power of two that no score exceeds but for rounding: scores divided by it are terms.</summary>
    public static int Exponent(double bound) => bound <= 0 ? 0 : (int)Math.Ceiling(Math.Log2(bound));

    /// <summary>round(x · 2⁵⁰) + <see cref="MagicBits"/> in each lane, modulo 2⁶⁴.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<long> Terms(Vector512<double> x) =>
        Vector512.MultiplyAddEstimate(x, Vector512.Create(One), Vector512.Create(Magic)).AsInt64(); // x · 2⁵⁰ is exact, so fused or not is the same

    /// <summary>round(x · 2⁵⁰).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Term(double x) => BitConverter.DoubleToInt64Bits(x * One + Magic) - MagicBits;

    public static double ToDouble(Int128 sum, int exponent) => Math.ScaleB((double)sum, exponent - Bits);

    public static void Write(this BinaryWriter writer, Int128 value)
    {
        writer.Write((ulong)value);
        writer.Write((long)(value >> 64));
    }

    public static Int128 ReadInt128(this BinaryReader reader)
    {
        var low = reader.ReadUInt64();
        return new Int128((ulong)reader.ReadInt64(), low);
    }
}

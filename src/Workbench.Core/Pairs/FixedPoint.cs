using System;
using System.IO;
using System.Runtime.CompilerServices;

namespace Workbench.Core.Pairs;

/// <summary>
/// Sums of doubles whose result does not depend on the order: each term is rounded once to a multiple of a fixed unit,
/// a power of two, and the multiples are added as integers.
/// </summary>
/// <remarks>
/// Adding 1.5 · 2⁵² to |x| ≤ 2⁵¹ leaves round(x), to nearest and ties to even, in the low bits of the sum's
/// representation.
/// Those representations are summed as 64-bit integers, modulo 2⁶⁴, and <see cref="Offset"/> is taken off once for each
/// term.
/// </remarks>
internal readonly struct FixedPoint
{
    /// <summary>Fraction bits where terms are few enough: a rounding of 2⁻⁵¹ of the largest term, and 13 bits left to
    /// count terms with.</summary>
    public const int MostBits = 50;

    /// <summary>Terms that can be added in 64 bits, each at most 2^<see cref="MostBits"/> (and a rounding
    /// more).</summary>
    public const int TermsInLong = 4096;

    /// <summary>What leaves a rounded number in the low bits of a sum with it.</summary>
    internal const double Magic = 3L << 51;

    private readonly int shift;

    /// <param name="exponent">No term exceeds 2^exponent, but for rounding.</param>
    /// <param name="bits">Fraction bits of a term of that size.</param>
    public FixedPoint(int exponent, int bits = MostBits)
    {
        shift = bits - exponent;
        Factor = Math.ScaleB(1, shift);
    }

    /// <summary>Units in 1, a power of two: x times it is exact, so that a fused and a separate addition
    /// agree.</summary>
    internal double Factor { get; }

    /// <summary>What a vector's terms (<see cref="ITermLanes{D, L}"/>) have beside their values: the bits of 1.5 · 2⁵².
    /// </summary>
    /// <remarks>A constant: where a static field is read after a loop of vectors, the question whether its type is
    /// initialised may become a call, over which the JIT keeps no vector in a register, in the loop neither.</remarks>
    public const long Offset = (1023L + 52) << 52 | 1L << 51;

    /// <summary>The least power of two that no score exceeds but for rounding.</summary>
    public static int Exponent(double bound) => bound <= 0 ? 0 : (int)Math.Ceiling(Math.Log2(bound));

    /// <summary>Fraction bits that leave room for so many terms in 64 bits.</summary>
    public static int BitsFor(long terms) => Math.Min(MostBits, 62 - (int)Math.Ceiling(Math.Log2(Math.Max(1, terms))));

    /// <summary>x in units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Term(double x) => BitConverter.DoubleToInt64Bits(x * Factor + Magic) - Offset;

    /// <summary>A sum of terms as a double, rounded once.</summary>
    public double Value(Int128 sum) => Math.ScaleB((double)sum, -shift);
}

/// <summary>Reads and writes the 128-bit sums.</summary>
internal static class Int128Serialization
{
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

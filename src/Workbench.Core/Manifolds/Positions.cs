using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Manifolds;

/// <summary>Coordinates of points in memory that never moves while this object lives.</summary>
internal sealed unsafe class Positions
{
    private const int Together = 4; // coordinates that one load takes
    private const byte LowHalves = 0b01_00_01_00, HighHalves = 0b11_10_11_10;
    private readonly float[] memory;

    public Positions(int points, int dimensions)
    {
        Stride = (dimensions + Together - 1) / Together * Together;
        memory = GC.AllocateArray<float>(checked(points * Stride), pinned: true);
    }

    /// <summary>From a point's first coordinate to the next one's.</summary>
    public int Stride { get; }

    /// <summary>The first point's first coordinate.</summary>
    public float* Start => (float*)Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);

    /// <summary>A point's coordinates, and zeros behind them.</summary>
    public Span<float> this[int point] => memory.AsSpan(point * Stride, Stride);

    /// <summary>Some points, one after the other.</summary>
    public Span<float> Range(int first, int count) => memory.AsSpan(first * Stride, count * Stride);

    /// <summary>Eight points, a vector for each coordinate and each zero behind them.</summary>
    /// <remarks>Eight loads and a transposition: a gather would fetch every coordinate of every point by itself, in
    /// some forty steps of the processor for eight.</remarks>
    /// <param name="start">The first point's first coordinate.</param>
    /// <param name="stride">Coordinates of a point, zeros included.</param>
    /// <param name="offsets">Of the eight, from there: their number times the stride.</param>
    /// <param name="destination">As many vectors as the stride.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gather(float* start, int stride, int* offsets, Vector256<float>* destination)
    {
        float* p0 = start + offsets[0], p1 = start + offsets[1], p2 = start + offsets[2], p3 = start + offsets[3];
        float* p4 = start + offsets[4], p5 = start + offsets[5], p6 = start + offsets[6], p7 = start + offsets[7];
        if (!Avx.IsSupported)
            for (var c = 0; c < stride; c++)
                destination[c] = Vector256.Create(p0[c], p1[c], p2[c], p3[c], p4[c], p5[c], p6[c], p7[c]);
        else
            for (var c = 0; c < stride; c += Together)
            {
                var (row04, row15) = (Halves(p0 + c, p4 + c), Halves(p1 + c, p5 + c));
                var (row26, row37) = (Halves(p2 + c, p6 + c), Halves(p3 + c, p7 + c));
                var (firsts, lasts) = (Avx.UnpackLow(row04, row15), Avx.UnpackLow(row26, row37));
                destination[c] = Avx.Shuffle(firsts, lasts, LowHalves);
                destination[c + 1] = Avx.Shuffle(firsts, lasts, HighHalves);
                (firsts, lasts) = (Avx.UnpackHigh(row04, row15), Avx.UnpackHigh(row26, row37));
                destination[c + 2] = Avx.Shuffle(firsts, lasts, LowHalves);
                destination[c + 3] = Avx.Shuffle(firsts, lasts, HighHalves);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* low, float* high) =>
        Vector256.Create(Vector128.Load(low), Vector128.Load(high));
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>Single-precision vectors of one width, for kernels that are written once and run over the widest that the
/// processor has: <see cref="Lanes512"/> where it is accelerated, <see cref="Lanes256"/> elsewhere. (The runtime's own
/// Vector512 is correct on every processor, but some of its operations leave the registers where it is not
/// accelerated.)</summary>
internal unsafe interface ILanes<V> where V : struct
{
    /// <summary>Numbers in a vector.</summary>
    static abstract int Count { get; }

    static abstract V Create(float value);

    static abstract V Load(ref readonly float start, nuint at);

    static abstract V FusedMultiplyAdd(V x, V y, V z);

    /// <summary>The largest whole number not above x · y + z, of which nothing is rounded; z less the result must be a
    /// number in single precision.</summary>
    static abstract V FloorOfMultiplyAdd(V x, V y, V z);

    /// <summary>The smaller of each two numbers; of a NaN and a number either.</summary>
    static abstract V Min(V x, V y);

    /// <inheritdoc cref="Min"/>
    static abstract V Max(V x, V y);

    /// <summary>One of the numbers.</summary>
    static abstract float At(V x, int lane);

    /// <summary>A bit for each number of x that is not less than that of y, the first lowest.</summary>
    static abstract uint AtLeast(V x, V y);

    /// <summary>Whole numbers from 0 to 65,535, as such.</summary>
    static abstract void StoreWhole(V x, V y, ushort* destination);

    /// <summary>Whether this processor can <see cref="StoreTaken"/>.</summary>
    static abstract bool CanTake { get; }

    /// <summary>All bits where the whole numbers from a place on are this one, else none.</summary>
    static abstract V Equal(ref readonly int start, nuint at, int value);

    /// <summary>How many numbers have all bits, the others having none.</summary>
    static abstract int CountTaken(V taken);

    /// <summary>Those of the numbers that are taken, one behind the other; what follows them up to a whole vector is
    /// written over.</summary>
    static abstract void StoreTaken(V x, V taken, ref float destination);
}

/// <summary>Sixteen at a time.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static Vector512<float> Create(float value) => Vector512.Create(value);

    public static Vector512<float> Load(ref readonly float start, nuint at) => Vector512.LoadUnsafe(in start, at);

    public static Vector512<float> FusedMultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.FusedMultiplyAdd(x, y, z);

    // Rounding down never passes a whole number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FloorOfMultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.Floor(Avx512F.FusedMultiplyAdd(x, y, z, FloatRoundingMode.ToNegativeInfinity));

    public static Vector512<float> Min(Vector512<float> x, Vector512<float> y) => Vector512.MinNative(x, y);

    public static Vector512<float> Max(Vector512<float> x, Vector512<float> y) => Vector512.MaxNative(x, y);

    public static float At(Vector512<float> x, int lane) => x[lane];

    public static uint AtLeast(Vector512<float> x, Vector512<float> y) =>
        (uint)Vector512.GreaterThanOrEqual(x, y).ExtractMostSignificantBits();

    public static void StoreWhole(Vector512<float> x, Vector512<float> y, ushort* destination) =>
        Vector512
            .Narrow(Vector512.ConvertToInt32Native(x).AsUInt32(), Vector512.ConvertToInt32Native(y).AsUInt32())
            .Store(destination);

    public static bool CanTake => Avx512F.IsSupported;

    public static Vector512<float> Equal(ref readonly int start, nuint at, int value) =>
        Vector512.Equals(Vector512.LoadUnsafe(in start, at), Vector512.Create(value)).AsSingle();

    public static int CountTaken(Vector512<float> taken) => BitOperations.PopCount(taken.ExtractMostSignificantBits());

    public static void StoreTaken(Vector512<float> x, Vector512<float> taken, ref float destination) =>
        Avx512F.Compress(Vector512<float>.Zero, taken, x).StoreUnsafe(ref destination);
}

/// <summary>Eight at a time.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static Vector256<float> Create(float value) => Vector256.Create(value);

    public static Vector256<float> Load(ref readonly float start, nuint at) => Vector256.LoadUnsafe(in start, at);

    public static Vector256<float> FusedMultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) =>
        Vector256.FusedMultiplyAdd(x, y, z);

    // The rounded sum may have been lifted onto the next whole number, which the remainder's sign tells, and that of −0
    // too, where the product underflows. Exact where z less that number is not rounded.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FloorOfMultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z)
    {
        var whole = Vector256.Floor(Vector256.FusedMultiplyAdd(x, y, z));
        var remainder = Vector256.FusedMultiplyAdd(x, y, z - whole);
        return whole - (Vector256.IsNegative(remainder) & Vector256<float>.One);
    }

    public static Vector256<float> Min(Vector256<float> x, Vector256<float> y) => Vector256.MinNative(x, y);

    public static Vector256<float> Max(Vector256<float> x, Vector256<float> y) => Vector256.MaxNative(x, y);

    public static float At(Vector256<float> x, int lane) => x[lane];

    public static uint AtLeast(Vector256<float> x, Vector256<float> y) =>
        Vector256.GreaterThanOrEqual(x, y).ExtractMostSignificantBits();

    public static void StoreWhole(Vector256<float> x, Vector256<float> y, ushort* destination) =>
        Vector256
            .Narrow(Vector256.ConvertToInt32Native(x).AsUInt32(), Vector256.ConvertToInt32Native(y).AsUInt32())
            .Store(destination);

    // For each set of eight numbers, a bit for each, where they stand, one behind the other.
    private static readonly int[] TakenPlaces = PlacesOfSets();

    public static bool CanTake => Avx2.IsSupported;

    public static Vector256<float> Equal(ref readonly int start, nuint at, int value) =>
        Vector256.Equals(Vector256.LoadUnsafe(in start, at), Vector256.Create(value)).AsSingle();

    public static int CountTaken(Vector256<float> taken) => BitOperations.PopCount(taken.ExtractMostSignificantBits());

    public static void StoreTaken(Vector256<float> x, Vector256<float> taken, ref float destination) =>
        Avx2.PermuteVar8x32(x, Vector256.LoadUnsafe(ref TakenPlaces[8 * (int)taken.ExtractMostSignificantBits()]))
            .StoreUnsafe(ref destination);

    private static int[] PlacesOfSets()
    {
        var all = new int[256 * 8];
        for (var set = 0; set < 256; set++)
            for (var (lane, at) = (0, 8 * set); lane < 8; lane++)
                if ((set >> lane & 1) != 0) all[at++] = lane;
        return all;
    }
}

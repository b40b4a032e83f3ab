using System.Runtime.Intrinsics;

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

    static abstract V Subtract(V x, V y);

    static abstract V FusedMultiplyAdd(V x, V y, V z);

    static abstract V Floor(V x);

    /// <summary>The smaller of each two numbers; of a NaN and a number either.</summary>
    static abstract V Min(V x, V y);

    /// <inheritdoc cref="Min"/>
    static abstract V Max(V x, V y);

    /// <summary>x where z is less than 0, else +0.</summary>
    static abstract V WhereNegative(V z, V x);

    /// <summary>One of the numbers.</summary>
    static abstract float At(V x, int lane);

    /// <summary>A bit for each number of x that is not less than that of y, the first lowest.</summary>
    static abstract uint AtLeast(V x, V y);

    /// <summary>Whole numbers from 0 to 65,535, as such.</summary>
    static abstract void StoreWhole(V x, V y, ushort* destination);
}

/// <summary>Sixteen at a time.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static Vector512<float> Create(float value) => Vector512.Create(value);

    public static Vector512<float> Load(ref readonly float start, nuint at) => Vector512.LoadUnsafe(in start, at);

    public static Vector512<float> Subtract(Vector512<float> x, Vector512<float> y) => x - y;

    public static Vector512<float> FusedMultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.FusedMultiplyAdd(x, y, z);

    public static Vector512<float> Floor(Vector512<float> x) => Vector512.Floor(x);

    public static Vector512<float> Min(Vector512<float> x, Vector512<float> y) => Vector512.MinNative(x, y);

    public static Vector512<float> Max(Vector512<float> x, Vector512<float> y) => Vector512.MaxNative(x, y);

    public static Vector512<float> WhereNegative(Vector512<float> z, Vector512<float> x) =>
        Vector512.LessThan(z, Vector512<float>.Zero) & x;

    public static float At(Vector512<float> x, int lane) => x[lane];

    public static uint AtLeast(Vector512<float> x, Vector512<float> y) =>
        (uint)Vector512.GreaterThanOrEqual(x, y).ExtractMostSignificantBits();

    public static void StoreWhole(Vector512<float> x, Vector512<float> y, ushort* destination) =>
        Vector512
            .Narrow(Vector512.ConvertToInt32Native(x).AsUInt32(), Vector512.ConvertToInt32Native(y).AsUInt32())
            .Store(destination);
}

/// <summary>Eight at a time.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static Vector256<float> Create(float value) => Vector256.Create(value);

    public static Vector256<float> Load(ref readonly float start, nuint at) => Vector256.LoadUnsafe(in start, at);

    public static Vector256<float> Subtract(Vector256<float> x, Vector256<float> y) => x - y;

    public static Vector256<float> FusedMultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) =>
        Vector256.FusedMultiplyAdd(x, y, z);

    public static Vector256<float> Floor(Vector256<float> x) => Vector256.Floor(x);

    public static Vector256<float> Min(Vector256<float> x, Vector256<float> y) => Vector256.MinNative(x, y);

    public static Vector256<float> Max(Vector256<float> x, Vector256<float> y) => Vector256.MaxNative(x, y);

    public static Vector256<float> WhereNegative(Vector256<float> z, Vector256<float> x) =>
        Vector256.LessThan(z, Vector256<float>.Zero) & x;

    public static float At(Vector256<float> x, int lane) => x[lane];

    public static uint AtLeast(Vector256<float> x, Vector256<float> y) =>
        Vector256.GreaterThanOrEqual(x, y).ExtractMostSignificantBits();

    public static void StoreWhole(Vector256<float> x, Vector256<float> y, ushort* destination) =>
        Vector256
            .Narrow(Vector256.ConvertToInt32Native(x).AsUInt32(), Vector256.ConvertToInt32Native(y).AsUInt32())
            .Store(destination);
}

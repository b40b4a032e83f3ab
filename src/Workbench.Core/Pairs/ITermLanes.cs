using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Pairs;

/// <summary>Scores in double and their terms of a <see cref="FixedPoint"/> sum, in vectors of one width: for folds that
/// are written once and run over the widest that the processor has, <see cref="Terms512"/> where it is accelerated,
/// <see cref="Terms256"/> elsewhere. Terms are whole numbers, so that both give the same bits.</summary>
internal interface ITermLanes<D, L> where D : struct where L : struct
{
    /// <summary>Numbers in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>As many scores from a place on.</summary>
    static abstract D Widen(ref readonly float start, nuint at);

    static abstract D Abs(D x);

    static abstract D Square(D x);

    /// <summary>x in units, plus <see cref="FixedPoint.Offset"/>.</summary>
    static abstract L Terms(D x, FixedPoint unit);

    static abstract L Add(L x, L y);

    static abstract long Sum(L x);

    /// <summary>Adds x less so much to the numbers from a place on.</summary>
    static abstract void AddTo(ref long start, L x, long less);
}

/// <summary>Eight at a time.</summary>
internal readonly struct Terms512 : ITermLanes<Vector512<double>, Vector512<long>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Widen(ref readonly float start, nuint at)
    {
        var scores = Vector256.LoadUnsafe(in start, at);
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Double(scores);
        var (low, high) = Vector256.Widen(scores);
        return low.ToVector512Unsafe().WithUpper(high);
    }

    public static Vector512<double> Abs(Vector512<double> x) => Vector512.Abs(x);

    public static Vector512<double> Square(Vector512<double> x) => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<long> Terms(Vector512<double> x, FixedPoint unit) =>
        Vector512
            .MultiplyAddEstimate(x, Vector512.Create(unit.Factor), Vector512.Create(FixedPoint.Magic)).AsInt64();

    public static Vector512<long> Add(Vector512<long> x, Vector512<long> y) => x + y;

    public static long Sum(Vector512<long> x) => Vector512.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ref long start, Vector512<long> x, long less) =>
        (Vector512.LoadUnsafe(ref start) + (x - Vector512.Create(less))).StoreUnsafe(ref start);
}

/// <summary>Four at a time.</summary>
internal readonly struct Terms256 : ITermLanes<Vector256<double>, Vector256<long>>
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Widen(ref readonly float start, nuint at)
    {
        var scores = Vector128.LoadUnsafe(in start, at);
        if (Avx.IsSupported)
            return Avx.ConvertToVector256Double(scores);
        var (low, high) = Vector128.Widen(scores);
        return Vector256.Create(low, high);
    }

    public static Vector256<double> Abs(Vector256<double> x) => Vector256.Abs(x);

    public static Vector256<double> Square(Vector256<double> x) => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<long> Terms(Vector256<double> x, FixedPoint unit) =>
        Vector256
            .MultiplyAddEstimate(x, Vector256.Create(unit.Factor), Vector256.Create(FixedPoint.Magic)).AsInt64();

    public static Vector256<long> Add(Vector256<long> x, Vector256<long> y) => x + y;

    public static long Sum(Vector256<long> x) => Vector256.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ref long start, Vector256<long> x, long less) =>
        (Vector256.LoadUnsafe(ref start) + (x - Vector256.Create(less))).StoreUnsafe(ref start);
}

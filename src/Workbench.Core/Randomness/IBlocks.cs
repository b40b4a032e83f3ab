using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Randomness;

/// <summary>The states of some blocks of <see cref="Philox"/> in one vector, four words of 32 bits each.</summary>
/// <remarks>A round multiplies words 0 and 2, turns the four halves of the two products round, which puts the high ones
/// to words 0 and 2 and the low ones to 1 and 3 of the other half, and adds the odd words and the keys to the high
/// ones by exclusive or.</remarks>
internal interface IBlocks<TSelf> where TSelf : unmanaged, IBlocks<TSelf>
{
    /// <summary>Words of 64 bits in the vector, two for each block.</summary>
    static abstract int Words { get; }

    /// <summary>The same two words for each block.</summary>
    static abstract TSelf Same(ulong low, ulong high);

    /// <summary>Two words for each block, the first one more by 1 from one block to the next.</summary>
    static abstract TSelf Counting(ulong low, ulong high);

    /// <summary>One round with the keys in words 0 and 2.</summary>
    TSelf Round(TSelf keys);

    /// <summary>The words of 64 bits, in order.</summary>
    void Store(ref ulong destination);
}

/// <summary>Four blocks, by AVX-512.</summary>
internal readonly struct Blocks512(Vector512<ulong> words) : IBlocks<Blocks512>
{
    private readonly Vector512<ulong> words = words;

    // Written out: a vector made of smaller ones is put together anew in every round.
    private static Vector512<uint> Factors => Vector512.Create(
        Philox.LowFactor, 0u, Philox.HighFactor, 0, Philox.LowFactor, 0, Philox.HighFactor, 0, Philox.LowFactor, 0,
        Philox.HighFactor, 0, Philox.LowFactor, 0, Philox.HighFactor, 0);

    public static int Words => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks512 Same(ulong low, ulong high)
    {
        var one = Vector128.Create(low, high).ToVector256Unsafe().ToVector512Unsafe();
        return new(Avx512F.Shuffle4x128(one, one, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks512 Counting(ulong low, ulong high) =>
        new(Same(low, high).words + Vector512.Create(0ul, 0, 1, 0, 2, 0, 3, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Blocks512 Round(Blocks512 keys) =>
        new(
            Avx512F.Shuffle(Avx512F.Multiply(words.AsUInt32(), Factors).AsUInt32(), 0b00_01_10_11).AsUInt64()
                ^ (words >> 32 ^ keys.words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref ulong destination) => words.StoreUnsafe(ref destination);
}

/// <summary>Two blocks, by AVX2.</summary>
internal readonly struct Blocks256(Vector256<ulong> words) : IBlocks<Blocks256>
{
    private readonly Vector256<ulong> words = words;

    private static Vector256<uint> Factors => Vector256.Create(
        Philox.LowFactor, 0u, Philox.HighFactor, 0, Philox.LowFactor, 0, Philox.HighFactor, 0);

    public static int Words => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks256 Same(ulong low, ulong high) => new(Vector256.Create(low, high, low, high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks256 Counting(ulong low, ulong high) => new(Vector256.Create(low, high, low + 1, high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Blocks256 Round(Blocks256 keys) =>
        new(
            Avx2.Shuffle(Avx2.Multiply(words.AsUInt32(), Factors).AsUInt32(), 0b00_01_10_11).AsUInt64()
                ^ (words >> 32 ^ keys.words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref ulong destination) => words.StoreUnsafe(ref destination);
}

/// <summary>One block, on any processor.</summary>
internal readonly struct Blocks128(Vector128<ulong> words) : IBlocks<Blocks128>
{
    private readonly Vector128<ulong> words = words;

    public static Vector128<ulong> Factors => Vector128.Create((ulong)Philox.LowFactor, Philox.HighFactor);

    public static int Words => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks128 Same(ulong low, ulong high) => new(Vector128.Create(low, high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blocks128 Counting(ulong low, ulong high) => Same(low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Blocks128 Round(Blocks128 keys)
    {
        var products = Sse2.IsSupported
            ? Sse2.Multiply(words.AsUInt32(), Factors.AsUInt32())
            : (words & Vector128.Create((ulong)uint.MaxValue)) * Factors;
        return new Blocks128(
            Vector128.Shuffle(products.AsUInt32(), Vector128.Create(3u, 2, 1, 0)).AsUInt64()
                ^ (words >> 32 ^ keys.words));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref ulong destination) => words.StoreUnsafe(ref destination);
}

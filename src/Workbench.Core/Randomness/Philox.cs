using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Randomness;

/// <namespacedoc><summary>Random numbers that are the same on any machine and for any number of
/// threads.</summary></namespacedoc>
/// <summary>
/// Philox4x32-10, a counter-based generator: block n of a stream is a pure function of (seed, stream, n), so numbers do
/// not depend on how work is cut over threads (Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1,
/// 2, 3", SC 2011).
/// </summary>
/// <remarks>
/// The 64-bit seed is the key; the counter's low half counts blocks, its high half is the stream. Give every purpose,
/// and every item that must be independent of the others' order, a stream of its own.
/// </remarks>
/// <example><code>new Philox(seed: 7, stream: 3).NextUInt64()</code> is the same on every machine.</example>
public sealed class Philox
{
    private readonly ulong seed;
    private readonly ulong stream;
    private ulong block;
    private ulong spare;
    private bool hasSpare;

    /// <summary>Starts at block 0 of a stream.</summary>
    /// <param name="seed">The key.</param>
    /// <param name="stream">Which of the seed's 2^64 independent sequences.</param>
    public Philox(ulong seed, ulong stream = 0) => (this.seed, this.stream) = (seed, stream);

    /// <summary>Ten rounds of Philox4x32 on one 128-bit counter.</summary>
    /// <param name="key">The 64-bit key, low word first.</param>
    /// <param name="low">Counter words 0 and 1.</param>
    /// <param name="high">Counter words 2 and 3.</param>
    /// <returns>Output words 0 and 1, then 2 and 3.</returns>
    public static (ulong Low, ulong High) Block(ulong key, ulong low, ulong high)
    {
        var (x0, x1, x2, x3) = ((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32));
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var (p0, p1) = (0xD2511F53UL * x0, 0xCD9E8D57UL * x2);
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (x0 | (ulong)x1 << 32, x2 | (ulong)x3 << 32);
    }

    /// <summary>The next 64 bits of the stream.</summary>
    public ulong NextUInt64()
    {
        if (hasSpare)
        {
            hasSpare = false;
            return spare;
        }
        (var first, spare) = Block(seed, block++, stream);
        hasSpare = true;
        return first;
    }

    /// <summary>A whole number from 0 to <paramref name="limit"/> − 1, each equally likely (Lemire's rejection method,
    /// 2019).</summary>
    /// <param name="limit">At least 1.</param>
    public long NextInteger(long limit)
    {
        Argument.AtLeast(limit, 1);
        var range = (ulong)limit;
        var high = Math.BigMul(NextUInt64(), range, out var low);
        if (low < range)
        {
            var threshold = (0 - range) % range;
            while (low < threshold) high = Math.BigMul(NextUInt64(), range, out low);
        }
        return (long)high;
    }

    /// <summary>A double in [0, 1) with 53 random bits.</summary>
    public double NextUniform() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A standard normal number (Box and Muller 1958, one of the pair).</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextUniform()));
        return radius * Math.Cos(2 * Math.PI * NextUniform());
    }

    /// <summary>The next words of the stream, as many calls of <see cref="NextUInt64"/> would give them, several times
    /// faster.</summary>
    /// <param name="destination">Filled.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(Span<ulong> destination)
    {
        if (hasSpare && !destination.IsEmpty)
        {
            destination[0] = NextUInt64();
            destination = destination[1..];
        }
        const int words = 32;
        for (; destination.Length >= words; destination = destination[words..])
            SixteenBlocks(ref MemoryMarshal.GetReference(destination));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = NextUInt64();
    }

    /// <summary>Puts values in random order, every order equally likely (Fisher and Yates, from the last value
    /// down).</summary>
    /// <remarks>One word of the stream gives two values their partners: an exact choice among the n (n − 1) ways that n
    /// values to be placed leave for two (Brackett-Rozinsky and Lemire, "Batched Ranged Random Integer Generation",
    /// 2024).</remarks>
    /// <param name="values">Rearranged in place.</param>
    public void Shuffle<T>(Span<T> values)
    {
        Span<ulong> words = stackalloc ulong[256];
        ref var start = ref MemoryMarshal.GetReference(values);
        for (var n = values.Length; n > 1;)
        {
            var drawn = words[..Math.Min(words.Length, n / 2)];
            Fill(drawn);
            foreach (var word in drawn)
            {
                var accepted = TryPartners(word, n, out var first, out var second);
                while (!accepted) accepted = TryPartners(NextUInt64(), n, out first, out second);
                Swap(ref Unsafe.Add(ref start, n - 1), ref Unsafe.Add(ref start, first));
                Swap(ref Unsafe.Add(ref start, n - 2), ref Unsafe.Add(ref start, second));
                n -= 2;
            }
        }
    }

    /// <summary>A number below n and one below n − 1: the two digits of ⌊word · n (n − 1) / 2^64⌋, unless the word is
    /// one of those too many.</summary>
    /// <param name="word">64 random bits.</param>
    /// <param name="n">At least 2.</param>
    /// <param name="first">From 0 to n − 1.</param>
    /// <param name="second">From 0 to n − 2.</param>
    /// <returns>Whether the word may be used: as many words are accepted for each pair of numbers.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryPartners(ulong word, int n, out nint first, out nint second)
    {
        var (limit, nextLimit) = ((ulong)n, (ulong)n - 1);
        first = (nint)Math.BigMul(word, limit, out var rest);
        second = (nint)Math.BigMul(rest, nextLimit, out rest);
        var ways = limit * nextLimit;
        return rest >= ways || rest >= (0 - ways) % ways;
    }

    private static void Swap<T>(ref T one, ref T other) => (one, other) = (other, one);

    // Block() in vectors: words 0 and 1 of a block's state in one 64-bit lane's a and b, words 2 and 3 in the next
    // lane's, so that the results lie in order. Four vectors, because one waits for its own products.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SixteenBlocks(ref ulong destination)
    {
        var word = Vector512.Create((ulong)uint.MaxValue);
        var factors = Vector512.Create(
            0xD2511F53UL, 0xCD9E8D57, 0xD2511F53, 0xCD9E8D57, 0xD2511F53, 0xCD9E8D57, 0xD2511F53, 0xCD9E8D57);
        var steps = Vector512
            .Create(0x9E3779B9UL, 0xBB67AE85, 0x9E3779B9, 0xBB67AE85, 0x9E3779B9, 0xBB67AE85, 0x9E3779B9, 0xBB67AE85)
            .AsUInt32();
        var keys = Vector512.Create(Vector256.Create(Vector128.Create(seed & uint.MaxValue, seed >> 32)));
        var (first, second) = (Counters(block), Counters(block + 4));
        var (third, fourth) = (Counters(block + 8), Counters(block + 12));
        block += 16;
        var (a0, a1, a2, a3) = (first & word, second & word, third & word, fourth & word);
        var (b0, b1, b2, b3) = (first >> 32, second >> 32, third >> 32, fourth >> 32);
        for (var round = 0; round < 10; round++)
        {
            var (p0, p1, p2, p3) = (
                Exchange(a0 * factors), Exchange(a1 * factors), Exchange(a2 * factors), Exchange(a3 * factors));
            (a0, a1, a2, a3) = (
                (p0 >> 32) ^ b0 ^ keys, (p1 >> 32) ^ b1 ^ keys, (p2 >> 32) ^ b2 ^ keys, (p3 >> 32) ^ b3 ^ keys);
            (b0, b1, b2, b3) = (p0 & word, p1 & word, p2 & word, p3 & word);
            keys = (keys.AsUInt32() + steps).AsUInt64();
        }
        (a0 | (b0 << 32)).StoreUnsafe(ref destination);
        (a1 | (b1 << 32)).StoreUnsafe(ref destination, 8);
        (a2 | (b2 << 32)).StoreUnsafe(ref destination, 16);
        (a3 | (b3 << 32)).StoreUnsafe(ref destination, 24);
    }

    // Each product belongs to the other half of its block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Exchange(Vector512<ulong> products) =>
        Vector512.Shuffle(products, Vector512.Create(1UL, 0, 3, 2, 5, 4, 7, 6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<ulong> Counters(ulong first) =>
        Vector512.Create(first, stream, first + 1, stream, first + 2, stream, first + 3, stream);
}

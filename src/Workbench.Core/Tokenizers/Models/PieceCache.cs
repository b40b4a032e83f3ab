using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>
/// Remembers what pieces of text became, since a text repeats its words: bounded, and shared by all threads that use a
/// tokenizer.
/// </summary>
internal sealed class PieceCache<T>
{
    /// <summary>2^17 pieces hold the words of a few ten megabytes of English in some 20 MB; later ones are worked out
    /// each time.</summary>
    private const int Capacity = 1 << 17;

    /// <summary>Longer pieces are rarely words and would let a few pathological ones fill the memory.</summary>
    private const int LongestPiece = 64;

    private readonly ConcurrentDictionary<string, T> entries = new();
    private readonly ConcurrentDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private int count;

    public PieceCache() => lookup = entries.GetAlternateLookup<ReadOnlySpan<char>>();

    public bool TryGet(ReadOnlySpan<char> piece, out T value) => lookup.TryGetValue(piece, out value!);

    public void Add(ReadOnlySpan<char> piece, T value)
    {
        if (piece.Length > LongestPiece || Volatile.Read(ref count) >= Capacity) return;
        if (lookup.TryAdd(piece, value)) Interlocked.Increment(ref count);
    }
}

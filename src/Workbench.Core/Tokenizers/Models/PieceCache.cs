using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>
/// Remembers what pieces of text became, since a text repeats its words: bounded, and shared by all threads that use a
/// tokenizer.
/// </summary>
/// <remarks>An open table that is read without a lock: GPT-2's ids of English take three quarters of the time that they
/// take with a <see cref="System.Collections.Concurrent.ConcurrentDictionary{TKey, TValue}"/>. A piece looks for its
/// place among few neighbours only, so that no text can make the table slow; one that finds none is worked out each
/// time.</remarks>
internal sealed class PieceCache<T>
{
    /// <summary>2^17 pieces hold the words of a few ten megabytes of English in some 20 MB; later ones are worked out
    /// each time.</summary>
    private const int Capacity = 1 << 17;

    /// <summary>Longer pieces are rarely words and would let a few pathological ones fill the memory.</summary>
    private const int LongestPiece = 64;

    /// <summary>In a table half full fewer than one piece in fifty finds no place.</summary>
    private const int Neighbours = 8;

    private readonly Lock writing = new();
    private Entry?[] table = new Entry?[1 << 10];
    private int count;

    public bool TryGet(ReadOnlySpan<char> piece, out T value)
    {
        if (piece.Length <= LongestPiece)
        {
            var hash = Hash(piece);
            var all = Volatile.Read(ref table);
            for (var i = 0; i < Neighbours; i++)
            {
                if (Volatile.Read(ref all[(int)(hash + (uint)i) & (all.Length - 1)]) is not { } entry) break;
                if (entry.Hash != hash || !piece.SequenceEqual(entry.Piece)) continue;
                value = entry.Value;
                return true;
            }
        }
        value = default!;
        return false;
    }

    public void Add(ReadOnlySpan<char> piece, T value)
    {
        if (piece.Length > LongestPiece || Volatile.Read(ref count) >= Capacity) return;
        var entry = new Entry(piece.ToString(), Hash(piece), value);
        lock (writing)
        {
            if (2 * count >= table.Length)
            {
                var larger = new Entry?[2 * table.Length];
                count = 0;
                foreach (var old in table)
                    if (old is not null) Place(larger, old);
                Volatile.Write(ref table, larger);
            }
            Place(table, entry);
        }
    }

    private void Place(Entry?[] all, Entry entry)
    {
        for (var i = 0; i < Neighbours; i++)
        {
            ref var place = ref all[(int)(entry.Hash + (uint)i) & (all.Length - 1)];
            if (place is not null && (place.Hash != entry.Hash || place.Piece != entry.Piece)) continue;
            if (place is null) count++;
            Volatile.Write(ref place, entry);
            return;
        }
    }

    /// <summary>Multiplication by the golden ratio, four units at a time.</summary>
    private static uint Hash(ReadOnlySpan<char> piece)
    {
        const ulong ratio = 0x9E3779B97F4A7C15;
        var hash = (ulong)piece.Length;
        foreach (var four in MemoryMarshal.Cast<char, ulong>(piece))
            hash = (BitOperations.RotateLeft(hash, 29) ^ four) * ratio;
        foreach (var unit in piece[(piece.Length & ~3)..]) hash = (BitOperations.RotateLeft(hash, 29) ^ unit) * ratio;
        return (uint)(hash >> 32);
    }

    private sealed record Entry(string Piece, uint Hash, T Value);
}

using System;
using System.Numerics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>
/// Where the words of a mapped file lie, and which row a word has: 20 bytes a word, and none of the words themselves.
/// </summary>
internal sealed class WordRows
{
    /// <summary>Words that a table takes: as many as have two slots each in one array. The largest files known have 5
    /// million.</summary>
    public const int Most = 1 << 29;

    private readonly MappedFile file;
    private long[] starts;
    private ushort[] lengths;
    private uint[] hashes;
    private int[] slots;

    /// <param name="file">The file that holds the words.</param>
    /// <param name="capacity">How many words are expected.</param>
    public WordRows(MappedFile file, int capacity)
    {
        this.file = file;
        starts = new long[capacity];
        lengths = new ushort[capacity];
        hashes = new uint[capacity];
        slots = NewSlots(capacity);
    }

    public int Count { get; private set; }

    /// <summary>The bytes of a word in the file.</summary>
    public ReadOnlySpan<byte> Word(int row) => file.Bytes(starts[row], lengths[row]);

    /// <summary>The byte after a word.</summary>
    public long End(int row) => starts[row] + lengths[row];

    /// <summary>Adds the word at a place in the file, unless it is there already.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="row">Its row, or that of the word that is the same.</param>
    /// <returns>False when the word is there already.</returns>
    public bool TryAdd(long start, ushort length, out int row)
    {
        var word = file.Bytes(start, length);
        var hash = Hash(word);
        var slot = FindSlot(word, hash);
        row = slots[slot] - 1;
        if (row >= 0) return false;
        if (Count == starts.Length) Grow();
        if (2 * (Count + 1) > slots.Length)
        {
            Rehash();
            slot = FindSlot(word, hash);
        }
        row = Count++;
        (starts[row], lengths[row], hashes[row], slots[slot]) = (start, length, hash, row + 1);
        return true;
    }

    /// <summary>The row of a word.</summary>
    public bool TryFind(ReadOnlySpan<byte> word, out int row)
    {
        row = slots[FindSlot(word, Hash(word))] - 1;
        return row >= 0;
    }

    private static int[] NewSlots(int words) =>
        new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2L * words))];

    private static uint Hash(ReadOnlySpan<byte> word)
    {
        var hash = new HashCode();
        hash.AddBytes(word);
        return (uint)hash.ToHashCode();
    }

    /// <summary>The slot that holds a word, or the free one where it belongs.</summary>
    private int FindSlot(ReadOnlySpan<byte> word, uint hash)
    {
        var mask = slots.Length - 1;
        var slot = (int)hash & mask;
        while (slots[slot] > 0 && !(hashes[slots[slot] - 1] == hash && Word(slots[slot] - 1).SequenceEqual(word)))
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        var capacity = (int)Math.Min(Array.MaxLength / 4, Math.Max(1024L, 2L * starts.Length));
        Array.Resize(ref starts, capacity);
        Array.Resize(ref lengths, capacity);
        Array.Resize(ref hashes, capacity);
    }

    private void Rehash()
    {
        slots = NewSlots(2 * Count);
        var mask = slots.Length - 1;
        for (var row = 0; row < Count; row++)
        {
            var slot = (int)hashes[row] & mask;
            while (slots[slot] > 0) slot = (slot + 1) & mask;
            slots[slot] = row + 1;
        }
    }
}

using System;
using System.Buffers;
using System.Text;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>A set of code points, asked many times: answers for the first 65,536 are kept, 256 at a time.</summary>
internal sealed class CharacterSet
{
    private readonly Func<int, bool> contains;
    private readonly ulong[]?[] pages = new ulong[]?[256];

    public CharacterSet(Func<int, bool> contains)
    {
        this.contains = contains;
        for (var c = 0; c < 64; c++)
        {
            if (contains(c)) Low |= 1UL << c;
            if (contains(c + 64)) High |= 1UL << c;
        }
    }

    /// <summary>The members below U+0040, a bit each.</summary>
    public ulong Low { get; }

    /// <summary>The members from U+0040 to U+007F.</summary>
    public ulong High { get; }

    public bool Contains(int codePoint)
    {
        if (codePoint < 64) return (Low >> codePoint & 1) != 0;
        if (codePoint < 128) return (High >> (codePoint - 64) & 1) != 0;
        if (codePoint > 0xFFFF) return contains(codePoint);
        var page = pages[codePoint >> 8] ?? MakePage(codePoint >> 8);
        return (page[codePoint >> 6 & 3] >> (codePoint & 63) & 1) != 0;
    }

    /// <summary>Whether the character at a place is one, and how many units it has; a surrogate without its partner
    /// counts as U+FFFD.</summary>
    public bool ContainsAt(ReadOnlySpan<char> text, int at, out int width)
    {
        width = 1;
        var unit = text[at];
        if (!char.IsSurrogate(unit)) return Contains(unit);
        Rune.DecodeFromUtf16(text[at..], out var rune, out width);
        return Contains(rune.Value);
    }

    private ulong[] MakePage(int number)
    {
        var page = new ulong[4];
        for (var c = 0; c < 256; c++)
            if (contains(number << 8 | c)) page[c >> 6] |= 1UL << (c & 63);
        return pages[number] = page;
    }
}

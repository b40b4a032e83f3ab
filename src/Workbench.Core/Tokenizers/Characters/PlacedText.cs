using System;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>Text in which every UTF-16 unit knows the stretch of the original that it came from: the original itself,
/// or what normalisation made of it.</summary>
internal readonly ref struct PlacedText
{
    private readonly ReadOnlySpan<int> starts;
    private readonly ReadOnlySpan<int> ends;

    /// <summary>A stretch of the original.</summary>
    /// <param name="characters">The stretch.</param>
    /// <param name="origin">Where it begins in the original.</param>
    public PlacedText(ReadOnlySpan<char> characters, int origin) : this(characters, default, default, origin) { }

    /// <summary>What a stretch became.</summary>
    public PlacedText(ReadOnlySpan<char> characters, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends, int origin)
    {
        Characters = characters;
        Origin = origin;
        this.starts = starts;
        this.ends = ends;
    }

    public ReadOnlySpan<char> Characters { get; }

    /// <summary>Where the stretch begins in the original.</summary>
    public int Origin { get; }

    public int Length => Characters.Length;

    /// <summary>Whether this is the original itself.</summary>
    public bool IsOriginal => starts.IsEmpty;

    /// <summary>Where the character at a unit came from.</summary>
    public (int Start, int End) At(int unit)
    {
        if (!IsOriginal) return (starts[unit], ends[unit]);
        if (char.IsLowSurrogate(Characters[unit]) && unit > 0 && char.IsHighSurrogate(Characters[unit - 1])) unit--;
        Rune.DecodeFromUtf16(Characters[unit..], out _, out var width);
        return (Origin + unit, Origin + unit + width);
    }

    /// <summary>Where a range came from; what was dropped at its edges is left out.</summary>
    /// <param name="from">First unit.</param>
    /// <param name="to">One past the last; the range is not empty.</param>
    public (int Start, int End) Place(int from, int to) =>
        IsOriginal ? (Origin + from, Origin + to) : (starts[from], ends[to - 1]);

    /// <summary>A part of the text, its places kept.</summary>
    public PlacedText Slice(int from, int to) => IsOriginal
        ? new PlacedText(Characters[from..to], Origin + from)
        : new PlacedText(Characters[from..to], starts[from..to], ends[from..to], to > from ? starts[from] : Origin);
}

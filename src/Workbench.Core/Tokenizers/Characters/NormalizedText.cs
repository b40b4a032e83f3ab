using System;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>Normalised text in the making.</summary>
internal sealed class NormalizedText
{
    private char[] characters;
    private int[] starts;
    private int[] ends;

    public NormalizedText(int capacity)
    {
        capacity = Math.Max(capacity, 1);
        characters = new char[capacity];
        starts = new int[capacity];
        ends = new int[capacity];
    }

    public int Length { get; private set; }

    public ReadOnlySpan<char> Characters => characters.AsSpan(0, Length);

    /// <summary>The text so far; valid until the next addition.</summary>
    /// <param name="origin">Where the original stretch begins.</param>
    public PlacedText Text(int origin) =>
        new(Characters, starts.AsSpan(0, Math.Max(1, Length)), ends.AsSpan(0, Math.Max(1, Length)), origin);

    /// <summary>Adds a code point that came from a stretch of the original.</summary>
    public void Append(int codePoint, (int Start, int End) place)
    {
        if (codePoint < 0x10000)
        {
            AppendUnit((char)codePoint, place);
            return;
        }
        Span<char> units = stackalloc char[2];
        new Rune(codePoint).EncodeToUtf16(units);
        AppendUnit(units[0], place);
        AppendUnit(units[1], place);
    }

    /// <summary>Adds one UTF-16 unit.</summary>
    public void AppendUnit(char unit, (int Start, int End) place)
    {
        if (Length == characters.Length) Grow(Length + 1);
        (characters[Length], starts[Length], ends[Length]) = (unit, place.Start, place.End);
        Length++;
    }

    /// <summary>Takes the last unit away.</summary>
    public void RemoveLast() => Length--;

    /// <summary>Adds a range of a text as it stands.</summary>
    public void Append(PlacedText text, int from, int to)
    {
        if (Length + to - from > characters.Length) Grow(Length + to - from);
        text.Characters[from..to].CopyTo(characters.AsSpan(Length));
        for (var i = from; i < to; i++) (starts[Length + i - from], ends[Length + i - from]) = text.At(i);
        Length += to - from;
    }

    /// <summary>Adds a text that all came from one place.</summary>
    public void Append(ReadOnlySpan<char> text, (int Start, int End) place)
    {
        foreach (var unit in text) AppendUnit(unit, place);
    }

    private void Grow(int needed)
    {
        var capacity = Math.Max(Math.Max(64, needed), 2 * characters.Length);
        Array.Resize(ref characters, capacity);
        Array.Resize(ref starts, capacity);
        Array.Resize(ref ends, capacity);
    }
}

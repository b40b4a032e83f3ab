using System;
using System.Text;

namespace Workbench.Core.Tokenizers;

/// <summary>Normalised text in which every UTF-16 unit knows the stretch of the original that it came from.</summary>
internal sealed class NormalizedText
{
    private char[] characters;
    private int[] starts;
    private int[] ends;

    public NormalizedText(int capacity)
    {
        characters = new char[capacity];
        starts = new int[capacity];
        ends = new int[capacity];
    }

    public int Length { get; private set; }

    public ReadOnlySpan<char> Characters => characters.AsSpan(0, Length);

    /// <summary>Where in the original a range of this text came from; what was dropped at its edges is left
    /// out.</summary>
    /// <param name="from">First unit.</param>
    /// <param name="to">One past the last; the range is not empty.</param>
    public (int Start, int Length) Place(int from, int to) => (starts[from], ends[to - 1] - starts[from]);

    /// <summary>Adds a code point that came from a stretch of the original.</summary>
    public void Append(int codePoint, (int Start, int End) place)
    {
        Span<char> units = stackalloc char[2];
        var count = new Rune(codePoint).EncodeToUtf16(units);
        if (Length + count > characters.Length) Grow();
        foreach (var unit in units[..count])
        {
            (characters[Length], starts[Length], ends[Length]) = (unit, place.Start, place.End);
            Length++;
        }
    }

    private void Grow()
    {
        var capacity = Math.Max(64, 2 * characters.Length);
        Array.Resize(ref characters, capacity);
        Array.Resize(ref starts, capacity);
        Array.Resize(ref ends, capacity);
    }
}

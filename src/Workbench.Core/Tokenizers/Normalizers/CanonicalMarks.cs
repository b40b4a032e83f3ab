using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>
/// The marks after a character, which canonical decomposition puts in the order of their combining classes (Unicode,
/// D108 and D109).
/// </summary>
/// <remarks>
/// The Rust library sorts the marks but not their places: the first in order gets the place of the first in the text,
/// and so on.
/// A mark that a character decomposed to has no place of its own and takes that of the one before it.
/// </remarks>
internal sealed class CanonicalMarks
{
    private readonly List<(byte Class, int CodePoint, bool HasPlace)> marks = [];
    private readonly List<(int Start, int End)> places = [];
    private (int Start, int End) before;

    public bool IsEmpty => marks.Count == 0;

    /// <summary>A mark of the text.</summary>
    public void Add(byte combiningClass, int codePoint, (int Start, int End) place)
    {
        if (IsEmpty) before = place;
        marks.Add((combiningClass, codePoint, true));
        places.Add(place);
    }

    /// <summary>A mark that the character at a place decomposed to.</summary>
    public void AddDecomposed(byte combiningClass, int codePoint, (int Start, int End) place)
    {
        if (IsEmpty) before = place;
        marks.Add((combiningClass, codePoint, false));
    }

    /// <summary>The marks in canonical order; of one class, in the order of the text.</summary>
    public IEnumerable<(int CodePoint, (int Start, int End) Place)> InOrder()
    {
        var next = 0;
        foreach (var (_, codePoint, hasPlace) in marks.OrderBy(mark => mark.Class))
        {
            if (hasPlace) before = places[next++];
            yield return (codePoint, before);
        }
    }

    /// <summary>Forgets all marks.</summary>
    public void Clear()
    {
        marks.Clear();
        places.Clear();
    }
}

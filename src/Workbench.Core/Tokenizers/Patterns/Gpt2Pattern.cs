using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>
/// GPT-2's rule for cutting text into the pieces within which bytes are merged:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <remarks>
/// Radford et al. 2019, encoder.py. Written out by hand because .NET's \p{L} looks at single UTF-16 units and so misses
/// every letter beyond U+FFFF. .NET 10's categories agree with those of the Rust library's matcher (Oniguruma) for all
/// 1,112,064 code points.
/// </remarks>
internal static class Gpt2Pattern
{
    private enum Kind : byte { Other, Letter, Number, Space }

    private static readonly Kind[] Ascii = Classify();

    /// <summary>The length of the piece that begins at the start of a text that is not empty.</summary>
    public static int NextLength(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is > 0 and var contraction) return contraction;
        var kind = KindAt(text, out var width);
        if (kind != Kind.Space) return RunLength(text, width, kind);
        if (text[0] == ' ' && text.Length > 1)
        {
            var next = KindAt(text[1..], out var nextWidth);
            if (next != Kind.Space) return RunLength(text, 1 + nextWidth, next);
        }
        var spaces = RunLength(text, 1, Kind.Space);
        // The look-ahead leaves the last white space to the word that follows.
        return spaces == text.Length || spaces == 1 ? spaces : spaces - 1;
    }

    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2) return 0;
        if (text[1] is 's' or 't' or 'm' or 'd') return 2;
        return text.Length > 2 && (text[1], text[2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static int RunLength(ReadOnlySpan<char> text, int length, Kind kind)
    {
        while (length < text.Length && KindAt(text[length..], out var width) == kind) length += width;
        return length;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int width)
    {
        width = 1;
        if (text[0] < Ascii.Length) return Ascii[text[0]];
        return Rune.DecodeFromUtf16(text, out var rune, out width) == OperationStatus.Done ? KindOf(rune) : Kind.Other;
    }

    private static Kind KindOf(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter
            or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };

    private static Kind[] Classify()
    {
        var kinds = new Kind[128];
        for (var c = 0; c < kinds.Length; c++) kinds[c] = KindOf(new Rune(c));
        return kinds;
    }
}

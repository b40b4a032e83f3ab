using System;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>
/// BERT's normalisation: clean-up, spaces around ideographs, accents, lower case, in this order, one code point at a
/// time.
/// </summary>
/// <remarks>Devlin et al. 2019, tokenization.py; the details are those of <c>BertNormalizer</c> in the Rust
/// library.</remarks>
internal sealed class BertNormalizer(BertNormalization settings) : Normalizer
{
    private readonly bool stripsAccents = settings.StripsAccents ?? settings.LowerCases;

    /// <summary>How much of a text to normalise at once: up to a space or the end of a line, where words end as
    /// well.</summary>
    public static int BlockLength(ReadOnlySpan<char> text)
    {
        const int block = 1 << 16; // bounds the memory that normalised text takes
        var cut = text.Length > block ? text[block..].IndexOfAny(' ', '\n') : -1;
        return cut < 0 ? text.Length : block + cut;
    }

    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var characters = text.Characters;
        var result = new NormalizedText(text.Length + text.Length / 16);
        var marks = new CanonicalMarks();
        for (var at = 0; at < characters.Length;)
        {
            Rune.DecodeFromUtf16(characters[at..], out var rune, out var width);
            var place = text.Place(at, at + width);
            var codePoint = rune.Value;
            var kind = BertCharacters.ClassOf(codePoint);
            at += width;
            if (settings.CleansText)
            {
                if ((kind & BertClass.Removed) != 0) continue;
                if ((kind & BertClass.WhiteSpace) != 0) codePoint = ' ';
            }
            if (stripsAccents && BertCharacters.CombiningClass(codePoint) is > 0 and var combiningClass)
            {
                marks.Add(combiningClass, codePoint, place);
                continue;
            }
            EmitMarks(marks, result);
            if (settings.SpacesIdeographs && (kind & BertClass.Ideograph) != 0)
            {
                result.Append(' ', place);
                EmitStarter(codePoint, place, marks, result);
                result.Append(' ', place);
            }
            else if (!stripsAccents || (kind & BertClass.Accent) == 0) EmitStarter(codePoint, place, marks, result);
        }
        EmitMarks(marks, result);
        return result.Text(text.Origin);
    }

    /// <summary>Writes what a character decomposes to; marks in it wait to be put in order with those that
    /// follow.</summary>
    private void EmitStarter(int codePoint, (int Start, int End) place, CanonicalMarks marks, NormalizedText result)
    {
        Span<int> bases = stackalloc int[3];
        bases[0] = codePoint;
        var count = stripsAccents ? BertCharacters.StripAccents(codePoint, bases) : 1;
        foreach (var part in bases[..count])
        {
            if (stripsAccents && BertCharacters.CombiningClass(part) is > 0 and var combiningClass)
                marks.AddDecomposed(combiningClass, part, place);
            else EmitLower(part, place, result);
        }
    }

    private void EmitMarks(CanonicalMarks marks, NormalizedText result)
    {
        if (marks.IsEmpty) return;
        foreach (var (codePoint, place) in marks.InOrder())
        {
            if ((BertCharacters.ClassOf(codePoint) & BertClass.Accent) == 0) EmitLower(codePoint, place, result);
        }
        marks.Clear();
    }

    private void EmitLower(int codePoint, (int Start, int End) place, NormalizedText result)
    {
        Span<int> lower = stackalloc int[2];
        lower[0] = codePoint;
        var count = settings.LowerCases ? BertCharacters.ToLower(codePoint, lower) : 1;
        foreach (var c in lower[..count]) result.Append(c, place);
    }
}

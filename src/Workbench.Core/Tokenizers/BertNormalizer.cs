using System;
using System.Text;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// BERT's normalisation: clean-up, spaces around ideographs, accents, lower case, in this order, one code point at a time.
/// </summary>
/// <remarks>Devlin et al. 2019, tokenization.py; the details are those of <c>BertNormalizer</c> in the Rust library.</remarks>
internal sealed class BertNormalizer(BertNormalization settings)
{
    private readonly bool stripsAccents = settings.StripsAccents ?? settings.LowerCases;

    /// <summary>The normalised text; places count from <paramref name="start"/>.</summary>
    public NormalizedText Normalize(ReadOnlySpan<char> text, int start)
    {
        var result = new NormalizedText(text.Length + text.Length / 16);
        Span<int> bases = stackalloc int[3];
        Span<int> lower = stackalloc int[2];
        var runStart = 0;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var width);
            int from = start + at, to = from + width, codePoint = rune.Value;
            at += width;
            var kind = BertCharacters.ClassOf(codePoint);
            if (settings.CleansText)
            {
                if ((kind & BertClass.Removed) != 0) continue;
                if ((kind & BertClass.WhiteSpace) != 0) (codePoint, kind) = (' ', BertClass.WhiteSpace);
            }
            var isSpaced = settings.SpacesIdeographs && (kind & BertClass.Ideograph) != 0;
            if (stripsAccents && (kind & BertClass.Accent) != 0)
            {
                if ((kind & BertClass.Starter) != 0) runStart = result.Length;
                continue;
            }
            if (isSpaced) result.Insert(result.Length, ' ', from, to);
            bases[0] = codePoint;
            var count = stripsAccents ? BertCharacters.StripAccents(codePoint, bases) : 1;
            foreach (var part in bases[..count])
            {
                lower[0] = part;
                var lowered = settings.LowerCases ? BertCharacters.ToLower(part, lower) : 1;
                foreach (var c in lower[..lowered]) Append(result, c, from, to, ref runStart);
            }
            if (isSpaced) result.Insert(result.Length, ' ', from, to);
        }
        return result;
    }

    /// <summary>
    /// Appends in canonical order: a character with a combining class goes before those of a higher one, back to the last starter.
    /// </summary>
    private void Append(NormalizedText result, int codePoint, int from, int to, ref int runStart)
    {
        var at = result.Length;
        var combiningClass = stripsAccents && codePoint >= 0x300 ? BertCharacters.CombiningClass(codePoint) : 0;
        if (combiningClass > 0)
        {
            while (at > runStart)
            {
                Rune.DecodeLastFromUtf16(result.Characters[..at], out var before, out var width);
                if (BertCharacters.CombiningClass(before.Value) <= combiningClass) break;
                at -= width;
            }
        }
        result.Insert(at, codePoint, from, to);
        if (combiningClass == 0) runStart = result.Length;
    }
}

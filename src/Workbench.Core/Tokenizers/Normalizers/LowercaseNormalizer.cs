using System;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>Lowercase</c>: letter by letter, so that a final Σ becomes σ.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var result = new NormalizedText(text.Length);
        Span<int> lower = stackalloc int[2];
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Characters[at..], out var rune, out var width);
            var place = text.Place(at, at + width);
            foreach (var c in lower[..BertCharacters.ToLower(rune.Value, lower)]) result.Append(c, place);
            at += width;
        }
        return result.Text(text.Origin);
    }
}

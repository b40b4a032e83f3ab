using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>StripAccents</c>: marks of every kind go; composed letters stay.</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var result = new NormalizedText(text.Length);
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Characters[at..], out var rune, out var width);
            if ((BertCharacters.ClassOf(rune.Value) & BertClass.Mark) == 0)
                result.Append(rune.Value, text.Place(at, at + width));
            at += width;
        }
        return result.Text(text.Origin);
    }
}

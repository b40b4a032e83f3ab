using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>Nmt</c>: controls go, and other white space becomes spaces, as in SentencePiece's nmt rules.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var result = new NormalizedText(text.Length);
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Characters[at..], out var rune, out var width);
            var place = text.Place(at, at + width);
            at += width;
            switch (rune.Value)
            {
                case >= 1 and <= 8 or 0xB or >= 0xE and <= 0x1F or 0x7F or 0x8F or 0x9F:
                    break;
                case 9 or 0xA or 0xC or 0xD or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581
                    or 0xFEFF or 0xFFFD:
                    result.Append(' ', place);
                    break;
                default:
                    result.Append(rune.Value, place);
                    break;
            }
        }
        return result.Text(text.Origin);
    }
}

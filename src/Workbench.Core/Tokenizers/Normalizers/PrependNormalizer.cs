using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>Prepend</c>: a text before every text that is not empty, in the place of its first character.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        if (text.Length == 0) return text;
        var result = new NormalizedText(text.Length + prefix.Length);
        result.Append(prefix, text.At(0));
        result.Append(text, 0, text.Length);
        return result.Text(text.Origin);
    }
}

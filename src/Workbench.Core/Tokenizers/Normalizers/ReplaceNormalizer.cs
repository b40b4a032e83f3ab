using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Patterns;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>Replace</c>: each match becomes a text, taken as it stands.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var matches = pattern.In(text.Characters);
        NormalizedText? result = null;
        var last = 0;
        while (matches.MoveNext(out var start, out var end))
        {
            result ??= new NormalizedText(text.Length + 16);
            result.Append(text, last, start);
            result.Append(content, end == 0 ? (text.Origin, text.Origin) : text.At(end - 1));
            last = end;
        }
        if (result is null) return text;
        result.Append(text, last, text.Length);
        return result.Text(text.Origin);
    }
}

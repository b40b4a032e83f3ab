using System;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>Strip</c>: white space at the ends goes.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var from = left ? text.Length - text.Characters.TrimStart().Length : 0;
        var to = right ? Math.Max(from, text.Characters.TrimEnd().Length) : text.Length;
        if (from == 0 && to == text.Length) return text;
        var result = new NormalizedText(to - from);
        result.Append(text, from, to);
        return result.Text(text.Origin);
    }
}

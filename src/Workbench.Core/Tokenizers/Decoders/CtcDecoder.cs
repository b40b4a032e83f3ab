using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>CTC</c>: equal neighbours are one, the padding goes, the delimiter is a space.</summary>
/// <remarks>Graves et al. 2006.</remarks>
internal sealed class CtcDecoder(string padding, string delimiter, bool cleansUp) : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        var left = new List<string>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && parts[i] == parts[i - 1]) continue;
            var part = padding.Length == 0 ? parts[i] : parts[i].Replace(padding, "", StringComparison.Ordinal);
            if (cleansUp)
            {
                part = WordPieceDecoder.CleanUp(part);
                if (delimiter.Length > 0) part = part.Replace(delimiter, " ", StringComparison.Ordinal);
            }
            if (part.Length > 0) left.Add(part);
        }
        return left;
    }
}

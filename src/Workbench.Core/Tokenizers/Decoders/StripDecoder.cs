using System;
using System.Collections.Generic;
using System.Text;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>Strip</c>: so many of one character go at the beginning and at the end of each part.</summary>
internal sealed class StripDecoder(Rune content, int start, int stop) : Decoder
{
    private readonly string text = content.ToString();

    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i].AsSpan();
            for (var n = 0; n < start && part.StartsWith(text, StringComparison.Ordinal); n++)
                part = part[text.Length..];
            for (var n = 0; n < stop && part.EndsWith(text, StringComparison.Ordinal); n++)
                part = part[..^text.Length];
            parts[i] = part.ToString();
        }
        return parts;
    }
}

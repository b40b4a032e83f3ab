using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>BPEDecoder</c>: the ends of words become spaces, the last one nothing.</summary>
internal sealed class BytePairDecoder(string suffix) : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        for (var i = 0; i < parts.Count && suffix.Length > 0; i++)
            parts[i] = parts[i].Replace(suffix, i == parts.Count - 1 ? "" : " ", StringComparison.Ordinal);
        return parts;
    }
}

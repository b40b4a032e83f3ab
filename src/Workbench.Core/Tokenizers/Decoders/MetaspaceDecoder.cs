using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>Metaspace</c>: marks become spaces, those of the first token nothing where one is put before
/// texts.</summary>
internal sealed class MetaspaceDecoder(string mark, bool prepends) : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        for (var i = 0; i < parts.Count; i++)
            parts[i] = parts[i].Replace(mark, i == 0 && prepends ? "" : " ", StringComparison.Ordinal);
        return parts;
    }
}

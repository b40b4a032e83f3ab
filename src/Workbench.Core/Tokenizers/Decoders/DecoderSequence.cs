using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>Sequence</c>: one after another.</summary>
internal sealed class DecoderSequence(IReadOnlyList<Decoder> decoders) : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        foreach (var decoder in decoders) parts = decoder.Decode(parts);
        return parts;
    }
}

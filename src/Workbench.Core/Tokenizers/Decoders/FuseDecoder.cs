using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>Fuse</c>: all parts become one.</summary>
internal sealed class FuseDecoder : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts) => [string.Concat(parts)];
}

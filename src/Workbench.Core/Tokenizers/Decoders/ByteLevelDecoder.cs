using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>ByteLevel</c>: characters become the bytes that they stand for. Bytes that are not UTF-8 become U+FFFD,
/// one for each longest beginning of a character.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var part in parts) bytes.Write(ByteAlphabet.Bytes(part));
        return [Encoding.UTF8.GetString(bytes.WrittenSpan)];
    }
}

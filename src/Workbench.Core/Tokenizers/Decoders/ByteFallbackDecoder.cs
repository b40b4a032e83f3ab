using System;
using System.Collections.Generic;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>ByteFallback</c>: pieces for bytes become text where a run of them is UTF-8, and else U+FFFD for each
/// byte.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        var result = new List<string>();
        var bytes = new List<byte>();
        foreach (var part in parts)
        {
            if (BytePieces.Value(part) is >= 0 and var value)
            {
                bytes.Add((byte)value);
                continue;
            }
            Flush();
            result.Add(part);
        }
        Flush();
        return result;

        void Flush()
        {
            if (bytes.Count == 0) return;
            try
            {
                result.Add(Strict.GetString(bytes.ToArray()));
            }
            catch (DecoderFallbackException)
            {
                for (var i = 0; i < bytes.Count; i++) result.Add("\uFFFD");
            }
            bytes.Clear();
        }
    }
}

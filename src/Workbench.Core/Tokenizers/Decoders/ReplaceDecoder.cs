using System.Collections.Generic;
using System.Text;
using Workbench.Core.Tokenizers.Patterns;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>Replace</c>: each match in a part becomes a text, taken as it stands.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : Decoder
{
    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var matches = pattern.In(parts[i]);
            StringBuilder? result = null;
            var last = 0;
            while (matches.MoveNext(out var start, out var end))
            {
                (result ??= new StringBuilder()).Append(parts[i], last, start - last).Append(content);
                last = end;
            }
            if (result is not null) parts[i] = result.Append(parts[i], last, parts[i].Length - last).ToString();
        }
        return parts;
    }
}

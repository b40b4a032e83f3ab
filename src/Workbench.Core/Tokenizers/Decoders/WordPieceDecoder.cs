using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary><c>WordPiece</c>: pieces with the prefix join what is before them, others follow a space.</summary>
/// <param name="prefix">What a piece inside a word begins with.</param>
/// <param name="cleansUp">Whether spaces before points and in contractions go, piece by piece.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleansUp) : Decoder
{
    private static readonly (string From, string To)[] Untidy =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>The text without the spaces that a tokenizer puts before points and into contractions.</summary>
    public static string CleanUp(string text)
    {
        foreach (var (from, to) in Untidy) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }

    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0)
                parts[i] = parts[i].StartsWith(prefix, StringComparison.Ordinal)
                    ? parts[i][prefix.Length..]
                    : " " + parts[i];
            if (cleansUp) parts[i] = CleanUp(parts[i]);
        }
        return parts;
    }
}

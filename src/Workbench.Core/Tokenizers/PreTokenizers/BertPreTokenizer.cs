using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary><c>BertPreTokenizer</c>: at white space, and around every character of punctuation.</summary>
/// <remarks>Devlin et al. 2019, tokenization.py. Ideographs are words because the normalisation puts spaces around
/// them.</remarks>
internal sealed class BertPreTokenizer : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        var cut = text.Begin();
        var characters = text.Text.Characters;
        foreach (var (from, to) in text.Pieces)
        {
            var word = from;
            for (var at = from; at < to;)
            {
                Rune.DecodeFromUtf16(characters[at..to], out var character, out var width);
                var kind = BertCharacters.ClassOf(character.Value) & (BertClass.WhiteSpace | BertClass.Punctuation);
                if (kind != BertClass.None)
                {
                    if (at > word) cut.Add((word, at));
                    word = at + width;
                    if ((kind & BertClass.WhiteSpace) == 0) cut.Add((at, word));
                }
                at += width;
            }
            if (to > word) cut.Add((word, to));
        }
        text.Cut();
    }
}

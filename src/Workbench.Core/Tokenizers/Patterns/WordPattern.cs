using System;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary><c>\w+|[^\w\s]+</c> as Rust's regular expressions have it, marks and the two joiners among the
/// letters.</summary>
internal sealed class WordPattern : TextPattern
{
    /// <inheritdoc/>
    public override bool TryFind(ReadOnlySpan<char> text, int from, ref long budget, out int start, out int end)
    {
        for (start = from; start < text.Length;)
        {
            Rune.DecodeFromUtf16(text[start..], out var rune, out var width);
            if (!Rune.IsWhiteSpace(rune))
            {
                var isWord = RustCharacters.IsWord(rune);
                end = start + width;
                while (end < text.Length)
                {
                    Rune.DecodeFromUtf16(text[end..], out rune, out width);
                    if (Rune.IsWhiteSpace(rune) || RustCharacters.IsWord(rune) != isWord) break;
                    end += width;
                }
                return true;
            }
            start += width;
        }
        end = start;
        return false;
    }
}

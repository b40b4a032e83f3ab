using System;
using System.Text;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>Any character of a kind, each a match of its own.</summary>
internal sealed class CharacterPattern(Func<Rune, bool> isOne) : TextPattern
{
    /// <inheritdoc/>
    public override bool TryFind(ReadOnlySpan<char> text, int from, ref long budget, out int start, out int end)
    {
        for (start = from; start < text.Length; start = end)
        {
            Rune.DecodeFromUtf16(text[start..], out var rune, out var width);
            end = start + width;
            if (isOne(rune)) return true;
        }
        end = start;
        return false;
    }
}

using System;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>A text that is looked for as it stands.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    /// <inheritdoc/>
    public override bool TryFind(ReadOnlySpan<char> text, int from, ref long budget, out int start, out int end)
    {
        // An empty one is never found: the whole text is what is between matches.
        var found = literal.Length == 0 || from > text.Length
            ? -1
            : text[from..].IndexOf(literal, StringComparison.Ordinal);
        (start, end) = (from + found, from + found + literal.Length);
        return found >= 0;
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Finds added tokens in a text: leftmost first, the longest of those that begin together, as the Rust library's
/// <c>AddedVocabulary</c> does.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly (string Text, AddedToken Token)[] longestFirst;
    private readonly SearchValues<string> texts;

    /// <param name="tokens">The text to find for each token; empty texts are never found.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        longestFirst = tokens
            .Where(entry => entry.Text.Length > 0)
            .OrderByDescending(entry => entry.Text.Length)
            .ToArray();
        texts = SearchValues.Create(longestFirst.Select(entry => entry.Text).ToArray(), StringComparison.Ordinal);
    }

    public bool IsEmpty => longestFirst.Length == 0;

    /// <summary>The first match at or after a place; false when there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where to look; behind the content that was found afterwards.</param>
    /// <param name="from">Where the text before belongs to an earlier match.</param>
    /// <param name="token">The token found.</param>
    /// <param name="start">First character, white space that the token takes included.</param>
    /// <param name="end">One past the last.</param>
    public bool TryFind(
        ReadOnlySpan<char> text, ref int at, int from, out AddedToken token, out int start, out int end)
    {
        while (!IsEmpty && at < text.Length)
        {
            var found = text[at..].IndexOfAny(texts);
            if (found < 0) break;
            start = at + found;
            (var content, token) = LongestAt(text[start..]);
            end = at = start + content.Length;
            if (token.IsSingleWord && (EndsInWord(text[..start]) || BeginsWithWord(text[end..]))) continue;
            if (token.StripsLeft) start = Math.Max(from, text[..start].TrimEnd().Length);
            if (token.StripsRight) end = text.Length - text[end..].TrimStart().Length;
            return true;
        }
        (token, start, end) = (null!, text.Length, text.Length);
        return false;
    }

    private (string Text, AddedToken Token) LongestAt(ReadOnlySpan<char> text)
    {
        foreach (var entry in longestFirst)
        {
            if (text.StartsWith(entry.Text, StringComparison.Ordinal)) return entry;
        }
        throw new InvalidOperationException("A match was reported where no added token begins.");
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var last, out _) == OperationStatus.Done && RustCharacters.IsWord(last);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var first, out _) == OperationStatus.Done && RustCharacters.IsWord(first);
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Finds added tokens in a text: leftmost first, the longest of those that begin together, as the Rust library's
/// <c>AddedVocabulary</c> does.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] tokens;
    private readonly PieceTrie contents = new();
    private readonly SearchValues<string> texts;

    /// <param name="tokens">The text to find for each token, of equal texts the first; empty ones are never
    /// found.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var found = tokens.Where(entry => entry.Text.Length > 0).DistinctBy(entry => entry.Text).ToArray();
        this.tokens = found.Select(entry => entry.Token).ToArray();
        for (var i = 0; i < found.Length; i++) contents.Add(found[i].Text, i);
        texts = SearchValues.Create(found.Select(entry => entry.Text).ToArray(), StringComparison.Ordinal);
    }

    public bool IsEmpty => tokens.Length == 0;

    /// <summary>The matches in a text, one after another.</summary>
    public Matches In(ReadOnlySpan<char> text) => new(this, text);

    /// <summary>Goes through the matches in a text.</summary>
    public ref struct Matches(AddedTokenMatcher matcher, ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> text = text;

        /// <summary>Where to look for the next: behind the content that was found last.</summary>
        private int at;

        /// <summary>White space up to a character that is none, seen last: a run of it is looked at once.</summary>
        private (int Start, int End) white;

        /// <summary>The next match; false when there is none.</summary>
        /// <param name="from">Where the text before belongs to an earlier match.</param>
        /// <param name="token">The token found.</param>
        /// <param name="start">First character, white space that the token takes included.</param>
        /// <param name="end">One past the last.</param>
        public bool MoveNext(int from, out AddedToken token, out int start, out int end)
        {
            while (!matcher.IsEmpty && at < text.Length)
            {
                var found = text[at..].IndexOfAny(matcher.texts);
                if (found < 0) break;
                start = at + found;
                var length = matcher.contents.Longest(text[start..], out var which);
                token = matcher.tokens[which];
                end = at = start + length;
                if (token.IsSingleWord && (EndsInWord(text[..start]) || BeginsWithWord(text[end..]))) continue;
                if (token.StripsLeft) start = start <= from ? from : from + text[from..start].TrimEnd().Length;
                if (token.StripsRight) end = WhiteEnd(end);
                end = Math.Max(start, end);
                return true;
            }
            (token, start, end) = (null!, text.Length, text.Length);
            return false;
        }

        private int WhiteEnd(int start)
        {
            if (start < white.Start || start > white.End)
                white = (start, text.Length - text[start..].TrimStart().Length);
            return white.End;
        }
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var last, out _) == OperationStatus.Done && RustCharacters.IsWord(last);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var first, out _) == OperationStatus.Done && RustCharacters.IsWord(first);
}

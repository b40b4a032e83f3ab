using System;
using System.Text;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>What is looked for in a text.</summary>
internal abstract class TextPattern
{
    /// <summary>The first match that begins at or after a place.</summary>
    /// <param name="text">The text; what is before <paramref name="from"/> may be looked at.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="budget">The steps that are left; see <see cref="Budget"/>.</param>
    /// <param name="start">First unit of the match.</param>
    /// <param name="end">One past its last; a match may be empty.</param>
    public abstract bool TryFind(ReadOnlySpan<char> text, int from, ref long budget, out int start, out int end);

    /// <summary>
    /// The steps that all searches in a text may take together. Patterns of published tokenizers take fewer than 10 for
    /// each character; one that takes 512 takes a time that grows with the square of the text, or worse.
    /// </summary>
    public static long Budget(int length) => (1L << 14) + 512L * length;

    /// <summary>The matches one after another, as the Rust library's searches give them: an empty one directly behind
    /// another is passed over.</summary>
    public Matches In(ReadOnlySpan<char> text) => new(this, text);

    /// <summary>Goes through the matches in a text.</summary>
    public ref struct Matches(TextPattern pattern, ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> text = text;
        private long budget = Budget(text.Length);
        private int at, lastEnd = -1;

        /// <summary>The next match.</summary>
        public bool MoveNext(out int start, out int end)
        {
            (start, end) = (0, 0);
            while (at <= text.Length && pattern.TryFind(text, at, ref budget, out start, out end))
            {
                if (end > start || end != lastEnd)
                {
                    at = lastEnd = end;
                    return true;
                }
                at += at < text.Length && Rune.DecodeFromUtf16(text[at..], out _, out var width) >= 0 ? width : 1;
            }
            at = text.Length + 1;
            return false;
        }
    }
}

using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Workbench.Core.Training.Text;

/// <summary>The words of plain English text, paragraph by paragraph.</summary>
/// <remarks>
/// <para>
/// A word is a run of letters, with apostrophes inside it kept (don't, o'er; ’ becomes ') and a final 's left out, so
/// that what is the king's counts for king. Everything else parts words and is dropped: punctuation, digits, hyphens,
/// quotes, the underscores of Gutenberg's italics.
/// </para>
/// <para>
/// Words are lower-cased, by the invariant culture: in a few million words The and the are one word seen often or two
/// seen less, and what is lost, the difference between Reed and reed, is small beside that. Letters outside Unicode's
/// basic plane are not known.
/// </para>
/// </remarks>
public static partial class WordStream
{
    /// <summary>Splits lines into paragraphs, which end at a blank line, and these into words. Lines are read as they
    /// are needed.</summary>
    /// <param name="lines">For instance <c>File.ReadLines(path)</c>. Each file is best split alone, so that its end
    /// ends a paragraph.</param>
    /// <returns>The words of each paragraph that has any.</returns>
    /// <example><code>
    /// WordStream.Paragraphs(["\"Don't,\" said the", "King's fool.", "", "Exit."])
    /// </code> gives [don't, said, the, king, fool] and [exit].</example>
    public static IEnumerable<IReadOnlyList<string>> Paragraphs(IEnumerable<string> lines)
    {
        var words = new List<string>();
        foreach (var line in lines)
        {
            if (!string.IsNullOrWhiteSpace(line)) words.AddRange(Words(line));
            else if (words.Count > 0)
            {
                yield return words;
                words = [];
            }
        }
        if (words.Count > 0) yield return words;
    }

    private static IEnumerable<string> Words(string line) =>
        Word().Matches(line.Replace('’', '\'')).Select(match => match.Groups[1].Value.ToLowerInvariant());

    [GeneratedRegex(
        @"(\p{L}[\p{L}\p{M}]*(?:'(?!s(?![\p{L}\p{M}]))\p{L}[\p{L}\p{M}]*)*)(?:'s)?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}

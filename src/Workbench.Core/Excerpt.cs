using System;
using System.Globalization;
using System.Text;

namespace Workbench.Core;

/// <summary>
/// Text that somebody else wrote (a name in a file, a header, a server's answer), as a message may quote it: short, and
/// harmless to the terminal that shows it.
/// </summary>
/// <remarks>
/// Control and format characters are written as escapes: an ESC could colour a terminal or set its title, a line break
/// could fake a second message, a mark of direction could turn the text round. Halves of surrogate pairs are escaped,
/// and none is made by cutting. The time taken depends on <c>longest</c>, not on the text.
/// </remarks>
public static class Excerpt
{
    /// <summary>Characters that are quoted unless something else is asked for; names of tensors have some 60.</summary>
    public const int Longest = 200;

    /// <summary>The text, or its beginning and an ellipsis.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="longest">How many of its characters are shown at most, at least 1.</param>
    /// <returns>At most <paramref name="longest"/> characters and an ellipsis, where an escape counts as the one that
    /// it stands for.</returns>
    /// <example><c>Excerpt.Of("a\u001b[31mb", 4)</c> is <c>a\u001b[3…</c>.</example>
    public static string Of(string text, int longest = Longest) => Of(text.AsSpan(), longest);

    /// <inheritdoc cref="Of(string, int)"/>
    public static string Of(ReadOnlySpan<char> text, int longest = Longest)
    {
        Argument.AtLeast(longest, 1);
        var cut = text.Length > longest;
        var shown = cut ? text[..longest] : text;
        if (cut && char.IsHighSurrogate(shown[^1]) && char.IsLowSurrogate(text[longest])) shown = shown[..^1];
        var result = new StringBuilder(shown.Length + 1);
        while (shown.Length > 0)
        {
            var whole =
                Rune.DecodeFromUtf16(shown, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (whole && !IsEscaped(rune)) result.Append(shown[..length]);
            else foreach (var unit in shown[..length]) Escape(result, unit);
            shown = shown[length..];
        }
        return (cut ? result.Append('…') : result).ToString();
    }

    /// <summary>Text in UTF-8 that need not be valid: each broken sequence becomes U+FFFD.</summary>
    /// <inheritdoc cref="Of(string, int)"/>
    public static string Of(ReadOnlySpan<byte> text, int longest = Longest)
    {
        Argument.AtLeast(longest, 1);
        // No character has more than 4 bytes; one more shows that there is more.
        var head = text[..(int)Math.Min(text.Length, 4L * longest + 4)];
        return Of(Encoding.UTF8.GetString(head), longest);
    }

    private static bool IsEscaped(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator;

    private static void Escape(StringBuilder result, char unit) => result.Append(unit switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => $"\\u{(int)unit:x4}",
    });
}

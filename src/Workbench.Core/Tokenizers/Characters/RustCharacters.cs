using System.Globalization;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>Classes of characters as Rust's regular expressions have them.</summary>
internal static class RustCharacters
{
    /// <summary>\w: alphabetic (circled and squared letters too), marks, decimal digits, connectors, and the two
    /// joiners.</summary>
    public static bool IsWord(Rune rune) => rune.Value is 0x200C or 0x200D || IsWordWithoutJoiners(rune);

    /// <summary>Oniguruma's \w: without the joiners, and with the superscripts and fractions of Latin-1, which it knows by
    /// a table of its own.</summary>
    public static bool IsOnigurumaWord(Rune rune) =>
        rune.Value is 0xB2 or 0xB3 or 0xB9 or >= 0xBC and <= 0xBE || IsWordWithoutJoiners(rune);

    private static bool IsWordWithoutJoiners(Rune rune) =>
        rune.Value is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169
            or >= 0x1F170 and <= 0x1F189
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.ConnectorPunctuation;
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>Properties of characters by the names that patterns use.</summary>
/// <remarks>General categories are .NET's, which agree with Oniguruma's for every code point; scripts are
/// <see cref="Scripts"/>.</remarks>
internal static class CharacterProperty
{
    private static readonly string[] Short =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Dictionary<string, string> Long = new()
    {
        ["letter"] = "l",
        ["uppercaseletter"] = "lu",
        ["lowercaseletter"] = "ll",
        ["titlecaseletter"] = "lt",
        ["casedletter"] = "lc",
        ["modifierletter"] = "lm",
        ["otherletter"] = "lo",
        ["mark"] = "m",
        ["combiningmark"] = "m",
        ["nonspacingmark"] = "mn",
        ["spacingmark"] = "mc",
        ["enclosingmark"] = "me",
        ["number"] = "n",
        ["decimalnumber"] = "nd",
        ["digit"] = "nd",
        ["letternumber"] = "nl",
        ["othernumber"] = "no",
        ["punctuation"] = "p",
        ["connectorpunctuation"] = "pc",
        ["dashpunctuation"] = "pd",
        ["openpunctuation"] = "ps",
        ["closepunctuation"] = "pe",
        ["initialpunctuation"] = "pi",
        ["finalpunctuation"] = "pf",
        ["otherpunctuation"] = "po",
        ["symbol"] = "s",
        ["mathsymbol"] = "sm",
        ["currencysymbol"] = "sc",
        ["modifiersymbol"] = "sk",
        ["othersymbol"] = "so",
        ["separator"] = "z",
        ["spaceseparator"] = "zs",
        ["lineseparator"] = "zl",
        ["paragraphseparator"] = "zp",
        ["other"] = "c",
        ["control"] = "cc",
        ["cntrl"] = "cc",
        ["format"] = "cf",
        ["privateuse"] = "co",
        ["unassigned"] = "cn",
    };

    /// <summary>Whether a code point has the property; null when the name is not known.</summary>
    public static Func<int, bool>? Find(string name)
    {
        var plain = string.Concat(name.Where(c => c is not (' ' or '_' or '-'))).ToLowerInvariant();
        plain = Long.GetValueOrDefault(plain, plain);
        switch (plain)
        {
            case "any":
                return _ => true;
            case "ascii":
                return x => x < 0x80;
            case "space" or "whitespace":
                return x => Rune.IsValid(x) && Rune.IsWhiteSpace(new Rune(x));
            case "word":
                return x => Rune.IsValid(x) && RustCharacters.IsOnigurumaWord(new Rune(x));
            case "xdigit":
                return x => x < 0x80 && char.IsAsciiHexDigit((char)x);
            case "lc" or "l&":
                return Category(c => c <= UnicodeCategory.TitlecaseLetter);
            case "punct":
                return x => x is '$' or '+' or '<' or '=' or '>' or '^' or '`' or '|' or '~'
                    || Category(c => c is >= UnicodeCategory.ConnectorPunctuation
                        and <= UnicodeCategory.OtherPunctuation)(x);
        }
        for (var i = 0; i < Short.Length; i++)
        {
            var category = (UnicodeCategory)i;
            if (Short[i].Equals(plain, StringComparison.OrdinalIgnoreCase)) return Category(c => c == category);
        }
        if (plain is "l" or "m" or "n" or "p" or "s" or "z" or "c")
            return Category(c => Short[(int)c].StartsWith(plain, StringComparison.OrdinalIgnoreCase));
        return Scripts.TryFind(plain, out var script) ? x => Scripts.Of(x) == script : null;
    }

    private static Func<int, bool> Category(Func<UnicodeCategory, bool> isOne) =>
        x => isOne(CharUnicodeInfo.GetUnicodeCategory(x));
}

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Workbench.Core.Tests;

/// <summary>Strings in which every Unicode category is equally likely, with the odd cases of tokenizers strewn
/// in.</summary>
internal static class UnicodeGenerator
{
    private static readonly string[] Odd =
    [
        "'s",
        " 'll",
        "'S",
        "  ",
        "\n\n ",
        "\t",
        "\r\n",
        "\0",
        "\uFFFD",
        "\u200B",
        "\u00AD",
        "\u0085",
        "\u3000",
        "e\u0301",
        "İ",
        "ß",
        "Σ",
        "ﬁ",
        "中文",
        "각",
        "👨‍👩‍👧",
        "\u302E\u0316",
        "🇦",
        "½",
        "aaaa",
        "##",
        "[MASK]",
        "<|endoftext|>",
    ];

    private static readonly string[][] ByCategory = Enumerable
        .Range(0, 0x110000)
        .Where(Rune.IsValid)
        .GroupBy(c => CharUnicodeInfo.GetUnicodeCategory(c))
        .Select(group => group.Select(char.ConvertFromUtf32).ToArray())
        .ToArray();

    private static readonly Gen<string> Valid = Gen.OneOf(
        Gen.Elements(Odd),
        Gen.Elements("a", "b", "the", " ", " word", "1", "."),
        Gen.Elements(ByCategory).SelectMany(Gen.Elements)
    );

    private static readonly Gen<string> LoneSurrogate = Gen.Elements("\uD800", "\uDBFF", "\uDC00", "\uDFFF");

    /// <summary>Strings that are valid Unicode.</summary>
    public static readonly Arbitrary<string> WellFormed = Strings(Valid);

    /// <summary>Any strings, surrogates without a partner among them.</summary>
    public static readonly Arbitrary<string> Any = Strings(Gen.Frequency((9, Valid), (1, LoneSurrogate)));

    /// <summary>Checks a law on 1,000 strings; a failing one is made shorter and reported with its seed.</summary>
    public static void Check(Arbitrary<string> strings, System.Func<string, bool> law) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(40), Prop.ForAll(strings, law));

    private static Arbitrary<string> Strings(Gen<string> part) =>
        Arb.From(
            part.ArrayOf().Select(string.Concat),
            text => Enumerable.Range(0, text.Length).Select(at => text.Remove(at, 1)));
}

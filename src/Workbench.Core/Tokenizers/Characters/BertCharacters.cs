using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>What BERT's normalisation and splitting do with a character.</summary>
[Flags]
internal enum BertClass : byte
{
    None = 0,
    /// <summary>Dropped by the clean-up.</summary>
    Removed = 1,
    /// <summary>Ends words and is none.</summary>
    WhiteSpace = 2,
    /// <summary>A word by itself.</summary>
    Punctuation = 4,
    /// <summary>A word by itself, as it stands in the text.</summary>
    Ideograph = 8,
    /// <summary>Dropped with the accents.</summary>
    Accent = 16,
    /// <summary>A mark of any kind.</summary>
    Mark = 32,
}

/// <summary>Look-ups in <see cref="BertCharacterTables"/>.</summary>
internal static class BertCharacters
{
    private static readonly BertClass[] Classes = new BertClass[0x110000];
    private static readonly Dictionary<int, byte> CombiningClasses = [];

    static BertCharacters()
    {
        Mark(BertCharacterTables.Removed, BertClass.Removed);
        Mark(BertCharacterTables.WhiteSpace, BertClass.WhiteSpace);
        Mark(BertCharacterTables.Punctuation, BertClass.Punctuation);
        Mark(BertCharacterTables.Ideographs, BertClass.Ideograph);
        Mark(BertCharacterTables.Accents, BertClass.Accent);
        Mark(UnicodeTables.Marks, BertClass.Mark);
        // The original library's marks are those of an older Unicode in which these three had another class; a sweep
        // over all code points finds no other difference.
        Classes[0x1CF2] |= BertClass.Mark;
        Classes[0x1CF3] |= BertClass.Mark;
        Classes[0x111C9] &= ~BertClass.Mark;
        foreach (var (range, value) in TableText.Entries(BertCharacterTables.CombiningClasses))
        {
            var (first, last) = TableText.Range(range);
            for (var c = first; c <= last; c++)
                CombiningClasses.Add(c, byte.Parse(value, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The class of a code point.</summary>
    public static BertClass ClassOf(int codePoint) => Classes[codePoint];

    /// <summary>The canonical combining class, of the first code point of its decomposition if it has one; 0 for all
    /// but marks.</summary>
    public static byte CombiningClass(int codePoint) => CombiningClasses.GetValueOrDefault(codePoint);

    /// <summary>Writes the canonical decomposition of a character that is no accent, without its accents.</summary>
    /// <returns>The number of code points written to <paramref name="destination"/>: 1 to 3.</returns>
    public static int StripAccents(int codePoint, Span<int> destination)
    {
        if (codePoint < 0x80 || !UnicodeForm.TryDecompose(codePoint, out var parts))
        {
            destination[0] = codePoint;
            return 1;
        }
        var count = 0;
        foreach (var part in parts)
            if ((Classes[part] & BertClass.Accent) == 0) destination[count++] = part;
        return count;
    }

    /// <summary>The lower-case form of a code point, mapped by itself: a final Σ becomes σ, and İ becomes i with a dot
    /// above (two code points).</summary>
    /// <remarks>
    /// Rust's char::to_lowercase. Letters that got their case in Unicode 14 and later are written out, because .NET
    /// takes them from its own tables or from the system's ICU, whichever the process uses, and those may be older.
    /// </remarks>
    /// <returns>The number of code points written to <paramref name="destination"/>: 1 or 2.</returns>
    public static int ToLower(int codePoint, Span<int> destination)
    {
        destination[0] = codePoint switch
        {
            < 0x80 => codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint,
            0x130 => 'i',
            0x1C89 or 0xA7C0 or 0xA7CC or 0xA7CE or 0xA7D0 or 0xA7D2 or 0xA7D4 or 0xA7D6 or 0xA7D8 or 0xA7DA =>
                codePoint + 1,
            0x2C2F => 0x2C5F,
            0xA7CB => 0x264,
            0xA7DC => 0x19B,
            >= 0x10570 and <= 0x10595 and not (0x1057B or 0x1058B or 0x10593) => codePoint + 0x27,
            >= 0x10D50 and <= 0x10D65 => codePoint + 0x20,
            >= 0x16EA0 and <= 0x16EB8 => codePoint + 0x1B,
            _ => Rune.ToLowerInvariant(new Rune(codePoint)).Value,
        };
        if (codePoint != 0x130) return 1;
        destination[1] = 0x307;
        return 2;
    }

    private static void Mark(string ranges, BertClass value)
    {
        foreach (var range in ranges.Split(' '))
        {
            var (first, last) = TableText.Range(range);
            for (var c = first; c <= last; c++) Classes[c] |= value;
        }
    }
}

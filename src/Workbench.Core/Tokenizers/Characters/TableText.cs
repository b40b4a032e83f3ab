using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>Reads the tables of characters that stand in the source as text.</summary>
internal static class TableText
{
    /// <summary>Entries with a key, a colon and a value.</summary>
    /// <param name="table">The table.</param>
    /// <param name="between">What stands between entries, and at the end of each line.</param>
    public static IEnumerable<(string Key, string Value)> Entries(string table, char between = ' ')
    {
        foreach (var entry in table.Split(between, StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            yield return (entry[..colon], entry[(colon + 1)..]);
        }
    }

    /// <summary>First and last code point of a range in hexadecimal.</summary>
    public static (int First, int Last) Range(string range)
    {
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        return dash < 0
            ? (Hexadecimal(range), Hexadecimal(range))
            : (Hexadecimal(range[..dash]), Hexadecimal(range[(dash + 1)..]));
    }

    /// <summary>The code points of decompositions by the character that decomposes.</summary>
    public static Dictionary<int, int[]> Decompositions(string table)
    {
        var all = new Dictionary<int, int[]>();
        foreach (var (key, value) in Entries(table, '\t'))
        {
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            var first = Hexadecimal(key[..slash]);
            var count = int.Parse(key[(slash + 1)..], CultureInfo.InvariantCulture);
            var part = new List<int>();
            foreach (var rune in value.EnumerateRunes())
            {
                part.Add(rune.Value);
                if (part.Count < count) continue;
                all.Add(first++, part.ToArray());
                part.Clear();
            }
        }
        return all;
    }

    private static int Hexadecimal(string digits) =>
        int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

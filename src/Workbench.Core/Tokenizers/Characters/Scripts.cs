using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>The script of a character.</summary>
internal static class Scripts
{
    /// <summary>Of what no script is known of.</summary>
    public const byte Any = 0;

    private static readonly (int First, int Last, byte Script)[] Ranges;
    private static readonly Dictionary<string, byte> Numbers = [];
    private static readonly HashSet<int> Later = [];

    static Scripts()
    {
        var ranges = new List<(int First, int Last, byte Script)>();
        foreach (var (name, value) in TableText.Entries(ScriptTables.Ranges))
        {
            var plain = name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
            if (!Numbers.TryGetValue(plain, out var number)) Numbers.Add(plain, number = (byte)(Numbers.Count + 1));
            foreach (var range in value.Split(','))
            {
                var (first, last) = TableText.Range(range);
                ranges.Add((first, last, number));
            }
        }
        foreach (var range in ScriptTables.Later.Split(' '))
        {
            var (first, last) = TableText.Range(range);
            for (var c = first; c <= last; c++) Later.Add(c);
        }
        ranges.Sort();
        Ranges = ranges.ToArray();
    }

    /// <summary>The number of a script by its name in lower case without underscores.</summary>
    public static bool TryFind(string name, out byte script) => Numbers.TryGetValue(name, out script);

    /// <summary>The script as SentencePiece has it: the kana are Han, a space and what is unassigned go with
    /// anything. Its table, which the Rust library uses, is Unicode 9's.</summary>
    public static byte WithKana(int codePoint)
    {
        if (codePoint == ' ' || Later.Contains(codePoint)) return Any;
        // Since given to Armenian and Arabic.
        if (codePoint is 0x589 or 0x61C) return Numbers["common"];
        var script = Of(codePoint);
        return codePoint == 0x30FC || script == Numbers["hiragana"] || script == Numbers["katakana"]
            ? Numbers["han"]
            : script;
    }

    /// <summary>A number for the script.</summary>
    public static byte Of(int codePoint)
    {
        int low = 0, high = Ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < Ranges[middle].First) high = middle - 1;
            else if (codePoint > Ranges[middle].Last) low = middle + 1;
            else return Ranges[middle].Script;
        }
        return Any;
    }
}

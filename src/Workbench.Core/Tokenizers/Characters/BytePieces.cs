using System;
using System.Collections.Generic;
using System.Globalization;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>The pieces that stand for single bytes: <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
internal static class BytePieces
{
    /// <summary>How a byte is written.</summary>
    public static string Spelling(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The byte that a piece stands for, or −1.</summary>
    public static int Value(ReadOnlySpan<char> piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
            && byte.TryParse(piece[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : -1;

    /// <summary>The id of each byte's piece, −1 where there is none.</summary>
    public static int[] Ids(IReadOnlyDictionary<string, int> ids)
    {
        var all = new int[256];
        for (var value = 0; value < all.Length; value++) all[value] = ids.GetValueOrDefault(Spelling(value), -1);
        return all;
    }
}

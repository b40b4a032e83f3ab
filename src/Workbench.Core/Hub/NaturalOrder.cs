using System;
using System.Collections.Generic;

namespace Workbench.Core.Hub;

/// <summary>The order in which people read names with numbers: step2 before step10.</summary>
internal static class NaturalOrder
{
    /// <summary>Compares runs of digits by their value, and all else by its characters.</summary>
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    private static int Compare(string? a, string? b)
    {
        var x = a.AsSpan();
        var y = b.AsSpan();
        while (!x.IsEmpty && !y.IsEmpty)
        {
            var (m, n) = (Digits(x), Digits(y));
            int order;
            if (m > 0 && n > 0)
            {
                var left = x[..m].TrimStart('0');
                var right = y[..n].TrimStart('0');
                order = left.Length != right.Length
                    ? left.Length.CompareTo(right.Length)
                    : left.SequenceCompareTo(right);
                x = x[m..];
                y = y[n..];
            }
            else
            {
                order = x[0].CompareTo(y[0]);
                x = x[1..];
                y = y[1..];
            }
            if (order != 0) return order;
        }
        return x.Length != y.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(a, b);
    }

    private static int Digits(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
}

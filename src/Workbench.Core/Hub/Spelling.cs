using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Hub;

/// <summary>What somebody may have meant who wrote a name that is not known.</summary>
internal static class Spelling
{
    private const int Most = 3;

    /// <summary>The known names that are nearest to one, at most three: those that differ by a slip or two of the
    /// keyboard, and those that it is the beginning or a part of.</summary>
    /// <param name="name">As it was written.</param>
    /// <param name="known">Names that would have been understood.</param>
    public static IReadOnlyList<string> Near(string name, IEnumerable<string> known) =>
        name.Length > 96 ? [] : [.. known
            .Where(other => other != name)
            .Distinct()
            .Select(other =>
                (Name: other, Distance: Math.Min(Distance(name, other), Distance(Last(name), Last(other)))))
            .Where(other => other.Distance <= Slips(name) || IsPart(name, other.Name))
            .OrderBy(other => other.Distance)
            .ThenBy(other => other.Name, StringComparer.Ordinal)
            .Select(other => other.Name)
            .Take(Most)];

    /// <summary>Letters to insert, drop, replace or swap with their neighbour until one text is the other, whatever the
    /// case: the optimal string alignment distance.</summary>
    internal static int Distance(string a, string b)
    {
        var costs = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) costs[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) costs[0, j] = j;
        bool Same(int i, int j) => char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                costs[i, j] = Math.Min(
                    Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1, costs[i - 1, j - 1] + (Same(i, j) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j))
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        }
        return costs[a.Length, b.Length];
    }

    // One slip in a short name, two in a longer one, three in a long one.
    private static int Slips(string name) => Last(name).Length switch { < 3 => 0, < 6 => 1, < 14 => 2, _ => 3 };

    private static bool IsPart(string name, string other) =>
        Last(name).Length >= 4 && Last(other).Split('-', '_').Length > 1 &&
        $"-{Last(other)}-".Contains($"-{Last(name)}-", StringComparison.OrdinalIgnoreCase);

    private static string Last(string name) => name[(name.LastIndexOf('/') + 1)..];
}

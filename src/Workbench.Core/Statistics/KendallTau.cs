using System;

namespace Workbench.Core.Statistics;

/// <summary>Kendall's rank correlation of one list with others, each in O(m log m) (Knight, "A computer method for
/// calculating Kendall's tau with ungrouped data", JASA 1966).</summary>
internal sealed class KendallTau
{
    private readonly int[] order;
    private readonly int[] groups; // the places in the order at which a new value of x begins, and the end
    private readonly long tiedInX;

    /// <summary>Sorts the one list.</summary>
    /// <param name="x">Finite numbers.</param>
    public KendallTau(ReadOnlySpan<double> x)
    {
        var sorted = x.ToArray();
        order = new int[x.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);
        groups = Starts(sorted);
        tiedInX = Ties(groups);
    }

    /// <summary>m, the length of the lists.</summary>
    public int Count => order.Length;

    /// <summary>Whether all values are equal, so that there is nothing to rank.</summary>
    public static bool IsConstant(ReadOnlySpan<double> values) =>
        values.IsEmpty || values.IndexOfAnyExcept(values[0]) < 0;

    /// <summary>τ-a or τ-b with another list; NaN where either is constant.</summary>
    /// <param name="kind">Which of the two.</param>
    /// <param name="y">Finite numbers, as many.</param>
    public double With(CorrelationKind kind, ReadOnlySpan<double> y)
    {
        var values = new double[Count];
        for (var i = 0; i < values.Length; i++) values[i] = y[order[i]];
        long tiedInBoth = 0;
        for (var group = 0; group + 1 < groups.Length; group++)
        {
            var part = values.AsSpan(groups[group]..groups[group + 1]);
            if (part.Length < 2) continue;
            part.Sort();
            tiedInBoth += Ties(Starts(part));
        }
        var discordant = Inversions(values, new double[values.Length]); // and sorts
        var tiedInY = Ties(Starts(values));
        var all = Pairs(Count);
        if (tiedInX == all || tiedInY == all) return double.NaN;
        var difference = (double)(all - tiedInX - tiedInY + tiedInBoth - 2 * discordant);
        return kind == CorrelationKind.TauA
            ? difference / all
            : difference / (Math.Sqrt(all - tiedInX) * Math.Sqrt(all - tiedInY));
    }

    private static long Pairs(long count) => count * (count - 1) / 2;

    private static long Ties(ReadOnlySpan<int> starts)
    {
        long ties = 0;
        for (var i = 0; i + 1 < starts.Length; i++) ties += Pairs(starts[i + 1] - starts[i]);
        return ties;
    }

    private static int[] Starts(ReadOnlySpan<double> sorted)
    {
        var count = 0;
        var starts = new int[sorted.Length + 1];
        for (var i = 0; i < sorted.Length; i++)
            if (i == 0 || sorted[i] != sorted[i - 1]) starts[count++] = i;
        starts[count++] = sorted.Length;
        return starts.AsSpan(0, count).ToArray();
    }

    // How often a larger value stands before a smaller one; a merge sort that counts.
    private static long Inversions(Span<double> values, Span<double> spare)
    {
        if (values.Length < 2) return 0;
        var half = values.Length / 2;
        var inversions = Inversions(values[..half], spare[..half]) + Inversions(values[half..], spare[half..]);
        values.CopyTo(spare);
        var (left, right) = (0, half);
        for (var i = 0; i < values.Length; i++)
            if (left < half && (right == values.Length || spare[left] <= spare[right]))
                values[i] = spare[left++];
            else
            {
                inversions += half - left;
                values[i] = spare[right++];
            }
        return inversions;
    }
}

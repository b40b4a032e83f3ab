using System;

namespace Workbench.Core.Statistics;

/// <summary>
/// The values of all unordered pairs i &lt; j of n items, row by row: (0,1), (0,2) … (0,n−1), (1,2) …; n(n−1)/2 of
/// them.
/// </summary>
public static class Triangle
{
    /// <summary>n(n−1)/2.</summary>
    public static long Count(int items) => (long)items * (items - 1) / 2;

    /// <summary>Where the pair (i, j), i &lt; j, stands.</summary>
    public static long Index(int items, int i, int j) => (long)i * (2L * items - i - 1) / 2 + (j - i - 1);

    /// <summary>How many items have so many pairs.</summary>
    /// <exception cref="ArgumentException">No number of items has.</exception>
    public static int Items(long pairs)
    {
        var items = (int)Math.Round((1 + Math.Sqrt(1 + 8.0 * pairs)) / 2);
        if (Count(items) != pairs)
            throw new ArgumentException(
                $"{pairs} is not n(n−1)/2 for any n; {Count(items)} and {Count(items + 1)} are.", nameof(pairs));
        return items;
    }

    /// <summary>Spreads a triangle over a symmetric n × n matrix with zeros on the diagonal.</summary>
    /// <param name="triangle">n(n−1)/2 values.</param>
    /// <param name="destination">n · n values, row by row.</param>
    public static void ToSquare(ReadOnlySpan<double> triangle, Span<double> destination)
    {
        var items = Items(triangle.Length);
        destination.Clear();
        var next = 0;
        for (var i = 0; i < items; i++)
            for (var j = i + 1; j < items; j++)
                destination[i * items + j] = destination[j * items + i] = triangle[next++];
    }

    /// <summary>
    /// Makes values equal that lie no further apart than the error of each allows: from below, whatever lies within
    /// <paramref name="tolerance"/> of the smallest that is left becomes the mean of those. Groups never chain, so that
    /// crowded values stay apart.
    /// </summary>
    /// <param name="values">Any order; changed in place.</param>
    /// <param name="tolerance">The largest difference of two values that are equal but for their errors.</param>
    public static void Tie(Span<double> values, double tolerance)
    {
        var sorted = values.ToArray();
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);
        for (var first = 0; first < sorted.Length;)
        {
            var (next, sum) = (first, 0.0);
            for (; next < sorted.Length && sorted[next] - sorted[first] <= tolerance; next++)
                sum += sorted[next] - sorted[first];
            if (next == first)
            {
                first++; // NaN, left as it is
                continue;
            }
            var mean = sorted[first] + sum / (next - first);
            for (var i = first; i < next; i++) values[order[i]] = mean;
            first = next;
        }
    }
}

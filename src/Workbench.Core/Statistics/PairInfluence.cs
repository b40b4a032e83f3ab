using System;
using System.Numerics.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>
/// How far each pair of values moves a correlation on Fisher's scale: the derivative of artanh r with respect to the
/// pair's weight, of mean zero over all pairs (Hampel, "The influence curve and its role in robust estimation", JASA
/// 1974).
/// </summary>
internal static class PairInfluence
{
    /// <summary>The influences, one for each pair of values.</summary>
    /// <param name="kind">The correlation.</param>
    /// <param name="x">Finite, not constant.</param>
    /// <param name="y">As many.</param>
    /// <param name="r">Their correlation, not ±1.</param>
    public static double[] OnFisherScale(
        CorrelationKind kind, ReadOnlySpan<double> x, ReadOnlySpan<double> y, double r)
    {
        var (product, squareX, squareY) = kind switch
        {
            CorrelationKind.Pearson => Moments(Centred(x), Centred(y)),
            CorrelationKind.Cosine => Moments(x.ToArray(), y.ToArray()),
            CorrelationKind.Spearman or CorrelationKind.RhoA => RankMoments(x, y),
            _ => Concordance(x, y),
        };
        // r = product / √(squareX squareY), of which rho-a and τ-a know the denominator beforehand.
        var scale = kind switch
        {
            CorrelationKind.RhoA => 12 / (1 - 1 / Math.Pow(x.Length, 2)),
            CorrelationKind.TauA => 1,
            _ => 1 / Math.Sqrt(squareX.Value * squareY.Value),
        };
        var free = kind is not (CorrelationKind.RhoA or CorrelationKind.TauA);
        var result = new double[x.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var moved = product.Influences[i] * scale;
            if (free)
                moved -= r / 2 * (squareX.Influences[i] / squareX.Value + squareY.Influences[i] / squareY.Value);
            result[i] = moved / (1 - r * r);
        }
        return result;
    }

    // A mean over all values (or pairs or triples of them), and what each value adds to it.
    private readonly record struct Moment(double Value, double[] Influences);

    private static (Moment Product, Moment SquareX, Moment SquareY) Moments(double[] x, double[] y) =>
        (Product(x, y), Product(x, x), Product(y, y));

    private static Moment Product(double[] x, double[] y)
    {
        var products = new double[x.Length];
        TensorPrimitives.Multiply<double>(x, y, products);
        return Mean(products, Correlation.Dot(x, y) / x.Length);
    }

    private static Moment Mean(double[] parts, double value)
    {
        var mean = TensorPrimitives.Sum<double>(parts) / parts.Length;
        foreach (ref var part in parts.AsSpan()) part -= mean;
        return new Moment(value, parts);
    }

    // Ranks depend on all values: a value adds its own product, and lifts the ranks of all that lie above it.
    private static (Moment Product, Moment SquareX, Moment SquareY) RankMoments(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var (a, b) = (Ranks(x), Ranks(y));
        return (Lifted(a, b), Lifted(a, a), Lifted(b, b));

        static double[] Ranks(ReadOnlySpan<double> values)
        {
            var ranks = new double[values.Length];
            Correlation.AverageRanks(values, ranks);
            TensorPrimitives.Divide(ranks, (double)values.Length, ranks);
            return Centred(ranks);
        }

        static Moment Lifted(double[] a, double[] b)
        {
            var (liftA, liftB) = (Above(a, b), Above(b, a));
            for (var i = 0; i < a.Length; i++) liftA[i] += liftB[i] + a[i] * b[i];
            return Mean(liftA, Correlation.Dot(a, b) / a.Length);
        }
    }

    // For each place the mean of what belongs to larger keys, and half of what belongs to equal ones.
    private static double[] Above(double[] keys, double[] values)
    {
        var (sorted, order) = Sorted(keys);
        var result = new double[keys.Length];
        var above = 0.0;
        for (var last = sorted.Length; last > 0;)
        {
            var (first, equal) = (last, 0.0);
            while (first > 0 && sorted[first - 1] == sorted[last - 1]) equal += values[order[--first]];
            for (var i = first; i < last; i++) result[order[i]] = (above + equal / 2) / keys.Length;
            above += equal;
            last = first;
        }
        return result;
    }

    // Kendall's: the balance of each value's comparisons with all others, and the share of them that are not tied.
    private static (Moment Product, Moment SquareX, Moment SquareY) Concordance(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var (sortedX, order) = Sorted(x);
        var count = x.Length;
        var (_, equalX) = Counts(x);
        var (belowY, equalY) = Counts(y);
        var seen = new int[count + 1]; // a Fenwick tree over the ranks of y
        var (balance, untiedX, untiedY) = (new double[count], new double[count], new double[count]);
        for (var first = 0; first < count;)
        {
            var next = first;
            while (next < count && sortedX[next] == sortedX[first]) next++;
            var group = order.AsSpan(first, next - first);
            foreach (var p in group)
            {
                // Values with a smaller x: below in y, and above in y.
                balance[p] += 2 * (Sum(seen, belowY[p]) - (first - Sum(seen, belowY[p] + equalY[p])));
                // All values with another y, minus those of the smaller x counted wrongly: above less below.
                balance[p] += count - belowY[p] - equalY[p] - belowY[p];
            }
            foreach (var p in group) Add(seen, belowY[p]);
            // Those of equal x are neither.
            var inGroup = new double[group.Length];
            for (var i = 0; i < group.Length; i++) inGroup[i] = belowY[group[i]];
            Array.Sort(inGroup);
            foreach (var p in group)
            {
                var below = LowerBound(inGroup, belowY[p]);
                var above = group.Length - LowerBound(inGroup, belowY[p] + 0.5);
                balance[p] -= above - below;
            }
            first = next;
        }
        for (var p = 0; p < count; p++)
        {
            balance[p] *= 2.0 / (count - 1);
            untiedX[p] = 2.0 * (count - equalX[p]) / (count - 1);
            untiedY[p] = 2.0 * (count - equalY[p]) / (count - 1);
        }
        return (Half(balance), Half(untiedX), Half(untiedY));

        static Moment Half(double[] parts) => Mean(parts, TensorPrimitives.Sum<double>(parts) / parts.Length / 2);
    }

    // For each value how many are smaller, and how many are equal to it, itself among them.
    private static (int[] Below, int[] Equal) Counts(ReadOnlySpan<double> values)
    {
        var (sorted, order) = Sorted(values);
        var (below, equal) = (new int[values.Length], new int[values.Length]);
        for (var first = 0; first < sorted.Length;)
        {
            var next = first;
            while (next < sorted.Length && sorted[next] == sorted[first]) next++;
            for (var i = first; i < next; i++) (below[order[i]], equal[order[i]]) = (first, next - first);
            first = next;
        }
        return (below, equal);
    }

    private static int LowerBound(double[] sorted, double value)
    {
        var place = Array.BinarySearch(sorted, value);
        if (place < 0) return ~place;
        while (place > 0 && sorted[place - 1] == value) place--;
        return place;
    }

    // How many of the added ranks lie below a rank.
    private static int Sum(int[] tree, int rank)
    {
        var sum = 0;
        for (; rank > 0; rank &= rank - 1) sum += tree[rank];
        return sum;
    }

    private static void Add(int[] tree, int rank)
    {
        for (rank++; rank < tree.Length; rank += rank & -rank) tree[rank]++;
    }

    private static (double[] Sorted, int[] Order) Sorted(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        var order = new int[sorted.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);
        return (sorted, order);
    }

    private static double[] Centred(ReadOnlySpan<double> values)
    {
        var result = values.ToArray();
        Correlation.Centre(result);
        return result;
    }
}

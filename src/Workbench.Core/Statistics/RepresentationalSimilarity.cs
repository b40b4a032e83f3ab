using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>How sure a comparison of two representations is: resampled items, and how far each agrees with
/// itself.</summary>
public static class RepresentationalSimilarity
{
    /// <summary>
    /// Correlations between two triangles after drawing their items anew with replacement. Pairs of an item with its
    /// own copy are left
    /// out: their distance is zero in both and would raise any correlation (Schütt et al. 2023).
    /// </summary>
    /// <param name="kind">The correlation.</param>
    /// <param name="a">One value per pair (<see cref="Triangle"/>).</param>
    /// <param name="b">The same over the same items.</param>
    /// <param name="samples">How many times.</param>
    /// <param name="seed">Sample number t uses stream t.</param>
    /// <param name="cancellation">Stops between samples.</param>
    /// <returns>One correlation per sample; NaN where a sample leaves fewer than two different pairs.</returns>
    public static double[] BootstrapItems(
        CorrelationKind kind, double[] a, double[] b, int samples, ulong seed, CancellationToken cancellation = default)
    {
        if (a.Length != b.Length)
            throw new ArgumentException(
                $"a has {a.Length} pairs and b has {b.Length}; both must be over the same items.", nameof(b));
        var items = Triangle.Items(a.Length);
        var results = new double[samples];
        Parallel.For(0, samples, new ParallelOptions { CancellationToken = cancellation }, sample =>
        {
            var random = new Philox(seed, (ulong)sample);
            var drawn = new int[items];
            foreach (ref var item in drawn.AsSpan()) item = (int)random.NextInteger(items);
            var (x, y, count) = (new double[a.Length], new double[a.Length], 0);
            for (var i = 0; i < items; i++)
                for (var j = i + 1; j < items; j++)
                {
                    if (drawn[i] == drawn[j]) continue;
                    var pair = Triangle.Index(items, Math.Min(drawn[i], drawn[j]), Math.Max(drawn[i], drawn[j]));
                    (x[count], y[count]) = (a[pair], b[pair]);
                    count++;
                }
            results[sample] = Correlation.Of(kind, x.AsSpan(0, count), y.AsSpan(0, count));
        });
        return results;
    }

    /// <summary>
    /// How well the similarities of rows computed from some of the dimensions agree with those from others.
    /// </summary>
    /// <param name="kind">The correlation between the two triangles.</param>
    /// <param name="measure">How two rows are compared.</param>
    /// <param name="vectors">One item per row.</param>
    /// <param name="first">Dimensions of one half.</param>
    /// <param name="second">Dimensions of the other.</param>
    public static double SplitReliability(
        CorrelationKind kind,
        Measure measure,
        Matrix vectors,
        ReadOnlySpan<int> first,
        ReadOnlySpan<int> second
    ) => Correlation.Of(kind, Similarities(measure, vectors, first), Similarities(measure, vectors, second));

    /// <summary>
    /// <see cref="SplitReliability"/> for random halves of the dimensions, each lifted to the full number of dimensions
    /// by
    /// Spearman and Brown's 2r/(1 + r).
    /// </summary>
    /// <param name="kind">The correlation between the two triangles.</param>
    /// <param name="measure">How two rows are compared.</param>
    /// <param name="vectors">One item per row; at least two dimensions, of which one is left out when their number is
    /// odd.</param>
    /// <param name="splits">How many random halves.</param>
    /// <param name="seed">Split number t uses stream t.</param>
    /// <returns>One lifted reliability per split.</returns>
    public static double[] SplitHalves(CorrelationKind kind, Measure measure, Matrix vectors, int splits, ulong seed)
    {
        if (vectors.Columns < 2)
            throw new ArgumentException(
                $"Halving needs at least 2 dimensions, but the matrix is {vectors.Shape}.", nameof(vectors));
        var results = new double[splits];
        Parallel.For(
            0,
            splits,
            split =>
            {
                var order = Enumerable.Range(0, vectors.Columns).ToArray();
                new Philox(seed, (ulong)split).Shuffle(order.AsSpan());
                var half = order.Length / 2;
                results[split] = SpearmanBrown(
                    SplitReliability(kind, measure, vectors, order.AsSpan(0, half), order.AsSpan(half, half)));
            }
        );
        return results;
    }

    /// <summary>The reliability of a measurement twice as long as two that correlate at r: 2r/(1 + r).</summary>
    public static double SpearmanBrown(double r) => 2 * r / (1 + r);

    private static double[] Similarities(Measure measure, Matrix vectors, ReadOnlySpan<int> dimensions)
    {
        var part = new double[vectors.Rows][];
        for (var i = 0; i < part.Length; i++)
        {
            part[i] = new double[dimensions.Length];
            var row = vectors.Row(i);
            for (var j = 0; j < dimensions.Length; j++)
                part[i][j] = row[dimensions[j]];
            if (measure == Measure.DotProduct)
                continue;
            Correlation.Standardise(
                measure == Measure.Pearson ? CorrelationKind.Pearson : CorrelationKind.Cosine, part[i], part[i]);
        }
        var result = new double[Triangle.Count(vectors.Rows)];
        var next = 0;
        for (var i = 0; i < part.Length; i++)
            for (var j = i + 1; j < part.Length; j++)
                result[next++] = Correlation.Dot(part[i], part[j]);
        return result;
    }
}

using System;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Statistics;

/// <summary>The similarities that a comparison of two representations is made of, and how far each agrees with
/// itself.</summary>
public static class RepresentationalSimilarity
{
    // Vectors that are multiples of one another in exact arithmetic lose up to 2⁻²⁴ of each entry when they are stored
    // as float32: each turns by at most that angle, a cosine of two moves by at most twice that, and two cosines that
    // should be equal lie at most 2⁻²² apart.
    private const double Tolerance = 1.0 / (1 << 22);

    /// <summary>
    /// The similarities of all pairs of rows (<see cref="Triangle"/>), in float64. Cosines and correlations that are
    /// equal but for the rounding of the vectors to float32 are made equal, so that they rank as the ties they are.
    /// </summary>
    /// <param name="measure">How two rows are compared.</param>
    /// <param name="vectors">One item per row.</param>
    /// <returns>NaN for the pairs of a row without direction.</returns>
    public static double[] Similarities(Measure measure, Matrix vectors) =>
        Similarities(measure, vectors, Enumerable.Range(0, vectors.Columns).ToArray());

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
    /// by Spearman and Brown's 2r/(1 + r), or as it is where it is below 0.
    /// </summary>
    /// <param name="kind">The correlation between the two triangles.</param>
    /// <param name="measure">How two rows are compared.</param>
    /// <param name="vectors">One item per row; at least two dimensions, of which one is left out when their number is
    /// odd.</param>
    /// <param name="splits">How many random halves.</param>
    /// <param name="seed">Split number t uses stream t.</param>
    /// <returns>One lifted reliability per split; NaN where a half leaves a row without direction.</returns>
    public static double[] SplitHalves(CorrelationKind kind, Measure measure, Matrix vectors, int splits, ulong seed)
    {
        if (vectors.Columns < 2)
            throw new ArgumentException(
                $"Halving needs at least 2 dimensions, but the matrix is {vectors.Shape}.", nameof(vectors));
        var results = new double[splits];
        Workers.Loop(default, options => Parallel.For(
            0,
            splits,
            options,
            split =>
            {
                var order = Enumerable.Range(0, vectors.Columns).ToArray();
                new Philox(seed, (ulong)split).Shuffle(order.AsSpan());
                var half = order.Length / 2;
                results[split] = SpearmanBrown(
                    SplitReliability(kind, measure, vectors, order.AsSpan(0, half), order.AsSpan(half, half)));
            }
        ));
        return results;
    }

    /// <summary>The reliability of a measurement twice as long as two that correlate at r: 2r/(1 + r), and r itself
    /// below 0, where no length would make up for it and the formula falls without bound.</summary>
    public static double SpearmanBrown(double r) => r < 0 ? r : 2 * r / (1 + r);

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
            var kind = measure == Measure.Pearson ? CorrelationKind.Pearson : CorrelationKind.Cosine;
            if (!Correlation.Standardise(kind, part[i], part[i])) Array.Fill(part[i], double.NaN);
        }
        var result = new double[Triangle.Count(vectors.Rows)];
        var next = 0;
        for (var i = 0; i < part.Length; i++)
            for (var j = i + 1; j < part.Length; j++)
                result[next++] = Correlation.Dot(part[i], part[j]);
        if (measure != Measure.DotProduct) Triangle.Tie(result, Tolerance);
        return result;
    }
}

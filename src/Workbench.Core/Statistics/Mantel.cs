using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;

namespace Workbench.Core.Statistics;

/// <summary>What relabelling the items of one triangle does to its correlation with another.</summary>
/// <param name="Statistic">The correlation as the items stand.</param>
/// <param name="Draws">The correlations of the relabellings: the identity among them when all were enumerated.</param>
/// <param name="IsExact">Whether all n! relabellings were enumerated.</param>
public sealed record MantelResult(double Statistic, double[] Draws, bool IsExact)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    // Two relabellings that are equal by symmetry differ by rounding; without slack such ties would be decided by
    // chance.
    private const double Slack = 1e-9;

    /// <summary>
    /// Chance of as large a correlation when the labels mean nothing: the share of all relabellings when they were
    /// enumerated, else (b + 1)/(m + 1).
    /// </summary>
    public double P => Share(draw => draw >= Statistic - Slack);

    /// <summary>Chance of as small a correlation.</summary>
    public double PLess => Share(draw => draw <= Statistic + Slack);

    /// <summary>Chance of a correlation as far from zero on either side.</summary>
    public double PTwoSided => Share(draw => Math.Abs(draw) >= Math.Abs(Statistic) - Slack);

    private double Share(Func<double, bool> isExtreme)
    {
        var extreme = Draws.Count(isExtreme);
        return IsExact ? (double)extreme / Draws.Length : (extreme + 1.0) / (Draws.Length + 1);
    }
}

/// <summary>The permutation test of Mantel (1967) for two matrices of (dis)similarities over the same items.</summary>
public static class Mantel
{
    /// <summary>Up to this many items all relabellings are enumerated: 8! = 40,320 take less than a tenth of a
    /// second.</summary>
    public const int LargestEnumerated = 8;

    /// <summary>Permutes the items of <paramref name="b"/> and correlates anew each time.</summary>
    /// <param name="kind">The correlation.</param>
    /// <param name="a">One value per pair (<see cref="Triangle"/>).</param>
    /// <param name="b">The same over the same items.</param>
    /// <param name="permutations">How many random relabellings; not used up to <see cref="LargestEnumerated"/>
    /// items.</param>
    /// <param name="seed">Draw number t uses stream t of this seed.</param>
    /// <param name="cancellation">Stops between draws.</param>
    /// <exception cref="ArgumentException">The triangles differ in length, or one is constant or not
    /// finite.</exception>
    public static MantelResult Test(
        CorrelationKind kind, ReadOnlySpan<double> a, ReadOnlySpan<double> b, int permutations, ulong seed,
        CancellationToken cancellation = default)
    {
        if (a.Length != b.Length)
            throw new ArgumentException(
                $"a has {a.Length} pairs and b has {b.Length}; both must be over the same items.", nameof(b));
        Argument.AtLeast(permutations, 1);
        RefuseNotFinite(a, nameof(a));
        RefuseNotFinite(b, nameof(b));
        var items = Triangle.Items(a.Length);
        if (kind is CorrelationKind.TauA or CorrelationKind.TauB)
            return Kendall(kind, items, a, b, permutations, seed, cancellation);
        var (x, y) = (new double[a.Length], new double[b.Length]);
        if (!Correlation.Standardise(kind, a, x)) throw AllEqual(nameof(a));
        if (!Correlation.Standardise(kind, b, y)) throw AllEqual(nameof(b));
        var square = new double[items * items];
        Triangle.ToSquare(y, square);
        var statistic = Correlation.Dot(x, y);
        return Draw(statistic, items, permutations, seed, order => Relabelled(x, square, order), cancellation);
    }

    /// <summary>
    /// The partial test (Smouse, Long and Sokal 1986): permutes the items of <paramref name="b"/>, takes the controls
    /// out of both triangles again each time, and correlates what is left.
    /// </summary>
    /// <remarks>Where items lie in space or time the partial test rejects too often (Guillot and Rousset
    /// 2013).</remarks>
    /// <param name="kind">Pearson, or Spearman for the same on ranks of all triangles.</param>
    /// <param name="a">One value per pair (<see cref="Triangle"/>).</param>
    /// <param name="b">The same over the same items.</param>
    /// <param name="controls">Triangles over the same items; they stay where they are.</param>
    /// <param name="permutations">How many random relabellings; not used up to <see cref="LargestEnumerated"/>
    /// items.</param>
    /// <param name="seed">Draw number t uses stream t of this seed.</param>
    /// <param name="cancellation">Stops between draws.</param>
    /// <exception cref="ArgumentException">The triangles differ in length, the kind has no partial form, or the
    /// controls explain a triangle wholly.</exception>
    public static MantelResult Partial(
        CorrelationKind kind, ReadOnlySpan<double> a, ReadOnlySpan<double> b, double[][] controls, int permutations,
        ulong seed, CancellationToken cancellation = default)
    {
        Argument.AtLeast(permutations, 1);
        RefuseNotFinite(a, nameof(a));
        RefuseNotFinite(b, nameof(b));
        foreach (var control in controls) RefuseNotFinite(control, nameof(controls));
        var statistic = Correlation.Partial(kind, a, b, controls);
        if (double.IsNaN(statistic))
            throw new ArgumentException(
                "The controls explain one of the triangles wholly; nothing is left to correlate.", nameof(controls));
        var items = Triangle.Items(a.Length);
        var given = Array.ConvertAll(controls, control => Prepared(control));
        var (x, y) = (Prepared(a), Prepared(b));
        Correlation.Residuals(x, given, x);
        Correlation.Standardise(CorrelationKind.Pearson, x, x);
        Correlation.Standardise(CorrelationKind.Pearson, y, y);
        var square = new double[items * items];
        Triangle.ToSquare(y, square);
        var basis = Correlation.Basis(a.Length, given);
        // x is at right angles to the controls already, so of b's relabelling only its length must be freed of them.
        return Draw(
            statistic,
            items,
            permutations,
            seed,
            order =>
            {
                var left = 1.0;
                foreach (var direction in basis)
                {
                    var share = Relabelled(direction, square, order);
                    left -= share * share;
                }
                // A relabelling that the controls explain wholly.
                return left > 1e-12 ? Relabelled(x, square, order) / Math.Sqrt(left) : 0;
            },
            cancellation
        );

        double[] Prepared(ReadOnlySpan<double> triangle)
        {
            var result = triangle.ToArray();
            if (kind == CorrelationKind.Spearman)
                Correlation.AverageRanks(triangle, result);
            return result;
        }
    }

    private static MantelResult Kendall(
        CorrelationKind kind, int items, ReadOnlySpan<double> a, ReadOnlySpan<double> b, int permutations, ulong seed,
        CancellationToken cancellation)
    {
        var tau = new KendallTau(a);
        var statistic = tau.With(kind, b);
        if (KendallTau.IsConstant(a)) throw AllEqual(nameof(a));
        if (KendallTau.IsConstant(b)) throw AllEqual(nameof(b));
        var square = new double[items * items];
        Triangle.ToSquare(b, square);
        return Draw(
            statistic, items, permutations, seed,
            order =>
            {
                var relabelled = new double[tau.Count];
                var pair = 0;
                for (var i = 0; i < items; i++)
                    for (var j = i + 1; j < items; j++)
                        relabelled[pair++] = square[order[i] * items + order[j]];
                return tau.With(kind, relabelled);
            },
            cancellation);
    }

    private static ArgumentException AllEqual(string name) =>
        new($"All values of {name} are equal; no correlation is defined.", name);

    private static void RefuseNotFinite(ReadOnlySpan<double> values, string name)
    {
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i]))
                throw new ArgumentException($"{name} must be finite, but its pair {i} is {values[i]}.", name);
    }

    private static MantelResult Draw(
        double statistic, int items, int permutations, ulong seed, Func<int[], double> relabelled,
        CancellationToken cancellation) =>
        items <= LargestEnumerated
            ? new MantelResult(statistic, Enumerate(items, relabelled), IsExact: true)
            : new MantelResult(statistic, Sample(items, permutations, seed, relabelled, cancellation), IsExact: false);

    private static double[] Sample(
        int items, int permutations, ulong seed, Func<int[], double> relabelled, CancellationToken cancellation)
    {
        var draws = new double[permutations];
        Workers.Loop(cancellation, options => Parallel.For(
            0,
            permutations,
            options,
            () => new int[items],
            (draw, _, order) =>
            {
                for (var i = 0; i < items; i++)
                    order[i] = i;
                new Philox(seed, (ulong)draw).Shuffle(order.AsSpan());
                draws[draw] = relabelled(order);
                return order;
            },
            _ => { }
        ));
        return draws;
    }

    // Heap's algorithm, from the identity on.
    private static double[] Enumerate(int items, Func<int[], double> relabelled)
    {
        var order = Enumerable.Range(0, items).ToArray();
        var draws = new double[Enumerable.Range(1, items).Aggregate(1, (product, i) => product * i)];
        draws[0] = relabelled(order);
        var counters = new int[items];
        var next = 1;
        for (var i = 1; i < items;)
        {
            if (counters[i] == i)
            {
                counters[i++] = 0;
                continue;
            }
            var other = i % 2 == 0 ? 0 : counters[i];
            (order[other], order[i]) = (order[i], order[other]);
            draws[next++] = relabelled(order);
            counters[i]++;
            i = 1;
        }
        return draws;
    }

    private static double Relabelled(double[] x, double[] square, int[] order)
    {
        var (sum, pair, items) = (0.0, 0, order.Length);
        for (var i = 0; i < items; i++)
        {
            var row = square.AsSpan(order[i] * items, items);
            for (var j = i + 1; j < items; j++)
                sum += x[pair++] * row[order[j]];
        }
        return sum;
    }
}

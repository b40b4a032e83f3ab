using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Gradients;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Gradients;

/// <summary>
/// Holds a recorded operation against its formula as plain loops in double: the results, and the gradient of Σ weights
/// ∘ result, with random weights, against central differences of the loops.
/// </summary>
internal static class GradientCheck
{
    // In double, truncation and rounding of a central difference over 2·10⁻⁵ are both some 10⁻¹⁰ of the function.
    private const double Step = 1e-5;

    // Of the largest element, or of 1 where all are smaller: float32 has 6e-8, and the longest chains here are of some
    // 130 terms.
    private const double Tolerance = 1e-5;

    /// <summary>The formula: the result's elements from those of the inputs.</summary>
    public delegate double[,] Plain(double[][,] inputs);

    public static void Agrees(Func<Variable[], Variable> recorded, Plain plain, params Matrix[] inputs)
    {
        var tape = new Tape();
        var variables = inputs.Select(tape.Input).ToArray();
        var result = recorded(variables);
        var doubles = inputs.Select(ToDoubles).ToArray();
        var expected = plain(doubles);
        Near("result", expected, result.Value);

        var weights = Normal(result.Rows, result.Columns, new Philox(77, 1));
        tape.Backward(result, weights);
        for (var k = 0; k < inputs.Length; k++)
            Near(
                $"gradient of input {k}", CentralDifferences(doubles, k, () => Weighted(plain(doubles), weights)),
                variables[k].Gradient);
    }

    /// <summary>Random shapes of up to 7 × 40, which straddles the widths of vectors, and a source of random numbers
    /// for each.</summary>
    public static void ForShapes(Action<int, int, Philox> test, int cases = 40) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases),
            Prop.ForAll(
                Arb.From(
                    from rows in Gen.Choose(1, 7)
                    from columns in Gen.Choose(1, 40)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (rows, columns, seed)
                ),
                shape => test(shape.rows, shape.columns, new Philox((ulong)shape.seed))
            )
        );

    /// <summary>The derivatives of a function of some inputs with respect to the elements of one, which it sees changed
    /// and which are restored.</summary>
    public static double[,] CentralDifferences(double[][,] inputs, int which, Func<double> function)
    {
        var x = inputs[which];
        return Table(x.GetLength(0), x.GetLength(1), (i, j) =>
        {
            var (value, step) = (x[i, j], Step * Math.Max(1, Math.Abs(x[i, j])));
            x[i, j] = value + step;
            var above = function();
            x[i, j] = value - step;
            var below = function();
            x[i, j] = value;
            return (above - below) / (2 * step);
        });
    }

    public static void Near(string what, double[,] wanted, Matrix given, double tolerance = Tolerance)
    {
        Assert.Equal((wanted.GetLength(0), wanted.GetLength(1)), (given.Rows, given.Columns));
        var allowed = tolerance * Math.Max(1, wanted.Cast<double>().DefaultIfEmpty().Max(Math.Abs));
        for (var i = 0; i < given.Rows; i++)
            for (var j = 0; j < given.Columns; j++)
                Assert.True(
                    Math.Abs(given[i, j] - wanted[i, j]) <= allowed,
                    $"{what} {given.Shape} at [{i}, {j}]: {given[i, j]} instead of {wanted[i, j]}, allowed are "
                        + $"{allowed:E1}"
                );
    }

    public static double[,] Table(int rows, int columns, Func<int, int, double> element)
    {
        var table = new double[rows, columns];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                table[i, j] = element(i, j);
        return table;
    }

    public static double[,] Number(double value) => new[,] { { value } };

    public static double[,] ToDoubles(Matrix x) => Table(x.Rows, x.Columns, (i, j) => x[i, j]);

    public static Matrix Normal(int rows, int columns, Philox random) => Filled(rows, columns, random.NextNormal);

    /// <summary>Numbers of either sign at least ½ away from 0, where some functions have no derivative.</summary>
    public static Matrix AwayFromZero(int rows, int columns, Philox random) =>
        Filled(
            rows,
            columns,
            () =>
            {
                var x = random.NextNormal();
                return x + Math.CopySign(0.5, x);
            }
        );

    public static Matrix Positive(int rows, int columns, Philox random) =>
        Filled(rows, columns, () => 0.5 + Math.Abs(random.NextNormal()));

    public static int[] Indices(int count, int below, Philox random) =>
        [.. Enumerable.Range(0, count).Select(_ => (int)random.NextInteger(below))];

    private static Matrix Filled(int rows, int columns, Func<double> next)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref var value in matrix.WritableValues) value = (float)next();
        return matrix;
    }

    private static double Weighted(double[,] result, Matrix weights)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Rows; i++)
            for (var j = 0; j < weights.Columns; j++)
                sum += weights[i, j] * result[i, j];
        return sum;
    }
}

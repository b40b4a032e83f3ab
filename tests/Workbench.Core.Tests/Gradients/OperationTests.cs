using System;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.Gradients.GradientCheck;

namespace Workbench.Core.Tests.Gradients;

/// <summary>Each operation against its formula in plain loops, and its gradients against central differences of
/// these.</summary>
public sealed class OperationTests
{
    [Fact]
    public void MatMul_is_rows_times_columns() => ForShapes((m, k, random) =>
    {
        var n = 1 + (int)random.NextInteger(9);
        Agrees(x => x[0].MatMul(x[1]), x => Product(x[0], x[1]), Normal(m, k, random), Normal(k, n, random));
    });

    [Fact]
    public void Transpose_exchanges_rows_and_columns() => ForShapes((m, n, random) =>
        Agrees(x => x[0].Transpose(), x => Table(n, m, (i, j) => x[0][j, i]), Normal(m, n, random)));

    [Theory]
    [InlineData(WeightLayout.InputMajor, true), InlineData(WeightLayout.InputMajor, false)]
    [InlineData(WeightLayout.OutputMajor, true), InlineData(WeightLayout.OutputMajor, false)]
    public void A_layer_is_a_product_and_a_bias(WeightLayout layout, bool hasBias) =>
        ForShapes(
            (n, inputs, random) =>
            {
                var outputs = 3 * (1 + (int)random.NextInteger(5));
                var weight =
                    layout == WeightLayout.InputMajor
                        ? Normal(inputs, outputs, random)
                        : Normal(outputs, inputs, random);
                // A bias in three rows is one of queries, keys and values.
                var bias = random.NextInteger(2) == 0 ? Normal(1, outputs, random) : Normal(3, outputs / 3, random);
                Agrees(
                    x => x[0].Affine(x[1], layout, hasBias ? x[2] : null),
                    x =>
                        Table(
                            n,
                            outputs,
                            (i, j) =>
                                Enumerable
                                    .Range(0, inputs)
                                    .Sum(k =>
                                        x[0][i, k] * (layout == WeightLayout.InputMajor ? x[1][k, j] : x[1][j, k])
                                    ) + (hasBias ? x[2][j / x[2].GetLength(1), j % x[2].GetLength(1)] : 0)
                        ),
                    hasBias ? [Normal(n, inputs, random), weight, bias] : [Normal(n, inputs, random), weight]
                );
            },
            cases: 20
        );

    [Theory]
    [InlineData("same"), InlineData("row"), InlineData("scalar")]
    public void Sums_differences_products_and_quotients_repeat_a_row_or_a_number(string form) =>
        ForShapes(
            (m, n, random) =>
            {
                var (a, b) = (
                    AwayFromZero(m, n, random), AwayFromZero(form == "same" ? m : 1, form == "scalar" ? 1 : n, random));
                Agrees(x => x[0].Add(x[1]), x => Table(m, n, (i, j) => x[0][i, j] + Spread(x[1], i, j)), a, b);
                Agrees(x => x[0].Subtract(x[1]), x => Table(m, n, (i, j) => x[0][i, j] - Spread(x[1], i, j)), a, b);
                Agrees(x => x[0].Multiply(x[1]), x => Table(m, n, (i, j) => x[0][i, j] * Spread(x[1], i, j)), a, b);
                // Operators take the smaller operand on either side.
                Agrees(x => x[0] + x[1], x => Table(m, n, (i, j) => Spread(x[0], i, j) + x[1][i, j]), b, a);
                Agrees(x => x[0] - x[1], x => Table(m, n, (i, j) => Spread(x[0], i, j) - x[1][i, j]), b, a);
                Agrees(x => x[0] * x[1], x => Table(m, n, (i, j) => Spread(x[0], i, j) * x[1][i, j]), b, a);
                Agrees(x => x[0] / x[1], x => Table(m, n, (i, j) => Spread(x[0], i, j) / x[1][i, j]), b, a);
                Agrees(x => x[0] / x[1], x => Table(m, n, (i, j) => x[0][i, j] / Spread(x[1], i, j)), a, b);
            },
            cases: 15
        );

    [Fact]
    public void Numbers_are_operands_on_either_side() => ForShapes((m, n, random) =>
    {
        var number = random.NextNormal() + 3;
        Each(m, n, AwayFromZero(m, n, random), x => number + x, x => number + x);
        Each(m, n, AwayFromZero(m, n, random), x => x + number, x => x + number);
        Each(m, n, AwayFromZero(m, n, random), x => number - x, x => number - x);
        Each(m, n, AwayFromZero(m, n, random), x => x - number, x => x - number);
        Each(m, n, AwayFromZero(m, n, random), x => number * x, x => number * x);
        Each(m, n, AwayFromZero(m, n, random), x => x * number, x => x * number);
        Each(m, n, AwayFromZero(m, n, random), x => number / x, x => number / x);
        Each(m, n, AwayFromZero(m, n, random), x => x / number, x => x / number);
        Each(m, n, AwayFromZero(m, n, random), x => -x, x => -x);
    }, cases: 5);

    [Fact]
    public void Functions_of_each_element_have_their_slopes() => ForShapes((m, n, random) =>
    {
        Each(m, n, Normal(m, n, random), x => x.Scale(-1.5f), x => -1.5 * x);
        Each(m, n, Normal(m, n, random), x => x.Exp(), Math.Exp);
        Each(m, n, Positive(m, n, random), x => x.Log(), Math.Log);
        Each(m, n, Positive(m, n, random), x => x.Sqrt(), Math.Sqrt);
        Each(m, n, Normal(m, n, random), x => x.Sin(), Math.Sin);
        Each(m, n, Normal(m, n, random), x => x.Cos(), Math.Cos);
        Each(m, n, Normal(m, n, random), x => x.Tanh(), Math.Tanh);
        Each(m, n, AwayFromZero(m, n, random), x => x.Reciprocal(), x => 1 / x);
    }, cases: 20);

    [Theory]
    [InlineData(Activation.Gelu), InlineData(Activation.GeluNew), InlineData(Activation.Relu)]
    public void Activations_have_their_slopes(Activation activation) => ForShapes((m, n, random) =>
        Each(m, n, AwayFromZero(m, n, random), x => x.Activate(activation), x => Activate(activation, x)));

    [Theory]
    [InlineData(Activation.Gelu), InlineData(Activation.GeluNew)]
    public void Gelus_slopes_hold_from_one_tail_to_the_other(Activation activation)
    {
        var points = Enumerable.Range(0, 641).Select(i => (i - 320) / 32f).ToArray();
        Each(
            1, points.Length, Matrix.FromArray(1, points.Length, points), x => x.Activate(activation),
            x => Activate(activation, x));
    }

    [Fact]
    public void Relu_is_flat_at_zero()
    {
        var tape = new Tape();
        var x = tape.Input(Matrix.FromArray(1, 3, [-1, 0, 1]));
        tape.Backward(x.Activate(Activation.Relu).Sum());
        Assert.Equal([0, 0, 1], x.Gradient.ToArray());
    }

    [Fact]
    public void Reductions_are_sums_over_what_they_name() =>
        ForShapes(
            (m, n, random) =>
            {
                Agrees(x => x[0].Sum(), x => Number(x[0].Cast<double>().Sum()), Normal(m, n, random));
                Agrees(x => x[0].Mean(), x => Number(x[0].Cast<double>().Average()), Normal(m, n, random));
                Agrees(
                    x => x[0].RowSums(), x => Table(m, 1, (i, _) => Enumerable.Range(0, n).Sum(j => x[0][i, j])),
                    Normal(m, n, random));
                Agrees(x => x[0].Dot(x[1]), x => Number(Dot(x[0], x[1])), Normal(m, n, random), Normal(m, n, random));
                Agrees(x => x[0].Norm(), x => Number(Math.Sqrt(Dot(x[0], x[0]))), AwayFromZero(m, n, random));
                Agrees(
                    x => x[0].Cosine(x[1]), x => Number(Dot(x[0], x[1]) / Math.Sqrt(Dot(x[0], x[0]) * Dot(x[1], x[1]))),
                    AwayFromZero(m, n, random), AwayFromZero(m, n, random));
            }
        );

    [Fact]
    public void Sums_over_many_rows_keep_their_digits()
    {
        // More rows than are summed in one part.
        var (random, ones) = (new Philox(3), new Matrix(700, 5));
        ones.WritableValues.Fill(1);
        var tape = new Tape(threads: 2);
        var row = tape.Input(Normal(1, 5, random));
        tape.Backward(tape.Constant(Normal(700, 5, random)).Subtract(row).Sum());
        Assert.Equal([-700, -700, -700, -700, -700], row.Gradient.ToArray());
        Agrees(x => x[0].Sum(), x => Number(x[0].Cast<double>().Sum()), ones);
    }

    [Fact]
    public void The_norm_of_zeros_has_no_slope()
    {
        var tape = new Tape();
        var x = tape.Input(new Matrix(2, 3));
        tape.Backward(x.Norm());
        Assert.All(x.Gradient.ToArray(), slope => Assert.Equal(0, slope));
    }

    [Fact]
    public void Gathered_rows_give_their_gradients_back_as_often_as_they_were_taken() =>
        ForShapes(
            (m, n, random) =>
            {
                var indices = Indices(2 * m + 1, m, random); // more than there are rows: some repeat
                Agrees(
                    x => x[0].GatherRows(indices), x => Table(indices.Length, n, (i, j) => x[0][indices[i], j]),
                    Normal(m, n, random));
            }
        );

    [Fact]
    public void A_slice_is_a_rectangle() =>
        ForShapes(
            (m, n, random) =>
            {
                var (row, column) = ((int)random.NextInteger(m), (int)random.NextInteger(n));
                var (rows, columns) = (1 + (int)random.NextInteger(m - row), 1 + (int)random.NextInteger(n - column));
                Agrees(
                    x => x[0].Slice(row, rows, column, columns),
                    x => Table(rows, columns, (i, j) => x[0][row + i, column + j]), Normal(m, n, random));
            }
        );

    [Fact]
    public void Matrices_beside_each_other_keep_their_order() =>
        ForShapes(
            (m, n, random) =>
            {
                var other = 1 + (int)random.NextInteger(20);
                // The first one twice.
                Agrees(
                    x => Selections.BesideEachOther(x[0], x[1], x[0]),
                    x =>
                        Table(
                            m,
                            2 * n + other,
                            (i, j) =>
                                j < n ? x[0][i, j]
                                : j < n + other ? x[1][i, j - n]
                                : x[0][i, j - n - other]
                        ),
                    Normal(m, n, random),
                    Normal(m, other, random)
                );
            }
        );

    [Theory]
    [InlineData(1e-5, 3), InlineData(0.1, 1)] // a row of one or two has no variance to speak of, and needs the larger ε
    public void Layer_norm_centres_and_scales_each_row(double epsilon, int narrowest) =>
        ForShapes(
            (m, n, random) =>
            {
                var d = Math.Max(n, narrowest);
                Agrees(
                    x => x[0].LayerNorm(x[1], x[2], epsilon), x => Normed(x[0], x[1], x[2], epsilon),
                    Normal(m, d, random), Normal(1, d, random), Normal(1, d, random));
                Agrees(
                    x => x[0].LayerNorm(x[1], null, epsilon), x => Normed(x[0], x[1], new double[1, d], epsilon),
                    Normal(m, d, random), Normal(1, d, random));
            },
            cases: 20
        );

    [Theory]
    [InlineData(false), InlineData(true)]
    public void Softmax_gives_shares_of_what_a_row_sees(bool causal) => ForShapes((m, n, random) =>
        Agrees(x => x[0].Softmax(causal), x => Shares(x[0], causal), Normal(m, n, random)));

    [Fact]
    public void Causal_softmax_takes_more_rows_than_columns()
    {
        var random = new Philox(8);
        Agrees(x => x[0].Softmax(causal: true), x => Shares(x[0], causal: true), Normal(9, 4, random));
    }

    [Fact]
    public void An_operand_used_twice_gets_both_gradients() =>
        ForShapes(
            (m, n, random) =>
            {
                Agrees(
                    x => x[0].Multiply(x[0]), x => Table(m, n, (i, j) => x[0][i, j] * x[0][i, j]),
                    Normal(m, n, random));
                Agrees(x => x[0].Add(x[0]), x => Table(m, n, (i, j) => 2 * x[0][i, j]), Normal(m, n, random));
                Agrees(x => x[0].Subtract(x[0]), _ => new double[m, n], Normal(m, n, random));
                Agrees(x => x[0].Dot(x[0]), x => Number(Dot(x[0], x[0])), Normal(m, n, random));
                Agrees(
                    x => x[0].MatMul(x[0].Transpose()), x => Product(x[0], Table(n, m, (i, j) => x[0][j, i])),
                    Normal(m, n, random));
                Agrees(
                    x => x[0].Exp().Add(x[0].Sin()).Subtract(x[0].Tanh()),
                    x => Table(m, n, (i, j) => Math.Exp(x[0][i, j]) + Math.Sin(x[0][i, j]) - Math.Tanh(x[0][i, j])),
                    Normal(m, n, random));
            },
            cases: 15
        );

    private static void Each(int m, int n, Matrix at, Func<Variable, Variable> recorded, Func<double, double> plain) =>
        Agrees(x => recorded(x[0]), x => Table(m, n, (i, j) => plain(x[0][i, j])), at);

    private static double Spread(double[,] x, int i, int j) =>
        x[x.GetLength(0) == 1 ? 0 : i, x.GetLength(1) == 1 ? 0 : j];

    private static double[,] Product(double[,] a, double[,] b) =>
        Table(
            a.GetLength(0), b.GetLength(1), (i, j) => Enumerable.Range(0, b.GetLength(0)).Sum(k => a[i, k] * b[k, j]));

    private static double Dot(double[,] a, double[,] b) =>
        a.Cast<double>().Zip(b.Cast<double>(), (x, y) => x * y).Sum();

    private static double[,] Normed(double[,] x, double[,] gain, double[,] bias, double epsilon)
    {
        var d = x.GetLength(1);
        var result = new double[x.GetLength(0), d];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            var mean = Enumerable.Range(0, d).Average(j => x[i, j]);
            var deviation = Math.Sqrt(
                Enumerable.Range(0, d).Average(j => (x[i, j] - mean) * (x[i, j] - mean)) + epsilon);
            for (var j = 0; j < d; j++)
                result[i, j] = (x[i, j] - mean) / deviation * gain[0, j] + bias[0, j];
        }
        return result;
    }

    private static double[,] Shares(double[,] x, bool causal)
    {
        var result = new double[x.GetLength(0), x.GetLength(1)];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            var seen = causal ? Math.Min(i + 1, x.GetLength(1)) : x.GetLength(1);
            var total = Enumerable.Range(0, seen).Sum(j => Math.Exp(x[i, j]));
            for (var j = 0; j < seen; j++) result[i, j] = Math.Exp(x[i, j]) / total;
        }
        return result;
    }

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.GeluNew => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Activation.Gelu => 0.5 * x * MathNet.Numerics.SpecialFunctions.Erfc(-x / Math.Sqrt(2)),
        _ => Math.Max(0, x),
    };
}

using System;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.Gradients.GradientCheck;

namespace Workbench.Core.Tests.Gradients;

public sealed class TapeTests
{
    [Fact]
    public void Constants_get_no_gradient_and_what_is_made_of_them_alone_has_none()
    {
        var tape = new Tape();
        var (x, c) = (tape.Input(Matrix.FromArray(1, 2, [3, 4])), tape.Constant(Matrix.FromArray(1, 2, [5, 6])));
        var made = c.Multiply(c);
        var result = x.Dot(made);
        tape.Backward(result);
        Assert.Equal([25, 36], x.Gradient.ToArray());
        Assert.Contains("a constant", Assert.Throws<InvalidOperationException>(() => c.Gradient).Message);
        Assert.Contains("a constant", Assert.Throws<InvalidOperationException>(() => made.Gradient).Message);
        Assert.Contains(
            "result of an operation", Assert.Throws<InvalidOperationException>(() => result.Gradient).Message);
        tape.Backward(made.Sum());
        Assert.Equal([0, 0], x.Gradient.ToArray());
    }

    [Fact]
    public void Constants_among_operands_change_no_other_gradient()
    {
        var random = new Philox(4);
        Matrix[] given = [Normal(6, 6, random), Normal(6, 6, random), Normal(1, 6, random), Normal(1, 6, random)];
        var all = Gradients([true, true, true, true]);
        for (var which = 0; which < given.Length; which++)
        {
            var varies = Enumerable.Range(0, given.Length).Select(k => k == which).ToArray();
            Assert.Equal(all[which], Gradients(varies)[which]);
        }

        float[]?[] Gradients(bool[] varies)
        {
            var tape = new Tape();
            var x = given.Select((value, k) => varies[k] ? tape.Input(value) : tape.Constant(value)).ToArray();
            var result = Everything(x);
            tape.Backward(result);
            return [.. x.Select((input, k) => varies[k] ? input.Gradient.ToArray() : null)];
        }
    }

    [Fact]
    public void An_input_that_the_result_does_not_depend_on_gets_zeros()
    {
        var tape = new Tape();
        var (x, y) = (tape.Input(new Matrix(1, 1)), tape.Input(new Matrix(2, 3)));
        tape.Backward(x.Exp());
        Assert.Equal(new float[6], y.Gradient.ToArray());
    }

    [Fact]
    public void Backward_again_gives_the_same_and_does_not_add_up()
    {
        var random = new Philox(5);
        var tape = new Tape();
        var x = Inputs(tape, random);
        var (first, second) = (Everything(x), x[0].Sin().Sum());
        tape.Backward(first);
        var before = Bits(x);
        tape.Backward(second);
        Assert.NotEqual(before, Bits(x));
        tape.Backward(first);
        Assert.Equal(before, Bits(x));
    }

    [Fact]
    public void A_reset_tape_uses_its_memory_again_and_gives_the_same_bits()
    {
        var tape = new Tape();
        var (value, gradients) = Once();
        for (var repeat = 0; repeat < 3; repeat++)
        {
            var (again, gradientsAgain) = Once();
            Assert.Equal(value, again);
            Assert.Equal(gradients, gradientsAgain);
        }
        var (result, hidden) = Round();
        var (resultAgain, hiddenAgain) = Round();
        Assert.Same(result, resultAgain);
        Assert.Same(hidden, hiddenAgain);

        (float, float[][]) Once()
        {
            var x = Inputs(tape, new Philox(6));
            var result = Everything(x);
            tape.Backward(result);
            var (scalar, bits) = (result.Scalar, Bits(x));
            tape.Reset();
            return (scalar, bits);
        }

        (Matrix Result, Matrix Hidden) Round()
        {
            var hidden = tape.Input(new Matrix(17, 31)).Exp();
            var result = hidden.Sum();
            tape.Backward(result);
            tape.Reset();
            return (result.Value, hidden.Value);
        }
    }

    [Fact]
    public void Gradients_lie_in_the_callers_memory_where_it_gives_some()
    {
        var tape = new Tape();
        var memory = Matrix.FromArray(1, 2, [7, 7]);
        var x = tape.Input(Matrix.FromArray(1, 2, [3, 4]), memory);
        tape.Backward(x.Norm());
        tape.Reset();
        Near("gradient", new[,] { { 0.6, 0.8 } }, memory);
        var other = Assert.Throws<ArgumentException>(() => tape.Input(new Matrix(1, 2), new Matrix(2, 1))).Message;
        Assert.Contains("[1, 2]", other);
        Assert.Contains("[2, 1]", other);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_number_of_threads()
    {
        var (one, alone) = Run(1);
        foreach (var threads in new[] { 2, 3 })
        {
            var (value, gradients) = Run(threads);
            Assert.Equal(one, value);
            Assert.Equal(alone, gradients);
        }

        // Large enough for work to be shared: 900 rows, four parts of sums.
        static (float, float[][]) Run(int threads)
        {
            var random = new Philox(7);
            var tape = new Tape(threads);
            var x = tape.Input(Normal(900, 48, random));
            Variable[] weights =
            [
                tape.Input(Normal(48, 48, random)),
                tape.Input(Normal(1, 48, random)),
                tape.Input(Normal(1, 48, random)),
                tape.Input(Normal(70, 16, random)),
            ];
            var ids = Indices(900, 900, random);
            var hidden = x.GatherRows(ids)
                .Affine(weights[0], WeightLayout.InputMajor, weights[1])
                .LayerNorm(weights[2], weights[1], 1e-5)
                .Activate(Activation.GeluNew);
            var mixed = hidden.Attend(3, 2, 0.5f, causal: true).Add(x.Slice(0, 900, 0, 16));
            var loss = CrossEntropy
                .OfLinear(mixed, weights[3], Indices(900, 70, random))
                .Add(x.Multiply(weights[2]).Sum())
                .Add(x.Subtract(weights[1]).Norm())
                .Add(x.Softmax(causal: true).RowSums().Cosine(x.RowSums()));
            tape.Backward(loss);
            return (loss.Scalar, Bits([x, .. weights]));
        }
    }

    [Fact]
    public void Weights_on_the_result_are_what_each_element_counts()
    {
        var tape = new Tape();
        var x = tape.Input(Matrix.FromArray(2, 2, [1, 2, 3, 4]));
        tape.Backward(x.Multiply(x), Matrix.FromArray(2, 2, [1, 0, 0, -1]));
        Assert.Equal([2, 0, 0, -8], x.Gradient.ToArray());
        tape.Backward(x, Matrix.FromArray(2, 2, [5, 6, 7, 8]));
        Assert.Equal([5, 6, 7, 8], x.Gradient.ToArray());
    }

    [Fact]
    public void A_result_is_a_scalar_of_this_tape()
    {
        var (tape, other) = (new Tape(), new Tape());
        var x = tape.Input(new Matrix(2, 3));
        Assert.Contains("[2, 3]", Message(() => tape.Backward(x)));
        Assert.Contains("[3, 2]", Message(() => tape.Backward(x, new Matrix(3, 2))));
        Assert.Contains("not recorded on this tape", Message(() => other.Backward(x.Sum())));
        Assert.Contains("different tapes", Message(() => x.Add(other.Input(new Matrix(2, 3)))));
        var sum = x.Sum();
        tape.Reset();
        Assert.Contains("reset since", Message(() => tape.Backward(sum)));
        Assert.Contains("2 × 3", Assert.Throws<InvalidOperationException>(() => x.Scalar).Message);
    }

    public static TheoryData<string, string> Mismatches =>
        new()
        {
            { "matmul", "a is [2, 3] and b is [2, 4]" },
            { "add", "[2, 3]" },
            { "subtract", "[2, 4]" },
            { "multiply", "[2, 4]" },
            { "column", "[2, 1]" },
            { "dot", "a is [2, 3] and b is [2, 4]" },
            { "cosine", "a is [2, 3] and b is [2, 4]" },
            { "layer", "[2, 4]" },
            { "bias", "[1, 2]" },
            { "norm", "[1, 4]" },
            { "norm bias", "[1, 4]" },
            { "slice", "2 × 3" },
            { "slice before", "-1" },
            { "gather", "rows 0 to 1" },
            { "gather before", "rows 0 to 1" },
            { "beside", "2 rows, another 1" },
            { "beside nothing", "at least one" },
        };

    [Theory]
    [MemberData(nameof(Mismatches))]
    public void Shapes_that_do_not_fit_are_named(string operation, string named)
    {
        var tape = new Tape();
        var (a, b) = (tape.Input(new Matrix(2, 3)), tape.Input(new Matrix(2, 4)));
        Variable Zeros(int rows, int columns) => tape.Input(new Matrix(rows, columns));
        Func<Variable> call = operation switch
        {
            "matmul" => () => a.MatMul(b),
            "add" => () => a.Add(b),
            "subtract" => () => a.Subtract(b),
            "multiply" => () => a.Multiply(b),
            "column" => () => a.Add(Zeros(2, 1)),
            "dot" => () => a.Dot(b),
            "cosine" => () => a.Cosine(b),
            "layer" => () => a.Affine(b, WeightLayout.InputMajor),
            "bias" => () => a.Affine(Zeros(3, 4), WeightLayout.InputMajor, Zeros(1, 2)),
            "norm" => () => a.LayerNorm(Zeros(1, 4), null, 1e-5),
            "norm bias" => () => a.LayerNorm(Zeros(1, 3), Zeros(1, 4), 1e-5),
            "slice" => () => a.Slice(1, 2, 0, 3),
            "slice before" => () => a.Slice(0, 1, -1, 2),
            "gather" => () => a.GatherRows(new[] { 2 }),
            "gather before" => () => a.GatherRows(new[] { -1 }),
            "beside" => () => Selections.BesideEachOther(a, Zeros(1, 3)),
            _ => () => Selections.BesideEachOther(),
        };
        Assert.Contains(named, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    private static Variable[] Inputs(Tape tape, Philox random) =>
        [
            tape.Input(Normal(6, 6, random)),
            tape.Input(Normal(6, 6, random)),
            tape.Input(Normal(1, 6, random)),
            tape.Input(Normal(1, 6, random)),
        ];

    /// <summary>A scalar to which every operation of several operands contributes.</summary>
    private static Variable Everything(Variable[] x)
    {
        var (a, b, gain, bias) = (x[0], x[1], x[2], x[3]);
        var normed = a.MatMul(b).LayerNorm(gain, bias, 1e-5).Add(bias).Multiply(gain).Subtract(b);
        var layer = normed.Affine(b, WeightLayout.OutputMajor, bias);
        var sides = Selections.BesideEachOther(layer, a.Multiply(b), a.Transpose());
        var targets = new[] { 0, 5, -1, 3, 3, 1 };
        return sides
            .Attend(2, 3, 0.5f, causal: true)
            .Softmax(causal: true)
            .Dot(a)
            .Add(a.Cosine(b))
            .Add(a.Norm())
            .Add(CrossEntropy.OfLinear(layer, b, targets, bias))
            .Add(CrossEntropy.OfLogits(a.Subtract(b), targets))
            .Add(b.GatherRows(new[] { 1, 1 }).Tanh().Mean());
    }

    private static float[][] Bits(Variable[] inputs) => [.. inputs.Select(input => input.Gradient.ToArray())];

    private static string Message(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
}

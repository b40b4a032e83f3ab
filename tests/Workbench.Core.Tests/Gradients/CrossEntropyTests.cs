using System;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.Gradients.GradientCheck;

namespace Workbench.Core.Tests.Gradients;

public sealed class CrossEntropyTests
{
    [Fact]
    public void Of_logits_it_is_the_mean_surprise_of_the_scored_rows() =>
        ForShapes(
            (rows, classes, random) =>
            {
                var targets = Targets(rows, classes, random);
                Agrees(
                    x => CrossEntropy.OfLogits(x[0], targets), x => Number(Surprise(x[0], targets)),
                    Normal(rows, classes, random));
            }
        );

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Of_a_head_it_is_that_of_its_logits(bool hasBias) =>
        ForShapes(
            (rows, classes, random) =>
            {
                var d = 1 + (int)random.NextInteger(6);
                var targets = Targets(rows, classes, random);
                Matrix[] inputs = [Normal(rows, d, random), Normal(classes, d, random), Normal(1, classes, random)];
                Agrees(
                    x => CrossEntropy.OfLinear(x[0], x[1], targets, hasBias ? x[2] : null),
                    x =>
                        Number(
                            Surprise(
                                Table(
                                    rows,
                                    classes,
                                    (i, j) =>
                                        Enumerable.Range(0, d).Sum(k => x[0][i, k] * x[1][j, k])
                                        + (hasBias ? x[2][0, j] : 0)
                                ),
                                targets
                            )
                        ),
                    hasBias ? inputs : inputs[..2]
                );
            },
            cases: 25
        );

    [Theory]
    [InlineData(511), InlineData(512), InlineData(513), InlineData(1100)] // logits exist for 512 rows at a time
    public void A_head_gives_the_same_in_pieces_as_from_all_logits(int rows)
    {
        const int classes = 37, d = 11;
        var random = new Philox((ulong)rows);
        var targets = Targets(rows, classes, random);
        var tape = new Tape();
        var (x, weight, bias) = (
            tape.Input(Normal(rows, d, random)), tape.Input(Normal(classes, d, random)),
            tape.Input(Normal(1, classes, random)));
        Variable[] inputs = [x, weight, bias];
        var pieces = CrossEntropy.OfLinear(x, weight, targets, bias).Scale(100);
        tape.Backward(pieces);
        var gradients = inputs.Select(input => ToDoubles(input.Gradient)).ToArray();
        var whole = CrossEntropy.OfLogits(x.MatMul(weight.Transpose()).Add(bias), targets).Scale(100);
        tape.Backward(whole);
        Assert.Equal(whole.Scalar, pieces.Scalar, 1e-4);
        for (var k = 0; k < inputs.Length; k++) Near($"gradient {k}", gradients[k], inputs[k].Gradient);
    }

    [Fact]
    public void Scores_of_any_size_give_finite_losses()
    {
        var tape = new Tape();
        var logits = tape.Input(Matrix.FromArray(2, 3, [1e4f, 0, -1e4f, -1e4f, -1e4f, -1e4f]));
        var loss = CrossEntropy.OfLogits(logits, new[] { 1, 2 });
        tape.Backward(loss);
        Assert.Equal((1e4 + Math.Log(3)) / 2, loss.Scalar, 1e-2);
        Near("gradient", new[,] { { 0.5, -0.5, 0 }, { 1 / 6.0, 1 / 6.0, -1 / 3.0 } }, logits.Gradient);
    }

    [Fact]
    public void Targets_that_do_not_fit_are_refused_with_the_numbers()
    {
        var tape = new Tape();
        var logits = tape.Input(new Matrix(3, 5));
        Assert.Contains("3 rows, but 2 targets", Message(() => CrossEntropy.OfLogits(logits, new[] { 0, 1 })));
        Assert.Contains(
            "Target 5 of row 2 is no class: they are 0 to 4",
            Message(() => CrossEntropy.OfLogits(logits, new[] { 0, 1, 5 })));
        Assert.Contains("Target -2 of row 0", Message(() => CrossEntropy.OfLogits(logits, new[] { -2, 1, 4 })));
        Assert.Contains("None of the 3 rows", Message(() => CrossEntropy.OfLogits(logits, new[] { -1, -1, -1 })));
        var message = Message(() => CrossEntropy.OfLinear(logits, tape.Input(new Matrix(7, 4)), new[] { 0, 1, 2 }));
        Assert.Contains("[7, 4]", message);
        Assert.Contains("[3, 5]", message);

        static string Message(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
    }

    // About a third of the rows is not scored, the first always is.
    private static int[] Targets(int rows, int classes, Philox random) =>
        [
            .. Enumerable
                .Range(0, rows)
                .Select(row =>
                    row > 0 && random.NextInteger(3) == 0 ? CrossEntropy.Unscored : (int)random.NextInteger(classes)
                ),
        ];

    private static double Surprise(double[,] logits, int[] targets)
    {
        var (sum, scored) = (0.0, 0);
        for (var i = 0; i < targets.Length; i++)
        {
            if (targets[i] < 0)
                continue;
            sum +=
                Math.Log(Enumerable.Range(0, logits.GetLength(1)).Sum(j => Math.Exp(logits[i, j])))
                - logits[i, targets[i]];
            scored++;
        }
        return sum / scored;
    }
}

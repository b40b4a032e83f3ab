using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;
using static Workbench.Core.Tests.Gradients.GradientCheck;

namespace Workbench.Core.Tests.Gradients;

/// <summary>Attention as one operation against plain loops, and against the same put together from small
/// operations.</summary>
public sealed class AttentionGradientTests
{
    [Theory]
    [
        InlineData(1, 1, 1, 3, true),
        InlineData(1, 1, 1, 3, false),
        InlineData(5, 1, 2, 3, true),
        InlineData(5, 1, 2, 3, false)
    ]
    [
        InlineData(3, 3, 2, 2, true),
        InlineData(3, 3, 2, 2, false),
        InlineData(4, 2, 1, 5, true),
        InlineData(1, 4, 3, 1, true),
        InlineData(9, 2, 3, 4, false)
    ]
    public void Attention_is_the_plain_loops_and_its_gradient_their_central_differences(
        int length, int sequences, int heads, int width, bool causal)
    {
        var random = new Philox((ulong)(length * 100 + heads));
        Agrees(
            x => x[0].Attend(sequences, heads, 0.4f, causal), x => Attended(x[0], sequences, heads, 0.4f, causal),
            Normal(sequences * length, 3 * heads * width, random));
    }

    // Queries are taken 128 at a time.
    [Theory]
    [
        InlineData(1, true),
        InlineData(1, false),
        InlineData(127, true),
        InlineData(127, false),
        InlineData(128, true),
        InlineData(128, false)
    ]
    [
        InlineData(129, true),
        InlineData(129, false),
        InlineData(130, true),
        InlineData(130, false),
        InlineData(257, true),
        InlineData(300, false)
    ]
    public void Attention_is_a_composition_of_small_operations_around_the_block_of_queries(int length, bool causal)
    {
        const int sequences = 2, heads = 3, width = 5;
        const float scale = 0.7f;
        var random = new Philox((ulong)length);
        var given = Normal(sequences * length, 3 * heads * width, random);
        var weights = Normal(sequences * length, heads * width, random);
        var tape = new Tape();
        var x = tape.Input(given);
        var fused = x.Attend(sequences, heads, scale, causal);
        tape.Backward(fused, weights);
        var fusedGradient = ToDoubles(x.Gradient);
        Near("loops", Attended(ToDoubles(given), sequences, heads, scale, causal), fused.Value);

        var total = tape.Constant(0);
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            var parts = new List<Variable>();
            for (var head = 0; head < heads; head++)
            {
                var (row, column) = (sequence * length, head * width);
                var (q, k, v) = (Part(0), Part(1), Part(2));
                parts.Add(q.MatMul(k.Transpose()).Scale(scale).Softmax(causal).MatMul(v));

                Variable Part(int kind) => x.Slice(row, length, kind * heads * width + column, width);
            }
            var mixed = Selections.BesideEachOther([.. parts]);
            Near($"sequence {sequence}", ToDoubles(mixed.Value), fused.Value.RowRange(sequence * length, length));
            total = total.Add(mixed.Dot(tape.Constant(weights.RowRange(sequence * length, length))));
        }
        tape.Backward(total);
        Near("gradient", fusedGradient, x.Gradient);
    }

    [Fact]
    public void Large_scores_neither_overflow_nor_lose_their_gradient()
    {
        var random = new Philox(5);
        var given = Normal(6, 12, random);
        foreach (ref var value in given.WritableValues) value *= 30;
        var tape = new Tape();
        var x = tape.Input(given);
        var result = x.Attend(1, 2, 1, causal: true);
        tape.Backward(result.Sum());
        Near("result", Attended(ToDoubles(given), 1, 2, 1, causal: true), result.Value);
        Assert.All(x.Gradient.ToArray(), slope => Assert.True(float.IsFinite(slope)));
    }

    [Theory]
    [InlineData(5, 12, 2, 2), InlineData(6, 12, 0, 2), InlineData(6, 12, 2, 3), InlineData(6, 12, 2, 0)]
    public void What_cannot_be_cut_is_refused_with_the_shape_and_the_numbers(
        int rows, int columns, int sequences, int heads)
    {
        var message = Assert
            .Throws<ArgumentException>(() =>
                new Tape().Input(new Matrix(rows, columns)).Attend(sequences, heads, 1, causal: true)
            )
            .Message;
        Assert.Contains($"[{rows}, {columns}]", message);
        Assert.Contains($"{sequences} sequences and {heads} heads", message);
    }

    private static double[,] Attended(double[,] x, int sequences, int heads, double scale, bool causal)
    {
        var (length, d) = (x.GetLength(0) / sequences, x.GetLength(1) / 3);
        var width = d / heads;
        var result = new double[x.GetLength(0), d];
        for (var sequence = 0; sequence < sequences; sequence++)
            for (var head = 0; head < heads; head++)
                for (var i = 0; i < length; i++)
                {
                    var (first, column) = (sequence * length, head * width);
                    var scores = new double[causal ? i + 1 : length];
                    for (var j = 0; j < scores.Length; j++)
                        for (var c = column; c < column + width; c++)
                            scores[j] += scale * x[first + i, c] * x[first + j, d + c];
                    var largest = scores.Max();
                    var shares = scores.Select(score => Math.Exp(score - largest)).ToArray();
                    var total = shares.Sum();
                    for (var j = 0; j < scores.Length; j++)
                        for (var c = column; c < column + width; c++)
                            result[first + i, c] += shares[j] / total * x[first + j, 2 * d + c];
                }
        return result;
    }
}

using System;
using System.Linq;
using System.Runtime.Intrinsics;
using MathNet.Numerics;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

[RunsOnEveryTier]
public sealed class NormAndActivationTests
{
    // Lengths on both sides of every vector width.
    public static TheoryData<int> Lengths => new() { 0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 768 };

    private static float[] Normal(int count, double scale = 1, ulong stream = 0)
    {
        var random = new Philox(20, stream);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(scale * random.NextNormal()))];
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Layer_norm_is_the_formula_in_double(int length)
    {
        var (x, gain, bias) = (Normal(length, 3), Normal(length, stream: 1), Normal(length, stream: 2));
        var y = new float[length];
        LayerNorm.Apply(x, gain, bias, 1e-5, y);
        var mean = x.Select(value => (double)value).DefaultIfEmpty().Average();
        var variance = x.Select(value => (value - mean) * (value - mean)).DefaultIfEmpty().Average();
        for (var i = 0; i < length; i++)
            Assert.Equal((x[i] - mean) / Math.Sqrt(variance + 1e-5) * gain[i] + bias[i], y[i], 1e-6);
    }

    [Fact]
    public void Layer_norm_without_gain_and_bias_has_mean_0_and_variance_1()
    {
        var y = new float[1000];
        LayerNorm.Apply(Normal(1000, 5), [], [], 0, y);
        Assert.Equal(0, y.Average(value => (double)value), 1e-7);
        Assert.Equal(1, y.Average(value => (double)value * value), 1e-6);
    }

    [Fact]
    public void Layer_norm_keeps_small_deviations_of_large_numbers()
    {
        var y = new float[4];
        LayerNorm.Apply([8_000_000, 8_000_001, 8_000_002, 8_000_003], [], [], 0, y);
        Assert.Equal([-1.3416408f, -0.4472136f, 0.4472136f, 1.3416408f], y);
    }

    [Fact]
    public void Layer_norm_of_a_constant_vector_is_the_bias()
    {
        var y = new float[3];
        LayerNorm.Apply([4, 4, 4], [2, 2, 2], [1, 2, 3], 1e-5, y);
        Assert.Equal([1f, 2f, 3f], y);
    }

    [Fact]
    public void Layer_norm_may_overwrite_its_input()
    {
        var x = Normal(37);
        var y = new float[37];
        LayerNorm.Apply(x, [], [], 1e-5, y);
        LayerNorm.Apply(x, [], [], 1e-5, x);
        Assert.Equal(y, x);
    }

    [Fact]
    public void Layer_norm_names_both_lengths_of_a_mismatch()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            LayerNorm.Apply(new float[4], new float[3], [], 0, new float[4])
        );
        Assert.Contains("4", error.Message);
        Assert.Contains("3", error.Message);
    }

    [WeightsFact("reference/stats")]
    public void Layer_norm_agrees_with_torch()
    {
        foreach (var reference in Reference.Group("layer_norm"))
        {
            var x = reference.Matrix("x").Copy();
            var (gain, bias) = (reference.Matrix("weight").ToArray(), reference.Matrix("bias").ToArray());
            for (var row = 0; row < x.Rows; row++) LayerNorm.Apply(x.Row(row), gain, bias, 1e-5, x.WritableRow(row));
            reference.AssertNear(Widened(x.ToArray()), "y");
        }
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Softmax_is_the_formula_in_double(int length)
    {
        var x = Normal(length, 4);
        var y = new float[length];
        Softmax.Apply(x, y);
        var sum = x.Sum(value => Math.Exp(value));
        for (var i = 0; i < length; i++) Assert.Equal(Math.Exp(x[i]) / sum, y[i], 2e-7);
    }

    [Fact]
    public void Softmax_does_not_overflow_and_gives_nothing_to_minus_infinity()
    {
        var y = new float[3];
        Softmax.Apply([3e38f, float.NegativeInfinity, 3e38f], y);
        Assert.Equal([0.5f, 0f, 0.5f], y);
    }

    [WeightsFact("reference/stats")]
    public void Causal_softmax_agrees_with_torch()
    {
        foreach (var reference in Reference.Group("causal_softmax"))
        {
            var scores = reference.Matrix("scores").Copy();
            for (var row = 0; row < scores.Rows; row++)
            {
                var values = scores.WritableRow(row);
                Softmax.Apply(values[..(row + 1)], values[..(row + 1)]);
                values[(row + 1)..].Clear();
            }
            reference.AssertNear(Widened(scores.ToArray()), "probabilities");
        }
    }

    [Fact]
    public void The_exponential_is_right_to_1_2_units_of_the_last_place()
    {
        for (var x = -104f; x < 88.7f; x += 0.0137f)
        {
            var (y, want) = (Exponential.Of(Vector256.Create(x))[0], Math.Exp(x));
            var unit = Math.Max(MathF.BitIncrement((float)want) - (double)(float)want, float.Epsilon);
            Assert.True(Math.Abs(y - want) <= 1.2 * unit, $"{x:R}: {y:R}, wanted {want:R}");
        }
        float[] ends = [float.NegativeInfinity, -104, -1e30f, 0, 89, float.PositiveInfinity, float.NaN];
        float[] values = [0, 0, 0, 1, float.PositiveInfinity, float.PositiveInfinity, float.NaN];
        for (var i = 0; i < ends.Length; i++) Assert.Equal(values[i], Exponential.Of(Vector256.Create(ends[i]))[7]);
    }

    [Fact]
    public void Gelu_new_is_the_tanh_formula_to_a_few_roundings()
    {
        var x = Sweep();
        var y = new float[x.Length];
        Gelu.Tanh(x, y);
        for (var i = 0; i < x.Length; i++)
        {
            var want = 0.5 * x[i] * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x[i] + 0.044715 * Math.Pow(x[i], 3))));
            Assert.True(Math.Abs(y[i] - want) <= 2e-7 * Math.Abs(x[i]) + 1e-30, $"{x[i]}: {y[i]:R}, wanted {want:R}");
        }
    }

    [Fact]
    public void Exact_gelu_is_the_error_functions_rounded_once()
    {
        var x = Sweep();
        var y = new float[x.Length];
        Gelu.Exact(x, y);
        for (var i = 0; i < x.Length; i++)
        {
            var want = 0.5 * x[i] * SpecialFunctions.Erfc(-x[i] / Math.Sqrt(2));
            Assert.True(Math.Abs(y[i] - want) <= 7e-8 * Math.Abs(want) + 1e-44, $"{x[i]}: {y[i]:R}, wanted {want:R}");
        }
    }

    [WeightsFact("reference/stats")]
    public void Both_gelus_agree_with_torch()
    {
        foreach (var reference in Reference.Group("gelu"))
        {
            var x = reference.Matrix("x").ToArray();
            var y = new float[x.Length];
            Gelu.Tanh(x, y);
            reference.AssertNear(Widened(y), "gelu_new_tanh");
            Gelu.Exact(x, y);
            reference.AssertNear(Widened(y), "gelu_exact_erf");
        }
    }

    [Theory]
    [InlineData(Activation.GeluNew), InlineData(Activation.Gelu), InlineData(Activation.Relu)]
    public void Activations_treat_every_element_alike_and_keep_NaN(Activation activation)
    {
        var x = Normal(41, 2);
        x[17] = float.NaN;
        var whole = new float[41];
        activation.Apply(x, whole);
        for (var i = 0; i < x.Length; i++)
        {
            var one = new float[1];
            activation.Apply(x.AsSpan(i, 1), one);
            Assert.Equal(one[0], whole[i]);
        }
        Assert.Equal(17, Array.FindIndex(whole, float.IsNaN));
        Assert.Equal(1, whole.Count(float.IsNaN));
    }

    [Fact]
    public void Relu_cuts_at_zero()
    {
        var y = new float[3];
        Activation.Relu.Apply([-2, 0, 3], y);
        Assert.Equal([0f, 0f, 3f], y);
    }

    private static double[] Widened(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static float[] Sweep() =>
        [.. Enumerable.Range(-1300, 2601).Select(i => i / 100f), 1e-20f, -1e-20f, 50, -50, 1e10f];
}

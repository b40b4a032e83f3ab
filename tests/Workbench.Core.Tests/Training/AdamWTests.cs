using System;
using System.Linq;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Xunit;

namespace Workbench.Core.Tests.Training;

[RunsOnEveryTier]
public sealed class AdamWTests
{
    [Theory]
    [InlineData(1, WeightDecayScope.All)]
    [InlineData(7, WeightDecayScope.Matrices)]
    [InlineData(17, WeightDecayScope.All)]
    [InlineData(33, WeightDecayScope.Matrices)]
    public void Twenty_steps_are_those_of_the_plain_double_loop(int columns, WeightDecayScope scope)
    {
        var settings = new AdamWSettings { Beta2 = 0.999, DecayScope = scope };
        Parameter[] parameters =
        [
            Normal("matrix", 3, columns, 1, isVector: false),
            Normal("vector", 1, columns, 2, isVector: true),
        ];
        var wanted = parameters
            .Select(parameter => parameter.Value.ToArray().Select(value => (double)value).ToArray())
            .ToArray();
        var (m, v) = (
            wanted.Select(values => new double[values.Length]).ToArray(),
            wanted.Select(values => new double[values.Length]).ToArray());
        var (adam, random) = (new AdamW(parameters, settings), new Philox(3));
        for (var t = 1; t <= 20; t++)
        {
            var (rate, scale) = (0.01 / t, t % 2 == 0 ? 1 : 0.25);
            for (var p = 0; p < parameters.Length; p++)
            {
                var decay = scope == WeightDecayScope.All || p == 0 ? settings.WeightDecay : 0;
                for (var i = 0; i < wanted[p].Length; i++)
                {
                    var g = (float)random.NextNormal();
                    parameters[p].Gradient[i / columns, i % columns] = g;
                    m[p][i] = settings.Beta1 * m[p][i] + (1 - settings.Beta1) * scale * g;
                    v[p][i] = settings.Beta2 * v[p][i] + (1 - settings.Beta2) * scale * g * scale * g;
                    var (mean, square) = (
                        m[p][i] / (1 - Math.Pow(settings.Beta1, t)), v[p][i] / (1 - Math.Pow(settings.Beta2, t)));
                    wanted[p][i] -= rate * decay * wanted[p][i] + rate * mean / (Math.Sqrt(square) + settings.Epsilon);
                }
            }
            adam.Step(rate, scale);
        }
        for (var p = 0; p < parameters.Length; p++)
        {
            AssertNear(wanted[p], parameters[p].Value.ToArray(), 2e-6);
            AssertNear(m[p], adam.FirstMoments[p].ToArray(), 1e-6);
            AssertNear(v[p], adam.SecondMoments[p].ToArray(), 1e-6);
        }
        Assert.Equal(20, adam.Steps);
    }

    // torch 1.13 in float64: AdamW(lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1). The last element's gradient
    // is smaller than epsilon.
    [Fact]
    public void Three_steps_are_those_of_PyTorch()
    {
        var parameter = new Parameter("p", Matrix.FromArray(1, 4, [0.5f, -1.25f, 2, 0]), isVector: true);
        var adam = new AdamW([parameter], new AdamWSettings { DecayScope = WeightDecayScope.All });
        float[][] gradients = [[0.1f, -0.2f, 0.3f, 1e-9f], [0.4f, 0, -0.3f, 2e-9f], [-0.25f, 0.5f, 0.125f, -1e-9f]];
        double[][] wanted =
        [
            [0.4895000009999999, -1.2387500005, 1.9880000003333334, -0.000909090909090909],
            [0.48026318292643255, -1.2307247735175417, 1.9865383161049297, -0.0022247368216549907],
            [0.4772651626070467, -1.2334322807134326, 1.9831215121327737, -0.002743014060635011],
        ];
        for (var step = 0; step < 3; step++)
        {
            gradients[step].CopyTo(parameter.Gradient.WritableRow(0));
            adam.Step(0.01);
            AssertNear(wanted[step], parameter.Value.ToArray(), 3e-7);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        float[] Train(int threads)
        {
            var parameter = Normal("p", 150, 333, 4, isVector: false);
            var adam = new AdamW([parameter]);
            for (var step = 0; step < 5; step++)
            {
                for (var row = 0; row < 150; row++)
                    parameter.Value.Row(row).CopyTo(parameter.Gradient.WritableRow(row));
                adam.Step(0.01, GradientNorm.ClippingScale(GradientNorm.Of([parameter], threads), 1), threads);
            }
            return parameter.Value.ToArray();
        }

        Assert.Equal(Train(1), Train(3));
    }

    [Fact]
    public void A_quadratic_bowl_is_descended_to_its_bottom()
    {
        var parameter = Normal("x", 4, 9, 5, isVector: false);
        var (target, adam) = (
            RandomMatrices.NormalRows(4, 9, 6), new AdamW([parameter], new AdamWSettings { WeightDecay = 0 }));
        var schedule = new LearningRate(0.1, 500, 10, 0);
        for (var step = 0; step < schedule.Steps; step++)
        {
            for (var i = 0; i < 4; i++)
                for (var j = 0; j < 9; j++) parameter.Gradient[i, j] = (1 + j) * (parameter.Value[i, j] - target[i, j]);
            adam.Step(schedule.At(step));
        }
        AssertNear([.. target.ToArray().Select(value => (double)value)], parameter.Value.ToArray(), 1e-4);
    }

    [Theory]
    [InlineData(1.0, 0.95, 1e-8, 0.1)]
    [InlineData(0.9, -0.1, 1e-8, 0.1)]
    [InlineData(0.9, 0.95, 0.0, 0.1)]
    [InlineData(0.9, 0.95, 1e-8, double.NaN)]
    public void Settings_that_make_no_optimizer_are_refused(double beta1, double beta2, double epsilon, double decay) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new AdamW(
                [],
                new AdamWSettings
                {
                    Beta1 = beta1,
                    Beta2 = beta2,
                    Epsilon = epsilon,
                    WeightDecay = decay,
                }
            )
        );

    private static Parameter Normal(string name, int rows, int columns, ulong seed, bool isVector) =>
        new(name, RandomMatrices.NormalRows(rows, columns, seed), isVector);

    private static void AssertNear(double[] wanted, float[] got, double tolerance)
    {
        Assert.Equal(wanted.Length, got.Length);
        for (var i = 0; i < wanted.Length; i++)
            Assert.True(
                Math.Abs(wanted[i] - got[i]) <= tolerance * Math.Max(1, Math.Abs(wanted[i])),
                $"element {i}: {got[i]} instead of {wanted[i]}");
    }
}

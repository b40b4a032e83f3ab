using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Training;
using Workbench.Core.Training.Tasks;
using Xunit;

namespace Workbench.Core.Tests.Gradients;

public sealed class Gpt2GradientTests
{
    // The reference is in float64; what float32 loses over three blocks stays below this share of the largest element
    // of each gradient.
    private const double Tolerance = 1e-5;

    [WeightsFact("reference/models/gpt2-tiny.gradients.safetensors")]
    public void Loss_and_gradients_of_all_parameters_agree_with_torch()
    {
        var (model, batch, expected) = Golden();
        using (expected)
        {
            var loss = model.LossAndGradients(batch);
            Assert.Equal(expected.ReadDoubles("loss")[0], loss, 1e-6);
            var squares = 0.0;
            foreach (var parameter in model.Parameters)
            {
                var wanted = expected.ReadDoubles($"grad.transformer.{parameter.Name}");
                var largest = wanted.Max(Math.Abs);
                var given = parameter.Gradient.ToArray();
                for (var i = 0; i < wanted.Length; i++)
                {
                    Assert.True(
                        Math.Abs(wanted[i] - given[i]) <= Tolerance * largest,
                        $"{parameter}[{i}]: {given[i]} instead of {wanted[i]} (largest {largest})");
                    squares += (double)given[i] * given[i];
                }
            }
            Assert.Equal(expected.ReadDoubles("gradient_norm")[0], Math.Sqrt(squares), 1e-5);
        }
    }

    internal static (CausalLanguageModel Model, TokenBatch Batch, TensorFile Expected) Golden()
    {
        var folder = Weights.At("reference", "models", "gpt2-tiny");
        using var weights = Checkpoint.Open(folder);
        var model = new CausalLanguageModel(Family.ConfigOf(weights), seed: 1);
        foreach (var parameter in model.Parameters)
            weights.ReadMatrix($"transformer.{parameter.Name}").CopyTo(parameter.Value);
        using var inputs = SafetensorsFile.Open(Weights.At("reference", "models", "gpt2-tiny.expected.safetensors"));
        var ids = inputs.ReadDoubles("ids").Select(id => (int)id).ToArray();
        int[] targets = [.. ids[1..], TokenBatch.Unscored];
        return (
            model, new TokenBatch(1, ids.Length, ids, targets),
            SafetensorsFile.Open(Weights.At("reference", "models", "gpt2-tiny.gradients.safetensors")));
    }
}

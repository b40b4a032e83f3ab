using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class GradientNormTests
{
    [Fact]
    public void Clipped_gradients_have_at_most_the_norm_asked_for_and_short_ones_stay()
    {
        Parameter[] parameters =
        [
            new("a", RandomMatrices.NormalRows(130, 301, 7), isVector: false),
            new("b", RandomMatrices.NormalRows(1, 13, 8), isVector: true),
        ];
        var sum = 0.0;
        foreach (var parameter in parameters)
            for (var row = 0; row < parameter.Value.Rows; row++)
            {
                parameter.Value.Row(row).CopyTo(parameter.Gradient.WritableRow(row));
                foreach (var value in parameter.Value.Row(row)) sum += (double)value * value;
            }
        var norm = GradientNorm.Of(parameters);
        Assert.Equal(Math.Sqrt(sum), norm, 1e-10);
        foreach (var limit in new[] { 0.5, 1, norm / 2 })
            Assert.InRange(norm * GradientNorm.ClippingScale(norm, limit), 0.999999 * limit, limit);
        Assert.Equal(1, GradientNorm.ClippingScale(norm, 2 * norm));
        Assert.Equal(1, GradientNorm.ClippingScale(norm, double.PositiveInfinity));
        Assert.Equal(1, GradientNorm.ClippingScale(0, 1));
        parameters[0].Gradient[129, 300] = float.NaN;
        Assert.True(double.IsNaN(GradientNorm.Of(parameters)));
    }

    [WeightsFact("reference/models/gpt2-tiny.gradients.safetensors")]
    public void The_norm_of_a_small_GPT2s_gradients_is_that_of_PyTorch()
    {
        using var file = SafetensorsFile.Open(Weights.At("reference", "models", "gpt2-tiny.gradients.safetensors"));
        var parameters = file
            .Tensors.Where(tensor => tensor.Name.StartsWith("grad.", StringComparison.Ordinal))
            .Select(tensor =>
            {
                var gradient = file.ReadMatrix(tensor.Name);
                var parameter = new Parameter(
                    tensor.Name, new Matrix(gradient.Rows, gradient.Columns), tensor.Shape.Rank == 1);
                for (var row = 0; row < gradient.Rows; row++)
                    gradient.Row(row).CopyTo(parameter.Gradient.WritableRow(row));
                return parameter;
            })
            .ToArray();
        var wanted = file.ReadDoubles("gradient_norm")[0];
        Assert.Equal(40, parameters.Length);
        Assert.Equal(1, GradientNorm.Of(parameters) / wanted, 1e-7);
    }
}

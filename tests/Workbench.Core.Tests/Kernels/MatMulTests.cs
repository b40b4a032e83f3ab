using System;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

[RunsOnEveryTier]
public sealed class MatMulTests
{
    private static Matrix Random(int rows, int columns, ulong stream)
    {
        var random = new Philox(5, stream);
        var matrix = new Matrix(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                matrix[i, j] = (float)random.NextNormal();
        return matrix;
    }

    public static TheoryData<int, int, int, WeightLayout> Sizes
    {
        get
        {
            var data = new TheoryData<int, int, int, WeightLayout>();
            foreach (var layout in Enum.GetValues<WeightLayout>())
                foreach (
                    var (rows, inputs, outputs) in new[]
                    {
                    (1, 1, 1),
                    (1, 48, 144),
                    (2, 15, 16),
                    (3, 16, 17),
                    (4, 17, 31),
                    (5, 31, 32),
                    (6, 33, 33),
                    (7, 64, 48),
                    (8, 100, 95),
                    (8, 768, 200),
                    (8, 303, 775),
                    (5, 30, 900),
                    (9, 40, 64),
                    (15, 12, 47),
                    (16, 50, 36),
                    (17, 36, 50),
                    (40, 70, 211),
                    (64, 16, 1),
                    (65, 15, 33),
                    (79, 100, 67),
                    (130, 257, 48),
                    (3, 0, 5),
                    (0, 4, 5),
                    }
                )
                    data.Add(rows, inputs, outputs, layout);
            return data;
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void A_layer_is_the_triple_loop(int rows, int inputs, int outputs, WeightLayout layout)
    {
        var (x, w) = (Random(rows, inputs, 1), Random(inputs, outputs, 2));
        var bias = Random(1, outputs, 3).ToArray();
        var y = new Linear(layout == WeightLayout.InputMajor ? w : w.Transpose(), layout, bias).Apply(x, 2);
        Assert.Equal((rows, outputs), (y.Rows, y.Columns));
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < outputs; j++)
            {
                var (sum, size) = ((double)bias[j], Math.Abs((double)bias[j]));
                for (var k = 0; k < inputs; k++)
                {
                    sum += (double)x[i, k] * w[k, j];
                    size += Math.Abs((double)x[i, k] * w[k, j]);
                }
                Assert.True(Math.Abs(y[i, j] - sum) <= 1e-6 * size, $"[{i}, {j}]: {y[i, j]:R}, wanted {sum:R}");
            }
    }

    [Theory]
    [InlineData(WeightLayout.InputMajor), InlineData(WeightLayout.OutputMajor)]
    public void Bits_do_not_depend_on_threads_or_on_how_many_rows_come_together(WeightLayout layout)
    {
        var layer = new Linear(layout == WeightLayout.InputMajor ? Random(300, 1000, 2) : Random(1000, 300, 2), layout);
        foreach (var rows in new[] { 21, 67 })
        {
            var x = Random(rows, 300, 1);
            var together = layer.Apply(x, 1);
            foreach (var threads in new[] { 2, 3, 7 })
                Assert.Equal(together.ToArray(), layer.Apply(x, threads).ToArray());
            for (var row = 0; row < x.Rows; row++)
                Assert.Equal(together.Row(row).ToArray(), layer.Apply(x.RowRange(row, 1), 2).ToArray());
            foreach (var few in new[] { 2, 3, 6, 8 })
                Assert.Equal(together.RowRange(8, few).ToArray(), layer.Apply(x.RowRange(8, few), 2).ToArray());
        }
    }

    [Theory]
    [InlineData(WeightLayout.InputMajor), InlineData(WeightLayout.OutputMajor)]
    public void A_slice_of_a_layer_gives_those_outputs(WeightLayout layout)
    {
        var layer = new Linear(
            layout == WeightLayout.InputMajor ? Random(20, 60, 2) : Random(60, 20, 2), layout,
            Random(1, 60, 3).ToArray());
        var (x, slice) = (Random(3, 20, 1), layer.Slice(13, 34));
        var (whole, part) = (layer.Apply(x, 1), slice.Apply(x, 1));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(whole.Row(i).Slice(13, 34).ToArray(), part.Row(i).ToArray());
        }
        for (var j = 0; j < 34; j++) Assert.Equal(layer.ToMatrix()[7, 13 + j], slice.ToMatrix()[7, j]);
        Assert.Equal(layer.Bias.Slice(13, 34).ToArray(), slice.Bias.ToArray());
    }

    [Fact]
    public void A_mismatch_names_both_shapes()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new Linear(new Matrix(20, 60), WeightLayout.InputMajor).Apply(new Matrix(3, 21), 1)
        );
        Assert.Contains("20 inputs", error.Message);
        Assert.Contains("[3, 21]", error.Message);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Whether p-values of a test whose null hypothesis holds are uniform, at every place from 0 to 1.</summary>
internal static class UniformP
{
    /// <summary>Asserts uniform values on 1/n, 2/n … 1: a χ² over up to ten cells, the largest difference of shares,
    /// and the count of the smallest tenth and twentieth, each at one in a thousand.</summary>
    /// <param name="n">Values of the grid: one more than there were draws.</param>
    /// <param name="p">At least 100 p-values.</param>
    public static void AssertOn(int n, IEnumerable<double> p)
    {
        var steps = p.Select(value => value * n).ToArray();
        Assert.True(steps.Length >= 100, $"{steps.Length} p-values say little");
        foreach (var step in steps) Assert.Equal(Math.Round(step), step, 1e-6);
        Assert.True(steps.Min() > 0.5 && steps.Max() < n + 0.5);

        int Up(int step) => steps.Count(value => value < step + 0.5);
        var cells = Math.Min(10, n);
        var (chiSquare, distance, before) = (0.0, 0.0, 0);
        for (var cell = 1; cell <= cells; cell++)
        {
            var upTo = cell * n / cells;
            var (expected, count) = (steps.Length * (upTo - before) / (double)n, Up(upTo) - Up(before));
            chiSquare += (count - expected) * (count - expected) / expected;
            before = upTo;
        }
        for (var step = 1; step <= n; step++)
            distance = Math.Max(distance, Math.Abs(Up(step) / (double)steps.Length - step / (double)n));
        var told = $"χ² {chiSquare:F1} over {cells} cells, distance {distance:F3}, {steps.Length} p-values";
        Assert.True(ChiSquared.CDF(cells - 1, chiSquare) < 0.999, told);
        Assert.True(2 * Math.Exp(-2 * steps.Length * distance * distance) > 0.001, told);
        foreach (var step in new[] { Math.Max(1, n / 20), Math.Max(1, n / 10) })
        {
            var chance = step / (double)n;
            Assert.InRange(Binomial.CDF(chance, steps.Length, Up(step)), 0.0005, 1);
            Assert.InRange(Binomial.CDF(chance, steps.Length, Up(step) - 1), 0, 0.9995);
        }
    }
}

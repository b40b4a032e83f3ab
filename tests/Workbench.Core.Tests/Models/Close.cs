using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Comparison of a float32 result with float64 values.</summary>
internal static class Close
{
    /// <summary>The largest difference, relative to the largest value that is wanted.</summary>
    public static double Error(IEnumerable<double> want, Matrix got)
    {
        var values = want.ToArray();
        Assert.Equal(values.LongLength, got.Elements);
        var difference = values
            .Zip(got.ToArray(), (a, b) => Math.Abs(a - b))
            .Select(value => double.IsNaN(value) ? double.PositiveInfinity : value)
            .Max();
        return difference / values.Max(Math.Abs);
    }

    public static void Within(string what, IEnumerable<double> want, Matrix got, double tolerance)
    {
        var error = Error(want, got);
        Assert.True(error <= tolerance, $"{what}: off by {error:E1} of the largest value, allowed are {tolerance:E1}");
    }
}

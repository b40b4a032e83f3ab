using System;
using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Training.Optimisers;

/// <summary>
/// All elements of all parameters, cut into slices that never depend on the number of threads, so that sums over slices
/// have the same bits for any.
/// </summary>
internal static class ParameterSlices
{
    // 16,384 elements: 64 KB each of value, gradient and moments fit the second-level cache together, and waking a
    // thread costs less than the work.
    private const int Length = 1 << 14;

    /// <summary>A stretch of one parameter's elements in row-major order.</summary>
    public readonly record struct Slice(int Parameter, long Start, int Count);

    public static Slice[] Of(IReadOnlyList<Parameter> parameters)
    {
        var slices = new List<Slice>();
        for (var i = 0; i < parameters.Count; i++)
            for (var start = 0L; start < parameters[i].Value.Elements; start += Length)
                slices.Add(new Slice(i, start, (int)Math.Min(Length, parameters[i].Value.Elements - start)));
        return [.. slices];
    }

    /// <summary>The elements of a slice; the caller keeps the matrix alive.</summary>
    public static unsafe Span<float> Elements(Matrix matrix, Slice slice) =>
        new(matrix.DangerousPointer + slice.Start, slice.Count);
}

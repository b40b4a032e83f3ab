using System;

namespace Workbench.Core.Manifolds;

/// <summary>Coordinates of points, one row of memory for each dimension, that never moves while this object
/// lives.</summary>
internal sealed unsafe class Positions
{
    private readonly float[] memory;
    private readonly int points;

    public Positions(int points, int dimensions)
    {
        this.points = points;
        memory = GC.AllocateArray<float>(checked(points * dimensions), pinned: true);
    }

    /// <summary>All points along one dimension.</summary>
    public Span<float> this[int dimension] => memory.AsSpan(dimension * points, points);

    public float* Address(int dimension) =>
        (float*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(memory, dimension * points);
}

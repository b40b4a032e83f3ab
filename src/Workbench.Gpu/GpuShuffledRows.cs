using System;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Workbench.Core;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>The rows of a shuffle, which are on the device alone until somebody asks for their values.</summary>
/// <param name="engine">Has prepared them.</param>
/// <param name="buffer">Holds them, among those of other shuffles; it goes with the shuffler.</param>
/// <param name="first">Their first row there.</param>
/// <param name="sourceRows">0, 1 and so on: no row is left out.</param>
/// <param name="depth">Length of a row.</param>
/// <param name="measure">What they are prepared for.</param>
/// <param name="largestNorm">The largest length.</param>
internal sealed class GpuShuffledRows(
    GpuEngine engine, DeviceBuffer buffer, int first, ImmutableArray<int> sourceRows, int depth, Measure measure,
    double largestNorm) : IDeviceRows
{
    private float[]? copy;
    private string? fingerprint;
    private bool isOver;

    public string Engine => $"{engine.Name}, {engine.Description.Name}";

    public Arithmetic Arithmetic => engine.Arithmetic;

    public int Count => sourceRows.Length;

    public int Depth => depth;

    public Measure Measure => measure;

    public ImmutableArray<int> SourceRows => sourceRows;

    public ImmutableArray<DegenerateRow> Excluded => [];

    public double LargestNorm => largestNorm;

    public string Fingerprint => fingerprint ??= PreparedRows.FingerprintOf(this);

    public int BlocksAtOnce => GpuRows.RowsAtOnce / PairSpace.RowBlock;

    public int MostSweeps => 1;

    public int MostLent => Count;

    public void CopyRow(int row, Span<float> destination)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), $"There are {Count} prepared rows, but not {row}.");
        if (destination.Length != depth)
            throw new ArgumentException(
                $"A row has {depth} elements, but the destination has {destination.Length}.", nameof(destination));
        Copy().AsSpan(row * GpuEngine.StrideOf(depth), depth).CopyTo(destination);
    }

    /// <summary>Not there: they are lent.</summary>
    public void Replace(MatrixView source) =>
        throw new NotSupportedException("The rows of a shuffle cannot be replaced; prepare rows of your own.");

    public IPairSweep Sweep(IPreparedRows columns, bool symmetric) => GpuSweep.Of(engine, this, columns, symmetric);

    public LentRows Lend(int row, int count)
    {
        ObjectDisposedException.ThrowIf(isOver, this);
        return new LentRows(buffer, first + row, IsOwn: false);
    }

    public bool Belongs(GpuEngine other) => engine == other;

    /// <summary>Does nothing: the memory is the shuffler's.</summary>
    public void Dispose() { }

    /// <summary>Says that the memory holds them no longer.</summary>
    public void End() => isOver = true;

    public override string ToString() => $"{Count} rows of {depth} for {measure}";

    // Several threads ask for rows.
    private float[] Copy()
    {
        lock (engine.Gate)
        {
            if (copy is not null) return copy;
            ObjectDisposedException.ThrowIf(isOver, this);
            var values = new float[Count * GpuEngine.StrideOf(depth)];
            engine.Device.Read(buffer, GpuEngine.BytesOf(first, depth), MemoryMarshal.AsBytes(values.AsSpan()));
            return copy = values;
        }
    }
}

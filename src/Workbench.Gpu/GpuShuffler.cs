using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>Shuffles of a matrix on the device, many at once, and their rows prepared there: the matrix goes there
/// once, and what comes back are sums, from which the processor makes means and lengths.</summary>
/// <remarks>A shuffle is a chain of swaps and belongs to one group, which looks up where 256 of them take their values:
/// as many comparisons for each swap bound it, not the memory. Prepared shuffles are scanned one after the
/// other.</remarks>
internal sealed class GpuShuffler : IDisposable
{
    // Groups of a launch: some for each multiprocessor of the largest cards; a processor runs one on each core.
    private const int OnCard = 1024, OnProcessor = 16;

    // As in the kernels.
    private const int Items = 256, Side = 32;

    private readonly GpuEngine engine;
    private readonly Shuffles shuffles;
    private readonly Measure measure;
    private readonly int rows, depth, rowStep, step;
    private readonly ImmutableArray<int> sourceRows;
    private readonly List<DeviceBuffer> buffers = [];
    private readonly DeviceBuffer source, values, prepared, means, scales;
    private readonly int together;

    /// <summary>Sends the matrix and allots memory for as many shuffles as there is room for.</summary>
    /// <exception cref="GpuException">There is none, not even for one.</exception>
    public GpuShuffler(GpuEngine engine, Shuffles shuffles, Measure measure, bool ofColumns)
    {
        (this.engine, this.shuffles, this.measure) = (engine, shuffles, measure);
        var vectors = shuffles.Vectors(shuffles.Source, ofColumns);
        (rows, depth) = (vectors.Rows, vectors.Columns);
        (rowStep, step) = ((int)vectors.RowStride, (int)vectors.ColumnStride);
        sourceRows = [.. Enumerable.Range(0, rows)];
        var groups = engine.Description.IsProcessor ? OnProcessor : OnCard;
        var most = engine.MostBytes / Math.Max(Bytes, GpuEngine.BytesOf(rows, depth));
        together = (int)Math.Clamp(most, 1, Math.Max(1, groups / shuffles.Parts));
        lock (engine.Gate)
            try
            {
                source = Allot(Bytes);
                values = Allot(Bytes * together);
                prepared = Allot(GpuEngine.BytesOf(rows, depth) * together);
                means = Allot(sizeof(double) * (long)rows * together);
                scales = Allot(sizeof(double) * (long)rows * together);
                engine.Device.Write(source, 0, MemoryMarshal.AsBytes(shuffles.Source.Values));
                GC.KeepAlive(shuffles.Source);
            }
            catch
            {
                Dispose();
                throw;
            }
    }

    private long Bytes => sizeof(float) * shuffles.Source.Elements;

    /// <summary>Whether a device can: it needs double precision, and room.</summary>
    public static bool CanRun(GpuEngine engine, Shuffles shuffles) =>
        engine.Device.HasDoubles && shuffles.Source.Elements is > 0 and <= int.MaxValue
            && Math.Max(
                GpuEngine.BytesOf(shuffles.Source.Rows, shuffles.Source.Columns),
                GpuEngine.BytesOf(shuffles.Source.Columns, shuffles.Source.Rows)) <= engine.MostBytes;

    /// <summary>Shuffles and prepares for all seeds, and gives each to its use.</summary>
    /// <exception cref="DegenerateRowsException">A row of a shuffle has no similarity; those before it have been
    /// used.</exception>
    public void Run(IReadOnlyList<ulong> seeds, Action<int, IPreparedRows> use)
    {
        for (var first = 0; first < seeds.Count; first += together)
        {
            var many = Math.Min(together, seeds.Count - first);
            RowStatistics[] statistics;
            lock (engine.Gate)
            {
                statistics = Draw([.. Enumerable.Range(first, many).Select(n => seeds[n])]);
                Prepare(statistics, many);
            }
            for (var n = 0; n < many; n++)
            {
                var mine = statistics.AsSpan(n * rows, rows);
                Refuse(mine);
                var norm = 0.0;
                foreach (var row in mine) norm = Math.Max(norm, row.Norm);
                var shuffled = new GpuShuffledRows(
                    engine, prepared, n * rows, sourceRows, depth, measure, norm);
                use(first + n, shuffled);
                shuffled.End();
            }
        }
    }

    public void Dispose()
    {
        lock (engine.Gate)
            foreach (var buffer in buffers) buffer.Dispose();
    }

    private DeviceBuffer Allot(long bytes)
    {
        var buffer = engine.Allocate(bytes);
        buffers.Add(buffer);
        return buffer;
    }

    // Shuffles, and the statistics of all their rows.
    private RowStatistics[] Draw(ulong[] seeds)
    {
        using var words = engine.Send([.. seeds.SelectMany(seed => new[] { (uint)seed, (uint)(seed >> 32) })]);
        engine.Device.Launch(
            "permute", shuffles.Parts, seeds.Length, source, shuffles.Length, words, (int)(uint)shuffles.Stream,
            (int)(uint)(shuffles.Stream >> 32), values);
        var mean = new double[seeds.Length * rows];
        Write(means, mean);
        if (measure == Measure.Pearson)
        {
            mean = Sums(seeds.Length, squared: false);
            for (var row = 0; row < mean.Length; row++) mean[row] /= depth;
            Write(means, mean);
        }
        var squares = Sums(seeds.Length, squared: true);
        return [.. mean.Zip(squares, (m, sum) => RowStatistics.FromSums(m, sum, measure))];
    }

    // The scales lend their memory, since they are made of what comes back.
    private double[] Sums(int many, bool squared)
    {
        engine.Device.Launch(
            "survey", (rows + Items - 1) / Items, many, values, rows, depth, rowStep, step, squared, means, scales);
        var sums = new double[many * rows];
        engine.Device.Read(scales, 0, MemoryMarshal.AsBytes(sums.AsSpan()));
        return sums;
    }

    private void Prepare(RowStatistics[] statistics, int many)
    {
        Write(means, [.. statistics.Select(row => row.Mean)]);
        Write(scales, [.. statistics.Select(row => row.Scale)]);
        engine.Device.Launch(
            "prepare", (rows + Side - 1) / Side * ((depth + Side - 1) / Side), many, values, rows, depth, rowStep, step,
            means, scales, prepared, GpuEngine.StrideOf(depth));
    }

    private void Write(DeviceBuffer buffer, double[] numbers) =>
        engine.Device.Write(buffer, 0, MemoryMarshal.AsBytes(numbers.AsSpan()));

    private void Refuse(ReadOnlySpan<RowStatistics> statistics)
    {
        var degenerate = ImmutableArray.CreateBuilder<DegenerateRow>();
        for (var row = 0; row < statistics.Length; row++)
            if (statistics[row].Defect is { } defect) degenerate.Add(new DegenerateRow(row, defect));
        if (degenerate.Count > 0) throw new DegenerateRowsException(degenerate.ToImmutable(), measure);
    }
}

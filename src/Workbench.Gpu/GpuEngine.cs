using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Workbench.Core.Engines;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <namespacedoc><summary>Graphics cards as an engine: one kernel source for two drivers.</summary></namespacedoc>
/// <summary>A graphics card, with the bits of the processor: a score is one chain of fused multiply-adds in the order
/// of k from +0.</summary>
/// <remarks>
/// <para>Products, searches and scans are computed on the device; histograms, moments, counts, extremes and the best
/// pairs too, in the kernel that makes the scores. Folds that it does not know get their tiles. Rows are prepared by
/// the processor, which keeps them, and copied; a table that does not fit is sent in parts. Models run on the device
/// from embedded tokens to scores (<see cref="Load"/>).</para>
/// <para>A device is trusted after it has given the bits of the processor for products of hard numbers: denormal ones,
/// zeros of both signs, products that cancel.</para>
/// </remarks>
/// <example><code>
/// using IEngine engine = new GpuEngine(GpuDevice.List()[0]);
/// using var rows = engine.Prepare(embedding, Measure.Cosine);
/// new PairScan(rows).Run([histogram]);
/// </code></example>
public sealed class GpuEngine : IEngine
{
    /// <summary>Rows and columns of a tile, as in the kernels.</summary>
    internal const int Tile = 128;

    private const int Slab = 8;

    // 21 by 24 tiles, 33 MB: some for each multiprocessor of the largest cards.
    private const long ScoresAtOnce = GpuRows.RowsAtOnce * 24L * Tile;

    private readonly ConditionalWeakTable<TransformerWeights, GpuModel> models = [];
    private readonly long memory;
    private long reserved;
    private HostMemory? tiles;
    private bool shufflesRight; // whether they were tried

    /// <summary>Opens a device.</summary>
    /// <param name="device">One of <see cref="GpuDevice.List"/>.</param>
    /// <exception cref="GpuException">It cannot be opened, its driver cannot build the kernels, or it rounds otherwise
    /// than the processor.</exception>
    public GpuEngine(GpuDevice device) : this(device.Open()) { }

    /// <param name="device">Freed by the engine, also where it is refused.</param>
    /// <param name="memory">As if it had so many bytes; 0 for what it has.</param>
    /// <param name="isTrusted">Whether it need not show its arithmetic.</param>
    internal GpuEngine(IDevice device, long memory = 0, bool isTrusted = false)
    {
        (Device, this.memory) = (device, memory > 0 ? memory : device.Description.Memory);
        shufflesRight = isTrusted;
        if (isTrusted) return;
        try
        {
            SelfTest.Run(this);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => "gpu";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => Arithmetic.Fused;

    /// <summary>What computes.</summary>
    public GpuDevice Description => Device.Description;

    internal IDevice Device { get; }

    /// <summary>Held while the device is used.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Scores that are kept on the device at a time.</summary>
    internal long MostScores => Math.Min(ScoresAtOnce, MostBytes / sizeof(float));

    // An eighth for each: parts of two tables and their scores are there at once beside the tables that stay.
    internal long MostBytes => Math.Min(memory / 8, Device.LargestBuffer);

    /// <inheritdoc/>
    public void Multiply(MatrixView a, MatrixView b, Matrix destination)
    {
        IEngine.RequireFit(a, b, destination);
        var depth = a.Columns;
        var most = RowsInBlock(depth);
        var high = (int)Math.Clamp(MostScores / Tile, 1, Math.Min(most, GpuRows.RowsAtOnce));
        lock (Gate)
            for (var row = 0; row < a.Rows; row += high)
            {
                var height = Math.Min(high, a.Rows - row);
                using var left = Upload(a, row, height);
                var wide = (int)Math.Min(most, Math.Max(1, MostScores / height / Tile) * Tile);
                for (var column = 0; column < b.Rows; column += wide)
                {
                    var width = Math.Min(wide, b.Rows - column);
                    using var right = Upload(b, column, width);
                    var scores = Multiply(left, height, right, width, depth);
                    for (var r = 0; r < height; r++)
                        scores.AsSpan(r * width, width).CopyTo(destination.WritableRow(row + r)[column..]);
                }
            }
    }

    /// <inheritdoc/>
    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        new GpuRows(this, PreparedRows.Prepare(rows, measure, degenerate));

    /// <inheritdoc/>
    public TopKResult TopK(MatrixView queries, IPreparedRows table, int k)
    {
        if (table is not IDeviceRows rows || !rows.Belongs(this))
            throw new ArgumentException(
                $"The table must be prepared by this engine, {this}, but is {table.Engine}'s.", nameof(table));
        using var wanted = (GpuRows)IEngine.PrepareQueries(this, queries, rows, k);
        return GpuSearch.Run(this, wanted, rows, Math.Min(k, rows.Count));
    }

    /// <inheritdoc/>
    /// <remarks>By the device, some hundred at once, where it has double precision and room for the matrix three times;
    /// else by the processor. The bits are the same.</remarks>
    public void Shuffle(
        Shuffles shuffles, Measure measure, bool ofColumns, IReadOnlyList<ulong> seeds,
        Action<int, IPreparedRows> use)
    {
        if (!GpuShuffler.CanRun(this, shuffles))
        {
            IEngine.ShuffleHere(this, shuffles, measure, ofColumns, seeds, use);
            return;
        }
        if (!shufflesRight)
        {
            SelfTest.RunShuffles(this);
            shufflesRight = true;
        }
        using var shuffler = new GpuShuffler(this, shuffles, measure, ofColumns);
        shuffler.Run(seeds, use);
    }

    /// <summary>A model ready to run on the device. Weights go there when they are first needed, as they are stored
    /// where that is float32, bfloat16 or half and widened where it is not, and stay for all that load the same; so do
    /// the keys and values of a <see cref="KeyValueCache"/>.</summary>
    /// <remarks>Sums are single precision in many parts, not one chain, so that a pass has the bits of no other engine
    /// but stays within the bound of <see cref="IEngine.Load"/>. Interventions run while the device is held: they must
    /// not wait for another thread that uses it.</remarks>
    /// <param name="weights">The weights, whose file must stay open.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that are not supported; the message names
    /// them.</exception>
    public ITransformer Load(TransformerWeights weights) =>
        new GpuTransformer(models.GetValue(weights, loaded => new GpuModel(this, loaded)));

    /// <summary>Gives the device back; what was prepared can be disposed of before or after.</summary>
    public void Dispose()
    {
        tiles?.Dispose();
        tiles = null;
        Device.Dispose();
    }

    /// <summary>Name and device: "gpu, NVIDIA H100 (CUDA 12.4), 80 GB".</summary>
    public override string ToString() => $"{Name}, {Description}";

    internal static int Tiles(int length) => (length + Tile - 1) / Tile;

    /// <summary>Floats from a row to the next on the device: whole slabs.</summary>
    internal static int StrideOf(int depth) => (depth + Slab - 1) / Slab * Slab;

    internal static long BytesOf(int rows, int depth) => sizeof(float) * (long)rows * StrideOf(depth);

    /// <summary>Allots memory of one slab at least, since kernels fetch the first before they ask how long rows
    /// are.</summary>
    internal DeviceBuffer Allocate(long bytes) => Device.Allocate(Math.Max(bytes, 2 * Slab * sizeof(float)));

    /// <summary>Allots memory and fills it.</summary>
    internal DeviceBuffer Send(uint[] words)
    {
        var buffer = Allocate(sizeof(uint) * words.Length);
        Device.Write(buffer, 0, MemoryMarshal.AsBytes(words.AsSpan()));
        return buffer;
    }

    /// <summary>Memory that the device copies scores into, to be given back; the same from one tile to the next, unless
    /// a fold scans by itself meanwhile. Under the gate.</summary>
    internal HostMemory LendTiles(int scores)
    {
        var lent = tiles;
        tiles = null;
        if (lent is not null && lent.Bytes >= sizeof(float) * (long)scores) return lent;
        lent?.Dispose();
        return Device.AllocateHost(Math.Max(sizeof(float) * (long)scores, 4096));
    }

    internal void GiveTiles(HostMemory lent)
    {
        tiles?.Dispose();
        tiles = lent;
    }

    internal DeviceBuffer AllocateRows(int rows, int depth) => Allocate(BytesOf(rows, depth));

    /// <summary>Rows that can be sent to the device at a time, in whole tiles.</summary>
    /// <exception cref="GpuException">Not even one tile of them can.</exception>
    internal int RowsInBlock(int depth)
    {
        var tile = Math.Max(1, BytesOf(Tile, depth));
        if (tile > MostBytes)
            throw new GpuException(
                GpuProblem.OutOfMemory,
                $"{Tile} rows of {depth} need {tile:N0} bytes at a time and eight times as much in all, but "
                    + $"{Description.Name} has {memory:N0}. Use another engine.");
        return (int)Math.Min(MostBytes / tile * Tile, int.MaxValue / 2 / Tile * Tile);
    }

    /// <summary>Whether a table may stay on the device: all that do have half of it.</summary>
    internal bool TryReserve(long bytes)
    {
        if (bytes > Device.LargestBuffer) return false;
        if (Interlocked.Add(ref reserved, bytes) <= memory / 2) return true;
        Unreserve(bytes);
        return false;
    }

    internal void Unreserve(long bytes) => Interlocked.Add(ref reserved, -bytes);

    /// <summary>Sends rows, a few megabytes at a time.</summary>
    internal void Upload(DeviceBuffer buffer, int first, int count, int depth, RowCopy copyRow)
    {
        var stride = StrideOf(depth);
        if (stride == 0) return;
        var together = Math.Max(1, (1 << 22) / stride);
        var staging = new float[Math.Min(count, together) * stride];
        for (var done = 0; done < count; done += together)
        {
            var many = Math.Min(together, count - done);
            var from = first + done;
            Workers.Share(Workers.Count(0), many, r => copyRow(from + r, staging.AsSpan(r * stride, depth)));
            Device.Write(
                buffer, BytesOf(done, depth), MemoryMarshal.AsBytes(staging.AsSpan(0, many * stride)));
        }
    }

    /// <summary>All products of rows on the device.</summary>
    internal float[] Multiply(DeviceBuffer a, int rows, DeviceBuffer b, int columns, int depth)
    {
        var result = new float[rows * columns];
        using var scores = Allocate(sizeof(float) * (long)rows * columns);
        Device.Launch(
            "multiply", Tiles(columns), Tiles(rows), a, rows, b, columns, depth, StrideOf(depth), scores, columns);
        Device.Read(scores, 0, MemoryMarshal.AsBytes(result.AsSpan()));
        return result;
    }

    private DeviceBuffer Upload(MatrixView view, int first, int count)
    {
        var buffer = AllocateRows(count, view.Columns);
        Upload(buffer, first, count, view.Columns, (row, destination) =>
        {
            for (var k = 0; k < destination.Length; k++) destination[k] = view[row, k];
        });
        return buffer;
    }
}

/// <summary>Copies one row.</summary>
internal delegate void RowCopy(int row, Span<float> destination);

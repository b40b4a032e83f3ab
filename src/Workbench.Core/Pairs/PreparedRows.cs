using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// The rows of a matrix made ready for a <see cref="PairScan"/>: centred and scaled as the measure asks, so that a score is a dot
/// product, and packed for the kernels. This is the one copy of the weights that a scan makes; the source is not needed afterwards.
/// </summary>
/// <remarks>
/// Means and norms are summed in double; an element is rounded to single precision once. Rows are numbered 0 to
/// <see cref="Count"/> − 1 after exclusions; <see cref="SourceRows"/> leads back.
/// Memory: 4 bytes an element, outside the garbage-collected heap, freed by <see cref="Dispose"/> or the finalizer.
/// </remarks>
public sealed unsafe class PreparedRows : IDisposable
{
    private readonly AlignedBuffer packed;
    private string? fingerprint;

    private PreparedRows(int count, int depth, Measure measure, MicroKernel kernel)
    {
        (Count, Depth, Measure, Kernel) = (count, depth, measure, kernel);
        packed = new AlignedBuffer((long)Panels * PanelLength);
    }

    /// <summary>Number of rows that take part.</summary>
    public int Count { get; }

    /// <summary>Length of each row.</summary>
    public int Depth { get; }

    /// <summary>The measure the rows are prepared for.</summary>
    public Measure Measure { get; }

    /// <summary>For each prepared row, its row in the source; ascending.</summary>
    public ImmutableArray<int> SourceRows { get; private set; }

    /// <summary>The rows left out, in the source's numbering; empty unless <see cref="DegenerateRows.Exclude"/> was asked for.</summary>
    public ImmutableArray<DegenerateRow> Excluded { get; private set; }

    /// <summary>The largest length among the prepared rows: 1, or max |x| for <see cref="Measure.DotProduct"/>; 0 without rows.</summary>
    public double LargestNorm { get; private set; }

    internal MicroKernel Kernel { get; }

    internal int Panels => Kernels.Panels.Count(Count, Kernel.Columns);

    internal long PanelLength => (long)Kernel.Columns * Depth;

    /// <summary>Prepares the rows of a matrix, or its columns through <see cref="MatrixView.Transposed"/>.</summary>
    /// <param name="source">n × d; not kept.</param>
    /// <param name="measure">What a score will be.</param>
    /// <param name="degenerate">What to do with rows that have no similarity.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor. The result does not depend on it.</param>
    /// <exception cref="DegenerateRowsException">There are such rows, and they are to be refused.</exception>
    public static PreparedRows Prepare(MatrixView source, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse, int threads = 0) =>
        Prepare(source, measure, degenerate, Workers.Count(threads), MicroKernel.Best);

    internal static PreparedRows Prepare(MatrixView source, Measure measure, DegenerateRows degenerate, int threads, MicroKernel kernel)
    {
        var statistics = Survey(source, measure, threads);
        var excluded = Degenerate(statistics);
        if (excluded.Length > 0 && degenerate == DegenerateRows.Refuse) throw new DegenerateRowsException(excluded, measure);
        var result = new PreparedRows(source.Rows - excluded.Length, source.Columns, measure, kernel);
        result.Pack(source, statistics, excluded, threads);
        return result;
    }

    /// <summary>The rows of a matrix for which a measure is not defined, in ascending order.</summary>
    /// <param name="source">n × d.</param>
    /// <param name="measure">A dot product is defined for all finite rows, a cosine for those that are not zero, a correlation for those that are not constant.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor.</param>
    public static ImmutableArray<DegenerateRow> FindDegenerate(MatrixView source, Measure measure, int threads = 0) =>
        Degenerate(Survey(source, measure, Workers.Count(threads)));

    /// <summary>Prepares another matrix of the same shape in the same memory, as when a scan is repeated over shuffles.</summary>
    /// <param name="source">As many rows and columns as before; none may be degenerate.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    /// <exception cref="DegenerateRowsException">A row has no similarity; the content is then as it was.</exception>
    public void Replace(MatrixView source, int threads = 0)
    {
        if (source.Rows != Count || source.Columns != Depth)
            throw new ArgumentException($"{Count} × {Depth} rows can be replaced by as many only, but the source is {source.Rows} × {source.Columns}.", nameof(source));
        var statistics = Survey(source, Measure, Workers.Count(threads));
        if (Degenerate(statistics) is { Length: > 0 } rows) throw new DegenerateRowsException(rows, Measure);
        Pack(source, statistics, [], Workers.Count(threads));
    }

    /// <summary>Copies one prepared row: the vector whose dot products are the scores.</summary>
    /// <param name="row">From 0 to <see cref="Count"/> − 1.</param>
    /// <param name="destination"><see cref="Depth"/> floats.</param>
    public void CopyRow(int row, Span<float> destination)
    {
        if ((uint)row >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {Count} prepared rows.");
        if (destination.Length != Depth) throw new ArgumentException($"A row has {Depth} elements, but the destination has {destination.Length}.", nameof(destination));
        var element = Panel(row / Kernel.Columns) + row % Kernel.Columns;
        for (var k = 0; k < Depth; k++) destination[k] = element[(long)k * Kernel.Columns];
    }

    /// <summary>SHA-256 over measure, shape and every prepared value, in hexadecimal: two scans may be merged only if theirs agree.</summary>
    /// <remarks>Computed when first asked for; the same on every processor.</remarks>
    public string Fingerprint => fingerprint ??= ComputeFingerprint();

    /// <summary>Frees the packed rows.</summary>
    public void Dispose() => packed.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Count} rows of {Depth} for {Measure}";

    internal float* Panel(int panel) => packed.Pointer + panel * PanelLength;

    /// <summary>Interleaves prepared rows anew, into panels of <see cref="MicroKernel.Rows"/>; vectors past the last row are zeros.</summary>
    internal void PackRows(int first, int count, float* destination)
    {
        var (from, to) = (Kernel.Columns, Kernel.Rows);
        for (var done = 0; done < count; done += to)
        {
            var target = destination + (long)done * Depth;
            var rows = Math.Min(to, count - done);
            if (rows < to) new Span<float>(target, checked(to * Depth)).Clear();
            for (var r = 0; r < rows;)
            {
                var row = first + done + r;
                var run = Math.Min(rows - r, from - row % from);
                var source = Panel(row / from) + row % from;
                for (var k = 0; k < Depth; k++)
                for (var i = 0; i < run; i++)
                    target[(long)k * to + r + i] = source[(long)k * from + i];
                r += run;
            }
        }
    }

    private static RowStatistics[] Survey(MatrixView source, Measure measure, int threads)
    {
        const int block = 32;
        var result = new RowStatistics[source.Rows];
        Workers.Share(threads, Kernels.Panels.Count(source.Rows, block), task =>
        {
            var first = task * block;
            var rows = Math.Min(block, source.Rows - first);
            var scratch = AlignedBuffer.ColumnBlock(block * Kernels.Panels.ScratchStride(source.Columns)).Pointer;
            var start = Kernels.Panels.Contiguous(source, first, rows, scratch, out var stride);
            for (var r = 0; r < rows; r++)
                result[first + r] = RowStatistics.Of(new ReadOnlySpan<float>(start + r * stride, source.Columns), measure);
        });
        GC.KeepAlive(source.Owner);
        return result;
    }

    private static ImmutableArray<DegenerateRow> Degenerate(RowStatistics[] statistics) =>
        [.. statistics.Index().Where(row => row.Item.Defect is not null).Select(row => new DegenerateRow(row.Index, row.Item.Defect!.Value))];

    private void Pack(MatrixView source, RowStatistics[] statistics, ImmutableArray<DegenerateRow> excluded, int threads)
    {
        Excluded = excluded;
        var without = excluded.Select(row => row.Index).ToHashSet();
        SourceRows = [.. Enumerable.Range(0, source.Rows).Where(row => !without.Contains(row))];
        LargestNorm = SourceRows.Length == 0 ? 0 : SourceRows.Max(row => statistics[row].Norm);
        fingerprint = null;
        Workers.Share(threads, Panels, panel => PackPanel(source, statistics, panel));
        GC.KeepAlive(source.Owner);
    }

    private void PackPanel(MatrixView source, RowStatistics[] statistics, int panel)
    {
        var first = panel * Kernel.Columns;
        var rows = Math.Min(Kernel.Columns, Count - first);
        var stride = Kernels.Panels.ScratchStride(Depth);
        var prepared = AlignedBuffer.RowBlock(Kernel.Columns * stride).Pointer;
        var scratch = AlignedBuffer.ColumnBlock(Kernel.Columns * stride).Pointer;
        for (var r = 0; r < rows;)
        {
            var row = SourceRows[first + r];
            var run = 1;
            while (r + run < rows && SourceRows[first + r + run] == row + run) run++;
            var start = Kernels.Panels.Contiguous(source, row, run, scratch, out var sourceStride);
            for (var i = 0; i < run; i++, r++)
                statistics[row + i].Apply(new ReadOnlySpan<float>(start + i * sourceStride, Depth), new Span<float>(prepared + r * stride, Depth));
        }
        var target = Panel(panel);
        if (rows < Kernel.Columns) new Span<float>(target, checked((int)PanelLength)).Clear();
        Kernels.Panels.Interleave(prepared, stride, rows, Depth, Kernel.Columns, target);
    }

    private string ComputeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{Measure} {Count} {Depth} ")));
        var row = new float[Depth];
        var bytes = new byte[Depth * sizeof(float)];
        for (var i = 0; i < Count; i++)
        {
            CopyRow(i, row);
            for (var k = 0; k < Depth; k++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(k * sizeof(float)), row[k]);
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

using System;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>
/// The rows of a matrix made ready for a <see cref="PairScan"/> on the processor: centred and scaled as the measure
/// asks, so that a score is a dot product, and packed for the kernels. This is the one copy of the weights that a scan
/// makes; the source is not needed afterwards.
/// </summary>
/// <remarks>
/// Means and norms are summed in double; an element is rounded to single precision once. Rows are numbered 0 to
/// <see cref="Count"/> − 1 after exclusions; <see cref="SourceRows"/> leads back.
/// Memory: 4 bytes an element, outside the garbage-collected heap, freed by <see cref="Dispose"/> or the finalizer.
/// </remarks>
public sealed unsafe class PreparedRows : IPreparedRows
{
    private readonly AlignedBuffer packed;
    private string? fingerprint;

    private PreparedRows(int count, int depth, Measure measure, MicroKernel kernel)
    {
        (Count, Depth, Measure, Kernel) = (count, depth, measure, kernel);
        packed = new AlignedBuffer((long)Panels * PanelLength);
    }

    /// <inheritdoc/>
    public string Engine => $"cpu, {Kernel.Name}";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => Kernel.Arithmetic;

    /// <summary>Number of rows that take part.</summary>
    public int Count { get; }

    /// <summary>Length of each row.</summary>
    public int Depth { get; }

    /// <summary>The measure the rows are prepared for.</summary>
    public Measure Measure { get; }

    /// <summary>For each prepared row, its row in the source; ascending.</summary>
    public ImmutableArray<int> SourceRows { get; private set; }

    /// <summary>The rows left out, in the source's numbering; empty unless <see cref="DegenerateRows.Exclude"/> was
    /// asked for.</summary>
    public ImmutableArray<DegenerateRow> Excluded { get; private set; }

    /// <summary>The largest length among the prepared rows: 1, or max |x| for <see cref="Measure.DotProduct"/>; 0
    /// without rows.</summary>
    public double LargestNorm { get; private set; }

    /// <inheritdoc/>
    /// <remarks>As many as stay in a core's cache.</remarks>
    public int BlocksAtOnce => Kernels.Panels.InCache(PairSpace.RowBlock, Depth);

    /// <inheritdoc/>
    public int MostSweeps => int.MaxValue;

    internal MicroKernel Kernel { get; }

    internal int Panels => Kernels.Panels.Count(Count, Kernel.Columns);

    internal long PanelLength => (long)Kernel.Columns * Depth;

    /// <summary>Prepares the rows of a matrix, or its columns through <see cref="MatrixView.Transposed"/>.</summary>
    /// <param name="source">n × d; not kept.</param>
    /// <param name="measure">What a score will be.</param>
    /// <param name="degenerate">What to do with rows that have no similarity.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor. The result does not depend on it.</param>
    /// <exception cref="DegenerateRowsException">There are such rows, and they are to be refused.</exception>
    public static PreparedRows Prepare(
        MatrixView source, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse,
        int threads = 0) => Prepare(source, measure, degenerate, Workers.Count(threads), MicroKernel.Best);

    internal static PreparedRows Prepare(
        MatrixView source, Measure measure, DegenerateRows degenerate, int threads, MicroKernel kernel)
    {
        var rows = new RowSource(source, measure, degenerate, threads);
        var result = new PreparedRows(rows.Rows.Length, source.Columns, measure, kernel);
        result.Pack(rows, threads);
        return result;
    }

    /// <summary>The rows of a matrix for which a measure is not defined, in ascending order.</summary>
    /// <param name="source">n × d.</param>
    /// <param name="measure">A dot product is defined for all finite rows, a cosine for those that are not zero, a
    /// correlation for those that are not constant.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor.</param>
    public static ImmutableArray<DegenerateRow> FindDegenerate(MatrixView source, Measure measure, int threads = 0) =>
        new RowSource(source, measure, DegenerateRows.Exclude, Workers.Count(threads)).Excluded;

    /// <summary>The largest length that a row has when it is prepared, without preparing any.</summary>
    /// <param name="source">n × d; read only where lengths differ, for dot products.</param>
    /// <param name="measure">What a score will be.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor.</param>
    /// <returns>max |x| for <see cref="Measure.DotProduct"/>, else 1; 0 without rows.</returns>
    public static double LargestNormOf(MatrixView source, Measure measure, int threads = 0) =>
        measure == Measure.DotProduct
            ? new RowSource(source, measure, DegenerateRows.Exclude, Workers.Count(threads)).LargestNorm
            : Math.Min(1, source.Rows);

    /// <summary>Prepares another matrix of the same shape in the same memory, as when a scan is repeated over
    /// shuffles.</summary>
    /// <param name="source">As many rows and columns as before; none may be degenerate.</param>
    /// <param name="threads">Threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    /// <exception cref="DegenerateRowsException">A row has no similarity; the content is then as it was.</exception>
    public void Replace(MatrixView source, int threads)
    {
        if (source.Rows != Count || source.Columns != Depth)
            throw new ArgumentException(
                $"{Count} × {Depth} rows can be replaced by as many only, but the source is {source.Rows} × "
                    + $"{source.Columns}.",
                nameof(source)
            );
        Pack(new RowSource(source, Measure, DegenerateRows.Refuse, Workers.Count(threads)), Workers.Count(threads));
    }

    /// <inheritdoc/>
    public void Replace(MatrixView source) => Replace(source, threads: 0);

    /// <inheritdoc/>
    public IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
        columns is PreparedRows mine && mine.Kernel == Kernel
            ? new PairSweep(this, mine, symmetric)
            : throw new ArgumentException(
                $"Rows and columns must be prepared by the same engine, but these are {Engine} and {columns.Engine}.",
                nameof(columns));

    /// <summary>Copies one prepared row: the vector whose dot products are the scores.</summary>
    /// <param name="row">From 0 to <see cref="Count"/> − 1.</param>
    /// <param name="destination"><see cref="Depth"/> floats.</param>
    public void CopyRow(int row, Span<float> destination)
    {
        if ((uint)row >= (uint)Count)
            throw Argument.OutOfRange(nameof(row), row, $"There are {Count} prepared rows.");
        if (destination.Length != Depth)
            throw new ArgumentException(
                $"A row has {Depth} elements, but the destination has {destination.Length}.", nameof(destination));
        var element = Panel(row / Kernel.Columns) + row % Kernel.Columns;
        for (var k = 0; k < Depth; k++) destination[k] = element[(long)k * Kernel.Columns];
    }

    /// <summary>SHA-256 over measure, shape and every prepared value, in hexadecimal: two scans may be merged only if
    /// theirs agree.</summary>
    /// <remarks>Computed when first asked for; the same on every processor.</remarks>
    public string Fingerprint => fingerprint ??= FingerprintOf(this);

    /// <summary>SHA-256 over measure, shape and every value of prepared rows, whichever engine keeps them.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string FingerprintOf(IPreparedRows rows)
    {
        // A hash of the rows' hashes, so that all processors can share the work.
        const int together = 32;
        var (count, depth) = (rows.Count, rows.Depth);
        var hashes = new byte[SHA256.HashSizeInBytes * count];
        Workers.Share(Workers.Count(0), Kernels.Panels.Count(count, together), task =>
        {
            var row = new float[depth];
            for (var i = task * together; i < Math.Min(count, (task + 1) * together); i++)
            {
                rows.CopyRow(i, row);
                SHA256.HashData(MemoryMarshal.AsBytes<float>(row), hashes.AsSpan(SHA256.HashSizeInBytes * i));
            }
        });
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        whole.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{rows.Measure} {count} {depth} ")));
        whole.AppendData(hashes);
        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    /// <summary>Frees the packed rows.</summary>
    public void Dispose() => packed.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Count} rows of {Depth} for {Measure}";

    internal float* Panel(int panel) => packed.Pointer + panel * PanelLength;

    /// <summary>Interleaves prepared rows anew, into panels of <see cref="MicroKernel.Rows"/>; vectors past the last
    /// row are zeros.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Whole panels; up to a cache line past their end is written as well.</param>
    internal void PackRows(int first, int count, float* destination)
    {
        var (from, to) = (Kernel.Columns, Kernel.Rows);
        for (var done = 0; done < count; done += to, destination += (long)to * Depth)
        {
            var (row, rows) = (first + done, Math.Min(to, count - done));
            if (rows < to) new Span<float>(destination, checked(to * Depth)).Clear();
            var run = Math.Min(rows, from - row % from);
            var source = Panel(row / from) + row % from;
            if (rows == to) Regroup(source, from, run, run < rows ? Panel(row / from + 1) : null, destination, to);
            else for (var r = 0; r < rows; r++)
                CopyVector(Panel((row + r) / from) + (row + r) % from, from, destination + r, to);
        }
    }

    // A panel's rows lie in one or two of the old panels. Sixteen floats are copied whatever the number needed: those
    // too many land where the next rows or the next k are written later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Regroup(float* source, int from, int run, float* rest, float* target, int to)
    {
        for (var k = 0; k < Depth; k++, source += from, target += to)
        {
            Vector512.Load(source).Store(target);
            if (rest == null) continue;
            Vector512.Load(rest).Store(target + run);
            rest += from;
        }
    }

    private void CopyVector(float* source, int from, float* target, int to)
    {
        for (var k = 0; k < Depth; k++) target[(long)k * to] = source[(long)k * from];
    }

    private void Pack(RowSource source, int threads)
    {
        (SourceRows, Excluded, LargestNorm, fingerprint) = (source.Rows, source.Excluded, source.LargestNorm, null);
        Workers.Share(threads, Panels, panel => source.Pack(panel * Kernel.Columns, Kernel.Columns, Panel(panel)));
    }
}

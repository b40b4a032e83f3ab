using System;
using System.Collections.Immutable;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>Rows of a matrix that a measure is defined for, with what it takes to prepare them; they are prepared as
/// they are packed.</summary>
internal sealed unsafe class RowSource
{
    private const int Block = 32;

    private readonly MatrixView source;
    private readonly Measure measure;
    private readonly RowStatistics[] statistics;

    /// <summary>Surveys all rows, before any is packed.</summary>
    /// <exception cref="DegenerateRowsException">There are degenerate rows, and they are to be refused.</exception>
    public RowSource(MatrixView source, Measure measure, DegenerateRows degenerate, int threads)
    {
        (this.source, this.measure) = (source, measure);
        statistics = Survey(source, measure, threads);
        var rows = ImmutableArray.CreateBuilder<int>(source.Rows);
        var excluded = ImmutableArray.CreateBuilder<DegenerateRow>();
        for (var row = 0; row < statistics.Length; row++)
        {
            if (statistics[row].Defect is { } defect)
            {
                excluded.Add(new DegenerateRow(row, defect));
                continue;
            }
            rows.Add(row);
            LargestNorm = Math.Max(LargestNorm, statistics[row].Norm);
        }
        (Rows, Excluded) = (rows.DrainToImmutable(), excluded.DrainToImmutable());
        if (Excluded.Length > 0 && degenerate == DegenerateRows.Refuse)
            throw new DegenerateRowsException(Excluded, measure);
    }

    /// <summary>The rows that take part, ascending.</summary>
    public ImmutableArray<int> Rows { get; }

    public ImmutableArray<DegenerateRow> Excluded { get; }

    /// <summary>The largest length of a prepared row; 0 without rows.</summary>
    public double LargestNorm { get; }

    /// <summary>Prepares and interleaves the rows <paramref name="first"/> … of <see cref="Rows"/> into one panel; past
    /// the last come zeros.</summary>
    public void Pack(int first, int width, float* panel)
    {
        var (count, depth) = (Math.Min(width, Rows.Length - first), source.Columns);
        var adjacent = Rows[first + count - 1] == Rows[first] + count - 1;
        if (adjacent && measure == Measure.DotProduct)
            Panels.Pack(source, Rows[first], count, 0, depth, width, panel);
        else if (adjacent && count == width && AreSideBySide(source, count))
            RowGroup.Pack(
                source.DangerousPointer + Rows[first], source.ColumnStride, depth,
                statistics.AsSpan(Rows[first], count), panel);
        else
            PackOneByOne(first, count, width, panel);
        GC.KeepAlive(source.Owner);
    }

    private void PackOneByOne(int first, int count, int width, float* panel)
    {
        var depth = source.Columns;
        var stride = Panels.ScratchStride(depth);
        using var memory = AlignedBuffer.Rent(2 * width * stride);
        var scratch = memory.Pointer;
        var prepared = scratch + width * stride;
        for (var r = 0; r < count;)
        {
            var row = Rows[first + r];
            var run = 1;
            while (r + run < count && Rows[first + r + run] == row + run)
                run++;
            var start = Panels.Contiguous(source, row, run, scratch, out var sourceStride);
            for (var i = 0; i < run; i++, r++)
                statistics[row + i]
                    .Apply(
                        new ReadOnlySpan<float>(start + i * sourceStride, depth),
                        new Span<float>(prepared + r * stride, depth));
        }
        if (count < width)
            new Span<float>(panel, checked(width * depth)).Clear();
        Panels.Interleave(prepared, stride, count, depth, width, panel);
    }

    // The columns of a row-major matrix, in a number that vectors of them make up.
    private static bool AreSideBySide(in MatrixView source, int rows) =>
        source.RowStride == 1 && rows % RowGroup.Unit == 0;

    private static RowStatistics[] Survey(MatrixView source, Measure measure, int threads)
    {
        var result = new RowStatistics[source.Rows];
        Workers.Share(
            threads,
            Panels.Count(source.Rows, Block),
            task =>
            {
                var first = task * Block;
                var rows = Math.Min(Block, source.Rows - first);
                if (AreSideBySide(source, rows))
                {
                    RowGroup.Survey(
                        source.DangerousPointer + first, source.ColumnStride, source.Columns, measure,
                        result.AsSpan(first, rows));
                    return;
                }
                using var memory = AlignedBuffer.Rent(Block * Panels.ScratchStride(source.Columns));
                var start = Panels.Contiguous(source, first, rows, memory.Pointer, out var stride);
                for (var r = 0; r < rows; r++)
                    result[first + r] = RowStatistics.Of(
                        new ReadOnlySpan<float>(start + r * stride, source.Columns), measure);
            }
        );
        GC.KeepAlive(source.Owner);
        return result;
    }
}

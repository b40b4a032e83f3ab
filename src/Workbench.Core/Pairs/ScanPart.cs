using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Pairs;

/// <summary>Rows by columns that a scan goes over as one: all of it, or the triangle or the rectangle of a
/// tile.</summary>
/// <param name="Rows">The prepared rows.</param>
/// <param name="Columns">The prepared columns.</param>
/// <param name="IsSymmetric">Whether these are the rows themselves, and only pairs above the diagonal are
/// meant.</param>
/// <param name="FirstRow">The first row's number in the whole.</param>
/// <param name="FirstColumn">The first column's.</param>
internal sealed record ScanPart(
    IPreparedRows Rows, IPreparedRows Columns, bool IsSymmetric, int FirstRow = 0, int FirstColumn = 0)
{
    private readonly PairSpace space = new(
        Rows.Count, Columns.Count, IsSymmetric, Rows.LargestNorm * Columns.LargestNorm);

    public int RowBlocks => space.RowBlocks;

    /// <summary>The first row of a block, in this part's numbering.</summary>
    public int FirstRowOf(int block) => space.FirstRow(block);

    public long PairsIn(int firstRow, int endRow) => space.PairsBefore(endRow) - space.PairsBefore(firstRow);

    /// <summary>Folds that take this part's tiles in its numbering.</summary>
    public IReadOnlyList<PairFold> Moved(IReadOnlyList<PairFold> folds) =>
        (FirstRow, FirstColumn) == (0, 0)
            ? folds
            : [.. folds.Select(fold => fold.UsesPlaces ? new MovedFold(fold, FirstRow, FirstColumn) : fold)];
}

namespace Workbench.Core.Pairs;

/// <summary>
/// A rectangle of a scan's pairs, cut by <see cref="PairSpace.Cut"/>: what one task computes, and all of the vectors
/// that it needs.
/// </summary>
/// <param name="Rows">The row blocks.</param>
/// <param name="Columns">The column blocks, of <see cref="PairSpace.RowBlock"/> columns each. In a symmetric space they
/// begin where the rows do, and the tile holds the triangle above the diagonal with what stands beside it; or they
/// begin where the rows end, or later.</param>
public readonly record struct PairTile(RowBlockRange Rows, RowBlockRange Columns)
{
    /// <summary>Whether there is no pair in it.</summary>
    public bool IsEmpty => Rows.First == Rows.End || Columns.First == Columns.End;

    /// <inheritdoc/>
    public override string ToString() => $"{Rows} × {Columns}";
}

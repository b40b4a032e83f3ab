using System;

namespace Workbench.Core.Pairs;

/// <summary>A pair and its similarity.</summary>
/// <param name="Score">The similarity.</param>
/// <param name="Row">The row i.</param>
/// <param name="Column">The column j; above i when the space is symmetric.</param>
public readonly record struct ScoredPair(float Score, int Row, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>Whether this pair comes before another when the largest scores come first, ties by smallest row, then
    /// smallest column.</summary>
    internal bool IsAbove(ScoredPair other) => Score > other.Score || (Score == other.Score && IsEarlier(other));

    /// <summary>Whether this pair comes before another when the smallest scores come first, with the same
    /// ties.</summary>
    internal bool IsBelow(ScoredPair other) => Score < other.Score || (Score == other.Score && IsEarlier(other));

    private bool IsEarlier(ScoredPair other) => Row < other.Row || (Row == other.Row && Column < other.Column);
}

using System;
using System.Collections.Generic;

namespace Workbench.Core.Pairs;

/// <summary>One worker's way over the rows of a scan, with the memory that it works in.</summary>
public interface IPairSweep : IDisposable
{
    /// <summary>Gives every pair of some rows to every fold, once.</summary>
    /// <param name="firstRow">The first row; it begins a row block.</param>
    /// <param name="endRow">One past the last.</param>
    /// <param name="folds">Take the scores, in tiles of any size and order; this sweep's alone. An engine may answer
    /// those it knows itself (<c>AddTotals</c> of <see cref="Folds.HistogramFold"/>, <see cref="Folds.MomentsFold"/>
    /// and <see cref="Folds.CountAboveFold"/>, also those of a <see cref="Folds.ByClassFold"/>), or give them only the
    /// tiles that can change them (<see cref="Folds.ExtremaFold"/>, <see cref="Folds.RankedPairsFold"/>).</param>
    void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds);
}

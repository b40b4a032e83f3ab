using System;
using System.Collections.Generic;

namespace Workbench.Core.Pairs;

/// <summary>One worker's way over the rows of a scan, with the memory that it works in.</summary>
public interface IPairSweep : IDisposable
{
    /// <summary>Gives every pair of some rows to every fold, once.</summary>
    /// <param name="firstRow">The first row; it begins a row block.</param>
    /// <param name="endRow">One past the last.</param>
    /// <param name="folds">Take the scores, in tiles of any size and order; this sweep's alone.</param>
    void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds);
}

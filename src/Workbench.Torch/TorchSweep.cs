using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>A way over the rows of a scan: torch's products, and their scores to every fold.</summary>
internal sealed class TorchSweep(TorchEngine engine, TorchRows rows, TorchRows columns, bool symmetric) : IPairSweep
{
    public void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds)
    {
        var height = endRow - firstRow;
        if (height <= 0) return;
        var wide = Math.Max(1, TorchEngine.ScoresAtOnce / height);
        for (var column = symmetric ? firstRow + 1 : 0; column < columns.Count; column += wide)
        {
            var (first, width) = (column, Math.Min(wide, columns.Count - column));
            using var scores = engine.Compute(() =>
            {
                using var scope = NewDisposeScope();
                return rows.Values.narrow(0, firstRow, height)
                    .mm(columns.Values.narrow(0, first, width).t())
                    .cpu()
                    .DetachFromDisposeScope();
            });
            ScoreTile.Give(
                MemoryMarshal.Cast<byte, float>(scores.bytes), firstRow, height, first, width, symmetric, folds);
        }
    }

    public void Dispose() { }
}

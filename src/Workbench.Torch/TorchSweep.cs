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
            Give(MemoryMarshal.Cast<byte, float>(scores.bytes), firstRow, height, first, width, folds);
        }
    }

    public void Dispose() { }

    // Rows that lie above the diagonal as a whole go out together, a row block at a time since folds pass over a tile
    // more than once; those that it crosses, one by one.
    private void Give(
        Span<float> scores, int row, int height, int column, int width, IReadOnlyList<PairFold> folds)
    {
        var whole = symmetric ? Math.Clamp(column - row, 0, height) : height;
        for (var r = 0; r < height;)
        {
            var together = r < whole ? Math.Min(PairSpace.RowBlock, whole - r) : 1;
            var left = r < whole ? 0 : row + r + 1 - column;
            if (left < width)
            {
                var tile = new ScoreTile(
                    scores[(r * width + left)..], row + r, together, column + left, width - left,
                    together == 1 ? width - left : width);
                foreach (var fold in folds) fold.Add(tile);
            }
            r += together;
        }
    }
}

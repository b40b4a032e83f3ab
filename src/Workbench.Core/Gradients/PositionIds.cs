using System;
using Workbench.Core.Models;

namespace Workbench.Core.Gradients;

internal static class PositionIds
{
    /// <summary>The rows of positions of texts without padding, once for each sequence.</summary>
    public static int[] Of(int rows, int sequences, PositionConfig positions)
    {
        if (sequences < 1 || rows % sequences != 0)
            throw new ArgumentException(
                $"{rows} rows cannot be cut into {sequences} sequences of one length.", nameof(sequences));
        var length = rows / sequences;
        if (length > positions.Count)
            throw new ArgumentException(
                $"Each sequence has {length} tokens, but the model has {positions.Count} positions.", nameof(rows));
        var ids = new int[rows];
        for (var row = 0; row < rows; row++) ids[row] = positions.First + row % length;
        return ids;
    }
}

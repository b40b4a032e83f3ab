using System;

namespace Workbench.Core.Gradients;

internal static class PositionIds
{
    /// <summary>0, 1, … once for each sequence.</summary>
    public static int[] Of(int rows, int sequences, int positions)
    {
        if (sequences < 1 || rows % sequences != 0)
            throw new ArgumentException(
                $"{rows} rows cannot be cut into {sequences} sequences of one length.", nameof(sequences));
        var length = rows / sequences;
        if (length > positions)
            throw new ArgumentException(
                $"Each sequence has {length} tokens, but the model has {positions} positions.", nameof(rows));
        var ids = new int[rows];
        for (var row = 0; row < rows; row++) ids[row] = row % length;
        return ids;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

/// <summary>Inputs and small tools shared by the tests of kernels and scans.</summary>
internal static class Samples
{
    /// <summary>Normal numbers around 0.3, so that similarities are not all near 0.</summary>
    public static Matrix Gaussian(int rows, int columns, ulong seed)
    {
        var (philox, matrix) = (new Philox(seed), new Matrix(rows, columns));
        for (var i = 0; i < rows; i++)
            for (var k = 0; k < columns; k++)
                matrix[i, k] = (float)(philox.NextNormal() + 0.3);
        return matrix;
    }

    /// <summary>Rows of few small whole numbers, so that many scores are equal.</summary>
    public static Matrix Ties(int rows, int columns, ulong seed)
    {
        var (philox, matrix) = (new Philox(seed), new Matrix(rows, columns));
        for (var i = 0; i < rows; i++)
            for (var k = 0; k < columns; k++)
                matrix[i, k] = philox.NextInteger(3) - 1;
        return matrix;
    }

    /// <summary>One of every fold, for a space.</summary>
    public static PairFold[] EveryFold(PairSpace space)
    {
        var labels = Enumerable
            .Range(0, Math.Max(space.Rows, space.Columns))
            .Select(i =>
                i < 20 ? 0
                : i % 7 == 0 ? 2
                : 1
            )
            .ToArray();
        var rowLabels = labels.AsSpan(0, space.Rows);
        var columnLabels = labels.AsSpan(0, space.Columns);
        var bound = (float)Math.Max(space.Bound, 1e-3);
        return
        [
            new HistogramFold(400, -bound, bound),
            new MomentsFold(space),
            new ExtremaFold(),
            new RankedPairsFold(End.Top, 20),
            new RankedPairsFold(End.Bottom, 7),
            new CountAboveFold(-bound / 2, 0, bound / 3),
            new ThumbnailFold(space, 24),
            new SampleFold(space, 100, 5),
            new DistinctFold(60_000),
            new DistinctFold(50),
            new NeighboursFold(space, 4),
            new RowMeansFold(space),
            new ByClassFold(space, 3, rowLabels, columnLabels, new HistogramFold(100, -bound, bound)),
            new ByClassFold(space, 3, rowLabels, columnLabels, new RankedPairsFold(End.Top, 3)),
        ];
    }

    /// <summary>A fold's state, as a piece would store it: equal bytes mean equal results.</summary>
    public static byte[] State(PairFold fold)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        fold.Write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    public static List<byte[]> States(IEnumerable<PairFold> folds) => [.. folds.Select(State)];

    /// <summary>A tile of a scan into folds of the whole, with no more vectors prepared than it needs.</summary>
    public static PairFold[] ScanTile(
        Func<MatrixView, IPreparedRows> prepare, Matrix rows, Matrix columns, PairSpace space, PairTile tile,
        Func<PairSpace, PairFold[]> folds, int threads = 0)
    {
        var result = folds(space);
        if (tile.IsEmpty) return result;
        var beside = space.ColumnsBeside(tile);
        using var ofRows = prepare(Blocks(rows, tile.Rows));
        using var ofColumns = beside.First < beside.End ? prepare(Blocks(columns, beside)) : null;
        Assert.Equal(space.VectorsIn(tile), ofRows.Count + (ofColumns?.Count ?? 0));
        PairScan.OfTile(space, tile, ofRows, ofColumns).Run(result, new ScanOptions { Threads = threads });
        return result;

        MatrixView Blocks(Matrix matrix, RowBlockRange blocks)
        {
            var first = blocks.First * PairSpace.RowBlock;
            return ((MatrixView)matrix).RowRange(first, Math.Min(matrix.Rows, blocks.End * PairSpace.RowBlock) - first);
        }
    }

    /// <summary>Everything that folds hold after each has taken the state of the others, through a stream.</summary>
    public static List<byte[]> Merged(IReadOnlyList<PairFold[]> pieces, Func<PairFold[]> empty)
    {
        var whole = empty();
        foreach (var piece in pieces)
        {
            using var stream = new MemoryStream();
            using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
                FoldStates.Write(writer, piece);
            stream.Position = 0;
            var read = empty();
            FoldStates.Read(new BinaryReader(stream), read, "memory");
            for (var f = 0; f < whole.Length; f++) whole[f].Merge(read[f]);
        }
        return States(whole);
    }

    public static PreparedRows Prepare(MatrixView matrix, Measure measure, MicroKernel? kernel = null) =>
        PreparedRows.Prepare(matrix, measure, DegenerateRows.Refuse, 2, kernel ?? MicroKernel.Best);
}

/// <summary>Keeps every score by its place, and fails when one comes twice.</summary>
internal sealed class ScoreMatrix(PairSpace space) : PairwiseFold
{
    private readonly float?[,] scores = new float?[space.Rows, space.Columns];

    public override string Settings => "matrix";

    /// <summary>The score of a pair; null where none came.</summary>
    public float? this[int row, int column] => scores[row, column];

    /// <summary>All pairs that came, row by row.</summary>
    public IEnumerable<ScoredPair> Pairs =>
        from row in Enumerable.Range(0, space.Rows)
        from column in Enumerable.Range(0, space.Columns)
        where scores[row, column] is not null
        select new ScoredPair(scores[row, column]!.Value, row, column);

    public override PairFold Fork() => new ScoreMatrix(space);

    public override void Add(int row, int column, float score)
    {
        if (scores[row, column] is not null) throw new InvalidOperationException($"({row}, {column}) came twice");
        scores[row, column] = score;
    }

    public override void Merge(PairFold other)
    {
        foreach (var pair in ((ScoreMatrix)other).Pairs) Add(pair.Row, pair.Column, pair.Score);
    }

    public override void Write(BinaryWriter writer)
    {
        foreach (var score in scores) writer.Write(score ?? float.NaN);
    }

    public override void Read(BinaryReader reader)
    {
        for (var i = 0; i < space.Rows; i++)
            for (var j = 0; j < space.Columns; j++)
                scores[i, j] = reader.ReadSingle() is var score && float.IsNaN(score) ? null : score;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

public sealed class PairScanTests
{
    internal static Matrix Gaussian(int rows, int columns, ulong seed)
    {
        var philox = new Philox(seed);
        var matrix = new Matrix(rows, columns);
        for (var i = 0; i < rows; i++)
        for (var k = 0; k < columns; k++)
            matrix[i, k] = (float)(philox.NextNormal() + 0.3);
        return matrix;
    }

    /// <summary>Keeps every score by its place, and fails when one comes twice.</summary>
    internal sealed class ScoreMatrix(PairSpace space) : PairwiseFold
    {
        public float[,] Scores { get; } = Empty(space.Rows, space.Columns);

        public override string Settings => "matrix";

        public override PairFold Fork() => new ScoreMatrix(space);

        public override void Add(int row, int column, float score)
        {
            Assert.True(float.IsNaN(Scores[row, column]), $"({row}, {column}) came twice");
            Scores[row, column] = score;
        }

        public override void Merge(PairFold other)
        {
            for (var i = 0; i < space.Rows; i++)
            for (var j = 0; j < space.Columns; j++)
                if (((ScoreMatrix)other).Scores[i, j] is var score && !float.IsNaN(score)) Add(i, j, score);
        }

        public override void Write(BinaryWriter writer) { foreach (var score in Scores) writer.Write(score); }

        public override void Read(BinaryReader reader)
        {
            for (var i = 0; i < space.Rows; i++)
            for (var j = 0; j < space.Columns; j++)
                Scores[i, j] = reader.ReadSingle();
        }

        private static float[,] Empty(int rows, int columns)
        {
            var scores = new float[rows, columns];
            for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                scores[i, j] = float.NaN;
            return scores;
        }
    }

    public static TheoryData<int, int> Sizes()
    {
        var data = new TheoryData<int, int>();
        foreach (var n in new[] { 0, 1, 2, 3, 5, 6, 7, 13, 14, 15, 16, 17, 31, 32, 33, 83, 84, 85, 97, 169, 200 })
        foreach (var depth in new[] { 0, 1, 7, 8, 9, 40 })
            data.Add(n, depth);
        return data;
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Every_pair_comes_once_and_agrees_with_the_double_loop(int n, int depth)
    {
        var matrix = Gaussian(n, depth, 7);
        var expected = ReferenceScores.Compute(matrix, matrix, Measure.DotProduct);
        foreach (var kernel in MicroKernel.Supported)
        {
            using var rows = PreparedRows.Prepare(matrix, Measure.DotProduct, DegenerateRows.Refuse, 2, kernel);
            var scan = new PairScan(rows);
            var scores = new ScoreMatrix(scan.Space);
            scan.Run([scores], new ScanOptions { Threads = 2 });
            for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                if (j <= i) Assert.True(float.IsNaN(scores.Scores[i, j]));
                else Assert.True(Math.Abs(scores.Scores[i, j] - expected[i, j]) <= 2e-6 * depth, $"{kernel}: ({i}, {j}) is {scores.Scores[i, j]}, expected {expected[i, j]}");
            }
        }
    }
}

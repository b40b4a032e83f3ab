using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Kernels;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

[RunsOnEveryTier]
public sealed class PairScanTests
{
    public static TheoryData<int, int> Sizes()
    {
        var data = new TheoryData<int, int>();
        foreach (var n in new[] { 0, 1, 2, 3, 5, 6, 7, 13, 14, 15, 16, 17, 31, 32, 33, 83, 84, 85, 97, 169, 200 })
            foreach (var depth in new[] { 0, 1, 7, 8, 9, 40 })
                data.Add(n, depth);
        return data;
    }

    public static TheoryData<Measure> Measures() => new() { Measure.Cosine, Measure.DotProduct, Measure.Pearson };

    [Theory, MemberData(nameof(Sizes))]
    public void Every_pair_above_the_diagonal_comes_once_and_agrees_with_the_double_loop(int n, int depth)
    {
        var matrix = Samples.Gaussian(n, depth, 7);
        var expected = ReferenceScores.Compute(matrix, matrix, Measure.DotProduct);
        foreach (var kernel in MicroKernel.Supported)
        {
            using var rows = Samples.Prepare(matrix, Measure.DotProduct, kernel);
            var scan = new PairScan(rows);
            var scores = new ScoreMatrix(scan.Space);
            scan.Run([scores], new ScanOptions { Threads = 2 });
            Assert.Equal((long)n * (n - 1) / 2, scan.Space.Pairs);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                {
                    if (j <= i)
                        Assert.Null(scores[i, j]);
                    else
                        Assert.True(
                            Math.Abs(scores[i, j]!.Value - expected[i, j]) <= 4e-6 * depth,
                            $"{kernel}: ({i}, {j}) is {scores[i, j]}, expected {expected[i, j]}");
                }
        }
    }

    [
        Theory,
        InlineData(0, 5, 9),
        InlineData(5, 0, 9),
        InlineData(1, 1, 9),
        InlineData(15, 33, 8),
        InlineData(85, 31, 20),
        InlineData(30, 100, 0),
        InlineData(170, 65, 3)
    ]
    public void A_rectangular_scan_visits_every_row_with_every_column_once(int m, int n, int depth)
    {
        var (a, b) = (Samples.Gaussian(m, depth, 1), Samples.Gaussian(n, depth, 2));
        var expected = ReferenceScores.Compute(a, b, Measure.DotProduct);
        foreach (var kernel in MicroKernel.Supported)
        {
            using var rows = Samples.Prepare(a, Measure.DotProduct, kernel);
            using var columns = Samples.Prepare(b, Measure.DotProduct, kernel);
            var scan = new PairScan(rows, columns);
            var scores = new ScoreMatrix(scan.Space);
            scan.Run([scores], new ScanOptions { Threads = 3 });
            Assert.Equal((long)m * n, scan.Space.Pairs);
            for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                    Assert.True(Math.Abs(scores[i, j]!.Value - expected[i, j]) <= 4e-6 * depth);
        }
    }

    [Theory, MemberData(nameof(Measures))]
    public void Every_measure_means_what_the_reference_says(Measure measure)
    {
        var matrix = Samples.Gaussian(60, 33, 3);
        var expected = ReferenceScores.Compute(matrix, matrix, measure);
        using var rows = Samples.Prepare(matrix, measure);
        var scan = new PairScan(rows);
        var scores = new ScoreMatrix(scan.Space);
        scan.Run([scores]);
        Assert.Equal(scan.Space.Pairs, scores.Pairs.Count());
        Assert.All(
            scores.Pairs, pair => Assert.Equal(expected[pair.Row, pair.Column], pair.Score, 2e-5 * scan.Space.Bound));
        Assert.All(scores.Pairs, pair => Assert.InRange(Math.Abs(pair.Score), 0, scan.Space.Bound * 1.00001));
    }

    [Theory, MemberData(nameof(Measures))]
    public void Every_fold_has_the_same_bits_for_any_number_of_threads_and_any_kernel_with_fused_steps(Measure measure)
    {
        var matrix = Samples.Gaussian(300, 21, 4);
        List<byte[]>? expected = null;
        foreach (
            var kernel in MicroKernel.Supported.Where(kernel =>
                MicroKernelTests.IsFused(kernel) == MicroKernelTests.IsFused(MicroKernel.Best)
            )
        )
        {
            using var rows = Samples.Prepare(matrix, measure, kernel);
            var scan = new PairScan(rows);
            foreach (var threads in new[] { 1, 2, 3, 5 })
            {
                var folds = Samples.EveryFold(scan.Space);
                scan.Run(folds, new ScanOptions { Threads = threads });
                expected ??= Samples.States(folds);
                Assert.Equal(expected, Samples.States(folds));
            }
        }
    }

    [Theory, InlineData(Measure.Cosine), InlineData(Measure.DotProduct)]
    public void Tiles_merged_in_any_order_have_the_bits_of_the_whole(Measure measure)
    {
        var matrix = Samples.Gaussian(700, 16, 5);
        using var rows = Samples.Prepare(matrix, measure);
        var scan = new PairScan(rows);
        var whole = Samples.EveryFold(scan.Space);
        scan.Run(whole);
        Assert.Equal(scan.Space.Bound, Math.Pow(PreparedRows.LargestNormOf(matrix, measure), 2));
        var order = new Philox(1);
        foreach (var count in new[] { 1, 2, 3, 5, 9, 20, 60 })
        {
            var pieces = scan.Space.Cut(count)
                .Select((tile, piece) => Samples.ScanTile(
                    part => Samples.Prepare(part, measure), matrix, matrix, scan.Space, tile, Samples.EveryFold,
                    1 + piece % 3))
                .ToArray();
            order.Shuffle<PairFold[]>(pieces);
            Assert.Equal(Samples.States(whole), Samples.Merged(pieces, () => Samples.EveryFold(scan.Space)));
        }
    }

    [Fact]
    public void Tiles_of_two_tables_merge_to_the_bits_of_the_whole()
    {
        var (a, b) = (Samples.Gaussian(500, 16, 5), Samples.Gaussian(300, 16, 6));
        using var rows = Samples.Prepare(a, Measure.DotProduct);
        using var columns = Samples.Prepare(b, Measure.DotProduct);
        var scan = new PairScan(rows, columns);
        var whole = Samples.EveryFold(scan.Space);
        scan.Run(whole);
        foreach (var count in new[] { 1, 4, 7, 30 })
        {
            var pieces = scan.Space.Cut(count)
                .Select(tile => Samples.ScanTile(
                    part => Samples.Prepare(part, Measure.DotProduct), a, b, scan.Space, tile, Samples.EveryFold))
                .ToArray();
            Assert.Equal(Samples.States(whole), Samples.Merged(pieces, () => Samples.EveryFold(scan.Space)));
        }
    }

    [Fact]
    public void A_tile_refuses_other_vectors_than_its_own_and_keeps_no_checkpoint()
    {
        var space = new PairSpace(400, 400, true, 1);
        var tile = space.Cut(9)[1];
        using var few = Samples.Prepare(Samples.Gaussian(5, 8, 1), Measure.Cosine);
        using var rows = Samples.Prepare(
            Samples.Gaussian((tile.Rows.End - tile.Rows.First) * PairSpace.RowBlock, 8, 1), Measure.Cosine);
        using var beside = Samples.Prepare(
            Samples.Gaussian((tile.Columns.End - tile.Columns.First) * PairSpace.RowBlock, 8, 2), Measure.Cosine);
        var error = Assert.Throws<ArgumentException>(() => PairScan.OfTile(space, tile, few, beside));
        Assert.Contains("but 5 are prepared", error.Message);
        Assert.Throws<ArgumentException>(() => PairScan.OfTile(space, tile, rows, null));
        var scan = PairScan.OfTile(space, tile, rows, beside);
        var options = new ScanOptions { Checkpoint = new Checkpoint("nowhere", TimeSpan.Zero) };
        error = Assert.Throws<ArgumentException>(() => scan.Run([new ExtremaFold()], options));
        Assert.Contains("A tile keeps no checkpoint", error.Message);
    }

    [Fact]
    public void Progress_grows_to_the_number_of_pairs()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(500, 8, 6), Measure.Cosine);
        var scan = new PairScan(rows);
        var seen = new Recorder();
        scan.Run([new ExtremaFold()], new ScanOptions { Threads = 3, Progress = seen });
        Assert.Equal(seen.Reports.OrderBy(report => report.Done), seen.Reports);
        Assert.Equal(new ScanProgress(scan.Space.Pairs, scan.Space.Pairs), seen.Reports[^1]);
    }

    [Fact]
    public void A_cancelled_scan_ends_early_and_says_so()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(2000, 8, 6), Measure.Cosine);
        using var source = new CancellationTokenSource();
        var moments = new MomentsFold(new PairScan(rows).Space);
        var stop = new Recorder { OnReport = source.Cancel };
        Assert.Throws<OperationCanceledException>(() =>
            new PairScan(rows).Run(
                [moments],
                new ScanOptions
                {
                    Threads = 2,
                    Cancellation = source.Token,
                    Progress = stop,
                }
            )
        );
        Assert.InRange(moments.Count, 1, new PairScan(rows).Space.Pairs - 1);
    }

    [Fact]
    public void A_fold_that_fails_ends_the_scan_with_its_own_exception()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(500, 8, 6), Measure.Cosine);
        Assert.Throws<NotSupportedException>(() =>
            new PairScan(rows).Run([new Failing()], new ScanOptions { Threads = 2 })
        );
    }

    [Fact]
    public void Rows_and_columns_that_do_not_belong_together_are_refused_with_both_descriptions()
    {
        using var cosine = Samples.Prepare(Samples.Gaussian(5, 8, 6), Measure.Cosine);
        using var dots = Samples.Prepare(Samples.Gaussian(5, 8, 6), Measure.DotProduct);
        using var shorter = Samples.Prepare(Samples.Gaussian(5, 7, 6), Measure.Cosine);
        Assert.Contains("DotProduct", Assert.Throws<ArgumentException>(() => new PairScan(cosine, dots)).Message);
        Assert.Contains("5 rows of 7", Assert.Throws<ArgumentException>(() => new PairScan(cosine, shorter)).Message);
        var huge = Matrix.FromArray(2, 1, [1e20f, 3e20f]);
        using var products = Samples.Prepare(huge, Measure.DotProduct);
        Assert.Contains("single precision", Assert.Throws<ArgumentException>(() => new PairScan(products)).Message);
    }

    private sealed class Recorder : IProgress<ScanProgress>
    {
        public List<ScanProgress> Reports { get; } = [];

        public Action? OnReport { get; init; }

        public void Report(ScanProgress value)
        {
            Reports.Add(value);
            OnReport?.Invoke();
        }
    }

    private sealed class Failing : PairwiseFold
    {
        public override string Settings => "failing";

        public override PairFold Fork() => new Failing();

        public override void Add(int row, int column, float score) => throw new NotSupportedException();

        public override void Merge(PairFold other) { }

        public override void Write(BinaryWriter writer) { }

        public override void Read(BinaryReader reader) { }
    }

    [Theory]
    [InlineData(0, 9, 0, 9)]
    [InlineData(3, 7, 1, 12)]
    [InlineData(0, 150, 100, 90)]
    [InlineData(10, 4, 0, 11)]
    [InlineData(10, 4, 0, 5)]
    public void Scores_made_at_once_are_given_once_each_and_above_the_diagonal_alone(
        int firstRow, int rows, int firstColumn, int columns)
    {
        var scores = Enumerable.Range(0, rows * columns).Select(i => (float)i).ToArray();
        foreach (var symmetric in new[] { false, true })
        {
            var listed = new Listing();
            ScoreTile.Give(scores, firstRow, rows, firstColumn, columns, symmetric, [listed]);
            var expected =
                from row in Enumerable.Range(firstRow, rows)
                from column in Enumerable.Range(firstColumn, columns)
                where !symmetric || row < column
                select (row, column, scores[(row - firstRow) * columns + column - firstColumn]);
            Assert.Equal(expected, listed.Pairs.Order());
        }
    }

    private sealed class Listing : PairwiseFold
    {
        public List<(int Row, int Column, float Score)> Pairs { get; } = [];

        public override string Settings => "listing";

        public override PairFold Fork() => new Listing();

        public override void Add(int row, int column, float score) => Pairs.Add((row, column, score));

        public override void Merge(PairFold other) => Pairs.AddRange(((Listing)other).Pairs);

        public override void Write(BinaryWriter writer) => throw new NotSupportedException();

        public override void Read(BinaryReader reader) => throw new NotSupportedException();
    }
}

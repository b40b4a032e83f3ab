using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

/// <summary>Each fold against the same thing computed plainly from the list of all pairs that the scan
/// delivers.</summary>
[RunsOnEveryTier]
public sealed class FoldTests
{
    private static readonly Matrix Smooth = Samples.Gaussian(205, 11, 1);
    private static readonly Matrix Tied = Samples.Ties(130, 4, 2);

    [Fact]
    public void A_histogram_counts_every_pair_in_the_bin_that_double_precision_finds()
    {
        var (space, pairs, histogram) = Scan(Smooth, Measure.Cosine, _ => new HistogramFold(4000));
        var expected = new long[4000];
        foreach (var pair in pairs) expected[Math.Clamp((int)Math.Floor((double)pair.Score * 2000 + 2000), 0, 3999)]++;
        Assert.Equal(expected, histogram.Counts.ToArray());
        Assert.Equal(space.Pairs, histogram.Count);
        Assert.Equal(space.Pairs, histogram.Rebin(100).Sum());
        Assert.Equal(expected.Take(40).Sum(), histogram.Rebin(100)[0]);
    }

    [Fact]
    public void A_score_on_an_edge_belongs_to_the_bin_above_it_and_the_nearest_float_below_to_the_bin_below()
    {
        var scores = Enumerable
            .Range(0, 201)
            .Select(edge => (edge - 100) / 100f)
            .SelectMany(edge => new[] { MathF.BitDecrement(edge), edge, MathF.BitIncrement(edge) })
            .Concat([-float.Epsilon, float.Epsilon, -1e-30f, 1e-30f])
            .ToArray();
        var histogram = new HistogramFold(4000);
        histogram.Add(new ScoreTile(scores, 0, 1, 0, scores.Length, scores.Length));
        var expected = new long[4000];
        // In decimal, because a double loses a score next to 0 beside the offset of 2000.
        foreach (var score in scores) expected[(int)Math.Clamp(Math.Floor(Exact(score) * 2000 + 2000), 0, 3999)]++;
        Assert.Equal(expected, histogram.Counts.ToArray());
        Assert.Equal(2, histogram.Clamped);

        static decimal Exact(float score) =>
            Math.Abs(score) is > 0 and < 1e-20f ? Math.Sign(score) * 1e-20m : (decimal)(double)score;
    }

    [Theory]
    [InlineData(4000, -1f, 1f)]
    [InlineData(10_000, -0.44907975f, 6.415425f)]
    [InlineData(100, -6.5176704e9f, 6.5176704e9f)]
    [InlineData(65_536, 1000f, 1001f)]
    [InlineData(997, 0.1f, 0.3f)]
    public void In_every_range_a_bin_holds_the_scores_that_whole_numbers_find(int bins, float low, float high)
    {
        var histogram = new HistogramFold(bins, low, high);
        var edges = Enumerable.Range(0, bins + 1).Select(bin => low + (float)(bin * ((double)high - low) / bins));
        var scores = edges
            .SelectMany(edge => new[]
            {
                MathF.BitDecrement(MathF.BitDecrement(edge)), MathF.BitDecrement(edge), edge, MathF.BitIncrement(edge),
                MathF.BitIncrement(MathF.BitIncrement(edge)),
            })
            .ToArray();
        var expected = new long[bins];
        foreach (var score in scores)
            expected[(int)BigInteger.Max(0, BigInteger.Min(bins - 1, Bin(histogram, score)))]++;
        histogram.Add(new ScoreTile(scores, 0, 1, 0, scores.Length, scores.Length));
        Assert.Equal(expected, histogram.Counts.ToArray());
        // One at a time they are found without vectors.
        var single = (HistogramFold)histogram.Fork();
        foreach (var score in scores) single.Add(new ScoreTile([score], 0, 1, 0, 1, 1));
        Assert.Equal(expected, single.Counts.ToArray());

        static BigInteger Bin(HistogramFold histogram, float score) =>
            Whole(histogram.Scale) * Whole(score) + (Whole(histogram.Offset) << 149) >> 2 * 149;

        // Every finite float is so many times 2⁻¹⁴⁹.
        static BigInteger Whole(float x) => (BigInteger)Math.ScaleB((double)x, 149);
    }

    [Fact]
    public void Scores_outside_the_range_are_counted_in_the_end_bins_and_as_clamped()
    {
        var histogram = new HistogramFold(10, 0, 1);
        var scores = new[] { -5f, -0.001f, 0, 0.05f, 0.999f, 1, 1.0000001f, float.MaxValue, float.MinValue };
        histogram.Add(new ScoreTile(scores, 0, 1, 0, scores.Length, scores.Length));
        Assert.Equal([5, 0, 0, 0, 0, 0, 0, 0, 0, 4], histogram.Counts.ToArray());
        Assert.Equal(5, histogram.Clamped);
    }

    [Fact]
    public void A_histogram_holds_more_counts_in_one_bin_than_32_bits_can()
    {
        var (histogram, copy) = (new HistogramFold(2), new HistogramFold(2));
        histogram.Add(new ScoreTile(new float[8192], 0, 1, 0, 8192, 8192));
        for (var doubling = 0; doubling < 20; doubling++)
        {
            copy.Read(new BinaryReader(new MemoryStream(Samples.State(histogram))));
            histogram.Merge(copy);
        }
        Assert.Equal([0, 8192L << 20], histogram.Counts.ToArray());
    }

    [Theory, InlineData(Measure.Cosine), InlineData(Measure.DotProduct)]
    public void Moments_agree_with_sums_in_double(Measure measure)
    {
        var (_, pairs, moments) = Scan(Smooth, measure, space => new MomentsFold(space));
        var mean = pairs.Average(pair => (double)pair.Score);
        Assert.Equal(pairs.Length, moments.Count);
        Assert.Equal(mean, moments.Mean, 1e-12);
        Assert.Equal(pairs.Average(pair => Math.Abs((double)pair.Score)), moments.MeanAbsolute, 1e-12);
        Assert.Equal(
            Math.Sqrt(pairs.Average(pair => Math.Pow(pair.Score - mean, 2))), moments.StandardDeviation, 1e-10);
        Assert.True(double.IsNaN(new MomentsFold(new PairSpace(0, 0, true, 1)).Mean));
    }

    [Fact]
    public void Extremes_come_with_the_first_pair_that_has_them()
    {
        var (_, pairs, extrema) = Scan(Tied, Measure.DotProduct, _ => new ExtremaFold());
        Assert.Equal(pairs.MinBy(pair => pair.Score), extrema.Minimum);
        Assert.Equal(pairs.MaxBy(pair => pair.Score), extrema.Maximum);
        Assert.Equal(float.NegativeInfinity, new ExtremaFold().Maximum.Score);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(10), InlineData(333), InlineData(100_000)]
    public void Ranked_pairs_are_those_of_a_full_sort_with_ties_by_index(int k)
    {
        foreach (var matrix in new[] { Smooth, Tied })
        {
            var (_, pairs, top) = Scan(matrix, Measure.DotProduct, _ => new RankedPairsFold(End.Top, k));
            Assert.Equal(pairs.OrderByDescending(pair => pair.Score).Take(k), top.Pairs);
            var (_, _, bottom) = Scan(matrix, Measure.DotProduct, _ => new RankedPairsFold(End.Bottom, k));
            Assert.Equal(pairs.OrderBy(pair => pair.Score).Take(k), bottom.Pairs);
        }
    }

    [Fact]
    public void Scores_equal_to_a_threshold_are_not_above_it()
    {
        float[] thresholds = [-100, -2, 0, 1, 1.5f, 100];
        var (_, pairs, fold) = Scan(Tied, Measure.DotProduct, _ => new CountAboveFold(thresholds));
        Assert.Equal(
            thresholds.Select(threshold => pairs.LongCount(pair => pair.Score > threshold)), fold.Counts.ToArray());
        Assert.Throws<ArgumentException>(() => new CountAboveFold(float.NaN));
    }

    [Theory, InlineData(1), InlineData(7), InlineData(100), InlineData(205), InlineData(1000)]
    public void A_thumbnail_is_the_mean_of_each_block_of_the_symmetric_matrix(int size)
    {
        var (space, pairs, thumbnail) = Scan(Smooth, Measure.Cosine, space => new ThumbnailFold(space, size));
        var cells = Math.Min(size, space.Rows);
        var both = pairs.Concat(pairs.Select(pair => new ScoredPair(pair.Score, pair.Column, pair.Row)));
        var means = both.ToLookup(
            pair => (pair.Row * cells / space.Rows, pair.Column * cells / space.Rows), pair => (double)pair.Score);
        var picture = thumbnail.Means();
        Assert.Equal(new Shape(cells, cells), picture.Shape);
        for (var a = 0; a < cells; a++)
            for (var b = 0; b < cells; b++)
            {
                if (means.Contains((a, b))) Assert.Equal(means[(a, b)].Average(), picture[a, b], 1e-6);
                else Assert.True(float.IsNaN(picture[a, b]) && a == b);
            }
    }

    [Fact]
    public void A_thumbnail_of_a_rectangular_scan_has_the_shape_of_rows_and_columns()
    {
        using var rows = Samples.Prepare(Smooth, Measure.Cosine);
        using var columns = Samples.Prepare(Samples.Gaussian(9, 11, 3), Measure.Cosine);
        var scan = new PairScan(rows, columns);
        var (thumbnail, scores) = (new ThumbnailFold(scan.Space, 20), new ScoreMatrix(scan.Space));
        scan.Run([thumbnail, scores]);
        var picture = thumbnail.Means();
        Assert.Equal(new Shape(20, 9), picture.Shape);
        Assert.Equal(
            scores
                .Pairs.Where(pair => pair.Row * 20 / 205 == 3 && pair.Column == 8)
                .Average(pair => (double)pair.Score),
            picture[3, 8],
            1e-6
        );
    }

    [Fact]
    public void A_sample_holds_so_many_pairs_each_once_with_its_score()
    {
        var (space, pairs, sample) = Scan(Smooth, Measure.Cosine, space => new SampleFold(space, 500, 9));
        Assert.Equal(500, sample.Pairs.Distinct().Count());
        Assert.Empty(sample.Pairs.Except(pairs));
        Assert.Equal(sample.Pairs.OrderBy(pair => space.IndexOf(pair.Row, pair.Column)), sample.Pairs);
        var (_, _, everything) = Scan(Smooth, Measure.Cosine, space => new SampleFold(space, int.MaxValue, 9));
        Assert.Equal(pairs, everything.Pairs);
    }

    [Fact]
    public void Every_pair_is_equally_likely_to_be_drawn()
    {
        var space = new PairSpace(8, 8, true, 1);
        var drawn = new int[space.Pairs];
        const int seeds = 4000, size = 7;
        var scores = new float[8];
        for (var seed = 0; seed < seeds; seed++)
        {
            var sample = new SampleFold(space, size, (ulong)seed);
            for (var row = 0; row < 7; row++)
                sample.Add(new ScoreTile(scores.AsSpan(0, 7 - row), row, 1, row + 1, 7 - row, 7 - row));
            foreach (var pair in sample.Pairs)
                drawn[space.IndexOf(pair.Row, pair.Column)]++;
        }
        // Binomial(4000, 1/4): mean 1000, standard deviation 27; 5 of them for 28 pairs.
        Assert.All(drawn, count => Assert.InRange(count, 1000 - 137, 1000 + 137));
    }

    [Fact]
    public void Distinct_scores_are_told_apart_by_their_bits_up_to_the_limit()
    {
        var (_, pairs, distinct) = Scan(Tied, Measure.DotProduct, _ => new DistinctFold(100));
        Assert.Equal(pairs.Select(pair => pair.Score).Distinct().Order(), distinct.Values);
        Assert.Equal(distinct.Values!.Length, distinct.Count);
        var (_, _, exactly) = Scan(Tied, Measure.DotProduct, _ => new DistinctFold(distinct.Count!.Value));
        Assert.Equal(distinct.Count, exactly.Count);
        var (_, _, beyond) = Scan(Tied, Measure.DotProduct, _ => new DistinctFold(distinct.Count!.Value - 1));
        Assert.Null(beyond.Count);
        Assert.Null(beyond.Values);
        var zeros = new DistinctFold(5);
        zeros.Add(new ScoreTile([0f, -0f, 0f], 0, 1, 0, 3, 3));
        Assert.Equal(2, zeros.Count);
    }

    [Theory, InlineData(1), InlineData(3), InlineData(500)]
    public void Neighbours_are_those_of_a_full_sort_of_each_row_with_ties_by_index(int k)
    {
        foreach (var matrix in new[] { Smooth, Tied })
        {
            var (space, pairs, neighbours) = Scan(matrix, Measure.DotProduct, space => new NeighboursFold(space, k));
            var both = pairs
                .Concat(pairs.Select(pair => new ScoredPair(pair.Score, pair.Column, pair.Row)))
                .ToLookup(pair => pair.Row);
            var occurrences = new int[space.Rows];
            for (var row = 0; row < space.Rows; row++)
            {
                var nearest = both[row]
                    .OrderByDescending(pair => pair.Score)
                    .ThenBy(pair => pair.Column)
                    .Take(k)
                    .ToArray();
                Assert.Equal(nearest.Select(pair => pair.Column), neighbours.Indices(row).ToArray());
                Assert.Equal(nearest.Select(pair => pair.Score), neighbours.Scores(row).ToArray());
                foreach (var pair in nearest) occurrences[pair.Column]++;
            }
            Assert.Equal(occurrences, neighbours.Occurrences(k));
        }
    }

    [Fact]
    public void Row_means_count_each_pair_for_both_of_its_rows()
    {
        var (space, pairs, means) = Scan(Smooth, Measure.DotProduct, space => new RowMeansFold(space));
        for (var row = 0; row < space.Rows; row++)
        {
            var own = pairs
                .Where(pair => pair.Row == row || pair.Column == row)
                .Select(pair => (double)pair.Score)
                .ToArray();
            Assert.Equal(own.Average(), means.Means()[row], 1e-9);
            Assert.Equal(own.Average(Math.Abs), means.AbsoluteMeans()[row], 1e-9);
        }
    }

    [Fact]
    public void Classes_split_any_fold_by_unordered_pairs_of_labels()
    {
        foreach (
            var labels in new[]
            {
                Enumerable.Range(0, 205).Select(i => i * 7919 % 13 % 3),
                Enumerable.Range(0, 205).Select(i => i / 90),
            }.Select(Enumerable.ToArray)
        )
        {
            var (_, pairs, counts) = Scan(
                Smooth, Measure.Cosine, space => new ByClassFold(space, 3, labels, new HistogramFold(50)));
            var (_, _, tops) = Scan(
                Smooth, Measure.Cosine, space => new ByClassFold(space, 3, labels, new RankedPairsFold(End.Top, 5)));
            for (var a = 0; a < 3; a++)
                for (var b = 0; b < 3; b++)
                {
                    var own = pairs
                        .Where(pair =>
                            (
                                Math.Min(labels[pair.Row], labels[pair.Column]),
                                Math.Max(labels[pair.Row], labels[pair.Column])) == (Math.Min(a, b), Math.Max(a, b))
                        )
                        .ToArray();
                    var whole = new HistogramFold(50);
                    if (own.Length > 0)
                        whole.Add(new ScoreTile([.. own.Select(pair => pair.Score)], 0, 1, 0, own.Length, own.Length));
                    Assert.Equal(whole.Counts.ToArray(), ((HistogramFold)counts[a, b]).Counts.ToArray());
                    Assert.Equal(
                        own.OrderByDescending(pair => pair.Score).Take(5), ((RankedPairsFold)tops[a, b]).Pairs);
                }
        }
    }

    [Fact]
    public void Classes_of_rows_and_columns_are_ordered_when_rows_and_columns_differ()
    {
        using var rows = Samples.Prepare(Smooth, Measure.Cosine);
        using var columns = Samples.Prepare(Samples.Gaussian(40, 11, 3), Measure.Cosine);
        var scan = new PairScan(rows, columns);
        int[] rowLabels = [.. Enumerable.Range(0, 205).Select(i => i % 2)],
            columnLabels = [.. Enumerable.Range(0, 40).Select(i => i < 30 ? 0 : 1)];
        var fold = new ByClassFold(scan.Space, 2, rowLabels, columnLabels, new MomentsFold(scan.Space));
        scan.Run([fold]);
        Assert.Equal(103 * 10, ((MomentsFold)fold[0, 1]).Count);
        Assert.Equal(102 * 30, ((MomentsFold)fold[1, 0]).Count);
        Assert.Throws<ArgumentException>(() => new ByClassFold(scan.Space, 2, rowLabels, rowLabels, new ExtremaFold()));
        Assert.Throws<ArgumentException>(() =>
            new ByClassFold(scan.Space, 1, rowLabels, columnLabels, new ExtremaFold())
        );
    }

    [Fact]
    public void Every_fold_comes_back_from_its_bytes()
    {
        using var rows = Samples.Prepare(Smooth, Measure.Cosine);
        var scan = new PairScan(rows);
        var folds = Samples.EveryFold(scan.Space);
        scan.Run(folds);
        foreach (var fold in folds)
        {
            var copy = fold.Fork();
            Assert.Equal(fold.Settings, copy.Settings);
            copy.Read(new BinaryReader(new MemoryStream(Samples.State(fold))));
            Assert.Equal(Samples.State(fold), Samples.State(copy));
        }
    }

    [
        Theory,
        InlineData(1, 1),
        InlineData(1, 31),
        InlineData(3, 16),
        InlineData(5, 33),
        InlineData(14, 32),
        InlineData(2, 700)
    ]
    public void A_tile_knows_its_extremes_and_its_unbroken_spans(int rows, int columns)
    {
        var values = Samples.Gaussian(rows, columns + 3, 5);
        foreach (var width in new[] { columns, columns + 3 })
        {
            var tile = new ScoreTile(values.ToArray(), 10, rows, 20, width, columns + 3);
            var scores = Enumerable.Range(0, rows).SelectMany(r => values.Row(r)[..width].ToArray()).ToArray();
            Assert.Equal((scores.Min(), scores.Max(), scores.Length), (tile.Minimum, tile.Maximum, tile.Count));
            var runs = new List<float>();
            for (var run = 0; run < tile.Runs; run++) runs.AddRange(tile.Run(run));
            Assert.Equal(scores, runs);
            Assert.Equal(scores[^1], tile[rows - 1, width - 1]);
        }
    }

    private static (PairSpace Space, ScoredPair[] Pairs, T Fold) Scan<T>(
        Matrix matrix, Measure measure, Func<PairSpace, T> make)
        where T : PairFold
    {
        using var rows = PreparedRows.Prepare(matrix, measure, DegenerateRows.Exclude, 2, MicroKernel.Best);
        var scan = new PairScan(rows);
        var (fold, scores) = (make(scan.Space), new ScoreMatrix(scan.Space));
        scan.Run([fold, scores], new ScanOptions { Threads = 3 });
        return (scan.Space, [.. scores.Pairs], fold);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using System.Threading.Tasks;
using Workbench.Core.Decompositions;
using Workbench.Core.Manifolds;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>What the library is measured by. Each runs in a process of its own: first cold, then warm.</summary>
public static unsafe class Workloads
{
    /// <summary>Shuffles in <c>shuffles</c>: as many as a p-value of a thousandth takes.</summary>
    public const int Shuffles = 1000;

    /// <summary>Queries in <c>top-k</c>, and how many tokens each finds.</summary>
    public const int Queries = 768,
        Nearest = 5;

    /// <summary>Matrices in <c>svd</c>: the heads of six layers.</summary>
    public const int Heads = 72;

    /// <summary>Neighbours of each point in <c>neighbours</c>, and in what is asked of a map.</summary>
    public const int MapNeighbours = 15;

    /// <summary>Points of a map whose neighbourhoods are compared with those in the data.</summary>
    public const int Trusted = 2000;

    /// <summary>Tokens in <c>few-tokens</c>.</summary>
    public const int FewTokens = 8;

    /// <summary>The workloads by name; a word in capitals stands for others.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "roof", "bert-pairs", "gpt2-pairs", "scan-ROWSxCOLUMNS-FOLDS", "top-k", "neighbours", "map", "shuffles", "svd",
        "few-tokens", "many-tokens-TYPE", "one-token-TYPE", "training-gpt2", "training-bert",
    ];

    /// <summary>Runs one workload.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="folder">Where the inputs are, or will be.</param>
    /// <param name="threads">Threads to use.</param>
    public static Outcome Run(string name, string folder, int threads) =>
        name switch
        {
            "roof" => Roof(threads),
            "bert-pairs" => AllPairs(folder, Inputs.Bert, threads),
            "gpt2-pairs" => AllPairs(folder, Inputs.Gpt2, threads),
            "top-k" => TopTokens(folder, threads),
            "neighbours" => Neighbours(folder, threads),
            "map" => Map(folder, threads),
            "shuffles" => ShuffleNull(folder, threads),
            "svd" => HeadSpectra(folder),
            "few-tokens" => ForwardPasses.Gpt2(FewTokens, threads),
            "training-gpt2" => TrainingSteps.Gpt2(threads),
            "training-bert" => TrainingSteps.Bert(threads),
            _ when name.StartsWith("many-tokens-") => ForwardPasses.SmolLm2(folder, name.Split('-')[^1], threads),
            _ when name.StartsWith("one-token-") => OneToken.Run(folder, name.Split('-')[^1], threads),
            _ => Scaling.Run(name, threads) ?? throw new ArgumentException(
                $"The workloads are {string.Join(", ", Names)}; \"{name}\" is not among them.", nameof(name)),
        };

    private static Outcome Roof(int threads)
    {
        var reading = new MemoryReading(threads);
        return Outcome.Of(threads, double.NaN, () =>
        {
            reading.Read();
            return 0;
        });
    }

    private static Outcome AllPairs(string folder, Input input, int threads)
    {
        var matrix = Inputs.Open(folder, input, out var file);
        using var open = file;
        return Outcome.Of(threads, 1e-9 * input.Columns * input.Rows * (input.Rows - 1), () =>
        {
            using var rows = PreparedRows.Prepare(matrix, Measure.Cosine, threads: threads);
            var scan = new PairScan(rows);
            var histogram = new HistogramFold();
            scan.Run(
                [
                    histogram, new MomentsFold(scan.Space), new ExtremaFold(), new RankedPairsFold(End.Top, 20),
                ],
                new ScanOptions { Threads = threads });
            return histogram.Count;
        });
    }

    private static Outcome TopTokens(string folder, int threads)
    {
        var table = Inputs.Open(folder, Inputs.Gpt2, out var file);
        using var open = file;
        var queries = new Matrix(Queries, table.Columns);
        for (var i = 0; i < Queries; i++)
            for (var k = 0; k < table.Columns; k++)
                queries[i, k] = table[i * 61 % table.Rows, k] - table[i * 37 % table.Rows + 1, k];
        return Outcome.Of(threads, 2e-9 * Queries * table.Elements, () =>
        {
            var found = TopK.Search(queries, table, Nearest, threads: threads);
            return Enumerable.Range(0, Queries).Sum(query => found.Indices(query).ToArray().Sum(index => (long)index));
        });
    }

    private static Outcome Neighbours(string folder, int threads)
    {
        var points = Inputs.Open(folder, Inputs.SmolLm2, out var file);
        using var open = file;
        return Outcome.Of(threads, 1e-9 * (points.Rows - 1) * points.Elements, () =>
        {
            var found = NearestNeighbours.Within(points, MapNeighbours, Metric.Euclidean, threads);
            return Enumerable.Range(0, points.Rows).Sum(row => TensorPrimitives.Sum(found.Distances(row)));
        }, isLong: true);
    }

    private static Outcome Map(string folder, int threads)
    {
        var points = Inputs.Open(folder, Inputs.SmolLm2, out var file);
        using var open = file;
        Umap? map = null;
        var run = Outcome.Of(
            threads, double.NaN, () => (map = Umap.Fit(points, new UmapSettings(), threads)).Layout.Rows, isLong: true);
        var quality = LayoutQuality.Measure(
            points.RowRange(0, Trusted), map!.Layout.RowRange(0, Trusted), MapNeighbours, threads);
        return run with { Note = $"trustworthiness {quality.Trustworthiness:F3}" };
    }

    // Each thread shuffles and scans whole matrices, so nothing waits within one.
    private static Outcome ShuffleNull(string folder, int threads)
    {
        var matrix = Inputs.Open(folder, Inputs.Positions, out var file);
        using var open = file;
        var pairs = (long)matrix.Columns * (matrix.Columns - 1) / 2;
        return Outcome.Of(threads, 2e-9 * matrix.Rows * pairs * Shuffles, () =>
        {
            var histograms = new HistogramFold[threads];
            Parallel.For(0, threads, worker =>
            {
                var histogram = histograms[worker] = new HistogramFold(100);
                var values = matrix.Copy();
                using var columns = PreparedRows.Prepare(((MatrixView)values).Transposed, Measure.Cosine, threads: 1);
                var scan = new PairScan(columns);
                for (var shuffle = worker; shuffle < Shuffles; shuffle += threads)
                {
                    new Span<float>(matrix.DangerousPointer, (int)matrix.Elements).CopyTo(
                        new Span<float>(values.DangerousPointer, (int)values.Elements));
                    new Philox(7, (ulong)shuffle).Shuffle(
                        new Span<float>(values.DangerousPointer, (int)values.Elements));
                    columns.Replace(((MatrixView)values).Transposed, threads: 1);
                    scan.Run([histogram], new ScanOptions { Threads = 1 });
                }
                GC.KeepAlive(values);
            });
            return histograms.Sum(histogram => histogram.Count);
        });
    }

    // On one thread, as the opponent: what a head costs, not how many processors there are.
    private static Outcome HeadSpectra(string folder)
    {
        var factors = Inputs.Open(folder, Inputs.Heads, out var file);
        using var open = file;
        var rows = factors.Rows / (2 * Heads);
        return Outcome.Of(1, double.NaN, () =>
        {
            var total = 0.0;
            for (var head = 0; head < Heads; head++)
                total += TensorPrimitives.Sum(
                    LowRankSvd
                        .Compute(factors.RowRange(2 * head * rows, rows), factors.RowRange((2 * head + 1) * rows, rows))
                        .SingularValues);
            return total;
        });
    }
}

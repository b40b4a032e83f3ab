using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Numerics.Tensors;
using System.Text.Json;
using System.Threading.Tasks;
using Workbench.Core.Decompositions;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>What the library is measured by. Each runs once in a process of its own, first use of everything
/// included.</summary>
public static unsafe class Workloads
{
    /// <summary>Shuffles in <c>shuffles</c>: as many as a p-value of a thousandth takes.</summary>
    public const int Shuffles = 1000;

    /// <summary>Queries in <c>top-k</c>, and how many tokens each finds.</summary>
    public const int Queries = 768,
        Nearest = 5;

    /// <summary>Matrices in <c>svd</c>: the heads of six layers.</summary>
    public const int Heads = 72;

    /// <summary>The workloads by name.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["bert-pairs", "gpt2-pairs", "bert-histogram", "bert-six-folds", "top-k", "shuffles", "svd"];

    /// <summary>Runs one workload.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="folder">Where the inputs are, or will be.</param>
    /// <param name="threads">Threads to use.</param>
    public static Outcome Run(string name, string folder, int threads) =>
        name switch
        {
            "bert-pairs" => AllPairs(folder, Inputs.Bert, threads, Survey),
            "gpt2-pairs" => AllPairs(folder, Inputs.Gpt2, threads, Survey),
            "bert-histogram" => AllPairs(folder, Inputs.Bert, threads, _ => [new HistogramFold()]),
            "bert-six-folds" => AllPairs(
                folder, Inputs.Bert, threads,
                space => [.. Survey(space), new ThumbnailFold(space, 800), new CountAboveFold(0.5f)]),
            "top-k" => TopTokens(folder, threads),
            "shuffles" => ShuffleNull(folder, threads),
            "svd" => HeadSpectra(folder),
            _ => throw new ArgumentException(
                $"The workloads are {string.Join(", ", Names)}; \"{name}\" is not among them.", nameof(name)),
        };

    private static PairFold[] Survey(PairSpace space) =>
        [new HistogramFold(), new MomentsFold(space), new ExtremaFold(), new RankedPairsFold(End.Top, 20)];

    private static Outcome AllPairs(string folder, Input input, int threads, Func<PairSpace, PairFold[]> makeFolds)
    {
        var matrix = Inputs.Open(folder, input, out var file);
        using var open = file;
        var peak = FmaPeak.Measure(threads);
        var clock = Stopwatch.StartNew();
        using var rows = PreparedRows.Prepare(matrix, Measure.Cosine, threads: threads);
        var scan = new PairScan(rows);
        var folds = makeFolds(scan.Space);
        var prepared = clock.Elapsed.TotalSeconds;
        scan.Run(folds, new ScanOptions { Threads = threads });
        var seconds = clock.Elapsed.TotalSeconds;
        peak = Math.Max(peak, FmaPeak.Measure(threads));
        var rate = 2e-9 * input.Columns * scan.Space.Pairs / (seconds - prepared);
        return Outcome.Now(seconds, rate / peak, ((HistogramFold)folds[0]).Count);
    }

    private static Outcome TopTokens(string folder, int threads)
    {
        var table = Inputs.Open(folder, Inputs.Gpt2, out var file);
        using var open = file;
        var queries = new Matrix(Queries, table.Columns);
        for (var i = 0; i < Queries; i++)
            for (var k = 0; k < table.Columns; k++)
                queries[i, k] = table[i * 61 % table.Rows, k] - table[i * 37 % table.Rows + 1, k];
        var peak = FmaPeak.Measure(threads);
        var clock = Stopwatch.StartNew();
        var found = TopK.Search(queries, table, Nearest, threads: threads);
        var seconds = clock.Elapsed.TotalSeconds;
        peak = Math.Max(peak, FmaPeak.Measure(threads));
        var check = Enumerable.Range(0, Queries).Sum(query => found.Indices(query).ToArray().Sum(index => (long)index));
        return Outcome.Now(seconds, 2e-9 * Queries * table.Elements / seconds / peak, check);
    }

    // Each thread shuffles and scans whole matrices, so nothing waits within one.
    private static Outcome ShuffleNull(string folder, int threads)
    {
        var matrix = Inputs.Open(folder, Inputs.Positions, out var file);
        using var open = file;
        var peak = FmaPeak.Measure(threads);
        var histograms = new HistogramFold[threads];
        var clock = Stopwatch.StartNew();
        Parallel.For(
            0,
            threads,
            worker =>
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
            }
        );
        var seconds = clock.Elapsed.TotalSeconds;
        peak = Math.Max(peak, FmaPeak.Measure(threads));
        var pairs = histograms.Sum(histogram => histogram.Count);
        return Outcome.Now(seconds, 2e-9 * matrix.Rows * pairs / seconds / peak, pairs);
    }

    // On one thread, as the opponent: what a head costs, not how many processors there are.
    private static Outcome HeadSpectra(string folder)
    {
        var factors = Inputs.Open(folder, Inputs.Heads, out var file);
        using var open = file;
        var rows = factors.Rows / (2 * Heads);
        var clock = Stopwatch.StartNew();
        var total = 0.0;
        for (var head = 0; head < Heads; head++)
            total += TensorPrimitives.Sum(
                LowRankSvd
                    .Compute(factors.RowRange(2 * head * rows, rows), factors.RowRange((2 * head + 1) * rows, rows))
                    .SingularValues
            );
        return Outcome.Now(clock.Elapsed.TotalSeconds, double.NaN, (long)Math.Round(total / 1000));
    }
}

/// <summary>One run of a workload.</summary>
/// <param name="Seconds">From the input in memory (mapped) to the answers.</param>
/// <param name="PeakMebibytes">The most memory the process has had.</param>
/// <param name="ShareOfPeak">Of the FMA peak measured in the same process; NaN where there is none.</param>
/// <param name="Check">A number that the opponent's answer must share: pairs counted, the sum of indices found, or that
/// of singular values in thousands.</param>
public sealed record Outcome(double Seconds, double PeakMebibytes, double ShareOfPeak, long Check)
{
    /// <summary>An outcome with this process's memory.</summary>
    public static Outcome Now(double seconds, double share, long check)
    {
        using var process = Process.GetCurrentProcess();
        return new Outcome(seconds, process.PeakWorkingSet64 / 1048576.0, share, check);
    }

    /// <summary>As one line.</summary>
    public string ToJson() =>
        JsonSerializer.Serialize(
            new
            {
                seconds = Seconds,
                mebibytes = PeakMebibytes,
                share = double.IsNaN(ShareOfPeak) ? (double?)null : ShareOfPeak,
                check = Check,
            }
        );

    /// <summary>Reads the line back; opponents give no share.</summary>
    public static Outcome FromJson(string json)
    {
        var root = JsonDocument.Parse(json).RootElement;
        return new Outcome(
            root.GetProperty("seconds").GetDouble(),
            root.GetProperty("mebibytes").GetDouble(),
            root.TryGetProperty("share", out var share) && share.ValueKind == JsonValueKind.Number
                ? share.GetDouble()
                : double.NaN,
            root.GetProperty("check").GetInt64()
        );
    }
}

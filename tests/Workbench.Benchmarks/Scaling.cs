using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>Time and share of the peak of a scan of all pairs, by rows, width, folds and threads.</summary>
/// <param name="children">How processes are started.</param>
public sealed partial class Scaling(Children children)
{
    // The largest run of one thread would take a minute alone, and says what the next smaller one says.
    private const long MostPairsOfOneThread = 6_000_000_000;

    private static readonly int[] Threads = [1, Environment.ProcessorCount];

    /// <summary>The name of a workload: a scan of a random matrix under the first so many folds.</summary>
    public static string Name(int rows, int columns, int folds) => $"scan-{rows}x{columns}-{folds}";

    /// <summary>Runs the workload of such a name; null where the name is none.</summary>
    public static Outcome? Run(string name, int threads)
    {
        if (Pattern().Match(name) is not { Success: true } match) return null;
        var numbers = match.Groups.Values.Skip(1).Select(group => int.Parse(group.Value)).ToArray();
        var (matrix, random) = (Matrix.Uninitialized(numbers[0], numbers[1]), new Philox(1));
        for (var i = 0; i < matrix.Rows; i++)
            foreach (ref var value in matrix.WritableRow(i)) value = (float)random.NextUniform() - 0.3f;
        return Outcome.Of(threads, 1e-9 * matrix.Rows * (matrix.Rows - 1) * matrix.Columns, () =>
        {
            using var rows = PreparedRows.Prepare(matrix, Measure.Cosine, threads: threads);
            var scan = new PairScan(rows);
            PairFold[] folds =
            [
                new HistogramFold(), new MomentsFold(scan.Space), new ExtremaFold(),
                new RankedPairsFold(End.Top, 20), new ThumbnailFold(scan.Space, 800), new CountAboveFold(0.9f),
            ];
            scan.Run(folds[..numbers[2]], new ScanOptions { Threads = threads });
            return scan.Space.Pairs;
        });
    }

    /// <summary>By number of rows, with the exponent.</summary>
    public MeasuredTable Rows()
    {
        int[] sizes = [1000, 3000, 10_000, 30_000, 100_000, 200_000];
        return Table("rows", [.. sizes.Select(rows => ($"{rows:N0}", rows, 256, 4))], sizes);
    }

    /// <summary>By width.</summary>
    public MeasuredTable Width()
    {
        int[] widths = [64, 128, 256, 512, 768, 1024, 2048, 4096];
        return Table("width", [.. widths.Select(width => ($"{width:N0}", 10_000, width, 4))], widths);
    }

    /// <summary>By number of folds.</summary>
    public MeasuredTable Folds()
    {
        string[] added = ["none", "histogram", "moments", "extremes", "20 closest", "thumbnail", "count above"];
        return Table(
            "folds", [.. added.Select((name, i) => (i < 2 ? name : $"and {name}", 10_000, 768, i))], null);
    }

    private MeasuredTable Table(string head, (string Name, int Rows, int Columns, int Folds)[] cases, int[]? sizes)
    {
        var table = new MeasuredTable(
        [
            head, "pairs",
            .. Threads.SelectMany(threads => new[] { Of(threads), "share of peak, cold / warm" }), "gain",
        ]);
        var times = Threads.ToDictionary(threads => threads, _ => new List<(double Size, double Seconds)>());
        foreach (var (i, (name, rows, columns, folds)) in cases.Index())
        {
            var pairs = (long)rows * (rows - 1) / 2;
            var runs = Threads
                .Select(threads => threads > 1 || pairs <= MostPairsOfOneThread
                    ? children.Ours(Name(rows, columns, folds), threads)
                    : null)
                .ToArray();
            table.Peaks.Add(runs[^1]!.Peak);
            foreach (var (threads, run) in Threads.Zip(runs))
                if (sizes is not null && run is not null) times[threads].Add((sizes[i], Seconds(run)));
            table.Add(
            [
                name, $"{pairs:N0}", .. runs.SelectMany(Cells),
                runs[0] is { } one ? $"{Seconds(one) / Seconds(runs[^1]!):F2}" : "",
            ]);
        }
        if (sizes is not null)
            table.Note = string.Join("; ", Threads.Select(threads => $"{Of(threads)}: {Growth(head, times[threads])}"))
                + " (least squares of log time on log size).";
        return table;
    }

    private static string[] Cells(Outcome? run) =>
        run is null ? ["not run", ""]
        : double.IsNaN(run.Warm) ? [$"{Format.Time(run.Cold)}, cold", Format.Share(run.ColdShare)]
        : [Format.Time(run.Warm), $"{Format.Share(run.ColdShare)} / {Format.Share(run.WarmShare)}"];

    private static double Seconds(Outcome run) => double.IsNaN(run.Warm) ? run.Cold : run.Warm;

    private static string Growth(string head, List<(double Size, double Seconds)> times) =>
        $"time grows as {head} to the power of {Exponent(times):F2} from {times[0].Size:N0} to {times[^1].Size:N0}, "
            + $"and of {Exponent(times[2..]):F2} from {times[2].Size:N0}";

    private static string Of(int threads) => threads == 1 ? "one thread" : $"{threads} threads";

    // Slope of the least squares of log time on log size.
    private static double Exponent(List<(double Size, double Seconds)> points)
    {
        var logs = points.Select(point => (X: Math.Log(point.Size), Y: Math.Log(point.Seconds))).ToArray();
        var (x, y) = (logs.Average(point => point.X), logs.Average(point => point.Y));
        return logs.Sum(point => (point.X - x) * (point.Y - y)) / logs.Sum(point => (point.X - x) * (point.X - x));
    }

    [GeneratedRegex(@"^scan-(\d+)x(\d+)-(\d)$")]
    private static partial Regex Pattern();
}

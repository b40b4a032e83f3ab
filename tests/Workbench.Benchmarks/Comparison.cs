using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;

namespace Workbench.Benchmarks;

/// <summary>
/// Workloads and their opponents in Python, each run in a process of its own, alternately, so that whatever else the
/// machine does slows both;
/// medians of times, the most memory of any run.
/// </summary>
public static class Comparison
{
    // The script and its settings; "!" before a name means that the answers are not the same and are not compared.
    private static readonly (string Workload, string[] Opponents)[] Opponents =
    [
        (
            "bert-pairs",
            ["all_pairs.py histogram", "all_pairs.py bincount", "all_pairs.py torch", "!all_pairs.py product"]
        ),
        (
            "gpt2-pairs",
            ["all_pairs.py histogram", "all_pairs.py bincount", "all_pairs.py torch", "!all_pairs.py product"]
        ),
        ("top-k", ["top_k.py"]),
        ("shuffles", ["shuffles.py"]),
        ("svd", ["head_svd.py numpy", "head_svd.py thin", "head_svd.py full"]),
    ];

    /// <summary>Runs everything and prints a table in Markdown.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="python">The interpreter; without NumPy and torch only our own side runs.</param>
    /// <param name="repetitions">Runs of each side.</param>
    /// <param name="only">Workloads to run; all when empty.</param>
    /// <returns>Whether every opponent that ran agreed with our answer.</returns>
    public static bool Run(TextWriter output, string python, int repetitions, IReadOnlyList<string> only)
    {
        var folder = Path.Combine(Path.GetTempPath(), "workbench-benchmarks");
        foreach (var input in new[] { Inputs.Bert, Inputs.Gpt2, Inputs.Positions, Inputs.Heads })
        {
            Inputs.Open(folder, input, out var file);
            file.Dispose();
        }
        var agree = true;
        var peak = FmaPeak.Measure(Environment.ProcessorCount);
        output.WriteLine(
            $"{Environment.ProcessorCount} processors, FMA peak {peak:F0} GFLOP/s, medians of {repetitions}");
        DescribeBlas(output, python, peak);
        output.WriteLine(
            "| workload | against | ours, s | theirs, s | ratio | MiB, ours | MiB, theirs | share of FMA peak |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var (workload, opponents) in Opponents.Where(row => only.Count == 0 || only.Contains(row.Workload)))
            foreach (var opponent in opponents)
                agree &= Row(
                    output, workload, opponent.TrimStart('!'), !opponent.StartsWith('!'), python, folder, repetitions);
        if (only.Count == 0)
            SixFolds(output, folder, repetitions);
        return agree;
    }

    // A product at less than a third of the peak means the reference BLAS, or one that does not know the processor.
    private static void DescribeBlas(TextWriter output, string python, double peak)
    {
        if (Start(python, [Path.Combine(AppContext.BaseDirectory, "opponents", "blas.py")]) is not { } line)
        {
            output.WriteLine($"{python} with NumPy and torch did not run; only our own side is measured.");
            return;
        }
        var rates = JsonDocument.Parse(line).RootElement;
        var (numpy, torch) = (rates.GetProperty("numpy").GetDouble(), rates.GetProperty("torch").GetDouble());
        output.WriteLine(
            $"matrix product of NumPy {numpy:F0}, of torch {torch:F0} GFLOP/s"
                + (
                    Math.Min(numpy, torch) < peak / 3
                        ? ": far below the machine, so install OpenBLAS before trusting a ratio"
                        : ""
                )
        );
    }

    private static bool Row(
        TextWriter output, string workload, string opponent, bool sameAnswer, string python, string folder,
        int repetitions)
    {
        var (ours, theirs) = (new List<Outcome>(), new List<Outcome>());
        for (var i = 0; i < repetitions; i++)
        {
            if (Opponent(python, workload, opponent, folder) is { } outcome) theirs.Add(outcome);
            ours.Add(Ours(workload, folder));
        }
        if (theirs.Count == 0)
        {
            output.WriteLine(
                $"| {workload} | {opponent}: did not run | {Median(ours):F3} | | | "
                    + $"{ours.Max(run => run.PeakMebibytes):F0} | | {ShareOfPeak(ours)} |"
            );
            return true;
        }
        var agrees = !sameAnswer || ours.Concat(theirs).Select(run => run.Check).Distinct().Count() == 1;
        output.WriteLine(
            $"| {workload} | {opponent}{(agrees ? "" : " — ANSWERS DIFFER")} | {Median(ours):F3} | "
                + $"{Median(theirs):F3} | {Median(ours) / Median(theirs):F3} "
                + $"| {ours.Max(run => run.PeakMebibytes):F0} | {theirs.Max(run => run.PeakMebibytes):F0} | "
                + $"{ShareOfPeak(ours)} |"
        );
        return agrees;
    }

    private static void SixFolds(TextWriter output, string folder, int repetitions)
    {
        var runs = Enumerable
            .Range(0, repetitions)
            .Select(_ => (One: Ours("bert-histogram", folder), Six: Ours("bert-six-folds", folder)))
            .ToList();
        var (one, six) = (runs.ConvertAll(run => run.One), runs.ConvertAll(run => run.Six));
        output.WriteLine(
            $"| bert-six-folds | bert-histogram | {Median(six):F3} | {Median(one):F3} | {Median(six) / Median(one):F3} "
                + $"| {six.Max(run => run.PeakMebibytes):F0} | {one.Max(run => run.PeakMebibytes):F0} | "
                + $"{ShareOfPeak(six)} |"
        );
    }

    private static Outcome Ours(string workload, string folder) =>
        Outcome.FromJson(Start(Environment.ProcessPath!, [.. HostArguments(), "run", workload, folder])
            ?? throw new InvalidOperationException($"The workload {workload} failed; run it alone to see why."));

    // Under "dotnet Workbench.Benchmarks.dll" the process is the host, and the program its first argument.
    private static string[] HostArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(Comparison).Assembly.Location]
            : [];

    private static Outcome? Opponent(string python, string workload, string opponent, string folder)
    {
        var input = workload switch
        {
            "bert-pairs" => Inputs.Bert,
            "shuffles" => Inputs.Positions,
            "svd" => Inputs.Heads,
            _ => Inputs.Gpt2,
        };
        var words = opponent.Split(' ');
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "opponents", words[0]), Path.Combine(folder, input.Name),
            $"{input.Rows}", $"{input.Columns}", .. words[1..],
            .. workload switch
            {
                "top-k" => new[] { $"{Workloads.Queries}", $"{Workloads.Nearest}" },
                "shuffles" => [$"{Workloads.Shuffles}"],
                "svd" => [$"{Workloads.Heads}"],
                _ => [],
            },
        ];
        return Start(python, arguments) is { } json ? Outcome.FromJson(json) : null;
    }

    // The last line that the program wrote, or null when it failed or could not be started.
    private static string? Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS" })
            start.Environment[name] = $"{Environment.ProcessorCount}";
        // OpenBLAS before 0.3.27 does not know newer processors and falls back to kernels several times slower; this
        // names the right ones.
        if (Avx512F.IsSupported) start.Environment.TryAdd("OPENBLAS_CORETYPE", "SKYLAKEX");
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            return errors is { Result: not null } && process.ExitCode == 0 ? lines.LastOrDefault() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string ShareOfPeak(List<Outcome> runs) =>
        runs.Max(run => run.ShareOfPeak) is var share && double.IsNaN(share) ? "" : $"{share:P0}";

    private static double Median(List<Outcome> runs) =>
        runs.Select(run => run.Seconds).Order().ElementAt(runs.Count / 2);
}

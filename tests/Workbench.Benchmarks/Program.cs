using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Running;

namespace Workbench.Benchmarks;

/// <summary>Measurements. Every figure is to be read beside the FMA peak of the same run; see
/// docs/benchmarks.md.</summary>
public static class Program
{
    private const string Usage = """
        peak [THREADS]                        the processor's fused multiply-adds, in GFLOP/s
        kernels [OPTIONS]                     kernels and folds one by one, by BenchmarkDotNet
        engines FOLDER [MODEL [PEAK]]         work by engine, for the table of docs/engines.md; the folder keeps the
                                              inputs; with a card's peak in TFLOP/s (0: unknown) whole vocabularies
        run WORKLOAD FOLDER [THREADS]         one workload, one line of JSON; the folder keeps the inputs
        report [OPTIONS] [PART…]              measures tables of docs/benchmarks.md beside their opponents in Python
                                              and prints them; all parts when none is named
            --python PYTHON                   an interpreter with NumPy, torch, numba, scikit-learn or umap-learn; twice
                                              for two (python3)
            --page FILE                       writes the tables between their markers of this page
            --rounds N                        runs of each side, alternately (3)
            --folder FOLDER                   keeps the inputs (workbench-benchmarks in the temporary folder)
            --prefix "WORDS"                  before every command, such as a lock or a priority
        """;

    /// <summary>Runs what the first argument names.</summary>
    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["peak", .. var rest]:
                Console.WriteLine($"{FmaPeak.Measure(Threads(rest)):F1} GFLOP/s");
                return 0;
            case ["kernels", .. var options]:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(options);
                return 0;
            case ["engines", var folder, .. var rest]:
                new EngineTable(Console.Out, folder, rest.Length > 1 ? double.Parse(rest[1]) : 0).Run(
                    isFull: rest.Length > 1, rest.ElementAtOrDefault(0) ?? "");
                return 0;
            case ["run", var workload, var folder, .. var rest]:
                Console.WriteLine(Workloads.Run(workload, folder, Threads(rest)).ToJson());
                return 0;
            case ["report", .. var rest]:
                Write(rest);
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static void Write(string[] rest)
    {
        var (parts, pythons, options) = (
            new List<BenchmarkPart>(), new List<string>(), new Dictionary<string, string>());
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] == "--python") pythons.Add(rest[++i]);
            else if (rest[i].StartsWith("--")) options[rest[i]] = rest[++i];
            else parts.Add(Enum.Parse<BenchmarkPart>(rest[i], ignoreCase: true));
        }
        var children = new Children(
            options.GetValueOrDefault("--prefix", "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            pythons.Count > 0 ? pythons : ["python3"],
            options.GetValueOrDefault("--folder", Path.Combine(Path.GetTempPath(), "workbench-benchmarks")));
        var report = new Report(
            children, int.Parse(options.GetValueOrDefault("--rounds", "3")),
            Environment.GetEnvironmentVariable("WORKBENCH_MODELS") ?? "");
        foreach (var part in parts.Count > 0 ? [.. parts] : Enum.GetValues<BenchmarkPart>())
        {
            var table = report.Measure(part).ToMarkdown();
            Console.WriteLine($"{part}\n\n{table}");
            if (options.TryGetValue("--page", out var page))
                File.WriteAllText(
                    page,
                    BenchmarkPage.Replace(File.ReadAllText(page), part, table, Vector512.IsHardwareAccelerated));
        }
    }

    private static int Threads(string[] rest) => rest.Length > 0 ? int.Parse(rest[0]) : Environment.ProcessorCount;
}

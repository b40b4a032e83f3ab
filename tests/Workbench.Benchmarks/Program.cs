using System;
using System.Linq;
using BenchmarkDotNet.Running;

namespace Workbench.Benchmarks;

/// <summary>Measurements. Every figure is to be read beside the FMA peak of the same run; see
/// docs/benchmarks.md.</summary>
public static class Program
{
    private const string Usage = """
        peak [THREADS]                        the processor's fused multiply-adds, in GFLOP/s
        kernels [OPTIONS]                     kernels and folds one by one, by BenchmarkDotNet
        passes THREADS REPETITIONS LENGTH…    forward passes of a GPT-2 beside their two roofs
        onetoken FOLDER THREADS REPETITIONS [TYPE…]
                                              one token through a billion weights beside one reading of them
        training THREADS REPETITIONS          training steps of the pocket models' shapes beside the peak
        tokens MODELS [REPETITIONS] [PART]    tokenizers beside the original library, of WORKBENCH_MODELS
        engines FOLDER [MODEL [PEAK]]         work by engine, for the table of docs/engines.md; the folder keeps the
                                              inputs; with a card's peak in TFLOP/s (0: unknown) whole vocabularies
        run WORKLOAD FOLDER [THREADS]         one workload, one line of JSON; the folder keeps the inputs
        --compare [PYTHON] [REPETITIONS] [WORKLOAD…]
                                              every workload and its opponents in Python, alternately
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
            case ["passes", var threads, var repetitions, .. var lengths]:
                ForwardPasses.Run(
                    Console.Out,
                    int.Parse(threads),
                    [.. lengths.Select(int.Parse)],
                    int.Parse(repetitions)
                );
                return 0;
            case ["onetoken", var folder, var threads, var repetitions, .. var types]:
                OneToken.Run(Console.Out, folder, int.Parse(threads), int.Parse(repetitions), types);
                return 0;
            case ["training", var threads, var repetitions]:
                TrainingSteps.Run(Console.Out, int.Parse(threads), int.Parse(repetitions));
                return 0;
            case ["tokens", var models, .. var rest]:
                TokenSpeeds.Run(
                    Console.Out,
                    models,
                    rest.Length > 0 ? int.Parse(rest[0]) : 9,
                    rest.ElementAtOrDefault(1) ?? ""
                );
                return 0;
            case ["engines", var folder, .. var rest]:
                new EngineTable(Console.Out, folder, rest.Length > 1 ? double.Parse(rest[1]) : 0).Run(
                    isFull: rest.Length > 1, rest.ElementAtOrDefault(0) ?? "");
                return 0;
            case ["run", var workload, var folder, .. var rest]:
                Console.WriteLine(Workloads.Run(workload, folder, Threads(rest)).ToJson());
                return 0;
            case ["--compare", .. var rest]:
                var python = rest.FirstOrDefault() ?? "python3";
                return Comparison.Run(Console.Out, python, rest.Length > 1 ? int.Parse(rest[1]) : 5, [.. rest.Skip(2)])
                    ? 0
                    : 1;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static int Threads(string[] rest) => rest.Length > 0 ? int.Parse(rest[0]) : Environment.ProcessorCount;
}

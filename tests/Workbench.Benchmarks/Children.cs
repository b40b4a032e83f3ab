using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Benchmarks;

/// <summary>Every measurement runs in a process of its own.</summary>
/// <param name="Prefix">Words before every command, as of a lock or a priority.</param>
/// <param name="Pythons">Interpreters of the opponents.</param>
/// <param name="Folder">Where inputs are kept.</param>
public sealed record Children(IReadOnlyList<string> Prefix, IReadOnlyList<string> Pythons, string Folder)
{
    /// <summary>One of <see cref="Workloads"/>.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Outcome Ours(string workload, int threads) =>
        Outcome.FromJson(
            Start(Environment.ProcessPath!, [.. HostArguments(), "run", workload, Folder, $"{threads}"])
                ?? throw new InvalidOperationException($"The workload {workload} failed; run it alone to see why."));

    /// <summary>An opponent, or null where its libraries are not there.</summary>
    /// <param name="python">One of <see cref="Pythons"/>.</param>
    /// <param name="opponent">Name of a script, and its arguments.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    public Outcome? Theirs(string python, string opponent, Input? input) =>
        Line(
            python, opponent,
            input is null ? [] : [Path.Combine(Folder, input.Name), $"{input.Rows}", $"{input.Columns}"]) is { } line
            ? Outcome.FromJson(line)
            : null;

    /// <summary>The last line that a script of the opponents writes, or null when it failed.</summary>
    public string? Line(string python, string opponent, IReadOnlyList<string> arguments)
    {
        var words = opponent.Split(' ');
        return Start(
            python,
            [Path.Combine(AppContext.BaseDirectory, "opponents", words[0]), .. arguments, .. words[1..]]);
    }

    // Under "dotnet Workbench.Benchmarks.dll" the process is the host, and the program its first argument.
    private static string[] HostArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(Children).Assembly.Location]
            : [];

    private string? Start(string program, IEnumerable<string> arguments)
    {
        string[] words = [.. Prefix, program, .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in new[] { "OMP", "OPENBLAS", "MKL", "NUMBA" })
            start.Environment[$"{name}_NUM_THREADS"] = $"{Environment.ProcessorCount}";
        // OpenBLAS before 0.3.27 does not know newer processors and falls back to kernels several times slower; this
        // names the right ones.
        if (Avx512F.IsSupported) start.Environment.TryAdd("OPENBLAS_CORETYPE", "SKYLAKEX");
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            if (process.ExitCode == 0) return lines.LastOrDefault();
            Console.Error.WriteLine($"{string.Join(' ', words)}: {errors.Result.Trim().Split('\n').Last()}");
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

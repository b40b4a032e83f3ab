using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text.Json;

namespace Workbench.Benchmarks;

/// <summary>One process's measurement of a workload, ours or an opponent's.</summary>
/// <param name="Cold">Seconds of the first run, from the input in memory (mapped) to the answers, the first use of
/// every method included.</param>
/// <param name="Warm">Seconds of a later run in the same process; NaN where the first took too long for a
/// second.</param>
/// <param name="Mebibytes">The most memory the process had until the end of the first run.</param>
/// <param name="Gigaflop">Multiplications and additions that the answer takes; NaN where nobody counts.</param>
/// <param name="Peak">The FMA peak measured in the same process, GFLOP/s; NaN for opponents.</param>
/// <param name="Check">A number that the opponent's answer must share.</param>
/// <param name="Beside">Seconds of what ran in turn with the warm runs; NaN where nothing did.</param>
/// <param name="By">Who computed, with versions; empty for ours.</param>
/// <param name="Note">What else there is to say of the answer.</param>
public sealed record Outcome(
    double Cold, double Warm, double Mebibytes, double Gigaflop = double.NaN, double Peak = double.NaN,
    double Check = 0, double Beside = double.NaN, string By = "", string Note = "")
{
    // A method is compiled for good after some thirty calls, so that short works need many runs.
    private const int MostRuns = 60;
    private const double EnoughSeconds = 4, TooLong = 20;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Share of the peak, cold.</summary>
    public double ColdShare => Gigaflop / Cold / Peak;

    /// <summary>Share of the peak, warm.</summary>
    public double WarmShare => Gigaflop / Warm / Peak;

    /// <summary>Runs a work once, and then again until four seconds have gone: the median of the later half is its warm
    /// time. The opponents' common.py does the same.</summary>
    /// <param name="threads">Threads of the peak.</param>
    /// <param name="gigaflop">What the work takes.</param>
    /// <param name="work">Gives the number to compare.</param>
    /// <param name="beside">Runs before each warm run; null for nothing.</param>
    /// <param name="isLong">Whether there is one warm run however long it takes.</param>
    public static Outcome Of(
        int threads, double gigaflop, Func<double> work, Action? beside = null, bool isLong = false)
    {
        var peak = FmaPeak.Measure(threads);
        var check = 0.0;
        var cold = Seconds(() => check = work());
        using var process = Process.GetCurrentProcess();
        var mebibytes = process.PeakWorkingSet64 / 1048576.0;
        var (warm, others) = (new List<double>(), new List<double>());
        while (
            warm.Count < MostRuns && warm.Sum() < EnoughSeconds && (cold < TooLong || isLong && warm.Count == 0))
        {
            if (beside is not null) others.Add(Seconds(beside));
            warm.Add(Seconds(() => work()));
        }
        peak = Math.Max(peak, FmaPeak.Measure(threads));
        return new Outcome(cold, LaterHalf(warm), mebibytes, gigaflop, peak, check, LaterHalf(others));
    }

    /// <summary>The median of some runs, by the median of each number.</summary>
    public static Outcome Median(IReadOnlyList<Outcome> runs)
    {
        return runs[0] with
        {
            Cold = Middle(run => run.Cold),
            Warm = Middle(run => run.Warm),
            Mebibytes = runs.Max(run => run.Mebibytes),
            Peak = Middle(run => run.Peak),
            Beside = Middle(run => run.Beside),
        };

        double Middle(Func<Outcome, double> number) => runs.Select(number).Order().ElementAt(runs.Count / 2);
    }

    /// <summary>As one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads the line back; what an opponent does not give is NaN.</summary>
    public static Outcome FromJson(string json) => JsonSerializer.Deserialize<Outcome>(json, Options)!;

    private static double LaterHalf(List<double> times)
    {
        double[] later = [.. times.Skip(times.Count / 2).Order()];
        return later.Length == 0 ? double.NaN : later[later.Length / 2];
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

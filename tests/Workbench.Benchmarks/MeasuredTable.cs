using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Kernels;

namespace Workbench.Benchmarks;

/// <summary>A table for the page, with where and when it was measured.</summary>
/// <param name="columns">Their heads.</param>
public sealed class MeasuredTable(params string[] columns)
{
    private readonly List<string[]> rows = [];

    /// <summary>FMA peaks of the runs, GFLOP/s.</summary>
    public List<double> Peaks { get; } = [];

    /// <summary>Opponents with their versions.</summary>
    public SortedSet<string> Opponents { get; } = new(StringComparer.Ordinal);

    /// <summary>Said below the table.</summary>
    public string Note { get; set; } = "";

    /// <summary>One more row.</summary>
    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>As Markdown: origin, table, note.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        var (low, high) = (Peaks.Min(), Peaks.Max());
        var day = DateTime.Now.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        text.Append(
            $"{day}; {Processor()}, {MicroKernel.Best.Name}, {Environment.ProcessorCount} threads, .NET "
                + $"{Environment.Version}; FMA peak {low:F0} to {high:F0} GFLOP/s in the same runs.\n");
        if (Opponents.Count > 0) text.Append($"Opponents: {string.Join("; ", Opponents)}.\n");
        text.Append('\n').Append(Line(columns)).Append(Line([.. columns.Select(_ => "---")]));
        foreach (var row in rows) text.Append(Line(row));
        if (Note != "") text.Append($"\n{Note}\n");
        return text.ToString();
    }

    private static string Line(string[] cells) => $"| {string.Join(" | ", cells)} |\n";

    private static string Processor()
    {
        const string info = "/proc/cpuinfo";
        return (File.Exists(info) ? File.ReadLines(info).FirstOrDefault(line => line.StartsWith("model name")) : null)
            ?.Split(':')[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "a processor";
    }
}

/// <summary>How numbers are written on the page.</summary>
public static class Format
{
    /// <summary>Seconds, or milliseconds below one.</summary>
    public static string Time(double seconds) =>
        seconds >= 9.95 ? $"{seconds:F1} s" : seconds >= 1 ? $"{seconds:F2} s"
        : seconds >= 0.02 ? $"{1000 * seconds:F0} ms" : $"{1000 * seconds:F1} ms";

    /// <summary>Parts of a hundred.</summary>
    public static string Share(double share) => $"{100 * share:F0} %";
}

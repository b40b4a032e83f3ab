using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Workbench.Benchmarks;

/// <summary>A table of docs/benchmarks.md; each can be measured again alone.</summary>
public enum BenchmarkPart
{
    /// <summary>The processor's peaks, and how fast it reads memory.</summary>
    Machine,

    /// <summary>Scans of all pairs.</summary>
    Pairs,

    /// <summary>Nearest tokens of some queries, and of every token.</summary>
    Neighbours,

    /// <summary>Shuffled matrices.</summary>
    Shuffles,

    /// <summary>Singular values of heads.</summary>
    Heads,

    /// <summary>Maps of many points.</summary>
    Maps,

    /// <summary>A few tokens of GPT-2 beside one reading of its weights.</summary>
    FewTokens,

    /// <summary>Many tokens of SmolLM2, states kept.</summary>
    ManyTokens,

    /// <summary>Training steps of the pocket models' shapes.</summary>
    Training,

    /// <summary>One token from a billion weights of each type.</summary>
    OneToken,

    /// <summary>Tokenizers beside the original library.</summary>
    Tokenizers,

    /// <summary>Scans by number of rows.</summary>
    ScalingRows,

    /// <summary>Scans by width.</summary>
    ScalingWidth,

    /// <summary>Scans by number of folds.</summary>
    ScalingFolds,
}

/// <summary>
/// The page as text: prose by hand and, each between two markers, the tables that the benchmark writes, and those that
/// are kept by hand. A part may have a second table, of a processor with AVX-512.
/// </summary>
public static partial class BenchmarkPage
{
    /// <summary>Stands where a part has no table.</summary>
    public const string NotYet = "Not measured yet.";

    // What follows the name of a part's second table.
    private const string Wide = " with AVX-512";

    private static readonly string[] Names = Enum.GetNames<BenchmarkPart>();

    /// <summary>The page with another table in a part's place.</summary>
    /// <param name="page">The page.</param>
    /// <param name="part">Which.</param>
    /// <param name="table">Its new table.</param>
    /// <param name="isWide">Whether it was measured with AVX-512: then it takes the place of the part's second table,
    /// where the page has one.</param>
    /// <exception cref="ArgumentException">The page lacks the part's markers.</exception>
    public static string Replace(string page, BenchmarkPart part, string table, bool isWide = false)
    {
        var name = isWide && page.Contains(Begin($"{part}{Wide}"), StringComparison.Ordinal)
            ? $"{part}{Wide}"
            : $"{part}";
        var (begin, end) = (Begin(name), $"<!-- end of {name} -->");
        var start = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var stop = page.IndexOf(end, StringComparison.Ordinal);
        if (start < begin.Length || stop < start)
            throw new ArgumentException($"The page needs the lines {begin.Trim()} and {end} for that table.");
        return $"{page[..start]}\n{table.Trim()}\n\n{page[stop..]}";
    }

    /// <summary>What is wrong with the page: parts that are missing, unknown or empty without a word, markers that do
    /// not match, tables that stand outside, measured tables that do not say where and when. Empty when all is
    /// well.</summary>
    public static IReadOnlyList<string> Faults(string page)
    {
        var (faults, seen) = (new List<string>(), new List<string>());
        var (open, lines, hasOrigin, isWaiting) = ("", 0, false, false);
        foreach (var line in page.Split('\n'))
        {
            if (Marker().Match(line) is { Success: true } marker)
            {
                var (kind, name) = (marker.Groups[1].Value, marker.Groups[2].Value);
                if (kind == "end of")
                {
                    if (open != name) faults.Add($"\"{line}\" ends what is not open.");
                    if (lines == 0 && !isWaiting) faults.Add($"{name} has no table.");
                    if (lines > 0 && IsMeasured(name) && !hasOrigin)
                        faults.Add($"{name} does not say when and where it was measured.");
                    open = "";
                    continue;
                }
                if (open != "") faults.Add($"{name} begins inside {open}.");
                if (seen.Contains(name)) faults.Add($"{name} is there twice.");
                if (kind == "measured" != IsMeasured(name))
                    faults.Add($"{name} is {(kind == "measured" ? "not measured by" : "a part of")} the benchmark.");
                seen.Add(name);
                (open, lines, hasOrigin, isWaiting) = (name, 0, false, false);
            }
            else if (line.StartsWith('|'))
            {
                if (open == "") faults.Add($"A table is of no part: {line}");
                lines++;
            }
            hasOrigin |= Origin().IsMatch(line);
            isWaiting |= line == NotYet;
        }
        if (open != "") faults.Add($"{open} does not end.");
        faults.AddRange(Names.Except(seen).Select(name => $"{name} is missing."));
        return faults;
    }

    private static string Begin(string name) => $"<!-- measured: {name} -->\n";

    private static bool IsMeasured(string name) =>
        Names.Contains(name.EndsWith(Wide, StringComparison.Ordinal) ? name[..^Wide.Length] : name);

    [GeneratedRegex("^<!-- (measured|by hand|end of):? (.+) -->$")]
    private static partial Regex Marker();

    // As Report writes it: day, processor, threads and peak.
    [GeneratedRegex(@"^\d+ \w+ \d{4}; .*threads?, .*FMA peak \d+")]
    private static partial Regex Origin();
}

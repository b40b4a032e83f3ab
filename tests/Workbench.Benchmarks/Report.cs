using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Benchmarks;

/// <summary>Measures parts of docs/benchmarks.md and writes their tables into it.</summary>
/// <param name="children">How processes are started.</param>
/// <param name="rounds">Runs of each side.</param>
/// <param name="models">The folder that WORKBENCH_MODELS names; empty for none.</param>
public sealed class Report(Children children, int rounds, string models)
{
    /// <summary>A part's table.</summary>
    /// <exception cref="InvalidOperationException">It cannot be measured here, or answers differ.</exception>
    public MeasuredTable Measure(BenchmarkPart part)
    {
        foreach (var input in Comparison.Of(part).Select(contest => contest.Input).OfType<Input>().Distinct())
        {
            Inputs.Open(children.Folder, input, out var file);
            file.Dispose();
        }
        // An enum's number without a name is no part.
#pragma warning disable CS8524
        return part switch
        {
            BenchmarkPart.Machine => Machine(),
            BenchmarkPart.Pairs or BenchmarkPart.Neighbours or BenchmarkPart.Shuffles or BenchmarkPart.Heads
                or BenchmarkPart.Maps or BenchmarkPart.ManyTokens or BenchmarkPart.Training =>
                new Comparison(children, rounds).Run(Comparison.Of(part)),
            BenchmarkPart.FewTokens => FewTokens(),
            BenchmarkPart.OneToken => OneToken(),
            BenchmarkPart.Tokenizers => TokenSpeeds.Table(
                models != ""
                    ? models
                    : throw new InvalidOperationException("Tokenizers are those of WORKBENCH_MODELS."),
                rounds),
            BenchmarkPart.ScalingRows => new Scaling(children).Rows(),
            BenchmarkPart.ScalingWidth => new Scaling(children).Width(),
            BenchmarkPart.ScalingFolds => new Scaling(children).Folds(),
        };
#pragma warning restore CS8524
    }

    private MeasuredTable Machine()
    {
        var table = new MeasuredTable("roof", "one thread", $"{Environment.ProcessorCount} threads");
        var runs = new[] { 1, Environment.ProcessorCount }.Select(threads => children.Ours("roof", threads)).ToArray();
        table.Peaks.AddRange(runs.Select(run => run.Peak));
        table.Add(["fused multiply-adds in float32, GFLOP/s", .. runs.Select(run => $"{run.Peak:F0}")]);
        table.Add(
        [
            "reading: sum over 4 GiB of float32, GB/s",
            .. runs.Select(run => $"{MemoryReading.Bytes / run.Warm / 1e9:F1}"),
        ]);
        foreach (var python in children.Pythons)
            if (children.Line(python, "blas.py", []) is { } line)
            {
                var rates = System.Text.Json.JsonDocument.Parse(line).RootElement;
                table.Opponents.Add(rates.GetProperty("by").GetString()!);
                foreach (var name in new[] { "numpy", "torch" })
                    table.Add(
                        $"matrix product of {name}, 1,024 × 768 × 8,192, GFLOP/s", "",
                        $"{rates.GetProperty(name).GetDouble():F0}");
            }
        return table;
    }

    private MeasuredTable FewTokens()
    {
        var table = new MeasuredTable(
            "who", "time, warm", "one reading of 494 MB", "multiple of a reading", "of torch's time");
        var (ours, theirs) = (new List<Outcome>(), new List<Outcome>());
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(children.Ours("few-tokens", Environment.ProcessorCount));
            foreach (var python in children.Pythons)
                if (children.Theirs(python, $"few_tokens.py {Workloads.FewTokens}", null) is { } run) theirs.Add(run);
        }
        table.Peaks.AddRange(ours.Select(run => run.Peak));
        table.Opponents.UnionWith(theirs.Select(run => run.By));
        var mine = Outcome.Median(ours);
        table.Add(
            $"ours, {Workloads.FewTokens} tokens of GPT-2 124M with all logits", Format.Time(mine.Warm),
            Format.Time(mine.Beside),
            $"{Median(ours.Select(run => run.Warm / run.Beside)):F2}",
            theirs.Count > 0 ? $"{mine.Warm / Outcome.Median(theirs).Warm:F2}" : "–");
        if (theirs.Count > 0)
        {
            var other = Outcome.Median(theirs);
            table.Add("torch, the same", Format.Time(other.Warm), "", $"{other.Warm / mine.Beside:F2}", "1");
        }
        return table;
    }

    private MeasuredTable OneToken()
    {
        var table = new MeasuredTable("weights", "file", "a token", "multiple of a reading", "weights a second",
            "of the file in memory");
        foreach (var type in RandomLlama.Types.Keys)
        {
            var run = children.Ours($"one-token-{type}", Environment.ProcessorCount);
            table.Peaks.Add(run.Peak);
            var bytes = RandomLlama.Billion.Bytes(type);
            table.Add(
                type, $"{bytes / 1e9:F2} GB", Format.Time(run.Warm), $"{run.Warm / run.Beside:F2}",
                $"{run.Gigaflop / 2 / run.Warm:F1} G", run.Note);
        }
        return table;
    }

    private static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}

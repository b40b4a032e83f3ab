using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;

namespace Workbench.Gpu;

/// <summary>Which folds the kernel answers, and how: histograms, moments, counts and extremes from its counters, the
/// first three of few classes too; the best pairs from the few tiles that can hold them; all others from every
/// tile.</summary>
internal sealed class FoldPlan
{
    // The kernel's kinds of steps, and how many bins one of them counts.
    private const uint Histogram = 0, Moments = 1, Above = 2, OfExtremes = 3, Nothing = 4;
    private const int LocalBins = 4096, StepWords = 16, ClassWord = 8;

    // Of one fold by classes. An estimate that no card has measured: a step costs an item perhaps a hundredth of its
    // products at depth 768.
    private const int MostSteps = 48;

    private readonly List<uint> steps = [];
    private readonly List<uint> labels = [];
    private readonly List<Action<uint[], long>> totals = [];

    /// <param name="folds">Of a sweep.</param>
    /// <param name="rows">How many rows the sweep has in all.</param>
    /// <param name="columns">How many columns.</param>
    public FoldPlan(IReadOnlyList<PairFold> folds, int rows, int columns)
    {
        foreach (var fold in folds)
            switch (fold is MovedFold moved ? moved.Fold : fold)
            {
                case HistogramFold histogram: Add(histogram); break;
                case MomentsFold sums: Add(sums); break;
                case CountAboveFold above: Add(above); break;
                case ByClassFold classes when CanAnswer(classes): Add(classes, fold as MovedFold, rows, columns); break;
                case ExtremaFold: Extremes.Add(fold); break;
                case RankedPairsFold ranked: Ranked.Add((fold, ranked.End, ranked.K)); break;
                default: Tiled.Add(fold); break;
            }
        if (Tiled.Count > 0)
        {
            // Every tile comes anyway.
            Tiled.AddRange(Ranked.Select(ranked => ranked.Fold));
            Ranked.Clear();
        }
        if (WantsExtremes) AddStep(OfExtremes, 0);
        if (steps.Count == 0) AddStep(Nothing, 0);
    }

    /// <summary>A plan that asks for nothing, so that the kernel gives scores only.</summary>
    public static uint[] OfScores { get; } = new FoldPlan([], 0, 0).Words;

    /// <summary>Folds that get every tile.</summary>
    public List<PairFold> Tiled { get; } = [];

    /// <summary>Folds that get each tile's smallest and largest score.</summary>
    public List<PairFold> Extremes { get; } = [];

    /// <summary>Folds that get the tiles with one of the k best scores.</summary>
    public List<(PairFold Fold, End End, int K)> Ranked { get; } = [];

    /// <summary>What the kernel reads: steps, and behind them the classes of rows and columns, whose place was told
    /// from where they begin.</summary>
    public uint[] Words
    {
        get
        {
            uint[] words = [(uint)(steps.Count / StepWords), .. steps, .. labels];
            for (var step = 1; step < 1 + steps.Count; step += StepWords)
                if (words[step + ClassWord] != 0)
                    for (var place = 3; place < 5; place++)
                        words[step + ClassWord + place] += (uint)(1 + steps.Count);
            return words;
        }
    }

    /// <summary>What the kernel counts into, in words.</summary>
    public int CounterWords { get; private set; }

    public bool WantsExtremes => Extremes.Count + Ranked.Count > 0;

    /// <summary>Adds what was counted to the folds.</summary>
    /// <param name="counters">As the kernel left them.</param>
    /// <param name="pairs">How many scores there were.</param>
    public void Deliver(uint[] counters, long pairs)
    {
        foreach (var total in totals) total(counters, pairs);
    }

    private void Add(HistogramFold fold)
    {
        var place = Counters(2 * (fold.Bins + 1));
        for (var first = 0; first < fold.Bins; first += LocalBins)
            AddStep(
                Histogram, place, (uint)fold.Bins, Bits(fold.Scale), Bits(fold.Offset), Bits(fold.Low), Bits(fold.High),
                (uint)first);
        totals.Add((counters, _) =>
        {
            var bins = new long[fold.Bins];
            for (var bin = 0; bin < bins.Length; bin++) bins[bin] = Count(counters, place + 2 * bin);
            fold.AddTotals(bins, Count(counters, place + 2 * bins.Length));
        });
    }

    private void Add(MomentsFold fold, Func<uint[], long>? count = null)
    {
        var place = Counters(12);
        AddStep(Moments, place, (uint)fold.Shift, (uint)fold.SquareShift);
        totals.Add((counters, pairs) =>
            fold.AddTotals(
                count?.Invoke(counters) ?? pairs, Sum(counters, place), Sum(counters, place + 4),
                Sum(counters, place + 8)));
    }

    private void Add(CountAboveFold fold)
    {
        var place = Counters(2 * fold.Thresholds.Length);
        for (var t = 0; t < fold.Thresholds.Length; t++)
            AddStep(Above, place + 2 * t, Bits(fold.Thresholds[t]));
        totals.Add((counters, _) => fold.AddTotals(
            [.. Enumerable.Range(0, fold.Thresholds.Length).Select(t => Count(counters, place + 2 * t))]));
    }

    private static bool CanAnswer(ByClassFold fold)
    {
        var pairs = fold.IsOrdered ? fold.Classes * fold.Classes : fold.Classes * (fold.Classes + 1) / 2;
        var each = fold[0, 0] switch
        {
            HistogramFold histogram => (histogram.Bins + LocalBins - 1) / LocalBins,
            MomentsFold => 2,
            CountAboveFold above => above.Thresholds.Length,
            _ => int.MaxValue,
        };
        return (long)pairs * each <= MostSteps;
    }

    // The steps of each pair of classes, which ask of its scores alone.
    private void Add(ByClassFold fold, MovedFold? moved, int rows, int columns)
    {
        var rowLabels = labels.Count;
        labels.AddRange(MemoryMarshal.Cast<int, uint>(fold.RowClasses.Slice(moved?.FirstRow ?? 0, rows)));
        var columnLabels = labels.Count;
        labels.AddRange(MemoryMarshal.Cast<int, uint>(fold.ColumnClasses.Slice(moved?.FirstColumn ?? 0, columns)));
        for (var one = 0; one < fold.Classes; one++)
            for (var other = fold.IsOrdered ? 0 : one; other < fold.Classes; other++)
            {
                var first = steps.Count;
                switch (fold[one, other])
                {
                    case HistogramFold histogram: Add(histogram); break;
                    case CountAboveFold above: Add(above); break;
                    case MomentsFold sums: AddWithCount(sums); break;
                }
                for (var step = first; step < steps.Count; step += StepWords)
                {
                    uint[] words =
                    [
                        fold.IsOrdered ? 1u : 2u, (uint)one, (uint)other, (uint)rowLabels, (uint)columnLabels,
                    ];
                    for (var word = 0; word < words.Length; word++) steps[step + ClassWord + word] = words[word];
                }
            }
    }

    // How many scores a pair of classes has is counted with the scores: all are above −∞.
    private void AddWithCount(MomentsFold fold)
    {
        var place = Counters(2);
        AddStep(Above, place, Bits(float.NegativeInfinity));
        Add(fold, counters => Count(counters, place));
    }

    private void AddStep(uint kind, int counters, params ReadOnlySpan<uint> settings)
    {
        steps.AddRange([kind, (uint)counters, .. settings]);
        while (steps.Count % StepWords != 0) steps.Add(0);
    }

    private int Counters(int words)
    {
        var place = CounterWords;
        CounterWords += words;
        return place;
    }

    private static long Count(uint[] counters, int place) => (long)((ulong)counters[place + 1] << 32 | counters[place]);

    // The low 32 bits of the terms, and what is above them, were added apart.
    private static Int128 Sum(uint[] counters, int place) =>
        ((Int128)Count(counters, place + 2) << 32) + Count(counters, place);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}

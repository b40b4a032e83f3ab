using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;

namespace Workbench.Gpu;

/// <summary>Which folds the kernel answers, and how: histograms, moments, counts and extremes from its counters; the
/// best pairs from the few tiles that can hold them; all others from every tile.</summary>
internal sealed class FoldPlan
{
    // The kernel's kinds of steps, and how many bins one of them counts.
    private const uint Histogram = 0, Moments = 1, Above = 2, OfExtremes = 3, Nothing = 4;
    private const int LocalBins = 4096, StepWords = 8;

    private readonly List<uint> steps = [];
    private readonly List<Action<uint[], long>> totals = [];

    public FoldPlan(IReadOnlyList<PairFold> folds)
    {
        foreach (var fold in folds)
            switch (fold is MovedFold moved ? moved.Fold : fold)
            {
                case HistogramFold histogram: Add(histogram); break;
                case MomentsFold sums: Add(sums); break;
                case CountAboveFold above: Add(above); break;
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
    public static uint[] OfScores { get; } = new FoldPlan([]).Words;

    /// <summary>Folds that get every tile.</summary>
    public List<PairFold> Tiled { get; } = [];

    /// <summary>Folds that get each tile's smallest and largest score.</summary>
    public List<PairFold> Extremes { get; } = [];

    /// <summary>Folds that get the tiles with one of the k best scores.</summary>
    public List<(PairFold Fold, End End, int K)> Ranked { get; } = [];

    /// <summary>What the kernel reads.</summary>
    public uint[] Words => [(uint)(steps.Count / StepWords), .. steps];

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

    private void Add(MomentsFold fold)
    {
        var place = Counters(12);
        AddStep(Moments, place, (uint)fold.Shift, (uint)fold.SquareShift);
        totals.Add((counters, pairs) =>
            fold.AddTotals(
                pairs, Sum(counters, place), Sum(counters, place + 4), Sum(counters, place + 8)));
    }

    private void Add(CountAboveFold fold)
    {
        var place = Counters(2 * fold.Thresholds.Length);
        for (var t = 0; t < fold.Thresholds.Length; t++)
            AddStep(Above, place + 2 * t, Bits(fold.Thresholds[t]));
        totals.Add((counters, _) => fold.AddTotals(
            [.. Enumerable.Range(0, fold.Thresholds.Length).Select(t => Count(counters, place + 2 * t))]));
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

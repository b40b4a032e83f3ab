using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Benchmarks;

/// <summary>A workload and its opponents in Python.</summary>
/// <param name="Name">One of <see cref="Workloads.Names"/>.</param>
/// <param name="Work">What it is, for readers.</param>
/// <param name="BoundBy">What it waits for.</param>
/// <param name="Input">What the opponents read; null for nothing.</param>
/// <param name="Opponents">Who they are, and their scripts with arguments.</param>
/// <param name="Tolerance">By how much, relative to our answer, theirs may differ; null where answers are not
/// compared.</param>
/// <param name="Threads">Of our side; 0 for one on each processor.</param>
public sealed record Contest(
    string Name, string Work, string BoundBy, Input? Input, (string Against, string Script)[] Opponents,
    double? Tolerance = 0, int Threads = 0);

/// <summary>Runs contests: every round runs our side and each opponent in turn, so that whatever else the machine does
/// slows all; medians of the rounds, the most memory of any.</summary>
/// <param name="children">How processes are started.</param>
/// <param name="rounds">How many.</param>
public sealed class Comparison(Children children, int rounds)
{
    private const string Pairs = "multiply-adds, then the folds";

    private static readonly (string, string)[] OfPairs =
    [
        ("NumPy, `histogram` of blocks", "all_pairs.py histogram"),
        ("NumPy, hand-tuned `bincount` of blocks", "all_pairs.py bincount"),
        ("torch, `histc` of blocks", "all_pairs.py torch"),
        ("NumPy's product, the rest in a parallel numba kernel", "all_pairs.py numba"),
        ("NumPy, the bare product without any answer", "all_pairs.py product"),
    ];

    private static readonly (string, string)[] OfNeighbours =
    [
        ("NumPy, product and `argpartition` of blocks", $"neighbours.py numpy {Workloads.MapNeighbours}"),
        ("torch, product and `topk` of blocks", $"neighbours.py torch {Workloads.MapNeighbours}"),
        ("scikit-learn, `NearestNeighbors` by brute force", $"neighbours.py sklearn {Workloads.MapNeighbours}"),
    ];

    /// <summary>The contests of a part of the page; none where it is not made of contests.</summary>
    public static Contest[] Of(BenchmarkPart part) => part switch
    {
        BenchmarkPart.Pairs =>
        [
            new(
                "bert-pairs", "all 465,780,981 pairs of 30,522 × 768: histogram, moments, extremes, 20 closest", Pairs,
                Inputs.Bert, OfPairs, Tolerance: null),
            new(
                "gpt2-pairs", "all 1,262,857,896 pairs of 50,257 × 768, the same", Pairs, Inputs.Gpt2,
                [OfPairs[1], OfPairs[4]], Tolerance: null),
        ],
        BenchmarkPart.Neighbours =>
        [
            new(
                "top-k", "5 nearest of 768 queries among 50,257 × 768", "multiply-adds; cold, packing the table once",
                Inputs.Gpt2, [("torch, `matmul` and `topk`", $"top_k.py {Workloads.Queries} {Workloads.Nearest}")],
                1e-5),
            new(
                "neighbours", $"{Workloads.MapNeighbours} nearest others of each of 49,152 × 576, exactly",
                "multiply-adds", Inputs.SmolLm2, OfNeighbours, 1e-3),
        ],
        BenchmarkPart.Shuffles =>
        [
            new(
                "shuffles", "1,000 shuffles of 1024 × 768, each with the histogram of its 294,528 column cosines",
                "stores and lines of the third-level cache while shuffling; then multiply-adds", Inputs.Positions,
                [("NumPy", $"shuffles.py {Workloads.Shuffles}")]),
        ],
        BenchmarkPart.Heads =>
        [
            new(
                "svd", "SVD of 72 head matrices from their 768 × 64 factors, float64, one thread",
                "warm, the sweeps of Jacobi; cold, the first use of every method", Inputs.Heads,
                [
                    ("NumPy, thin route in float64", $"head_svd.py numpy {Workloads.Heads}"),
                    ("torch, thin route in float32", $"head_svd.py thin {Workloads.Heads}"),
                    ("torch, the 768 × 768 product whole", $"head_svd.py full {Workloads.Heads}"),
                ],
                1e-4, Threads: 1),
        ],
        BenchmarkPart.Maps =>
        [
            new(
                "map", "UMAP of 49,152 × 576 in two dimensions, the authors' defaults",
                "neighbours: multiply-adds; layout: the operations of its steps", Inputs.SmolLm2,
                [("umap-learn", $"map_points.py {Workloads.Trusted} {Workloads.MapNeighbours}")], Tolerance: null),
        ],
        BenchmarkPart.ManyTokens =>
        [
            new(
                "many-tokens-F32", "SmolLM2-135M's shape in float32, 8 windows of 1,024 tokens, states kept",
                "multiply-adds", null,
                [
                    ("torch in float32, window by window", "many_tokens.py 8 1024 1"),
                    ("torch in float32, all windows together", "many_tokens.py 8 1024 8"),
                ],
                Tolerance: null),
            new(
                "many-tokens-Q4_1", "the same from Q4_1 weights as they lie",
                "multiply-adds, and widening weights", null,
                [("torch in float32, window by window", "many_tokens.py 8 1024 1")], Tolerance: null),
        ],
        BenchmarkPart.Training =>
        [
            new(
                "training-gpt2", "pocket-gpt2's shape, 16 texts of 256 tokens: loss and all gradients",
                "multiply-adds; a quarter is packing and copying", null,
                [("torch, autograd", "training_step.py 16 256")], Tolerance: null),
            new(
                "training-bert", "pocket-bert's shape, 32 texts of 128 tokens, one token in seven scored",
                "multiply-adds", null, [], Tolerance: null),
        ],
        _ => [],
    };

    /// <summary>Runs contests into a table.</summary>
    public MeasuredTable Run(IEnumerable<Contest> contests)
    {
        var table = new MeasuredTable(
            "work", "against", "ours, cold / warm", "theirs, cold / warm", "ratio, cold / warm", "MiB, ours / theirs",
            "share of peak, cold / warm", "bound by");
        foreach (var contest in contests) Run(contest, table);
        return table;
    }

    private void Run(Contest contest, MeasuredTable table)
    {
        var threads = contest.Threads > 0 ? contest.Threads : Environment.ProcessorCount;
        var ours = new List<Outcome>();
        var theirs = contest.Opponents
            .SelectMany(opponent => children.Pythons.Select(python => (opponent, python)))
            .ToDictionary(side => side, _ => new List<Outcome>());
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(children.Ours(contest.Name, threads));
            foreach (var ((opponent, python), runs) in theirs)
                if (children.Theirs(python, opponent.Script, contest.Input) is { } run) runs.Add(run);
        }
        table.Peaks.AddRange(ours.Select(run => run.Peak));
        var (mine, isFirst) = (Outcome.Median(ours), true);
        foreach (var ((opponent, _), runs) in theirs.Where(side => side.Value.Count > 0))
        {
            var other = Outcome.Median(runs);
            if (contest.Tolerance is { } tolerance && runs.Concat(ours)
                .Any(run => Math.Abs(run.Check - mine.Check) > tolerance * Math.Abs(mine.Check)))
                throw new InvalidOperationException(
                    $"{contest.Name} and {opponent.Script} have different answers: {mine.Check} and {other.Check}.");
            Row(opponent.Against, other);
            table.Opponents.Add(other.By);
        }
        if (isFirst) Row("–", null);

        void Row(string against, Outcome? other)
        {
            table.Add(
                isFirst ? contest.Work : "",
                other is not null && children.Pythons.Count > 1 ? $"{against} ({other.By})" : against,
                isFirst ? Both(mine, run => run.Cold, run => run.Warm, Format.Time) + Said(mine) : "",
                other is null ? "–" : Both(other, run => run.Cold, run => run.Warm, Format.Time) + Said(other),
                other is null
                    ? "–"
                    : Both(other, run => mine.Cold / run.Cold, run => mine.Warm / run.Warm, ratio => $"{ratio:F2}"),
                other is null ? $"{mine.Mebibytes:F0}" : $"{mine.Mebibytes:F0} / {other.Mebibytes:F0}",
                isFirst && double.IsFinite(mine.ColdShare)
                    ? Both(mine, run => run.ColdShare, run => run.WarmShare, Format.Share)
                    : "",
                isFirst ? contest.BoundBy : "");
            isFirst = false;
        }
    }

    private static string Said(Outcome run) => run.Note == "" ? "" : $" ({run.Note})";

    private static string Both(
        Outcome run, Func<Outcome, double> cold, Func<Outcome, double> warm, Func<double, string> format) =>
        double.IsFinite(warm(run)) ? $"{format(cold(run))} / {format(warm(run))}" : format(cold(run));
}

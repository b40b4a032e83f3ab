using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Workbench.Gpu;
using Workbench.Torch;

namespace Workbench.Benchmarks;

/// <summary>The table of docs/engines.md: work by engine, its time, its share of the device's peak, and whether it has
/// the processor's bits or by how much it differs.</summary>
/// <param name="output">One line of Markdown for each work and engine.</param>
/// <param name="folder">Where inputs are, or will be.</param>
/// <param name="peak">Of a card, in TFLOP/s; 0 where it is not known, and then no share is told.</param>
public sealed class EngineTable(TextWriter output, string folder, double peak)
{
    private const int Repetitions = 5;

    private readonly IReadOnlyList<IEngine> engines =
    [
        new CpuEngine(), new ReferenceEngine(), .. GpuDevice.List().Select(device => new GpuEngine(device)),
        .. Torch(output),
    ];

    private readonly List<(string Work, IEngine Engine, double Milliseconds, double Gigaflop, string Against)> lines =
        [];

    private double processor;

    /// <summary>Runs the works: pairs under four folds, products, searches, shuffles, and one token of a
    /// model.</summary>
    /// <param name="isFull">Whether tables are of BERT's and GPT-2's sizes, for a card; else of 4,000 rows.</param>
    /// <param name="model">The folder or file of a decoder, or empty for none.</param>
    public void Run(bool isFull, string model)
    {
        foreach (var input in isFull ? new[] { Inputs.Bert, Inputs.Gpt2 } : [Inputs.Bert])
        {
            var whole = Inputs.Open(folder, input, out var file);
            using var open = file;
            var table = isFull ? whole : whole.RowRange(0, 4000);
            Pairs(table);
            if (isFull && input != Inputs.Gpt2) continue;
            Products(table.RowRange(0, 2000));
            Search(table, table.RowRange(0, 768));
        }
        Shuffle();
        if (model != "") Token(model);
        output.WriteLine("| work | engine | ms | of its peak | against `cpu` |");
        output.WriteLine("|---|---|---|---|---|");
        foreach (var (work, engine, milliseconds, gigaflop, against) in lines)
        {
            var most = engine is GpuEngine { Description.IsProcessor: false } ? 1000 * peak : processor;
            var share = gigaflop / milliseconds * 1000 / most;
            output.WriteLine(
                $"| {work} | {engine} | {milliseconds:F1} | "
                    + $"{(double.IsFinite(share) ? $"{100 * share:F0} %" : "–")} | {against} |");
        }
        output.WriteLine($"The processor's peak, the largest of {lines.Count} measurements: {processor:F0} GFLOP/s.");
    }

    // The table is prepared, and on the device, before the clock starts.
    private void Pairs(Matrix table)
    {
        byte[][]? right = null;
        foreach (var engine in engines)
        {
            using var rows = engine.Prepare(table, Measure.Cosine);
            var scan = new PairScan(rows);
            byte[][] states = [];
            var milliseconds = Median(() =>
            {
                PairFold[] folds =
                [
                    new HistogramFold(), new MomentsFold(scan.Space), new ExtremaFold(),
                    new RankedPairsFold(End.Top, 20),
                ];
                scan.Run(folds);
                states = [.. folds.Select(State)];
            });
            right ??= states;
            var isSame = states.Zip(right).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
            Tell(
                $"{scan.Space.Pairs:N0} pairs × {table.Columns}, four folds", engine, milliseconds,
                2e-9 * scan.Space.Pairs * table.Columns, Bits(engine, isSame));
        }
    }

    private void Products(Matrix rows)
    {
        Matrix? right = null;
        foreach (var engine in engines)
        {
            var product = Matrix.Uninitialized(rows.Rows, rows.Rows);
            var milliseconds = Median(() => engine.Multiply(rows, rows, product));
            right ??= product;
            Tell(
                $"product {rows.Rows:N0} × {rows.Columns} × {rows.Rows:N0}, there and back", engine, milliseconds,
                2e-9 * rows.Rows * rows.Elements, Difference(right, product));
        }
    }

    private void Search(Matrix table, Matrix queries)
    {
        TopKResult? right = null;
        foreach (var engine in engines)
        {
            TopKResult? found = null;
            var milliseconds = Median(() => found = engine.TopK(queries, table, 5, Measure.Cosine));
            right ??= found!;
            var isSame = Enumerable.Range(0, queries.Rows).All(query =>
                right.Indices(query).SequenceEqual(found!.Indices(query))
                && right.Scores(query).SequenceEqual(found.Scores(query)));
            Tell(
                $"top 5 of {queries.Rows} queries in {table.Rows:N0} × {table.Columns}, prepared anew", engine,
                milliseconds, 2e-9 * queries.Rows * table.Elements,
                Bits(engine, isSame));
            using var rows = engine.Prepare(table, Measure.Cosine);
            milliseconds = Median(() => engine.TopK(queries, rows, 5));
            Tell(
                $"top 5 of {queries.Rows} queries, table prepared once", engine, milliseconds,
                2e-9 * queries.Rows * table.Elements, "as above");
        }
    }

    private void Shuffle()
    {
        var positions = Inputs.Open(folder, Inputs.Positions, out var file);
        using var open = file;
        var shuffles = new Shuffles(positions.Copy(), ShuffleScope.AllEntries);
        ulong[] seeds = [.. Enumerable.Range(1, 20).Select(seed => (ulong)seed)];
        byte[]? right = null;
        foreach (var engine in engines)
        {
            var histogram = new HistogramFold();
            var milliseconds = Median(() =>
            {
                histogram = new HistogramFold();
                engine.Shuffle(
                    shuffles, Measure.Cosine, ofColumns: true, seeds,
                    (_, columns) => new PairScan(columns).Run([histogram]));
            });
            right ??= State(histogram);
            Tell(
                $"{seeds.Length} shuffles of {positions.Rows:N0} × {positions.Columns}, histogram of columns", engine,
                milliseconds, 2e-9 * positions.Rows * histogram.Count,
                Bits(engine, State(histogram).AsSpan().SequenceEqual(right)));
        }
    }

    private void Token(string path)
    {
        using var file = Core.Formats.Checkpoint.Open(path);
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        var text = Enumerable.Range(1, 32).ToArray();
        Matrix? right = null;
        foreach (var engine in engines)
        {
            var model = engine.Load(weights);
            var cache = new KeyValueCache(model);
            model.Logits(model.Run(text, Keep.Nothing, cache: cache).Output);
            Matrix? logits = null, first = null;
            var milliseconds = Median(() =>
            {
                logits = model.Logits(model.Run([40], Keep.Nothing, cache: cache).Output);
                first ??= logits;
            });
            right ??= first!;
            Tell($"one more token of {name} behind 32", engine, milliseconds, double.NaN, Difference(right, first!));
        }
    }

    private static string Bits(IEngine engine, bool isSame) =>
        (isSame, engine.Arithmetic) switch
        {
            (true, _) => "same bits",
            (_, Arithmetic.Double) => "added in double precision",
            (_, Arithmetic.AnyOrder) => "added in another order",
            _ => "**other bits**",
        };

    private static IEnumerable<IEngine> Torch(TextWriter output)
    {
        try
        {
            return [TorchEngine.On("cpu")];
        }
        catch (TorchException exception)
        {
            output.WriteLine($"No row of torch: {exception.Message}");
            return [];
        }
    }

    // The peak is measured beside each work, since other programs slow both.
    private void Tell(string work, IEngine engine, double milliseconds, double gigaflop, string against)
    {
        processor = Math.Max(processor, FmaPeak.Measure(Environment.ProcessorCount));
        lines.Add((work, engine, milliseconds, gigaflop, against));
    }

    private static string Difference(Matrix right, Matrix mine)
    {
        var (a, b) = (right.ToArray(), mine.ToArray());
        if (a.AsSpan().SequenceEqual(b)) return "same bits";
        var most = a.Zip(b).Max(pair => Math.Abs((double)pair.First - pair.Second));
        return $"{most / a.Max(Math.Abs):E1} of the largest value";
    }

    private static byte[] State(PairFold fold)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) fold.Write(writer);
        return stream.ToArray();
    }

    // Two runs to warm up: kernels are built and copies made. What takes seconds is run once.
    private static double Median(Action action)
    {
        var times = new List<double>();
        for (var run = -2; run < Repetitions; run++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (milliseconds > 5000) return milliseconds;
            if (run >= 0) times.Add(milliseconds);
        }
        return times.Order().ElementAt(Repetitions / 2);
    }
}

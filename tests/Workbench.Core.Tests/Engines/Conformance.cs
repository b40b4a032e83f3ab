using System;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Core.Tests.Pairs;
using Xunit;

namespace Workbench.Core.Tests.Engines;

/// <summary>
/// What every engine must do. The oracle of bits is a plain loop over k in the engine's arithmetic; the oracle of error
/// is <see cref="ReferenceEngine"/>, and the only one for engines that add in any order.
/// </summary>
internal static class Conformance
{
    private static readonly (int Rows, int Columns, int Depth)[] Shapes =
        [(1, 1, 1), (2, 3, 7), (13, 33, 8), (15, 31, 40), (86, 65, 9), (5, 200, 0), (3, 5, 1030)];

    /// <summary>A small decoder with vocabulary 97.</summary>
    public static TransformerConfig SmallGpt2 { get; } = Gpt2.Config(
        vocabulary: 97, positions: 60, width: 36, heads: 3, blocks: 2, inner: 70, activation: Activation.GeluNew);

    /// <summary>A small encoder with vocabulary 97.</summary>
    public static TransformerConfig SmallBert { get; } = Bert.Config(
        vocabulary: 97, positions: 60, width: 45, heads: 5, blocks: 2, inner: 70, activation: Activation.Gelu);

    /// <summary>A small decoder of Llama's kin with all that those have: turned and normed queries and keys, which
    /// heads share, limits of scores, windows, gates, norms of one plus the gain.</summary>
    public static TransformerConfig SmallLlama { get; } = new()
    {
        Family = "kin",
        Width = 36,
        Tokens = new EmbeddingConfig("tokens", 97),
        EmbeddingScale = 1.5,
        Biases = false,
        Blocks =
        [
            .. Enumerable.Range(0, 2).Select(i => new BlockConfig(
                new AttentionConfig
                {
                    NormBefore = RootMeanSquare($"{i}.first"),
                    NormOutput = RootMeanSquare($"{i}.second"),
                    Multiplier = 0.7f,
                    Input = LayerConfig.Of($"{i}.heads", 36, [new("q", 48), new("k", 16), new("v", 16)]),
                    Output = new LayerConfig($"{i}.mix", 48, 36),
                    Heads = 6,
                    KeyValueHeads = 2,
                    Scale = 0.4f,
                    Causal = true,
                    Rotary = new RotaryConfig(6),
                    QueryNorm = new HeadNormConfig(RootMeanSquare($"{i}.queries"), HeadNormScope.EachHead),
                    KeyNorm = new HeadNormConfig(RootMeanSquare($"{i}.keys"), HeadNormScope.EachHead),
                    ScoreCap = i == 0 ? 1.5 : null,
                    Window = i == 0 ? null : 7,
                },
                new MlpConfig
                {
                    NormBefore = RootMeanSquare($"{i}.third"),
                    Up = new LayerConfig($"{i}.up", 36, 100),
                    Down = new LayerConfig($"{i}.down", 50, 36),
                    Activation = Activation.Silu,
                    Gate = GateOrder.GateThenUp,
                })),
        ],
        FinalNorm = RootMeanSquare("last"),
        Head = new HeadConfig("head") { Multiplier = 0.5, Cap = 4 },
        TiedHead = false,
    };

    /// <summary>A small decoder of what is rarer: biases by distance, sinks, clipped heads in groups, whose neighbours
    /// turn, experts with limits, halves that run at once.</summary>
    public static TransformerConfig SmallExperts { get; } = new()
    {
        Family = "experts",
        Width = 36,
        Tokens = new EmbeddingConfig("tokens", 97),
        Biases = true,
        Blocks =
        [
            .. Enumerable.Range(0, 2).Select(i => new BlockConfig(
                new AttentionConfig
                {
                    NormBefore = new NormConfig($"{i}.first", 1e-5),
                    Input = new LayerConfig($"{i}.heads", 36, 72),
                    Output = new LayerConfig($"{i}.mix", 36, 36),
                    Heads = 4,
                    KeyValueHeads = 2,
                    Order = HeadOrder.Groups,
                    Scale = 0.4f,
                    Causal = true,
                    Rotary = new RotaryConfig(8) { Pairing = RotaryPairing.Neighbours },
                    Alibi = new AlibiConfig(i == 0 ? AlibiKind.Falcon : AlibiKind.Bloom),
                    Clip = 1.5,
                    Sinks = $"{i}.sinks",
                },
                i == 0
                    ? new ExpertsConfig
                    {
                        NormBefore = new NormConfig($"{i}.second", 1e-5),
                        Router = new LayerConfig($"{i}.router", 36, 4),
                        Experts = [.. Enumerable.Range(0, 4).Select(e => new MlpConfig
                        {
                            Up = new LayerConfig($"{i}.{e}.up", 36, 60),
                            Down = new LayerConfig($"{i}.{e}.down", 30, 36),
                            Activation = Activation.Silu,
                            Gate = GateOrder.Alternating,
                            Clamp = new GateClamp(0.8),
                        })],
                        Active = 2,
                        Renormalise = true,
                    }
                    : new MlpConfig
                    {
                        Up = new LayerConfig($"{i}.up", 36, 70),
                        Down = new LayerConfig($"{i}.down", 70, 36),
                        Activation = Activation.QuickGelu,
                    })
            {
                Parallel = i == 1,
            }),
        ],
        FinalNorm = new NormConfig("last", 1e-5),
        Head = new HeadConfig("head"),
        TiedHead = false,
    };

    /// <summary>All that is demanded.</summary>
    public static void Check(IEngine engine)
    {
        ProductsAreThePlainLoop(engine);
        ScansAreThePlainLoop(engine);
        HardNumbersAreThePlainLoop(engine);
        TheNearestAreThePlainLoop(engine);
        ErrorsAreWithinTheBound(engine);
        CountsDifferNearEdgesOnly(engine);
        WhatHasNoSimilarityIsNamed(engine);
        EmptyAndLonelyTables(engine);
        ColumnsAreRowsOfTheTranspose(engine);
        ShufflesAreThoseOfTheirSeeds(engine);
        PassesAreWithinTheBound(engine);
    }

    public static void ProductsAreThePlainLoop(IEngine engine)
    {
        foreach (var (m, n, depth) in Shapes)
        {
            var (a, b) = (Samples.Gaussian(m, depth, 1), Samples.Gaussian(n, depth, 2));
            var product = Matrix.Uninitialized(m, n);
            engine.Multiply(a, b, product);
            for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                    Right(engine, a.Row(i), b.Row(j), product[i, j], $"({i}, {j}) of {m} × {n}");
        }
        Assert.Throws<ArgumentException>(() => engine.Multiply(new Matrix(2, 3), new Matrix(4, 5), new Matrix(2, 4)));
        Assert.Throws<ArgumentException>(() => engine.Multiply(new Matrix(2, 3), new Matrix(4, 3), new Matrix(4, 2)));
    }

    public static void ScansAreThePlainLoop(IEngine engine)
    {
        foreach (var measure in Enum.GetValues<Measure>())
        {
            foreach (var (m, n, depth) in Shapes.Where(shape => shape.Depth > 1 || measure == Measure.DotProduct))
                Scan(engine, Samples.Gaussian(m, depth, 3), Samples.Gaussian(n, depth, 4), measure);
            foreach (var n in new[] { 1, 2, 33, 97 })
                Scan(engine, Samples.Gaussian(n, 20, 5), null, measure);
        }
        Scan(engine, Samples.Ties(90, 6, 6), null, Measure.DotProduct);
    }

    /// <summary>Subnormal numbers, zeros of both signs, products that underflow to −0, cancellation.</summary>
    public static void HardNumbersAreThePlainLoop(IEngine engine)
    {
        var (philox, hard) = (new Philox(9), new Matrix(40, 11));
        for (var i = 0; i < hard.Rows; i++)
            for (var k = 0; k < hard.Columns; k++)
                hard[i, k] = philox.NextInteger(6) switch
                {
                    0 => 0f,
                    1 => -0f,
                    2 => (float)philox.NextNormal() * 1e-40f,
                    3 => (float)philox.NextNormal() * 1e-23f,
                    4 => (float)philox.NextNormal() * 3e4f,
                    _ => (float)philox.NextNormal(),
                };
        // The last product underflows to −0, so the sum is −0: whatever is added after it would make it +0.
        for (var k = 0; k < hard.Columns; k++) (hard[0, k], hard[1, k]) = (0, 0);
        (hard[0, hard.Columns - 1], hard[1, hard.Columns - 1]) = (1e-30f, -1e-30f);
        Assert.Equal(
            int.MinValue,
            BitConverter.SingleToInt32Bits(
                MathF.FusedMultiplyAdd(hard[0, hard.Columns - 1], hard[1, hard.Columns - 1], 0f)));
        Scan(engine, hard, null, Measure.DotProduct);
        Scan(engine, hard.RowRange(0, 17), hard.RowRange(17, 23), Measure.DotProduct);
        var product = Matrix.Uninitialized(hard.Rows, hard.Rows);
        engine.Multiply(hard, hard, product);
        for (var i = 0; i < hard.Rows; i++)
            for (var j = 0; j < hard.Rows; j++)
                Right(engine, hard.Row(i), hard.Row(j), product[i, j], $"hard ({i}, {j})");
    }

    public static void TheNearestAreThePlainLoop(IEngine engine)
    {
        (Matrix, Matrix)[] tables =
        [
            (Samples.Gaussian(17, 20, 9), Samples.Gaussian(211, 20, 7)),
            (Samples.Ties(17, 6, 9), Samples.Ties(90, 6, 1)),
        ];
        foreach (var (queries, table) in tables)
            foreach (var measure in new[] { Measure.DotProduct, Measure.Cosine })
            {
                if (measure == Measure.Cosine && queries.Columns == 6) continue; // rows of zeros
                var found = engine.TopK(queries, table, 6, measure);
                using var rows = engine.Prepare(queries, measure);
                using var columns = engine.Prepare(table, measure);
                Assert.Equal((17, 6), (found.Queries, found.K));
                if (engine.Arithmetic == Arithmetic.AnyOrder)
                {
                    NearestWithinTheBound(found, rows, columns);
                    continue;
                }
                var scores = Scores(engine, rows, columns);
                for (var query = 0; query < found.Queries; query++)
                {
                    var best = Enumerable.Range(0, table.Rows)
                        .OrderByDescending(row => scores[query, row])
                        .ThenBy(row => row)
                        .Take(found.K)
                        .ToArray();
                    Assert.Equal(best, found.Indices(query).ToArray());
                    for (var n = 0; n < best.Length; n++)
                        SameBits(scores[query, best[n]], found.Scores(query)[n], $"{measure}, query {query}");
                }
            }
        var all = engine.TopK(Samples.Gaussian(2, 5, 1), Samples.Gaussian(3, 5, 2), 10, Measure.Cosine);
        Assert.Equal(3, all.K);
    }

    public static void ErrorsAreWithinTheBound(IEngine engine)
    {
        foreach (var measure in Enum.GetValues<Measure>())
            foreach (var depth in new[] { 2, 40, 768 })
            {
                var matrix = Samples.Gaussian(40, depth, 10);
                using var rows = engine.Prepare(matrix, measure);
                using var exact = new ReferenceEngine().Prepare(matrix, measure);
                var (mine, right) = (Run(rows), Run(exact));
                var (x, y) = (new float[depth], new float[depth]);
                foreach (var pair in right.Pairs)
                {
                    exact.CopyRow(pair.Row, x);
                    exact.CopyRow(pair.Column, y);
                    var bound = Bound(engine.Arithmetic, x, y);
                    var error = Math.Abs((double)mine[pair.Row, pair.Column]!.Value - pair.Score);
                    Assert.True(error <= bound, $"{measure}, depth {depth}, {pair}: {error} is more than {bound}");
                }
            }
    }

    public static void CountsDifferNearEdgesOnly(IEngine engine)
    {
        var matrix = Samples.Gaussian(300, 64, 11);
        using var rows = engine.Prepare(matrix, Measure.Cosine);
        using var exact = new ReferenceEngine().Prepare(matrix, Measure.Cosine);
        var histogram = new HistogramFold(4000);
        new PairScan(rows).Run([histogram]);
        var right = Run(exact).Pairs.Select(pair => (double)pair.Score).Order().ToArray();
        // Both vectors have length 1, so Σ|xₖ·yₖ| ≤ 1.
        var bound = Bound(engine.Arithmetic, 64, 1);
        Assert.Equal(right.Length, histogram.Count);
        var below = 0L;
        for (var bin = 0; bin < histogram.Bins; bin++)
        {
            var edge = -1 + 2.0 * bin / histogram.Bins;
            Assert.InRange(below, Below(edge - bound), Below(edge + bound));
            below += histogram.Counts[bin];
        }

        int Below(double edge) => Array.BinarySearch(right, edge) is var place && place < 0 ? ~place : place;
    }

    public static void WhatHasNoSimilarityIsNamed(IEngine engine)
    {
        var matrix = Samples.Gaussian(50, 9, 12);
        matrix[7, 3] = float.NaN;
        matrix[20, 0] = float.PositiveInfinity;
        for (var k = 0; k < 9; k++) (matrix[30, k], matrix[31, k]) = (0, 2);
        DegenerateRow[] expected = [new(7, RowDefect.NotFinite), new(20, RowDefect.NotFinite)];
        var error = Assert.Throws<DegenerateRowsException>(() => engine.Prepare(matrix, Measure.DotProduct));
        Assert.Equal(expected, error.Rows);
        using var cosine = engine.Prepare(matrix, Measure.Cosine, DegenerateRows.Exclude);
        Assert.Equal([.. expected, new(30, RowDefect.Zero)], cosine.Excluded);
        Assert.Equal(Enumerable.Range(0, 50).Except([7, 20, 30]), cosine.SourceRows);
        using var pearson = engine.Prepare(matrix, Measure.Pearson, DegenerateRows.Exclude);
        Assert.Equal([7, 20, 30, 31], pearson.Excluded.Select(row => row.Index));
        SameAsPlain(engine, cosine, null);
        var found = engine.TopK(Samples.Gaussian(2, 9, 13), matrix, 50, Measure.Cosine, DegenerateRows.Exclude);
        Assert.Equal(47, found.K);
        Assert.DoesNotContain(7, found.Indices(0).ToArray());
    }

    public static void EmptyAndLonelyTables(IEngine engine)
    {
        foreach (var n in new[] { 0, 1 })
        {
            using var few = engine.Prepare(Samples.Gaussian(n, 6, 14), Measure.Cosine);
            using var many = engine.Prepare(Samples.Gaussian(9, 6, 15), Measure.Cosine);
            Assert.Equal(n, few.Count);
            Assert.Empty(Run(few).Pairs);
            SameAsPlain(engine, few, many);
            SameAsPlain(engine, many, few);
        }
    }

    public static void ColumnsAreRowsOfTheTranspose(IEngine engine)
    {
        var matrix = Samples.Gaussian(37, 50, 16);
        foreach (var measure in Enum.GetValues<Measure>())
        {
            using var columns = engine.Prepare(((MatrixView)matrix).Transposed, measure);
            using var rows = engine.Prepare(matrix.Transpose(), measure);
            Assert.Equal(rows.Fingerprint, columns.Fingerprint);
            SameAsPlain(engine, columns, null);
            rows.Replace(Samples.Gaussian(50, 37, 17));
            Assert.NotEqual(rows.Fingerprint, columns.Fingerprint);
            rows.Replace(((MatrixView)matrix).Transposed);
            Assert.Equal(rows.Fingerprint, columns.Fingerprint);
            SameAsPlain(engine, rows, null);
        }
    }

    /// <summary>Each shuffle is the plain one of its seed and stream, prepared and scanned with the engine's bits. The
    /// lengths end within and behind the words that are drawn at a time.</summary>
    public static void ShufflesAreThoseOfTheirSeeds(IEngine engine)
    {
        ulong[] seeds = [3, 0x1_0000_0002, ulong.MaxValue];
        foreach (var (n, d) in new[] { (520, 3), (6, 300), (33, 41), (5, 7), (1, 2) })
            foreach (var scope in Enum.GetValues<ShuffleScope>())
                foreach (var measure in new[] { Measure.Pearson, Measure.DotProduct })
                    foreach (var ofColumns in new[] { false, true })
                    {
                        if (measure == Measure.Pearson && (ofColumns ? n : d) == 1) continue;
                        var source = Samples.Gaussian(n, d, 21);
                        var next = 0;
                        engine.Shuffle(
                            new Shuffles(source, scope, stream: 0x2_ffff_fffe), measure, ofColumns, seeds,
                            (number, rows) =>
                            {
                                Assert.Equal(next++, number);
                                MatrixView drawn = PlainShuffle(source, scope, 0x2_ffff_fffe, seeds[number]);
                                var vectors = ofColumns ? drawn.Transposed : drawn;
                                using var right = engine.Prepare(vectors, measure);
                                var where = $"shuffle {number}, {scope} of {n} × {d}, {measure}";
                                Assert.True(right.Fingerprint == rows.Fingerprint, $"{where} is another");
                                Assert.True(right.LargestNorm == rows.LargestNorm, $"{where} is longer or shorter");
                                if (number < seeds.Length - 1) return; // the last one lies behind others
                                var (mine, theirs) = (new PairScan(rows), new PairScan(right));
                                PairFold[] here = [new HistogramFold(300, -4, 5), new ExtremaFold()],
                                    there = [new HistogramFold(300, -4, 5), new ExtremaFold()];
                                mine.Run(here);
                                theirs.Run(there);
                                if (engine.Arithmetic == Arithmetic.AnyOrder) return;
                                Assert.True(
                                    here.Zip(there).All(pair =>
                                        Samples.State(pair.First).SequenceEqual(Samples.State(pair.Second))),
                                    $"the scores of {where} are others");
                            });
                        Assert.Equal(seeds.Length, next);
                    }
        // The order in which a sum is added shows in the length of a long row.
        var row = Samples.Gaussian(1, 5000, 23);
        engine.Shuffle(
            new Shuffles(row, ShuffleScope.AllEntries), Measure.DotProduct, ofColumns: false, seeds, (number, rows) =>
            {
                using var right = engine.Prepare(
                    PlainShuffle(row, ShuffleScope.AllEntries, 0, seeds[number]), Measure.DotProduct);
                Assert.True(right.LargestNorm == rows.LargestNorm, $"shuffle {number} of a row is longer or shorter");
            });
        var zeros = Samples.Gaussian(3, 4, 22);
        zeros.WritableRow(1).Clear();
        var used = 0;
        var error = Assert.Throws<DegenerateRowsException>(() => engine.Shuffle(
            new Shuffles(zeros, ShuffleScope.WithinRows), Measure.Cosine, ofColumns: false, [1], (_, _) => used++));
        Assert.Equal([new(1, RowDefect.Zero)], error.Rows);
        Assert.Equal(0, used);
        engine.Shuffle(new Shuffles(zeros, ShuffleScope.AllEntries), Measure.DotProduct, false, [], (_, _) => used++);
        Assert.Equal(0, used);
    }

    /// <summary>Fisher and Yates, from the last value down: a word for each two values, whose partners are the digits
    /// of ⌊word · n (n − 1) / 2^64⌋.</summary>
    public static Matrix PlainShuffle(Matrix source, ShuffleScope scope, ulong stream, ulong seed)
    {
        var byColumns = scope == ShuffleScope.WithinColumns;
        var values = byColumns ? source.Transpose() : source.Copy();
        var parts = scope == ShuffleScope.AllEntries ? 1 : values.Rows;
        var all = values.ToArray();
        for (var part = 0; part < parts; part++)
        {
            var mine = all.AsSpan(part * (all.Length / parts), all.Length / parts);
            var random = new Philox(seed, stream + (ulong)part);
            for (var n = mine.Length; n > 1; n -= 2)
            {
                // Of a word in 2^64 / n (n − 1) another would be taken: none of these.
                var first = Math.BigMul(random.NextUInt64(), (ulong)n, out var rest);
                var second = Math.BigMul(rest, (ulong)n - 1, out _);
                (mine[n - 1], mine[(int)first]) = (mine[(int)first], mine[n - 1]);
                (mine[n - 2], mine[(int)second]) = (mine[(int)second], mine[n - 2]);
            }
        }
        var shuffled = Matrix.FromArray(values.Rows, values.Columns, all);
        return byColumns ? shuffled.Transpose() : shuffled;
    }

    /// <summary>Every place and the logits of random models, with and without a change on the way.</summary>
    public static void PassesAreWithinTheBound(IEngine engine)
    {
        using var reference = new ReferenceEngine();
        (TransformerConfig, TensorFile)[] models =
        [
            (SmallGpt2, RandomModels.Gpt2(SmallGpt2, 31)), (SmallBert, RandomModels.Bert(SmallBert, 32)),
            (SmallLlama, RandomModels.Of(SmallLlama, 33)), (SmallExperts, RandomModels.Of(SmallExperts, 34)),
        ];
        foreach (var (config, file) in models)
        {
            foreach (var length in new[] { 1, 40 })
            {
                var weights = new TransformerWeights(file, config);
                var (mine, right) = (engine.Load(weights), reference.Load(weights));
                Assert.Same(weights, mine.Weights);
                var tokens = RandomModels.Tokens(length, 97, 6);
                var half = Matrix.Uninitialized(length, length);
                for (var i = 0; i < length; i++)
                    for (var j = 0; j < length; j++) half[i, j] = 0.5f / length;
                var direction = RandomModels.Normal(1, config.Blocks[1].Attention.HeadWidth, new(5), 1);
                var changed = Interventions.None
                    .Add(Place.HeadOutput(1, 2), direction)
                    .Replace(Place.Pattern(0, 1), half);
                foreach (var change in new[] { Interventions.None, changed })
                {
                    var (pass, exact) = (
                        mine.Run(tokens, Keep.Everything, change), right.Run(tokens, Keep.Everything, change));
                    Assert.Equal(exact.Places, pass.Places);
                    foreach (var place in exact.Places) Near($"{place}", exact[place], pass[place]);
                    Near("output", exact.Output, pass.Output);
                    Near("logits", right.Logits(exact.Output), mine.Logits(exact.Output));
                    var last = exact[Place.AfterBlock(0)];
                    Near("lens", right.LogitLens(last), mine.LogitLens(last));
                }
                Assert.Throws<ArgumentException>(() => mine.Run([97]));
            }
            if (config.IsCausal) TextsAreContinued(config, file);
        }

        void TextsAreContinued(TransformerConfig config, TensorFile file)
        {
            var weights = new TransformerWeights(file, config);
            var (mine, tokens) = (engine.Load(weights), RandomModels.Tokens(40, 97, 7));
            var (cache, whole) = (new KeyValueCache(mine), reference.Load(weights).Run(tokens).Output);
            foreach (var length in new[] { 12, 1, 1, 10, 16 })
            {
                var start = cache.Length;
                var output = mine.Run(tokens.AsSpan(start, length), Keep.Nothing, cache: cache).Output;
                Near($"tokens from {start} on", whole.RowRange(start, length), output);
            }
            Assert.Equal(tokens.Length, cache.Length);
        }

        // What IEngine.Load states.
        static void Near(string what, Matrix right, Matrix mine) =>
            Close.Within(what, right.ToArray().Select(value => (double)value), mine, 5e-6);
    }

    private static NormConfig RootMeanSquare(string name) =>
        new(name, 1e-6) { Kind = NormKind.RootMeanSquareOfOnePlus };

    /// <summary>x·y in the order of k from +0, as the arithmetic rounds it.</summary>
    public static float Chain(Arithmetic arithmetic, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var (single, sum) = (0f, 0.0);
        for (var k = 0; k < x.Length; k++)
        {
            if (arithmetic == Arithmetic.Fused) single = MathF.FusedMultiplyAdd(x[k], y[k], single);
            else if (arithmetic == Arithmetic.Unfused) single += x[k] * y[k];
            else sum += (double)x[k] * y[k];
        }
        return arithmetic is Arithmetic.Fused or Arithmetic.Unfused ? single : (float)sum;
    }

    private static void Scan(IEngine engine, Matrix rows, Matrix? columns, Measure measure)
    {
        using var a = engine.Prepare(rows, measure);
        using var b = columns is null ? null : engine.Prepare(columns, measure);
        SameAsPlain(engine, a, b);
        // Prepared values do not depend on the engine, or pieces could not be merged.
        using var prepared = PreparedRows.Prepare(rows, measure);
        if (engine.Arithmetic != Arithmetic.Double) Assert.Equal(prepared.Fingerprint, a.Fingerprint);
    }

    /// <summary>Every pair once, with the bits of the plain loop, and every fold as if it had been given
    /// those.</summary>
    private static void SameAsPlain(IEngine engine, IPreparedRows rows, IPreparedRows? columns)
    {
        Assert.Equal(engine.Arithmetic, rows.Arithmetic);
        var scan = columns is null ? new PairScan(rows) : new PairScan(rows, columns);
        var (expected, all) = (Samples.EveryFold(scan.Space), new ScoreMatrix(scan.Space));
        var folds = Samples.EveryFold(scan.Space);
        scan.Run([.. folds, all], new ScanOptions { Threads = 2 });
        Assert.Equal(scan.Space.Pairs, all.Pairs.Count());
        // Added in another order next time: what the folds hold is judged by the scores that they were given.
        var scores = engine.Arithmetic == Arithmetic.AnyOrder
            ? ScoresWithinTheBound(all, rows, columns ?? rows)
            : Scores(engine, rows, columns ?? rows);
        for (var i = 0; i < scan.Space.Rows; i++)
            for (var j = columns is null ? i + 1 : 0; j < scan.Space.Columns; j++)
                foreach (var fold in expected) fold.Add(new ScoreTile([scores[i, j]], i, 1, j, 1, 1));
        foreach (var pair in all.Pairs)
        {
            Assert.True(columns is not null || pair.Row < pair.Column, $"{pair} is not above the diagonal");
            SameBits(scores[pair.Row, pair.Column], pair.Score, $"({pair.Row}, {pair.Column}) of {rows}");
        }
        for (var f = 0; f < folds.Length; f++)
            Assert.True(
                Samples.State(expected[f]).AsSpan().SequenceEqual(Samples.State(folds[f])),
                $"{folds[f].Settings} of {rows} is another than of the plain loop");
    }

    // Double precision has no single chain to compare with: its own scores, once each, stand for it.
    private static float[,] Scores(IEngine engine, IPreparedRows rows, IPreparedRows columns)
    {
        var scores = new float[rows.Count, columns.Count];
        if (engine.Arithmetic == Arithmetic.Double)
        {
            foreach (var pair in Run(rows, columns).Pairs) scores[pair.Row, pair.Column] = pair.Score;
            return scores;
        }
        var (x, y) = (new float[rows.Depth], new float[rows.Depth]);
        for (var i = 0; i < rows.Count; i++)
        {
            rows.CopyRow(i, x);
            for (var j = 0; j < columns.Count; j++)
            {
                columns.CopyRow(j, y);
                scores[i, j] = Chain(engine.Arithmetic, x, y);
            }
        }
        return scores;
    }

    private static float[,] ScoresWithinTheBound(ScoreMatrix given, IPreparedRows rows, IPreparedRows columns)
    {
        var scores = new float[rows.Count, columns.Count];
        var (x, y) = (new float[rows.Depth], new float[rows.Depth]);
        foreach (var pair in given.Pairs)
        {
            rows.CopyRow(pair.Row, x);
            columns.CopyRow(pair.Column, y);
            Within(Arithmetic.AnyOrder, x, y, pair.Score, $"({pair.Row}, {pair.Column}) of {rows}");
            scores[pair.Row, pair.Column] = pair.Score;
        }
        return scores;
    }

    /// <summary>Best first, ties by smallest row, and nothing left out that is better by more than rounding.</summary>
    private static void NearestWithinTheBound(TopKResult found, IPreparedRows queries, IPreparedRows table)
    {
        var (x, y) = (new float[table.Depth], new float[table.Depth]);
        for (var query = 0; query < found.Queries; query++)
        {
            queries.CopyRow(query, x);
            var (indices, scores) = (found.Indices(query).ToArray(), found.Scores(query).ToArray());
            for (var n = 1; n < found.K; n++)
                Assert.True(
                    scores[n - 1] > scores[n] || scores[n - 1] == scores[n] && indices[n - 1] < indices[n],
                    $"query {query}: row {indices[n]} before {indices[n - 1]}");
            for (var row = 0; row < table.Count; row++)
            {
                table.CopyRow(row, y);
                var place = Array.IndexOf(indices, row);
                if (place >= 0) Within(Arithmetic.AnyOrder, x, y, scores[place], $"query {query}, row {row}");
                else
                    Assert.True(
                        Exact(x, y) <= scores[^1] + Bound(Arithmetic.AnyOrder, x, y),
                        $"query {query}: row {row} is left out");
                // Whole numbers are added without rounding, so that ties are ties in any order.
                if (place < 0 && x.Concat(y).All(float.IsInteger) && Exact(x, y) == scores[^1])
                    Assert.True(row > indices[^1], $"query {query}: row {indices[^1]} before its equal, {row}");
            }
        }
    }

    /// <summary>x·y with the bits of the plain loop in the engine's arithmetic; within the bound where it has
    /// none.</summary>
    private static void Right(
        IEngine engine, ReadOnlySpan<float> x, ReadOnlySpan<float> y, float actual, string where)
    {
        if (engine.Arithmetic == Arithmetic.AnyOrder)
            Within(engine.Arithmetic, x.ToArray(), y.ToArray(), actual, where);
        else SameBits(Chain(engine.Arithmetic, x, y), actual, where);
    }

    private static void Within(Arithmetic arithmetic, float[] x, float[] y, float actual, string where)
    {
        var (error, bound) = (Math.Abs(actual - Exact(x, y)), Bound(arithmetic, x, y));
        Assert.True(error <= bound, $"{where}: {actual:R} is off by {error}, more than {bound}");
    }

    private static double Exact(float[] x, float[] y) => x.Zip(y, (a, b) => (double)a * b).Sum();

    private static ScoreMatrix Run(IPreparedRows rows, IPreparedRows? columns = null)
    {
        var scan = columns is null ? new PairScan(rows) : new PairScan(rows, columns);
        var scores = new ScoreMatrix(scan.Space);
        scan.Run([scores]);
        return scores;
    }

    // The bound that Arithmetic states, the rounding of both prepared vectors (one each for every element), and of the
    // reference to single.
    private static double Bound(Arithmetic arithmetic, float[] x, float[] y) =>
        Bound(arithmetic, x.Length, x.Zip(y, (a, b) => Math.Abs((double)a * b)).Sum());

    private static double Bound(Arithmetic arithmetic, int depth, double magnitude)
    {
        var roundoff = Math.ScaleB(1, -24);
        var steps = arithmetic switch
        {
            Arithmetic.Fused or Arithmetic.AnyOrder => depth,
            Arithmetic.Unfused => 2 * depth,
            _ => 1,
        };
        return (steps + 4) * roundoff * magnitude * (1 + depth * roundoff) + depth * Math.ScaleB(1, -149);
    }

    private static void SameBits(float expected, float actual, string where) =>
        Assert.True(
            BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual),
            $"{where}: {actual:R} instead of {expected:R}");
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Core.Tests.Pairs;
using Workbench.Gpu;
using Xunit;
using Xunit.Sdk;

namespace Workbench.Core.Tests.Engines;

/// <summary>The kernels on every device that OpenCL or NVIDIA's driver knows here: POCL makes one of any
/// processor.</summary>
public sealed class GpuEngineTests
{
    // Of each kernel: what a mistake would be, and the text that makes it.
    private static readonly Dictionary<string, (string Right, string Wrong)[]> Mutants = new()
    {
        ["k reversed"] =
        [
            ("step(x + buffer + s * LINE, y + buffer + s * LINE, sums);\n        } else",
                "step(x + buffer + (7u - s) * LINE, y + buffer + (7u - s) * LINE, sums);\n        } else"),
        ],
        ["products rounded"] = [("#define FMA(a, b, c) fma(a, b, c)", "#define FMA(a, b, c) ((a) * (b) + (c))")],
        ["padded by +0"] = [("for (uint s = 0; s < left; s++)", "for (uint s = 0; s < SLAB; s++)")],
        ["pairs below the diagonal kept"] =
        [
            ("const int is_pair = !symmetric || first_row + i < first_column + j;", "const int is_pair = 1;"),
        ],
        ["last row lost"] = [("if (i < rows && j < columns", "if (i + 1u < rows && j < columns")],
        ["bins not lowered"] = [("if (bits_of(FMA(s, scale, offset - place)) >> 31) place -= 1.0f;", "")],
        ["terms cut off"] = [("(m + ((1ul << (down - 1u)) - 1ul) + ((m >> down) & 1ul)) >> down", "m >> down")],
        ["no sign in sums"] = [("sum += bits >> 31 ? 0ul - term : term;", "sum += term;")],
        ["thresholds reached"] = [("sums[r][c] > threshold ? 1u : 0u", "sums[r][c] >= threshold ? 1u : 0u")],
        ["classes in one order"] = [("if (both == 2u && label == other) these |= ones;", "")],
        ["the rows' classes for both"] = [("plan + step[CLASSES + 4u]", "plan + step[CLASSES + 3u]")],
        ["classes from the first row on"] = [("plan + step[CLASSES + 3u] + first_row", "plan + step[CLASSES + 3u]")],
        ["all classes for each"] = [("if (plan[CLASSES] != 0) asked", "if (plan[CLASSES] > 9u) asked")],
        ["later ties first"] = [("return place < other;", "return place > other;")],
    };

    // Likewise of the kernels of forward passes.
    private static readonly Dictionary<string, (string Right, string Wrong)> ModelMutants = new()
    {
        ["a lane lost"] = ("reach = 16u", "reach = 8u"),
        ["the last slab lost"] = ("k < inputs; k += DEEP", "k + DEEP <= inputs; k += DEEP"),
        ["no bias"] = ("sums[r][c] + (has_bias ? bias[j] : 0.0f)", "sums[r][c]"),
        ["mean kept"] = ("FMA((x[i] - mean) * factor,", "FMA(x[i] * factor,"),
        ["first gain for all heads"] = ("gain[i], has_bias", "gain[0], has_bias"),
        ["turned back"] = ("a * cosine - b * sine", "a * cosine + b * sine"),
        ["neighbours as halves"] = ("neighbours ? 2u * i : i", "i"),
        ["later keys seen"] = ("if (causal) end = place + 1u;", ""),
        ["a window of one less"] = ("first = place - window + 1u", "first = place - window + 2u"),
        ["keys of the first head"] = ("starts[key_start + head / sharing]", "starts[key_start]"),
        ["score without limit"] = ("if (cap != 0.0f) score = cap * tanh_of(score / cap);", ""),
        ["distances turned round"] = ("+ (all - 1u) + j - place]", "+ (all - 1u) + place - j]"),
        ["the rest of biases lost"] = ("+ (two[all + j] - two[all + place])", "+ two[j]"),
        ["no sink"] = ("has_sinks && item == 0 ? power(sinks[head] - most) : 0.0f", "0.0f"),
        ["a team's share lost"] = ("for (uint t = 1; t < teams; t++)", "for (uint t = 2; t < teams; t++)"),
        ["changed pattern cut off"] = ("if (makes) {", "if (causal) end = place + 1u;\n    if (makes) {"),
        ["gate and up exchanged"] = ("x[2u * column] : x[column]", "x[2u * column] : x[width + column]"),
        ["limit from above alone"] = ("up = LEAST(MOST(up, -limit), limit)", "up = LEAST(up, limit)"),
        ["addend for sum"] = ("sum[i] += addend[i]", "sum[i] = addend[i]"),
        ["rows from the first on"] = ("x[(size_t)rows[GROUP_X] * width + i]", "x[(size_t)GROUP_X * width + i]"),
        ["experts of one weight"] = ("FMA(weight, x[i], sum[i])", "x[i] + sum[i]"),
        ["written over the first"] = ("(size_t)(first_row + GROUP_X) * out_stride", "(size_t)GROUP_X * out_stride"),
        ["logits without limit"] = ("x[i] = number * tanh_of(value / number)", "x[i] = value"),
        ["clipped from above alone"] = ("LEAST(MOST(value, -number), number)", "LEAST(value, number)"),
        ["not scaled"] = ("if (kind == SCALE) x[i] = value * number", "if (kind == SCALE) x[i] = value"),
        ["tails exchanged"] = ("x * (1.0f - tail(x))", "x * tail(x)"),
        ["ten digits of e lost"] = ("FMA(n, -1.42860682e-6f, FMA", "FMA(n, 0.0f, FMA"),
    };

    // Likewise of shuffles.
    private static readonly Dictionary<string, (string Right, string Wrong)> ShuffleMutants = new()
    {
        ["nine rounds"] = ("round < 10u", "round < 9u"),
        ["words exchanged"] = ("(place & 1ul) ?", "(place & 1ul) == 0 ?"),
        ["one stream for all parts"] = ("| stream_low) + GROUP_X", "| stream_low)"),
        ["seeds of 32 bits"] = ("(ulong)seeds[2u * GROUP_Y + 1u] << 32 |", ""),
        ["draws in another order"] = ("stream, place + item), n", "stream, place + words - 1u - item), n"),
        ["as many places for both values"] =
            ("(uint)(rest >> 32)", "(uint)(((high & 0xfffffffful) * n + (low * n >> 32)) >> 32)"),
        ["the first swap wins"] =
            ("theirs == partner) before = other", "theirs == partner && before == NOWHERE) before = other"),
        ["a chain of one"] = ("while (links[before] != NOWHERE) before", "if (links[before] != NOWHERE) before"),
        ["what goes is what came first"] = ("while (links[mover] != NOWHERE) mover = links[mover];", ""),
        ["a partner keeps what came first"] =
            ("if (other > item && theirs == partner) is_last", "if (other < item && theirs == partner) is_last"),
        ["the next words are the same"] = ("next = place + drawn;", "next = drawn;"),
        ["lanes added in a row"] =
            ("((lanes[0] + lanes[4]) + (lanes[2] + lanes[6]))", "((lanes[0] + lanes[2]) + (lanes[4] + lanes[6]))"),
        ["sums in single precision"] =
            ("lanes[lane] += squared ? x * x : x", "lanes[lane] = (float)(lanes[lane] + (squared ? x * x : x))"),
        ["the mean kept"] = ("* step] - means[at]", "* step]"),
        ["scaled in single precision"] = ("(float)(x * scales[at])", "(float)x * (float)scales[at]"),
        ["rows for columns"] =
            ("step == 1u ? i / SIDE : i % SIDE, c = step == 1u ? i % SIDE : i / SIDE", "i / SIDE, c = i / SIDE"),
    };

    public static IEnumerable<object[]> Mistakes => Mutants.Keys.Select(mistake => new object[] { mistake });

    public static IEnumerable<object[]> ModelMistakes =>
        ModelMutants.Keys.Select(mistake => new object[] { mistake });

    public static IEnumerable<object[]> ShuffleMistakes =>
        ShuffleMutants.Keys.Select(mistake => new object[] { mistake });

    [DeviceFact]
    public void Every_device_conforms()
    {
        foreach (var device in GpuDevice.List())
        {
            using var engine = new GpuEngine(device);
            Conformance.Check(engine);
        }
    }

    [OpenClTheory]
    [MemberData(nameof(Mistakes))]
    public void A_kernel_with_a_mistake_does_not_conform(string mistake)
    {
        var source = GpuKernels.Pairs.Source;
        foreach (var (right, wrong) in Mutants[mistake])
        {
            Assert.Contains(right, source);
            source = source.Replace(right, wrong);
        }
        Assert.NotEqual(GpuKernels.Pairs.Source, source);
        // With little memory, so that rows come in parts.
        using var engine = new GpuEngine(OpenCl().Open(_ => source), memory: 110_000, isTrusted: true);
        Assert.True(
            Record.Exception(() =>
            {
                Conformance.HardNumbersAreThePlainLoop(engine);
                Conformance.TheNearestAreThePlainLoop(engine);
                SameAsTheProcessor(engine, 150);
            }) is XunitException or InvalidOperationException,
            $"{mistake} passed");
    }

    [OpenClTheory]
    [MemberData(nameof(ModelMistakes))]
    public void A_kernel_of_passes_with_a_mistake_does_not_conform(string mistake)
    {
        var (right, wrong) = ModelMutants[mistake];
        Assert.Contains(right, GpuKernels.Model.Source);
        using var engine = new GpuEngine(OpenCl().Open(text => text.Replace(right, wrong)), isTrusted: true);
        Assert.IsType<TrueException>(Record.Exception(() => Conformance.PassesAreWithinTheBound(engine)));
    }

    [OpenClTheory]
    [MemberData(nameof(ShuffleMistakes))]
    public void A_kernel_of_shuffles_with_a_mistake_does_not_conform(string mistake)
    {
        var (right, wrong) = ShuffleMutants[mistake];
        Assert.Contains(right, GpuKernels.Shuffles.Source);
        using var engine = new GpuEngine(OpenCl().Open(text => text.Replace(right, wrong)), isTrusted: true);
        var error = Record.Exception(() => Conformance.ShufflesAreThoseOfTheirSeeds(engine));
        Assert.True(error is TrueException or DegenerateRowsException, $"{mistake}: {error}");
    }

    // Of 2^64 words, as many as are too many for all pairs of partners to have equally many are refused: with two
    // million values some seeds meet one, and all draws behind it are one later.
    [DeviceFact]
    public void A_word_that_is_refused_gives_its_place_to_the_next()
    {
        const int n = 2_000_003;
        var source = Matrix.FromArray(1, n, [.. Enumerable.Range(0, n).Select(value => (float)value)]);
        var shuffles = new Shuffles(source, ShuffleScope.AllEntries);
        var seed = Enumerable.Range(0, 1000).Select(number => (ulong)number).First(number =>
        {
            var random = new Philox(number);
            random.Shuffle(new int[n].AsSpan());
            var (next, words) = (random.NextUInt64(), new ulong[n / 2 + 1]);
            new Philox(number).Fill(words);
            return next != words[^1];
        });
        using var engine = new GpuEngine(GpuDevice.List()[0]);
        var values = new float[n];
        engine.Shuffle(shuffles, Measure.DotProduct, ofColumns: false, [seed], (_, rows) => rows.CopyRow(0, values));
        Assert.Equal(shuffles.Draw(seed).ToArray(), values);
    }

    [OpenClFact]
    public void Shuffles_that_do_not_fit_are_the_processors()
    {
        using var engine = new GpuEngine(OpenCl().Open(), memory: 1_000_000);
        var shuffles = new Shuffles(Samples.Gaussian(200, 200, 1), ShuffleScope.WithinRows);
        Assert.False(GpuShuffler.CanRun(engine, shuffles));
        engine.Shuffle(
            shuffles, Measure.Cosine, ofColumns: true, [7, 8], (_, rows) => Assert.IsType<GpuRows>(rows));
    }

    [DeviceFact]
    public void Rows_of_a_shuffle_are_gone_with_it()
    {
        using var engine = new GpuEngine(GpuDevice.List()[0]);
        var shuffles = new Shuffles(Samples.Gaussian(9, 8, 1), ShuffleScope.AllEntries);
        IPreparedRows? kept = null;
        engine.Shuffle(shuffles, Measure.Cosine, ofColumns: true, [7], (_, rows) => kept = rows);
        Assert.IsType<GpuShuffledRows>(kept);
        Assert.Throws<ObjectDisposedException>(() => new PairScan(kept).Run([new ExtremaFold()]));
        Assert.Throws<ObjectDisposedException>(() => kept.CopyRow(0, new float[9]));
    }

    [DeviceFact]
    public void Weights_of_half_the_width_stay_so_and_are_widened_by_the_kernels()
    {
        using var folder = new Formats.TemporaryFolder();
        using var engine = new GpuEngine(GpuDevice.List()[0]);
        using var reference = new ReferenceEngine();
        var config = Conformance.SmallLlama;
        var tensors = RandomModels.Of(config, 41);
        foreach (var type in new[] { DType.BF16, DType.F16 })
        {
            using var file = SafetensorsFile.Open(folder.Put($"{type}.safetensors", Narrowed(tensors, type)));
            var weights = new TransformerWeights(file, config);
            foreach (var length in new[] { 1, 40 })
            {
                var tokens = RandomModels.Tokens(length, 97, 6);
                var mine = engine.Load(weights).Run(tokens).Output;
                var right = reference.Load(weights).Run(tokens).Output;
                Close.Within($"{type}", right.ToArray().Select(value => (double)value), mine, 5e-6);
            }
        }
    }

    [DeviceFact]
    public void A_cache_of_another_device_is_refused()
    {
        using var one = new GpuEngine(GpuDevice.List()[0]);
        using var other = new GpuEngine(GpuDevice.List()[0]);
        var config = Conformance.SmallGpt2;
        var weights = new TransformerWeights(RandomModels.Gpt2(config, 31), config);
        var cache = new KeyValueCache(one.Load(weights));
        one.Load(weights).Run([1, 2], cache: cache);
        var error = Assert.Throws<ArgumentException>(() => other.Load(weights).Run([3], cache: cache));
        Assert.Contains("another engine", error.Message);
    }

    // Tensors in a file of 16-bit numbers.
    private static byte[] Narrowed(MemoryTensors tensors, DType type)
    {
        var (header, bytes) = (new List<string>(), new List<byte>());
        foreach (var tensor in tensors.Tensors)
        {
            var start = bytes.Count;
            foreach (var value in tensors.ReadMatrix(tensor.Name).ToArray())
            {
                var bits = type == DType.F16
                    ? BitConverter.HalfToUInt16Bits((Half)value)
                    : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                bytes.AddRange(BitConverter.GetBytes(bits));
            }
            var shape = string.Join(",", Enumerable.Range(0, tensor.Shape.Rank).Select(axis => tensor.Shape[axis]));
            header.Add(
                $"\"{tensor.Name}\":{{\"dtype\":\"{type}\",\"shape\":[{shape}],"
                    + $"\"data_offsets\":[{start},{bytes.Count}]}}");
        }
        return Formats.Samples.Safetensors($"{{{string.Join(",", header)}}}", [.. bytes]);
    }

    [DeviceFact]
    public void Folds_in_the_kernel_hold_the_bits_of_the_processor()
    {
        foreach (var device in GpuDevice.List())
        {
            using var engine = new GpuEngine(device);
            SameAsTheProcessor(engine, 300);
        }
    }

    [DeviceFact]
    public void A_table_that_stays_on_the_device_is_searched_as_one_that_comes_anew()
    {
        using var engine = new GpuEngine(GpuDevice.List()[0]);
        using var cpu = new CpuEngine();
        var (queries, table) = (Samples.Gaussian(17, 20, 9), Samples.Gaussian(211, 20, 7));
        using var rows = engine.Prepare(table, Measure.Cosine);
        var right = cpu.TopK(queries, table, 6, Measure.Cosine);
        for (var turn = 0; turn < 2; turn++)
        {
            var found = engine.TopK(queries, rows, 6);
            for (var query = 0; query < 17; query++)
            {
                Assert.Equal(right.Indices(query).ToArray(), found.Indices(query).ToArray());
                Assert.Equal(right.Scores(query).ToArray(), found.Scores(query).ToArray());
            }
        }
        using var others = cpu.Prepare(table, Measure.Cosine);
        Assert.Throws<ArgumentException>(() => engine.TopK(queries, others, 6));
    }

    // Its tiles lie in memory that is used again, which a scan within a scan must not write over.
    [DeviceFact]
    public void A_fold_that_scans_by_itself_keeps_its_tile()
    {
        using var engine = new GpuEngine(GpuDevice.List()[0]);
        using var rows = engine.Prepare(Samples.Gaussian(150, 12, 1), Measure.DotProduct);
        using var others = engine.Prepare(Samples.Gaussian(140, 12, 2), Measure.DotProduct);
        var (alone, within) = (new ScoreMatrix(new PairScan(rows).Space), new ScoreMatrix(new PairScan(rows).Space));
        new PairScan(rows).Run([alone]);
        new PairScan(rows).Run(
            [new Nested(() => new PairScan(others).Run([new ScoreMatrix(new PairScan(others).Space)])), within]);
        Assert.Equal(Samples.State(alone), Samples.State(within));
    }

    private sealed class Nested(Action action) : PairFold
    {
        public override string Settings => "nested";

        public override PairFold Fork() => new Nested(action);

        public override void Add(in ScoreTile tile) => action();

        public override void Merge(PairFold other) { }

        public override void Write(BinaryWriter writer) { }

        public override void Read(BinaryReader reader) { }
    }

    [OpenClFact]
    public void A_table_larger_than_the_memory_is_sent_in_parts()
    {
        using var engine = new GpuEngine(OpenCl().Open(), memory: 110_000);
        using var cpu = new CpuEngine();
        SameAsTheProcessor(engine, 700);
        var (a, b) = (Samples.Gaussian(700, 20, 1), Samples.Gaussian(300, 20, 2));
        using var rows = (GpuRows)engine.Prepare(a, Measure.Cosine);
        Assert.InRange(rows.MostLent, 1, 699);
        var (product, right) = (Matrix.Uninitialized(300, 700), Matrix.Uninitialized(300, 700));
        engine.Multiply(b, a, product);
        cpu.Multiply(b, a, right);
        Assert.Equal(right.ToArray(), product.ToArray());
        var (found, nearest) = (
            ((IEngine)engine).TopK(b, a, 200, Measure.Cosine), cpu.TopK(b, a, 200, Measure.Cosine));
        for (var query = 0; query < 300; query++)
        {
            Assert.Equal(nearest.Indices(query).ToArray(), found.Indices(query).ToArray());
            Assert.Equal(nearest.Scores(query).ToArray(), found.Scores(query).ToArray());
        }
    }

    [DeviceFact]
    public void What_does_not_fit_says_how_much_it_needs()
    {
        using var engine = new GpuEngine(GpuDevice.List()[0].Open(), memory: 70_000);
        var error = Assert.Throws<GpuException>(
            () => engine.Multiply(new Matrix(2, 100), new Matrix(2, 100), new Matrix(2, 2)));
        Assert.Equal(GpuProblem.OutOfMemory, error.Problem);
        Assert.Contains("53,248 bytes", error.Message); // 128 rows of 104 floats
        Assert.Contains("70,000", error.Message);
    }

    [OpenClFact]
    public void A_device_that_rounds_otherwise_is_refused()
    {
        foreach (var mistake in new[] { "products rounded", "padded by +0" })
        {
            var (right, wrong) = Mutants[mistake][0];
            var device = OpenCl().Open(text => text.Replace(right, wrong));
            var error = Assert.Throws<GpuException>(() => new GpuEngine(device));
            Assert.Equal(GpuProblem.WrongArithmetic, error.Problem);
        }
    }

    [OpenClFact]
    public void A_driver_that_cannot_build_the_kernels_is_named_with_its_log()
    {
        var error = Assert.Throws<GpuException>(() => OpenCl().Open(_ => "kernel void broken( {"));
        Assert.Equal(GpuProblem.UnsuitableDriver, error.Problem);
        Assert.Contains(OpenCl().DriverVersion, error.Message);
    }

    [Fact]
    public void Errors_of_the_drivers_are_told_apart()
    {
        GpuProblem Of(int code) => Assert.Throws<GpuException>(() => OpenClLibrary.Check(code, "a test")).Problem;
        OpenClLibrary.Check(0, "a test");
        Assert.Equal(GpuProblem.Busy, Of(-2));
        Assert.Equal(GpuProblem.OutOfMemory, Of(-4));
        Assert.Equal(GpuProblem.Lost, Of(-36));
        Assert.Equal(GpuProblem.DriverError, Of(-30));
        GpuProblem OfCuda(int code) => Assert.Throws<GpuException>(() => CudaLibrary.Check(code, "a test")).Problem;
        Assert.Equal(GpuProblem.OutOfMemory, OfCuda(2));
        Assert.Equal(GpuProblem.Busy, OfCuda(46));
        Assert.Equal(GpuProblem.NoDevice, OfCuda(100));
        Assert.Equal(GpuProblem.UnsuitableDriver, OfCuda(222));
        Assert.Equal(GpuProblem.Lost, OfCuda(719));
    }

    [ClangFact]
    public void The_PTX_that_ships_is_what_clang_makes_of_the_source()
    {
        foreach (var file in GpuKernels.Files) IsMadeOfItsSource(file);
        Assert.Contains("fma.rn.f32", GpuKernels.Pairs.Ptx);
    }

    private static void IsMadeOfItsSource(KernelFile file)
    {
        var (kernels, made) = (
            Path.Combine(Here(), "..", "..", "..", "src", "Workbench.Gpu", "Kernels"), Path.GetTempFileName());
        try
        {
            using var build = Process.Start(Path.Combine(kernels, "build-ptx.sh"), [file.Name, made])!;
            build.WaitForExit();
            Assert.Equal(0, build.ExitCode);
            Assert.Equal(File.ReadAllText(made), file.Ptx);
        }
        finally
        {
            File.Delete(made);
        }
    }

    [DeviceFact]
    public void Rows_of_another_engine_are_refused_and_its_tiles_merge_with_the_processors()
    {
        using var gpu = new GpuEngine(GpuDevice.List()[0]);
        using IEngine cpu = new CpuEngine();
        var matrix = Samples.Gaussian(300, 12, 1);
        using var rows = cpu.Prepare(matrix, Measure.DotProduct);
        using var others = gpu.Prepare(matrix, Measure.DotProduct);
        Assert.Throws<ArgumentException>(() => new PairScan(others, rows).Run([new ExtremaFold()]));
        var scan = new PairScan(rows);
        foreach (var folds in new Func<PairSpace, PairFold[]>[] { Samples.EveryFold, Known })
        {
            var whole = folds(scan.Space);
            scan.Run(whole);
            var pieces = scan.Space.Cut(3)
                .Select((tile, piece) => Samples.ScanTile(
                    part => (piece == 1 ? cpu : gpu).Prepare(part, Measure.DotProduct), matrix, matrix, scan.Space,
                    tile, folds))
                .ToArray();
            Assert.Equal(Samples.States(whole), Samples.Merged(pieces, () => folds(scan.Space)));
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private static GpuDevice OpenCl() => GpuDevice.List().First(device => device.Driver == GpuDriver.OpenCl);

    // Those that the kernel answers alone, so that no tile comes to the processor.
    private static PairFold[] Known(PairSpace space)
    {
        var bound = (float)Math.Max(space.Bound, 1e-3);
        return
        [
            new HistogramFold(4000, -bound, bound),
            new HistogramFold(10_000, -bound / 100, bound / 7),
            new MomentsFold(space),
            new CountAboveFold(-bound / 2, 0, bound / 3),
            new ExtremaFold(),
            new RankedPairsFold(End.Top, 30),
            new RankedPairsFold(End.Bottom, 3),
            Classes(space, 3, new HistogramFold(50, -bound, bound)),
            Classes(space, 4, new MomentsFold(space)),
            Classes(space, 2, new CountAboveFold(-bound / 9, bound / 5)),
        ];
    }

    // Labels of rows and columns differ where a space is not symmetric.
    private static ByClassFold Classes(PairSpace space, int classes, PairFold fold)
    {
        int[] rows = [.. Enumerable.Range(0, space.Rows).Select(row => row * row / 7 % classes)];
        int[] columns = [.. Enumerable.Range(0, space.Columns).Select(column => (column / 5 + 1) % classes)];
        return new ByClassFold(space, classes, rows, space.IsSymmetric ? rows : columns, fold);
    }

    private static void SameAsTheProcessor(GpuEngine engine, int n)
    {
        using var cpu = new CpuEngine();
        Matrix[] tables = [Samples.Gaussian(n, 20, 3), Samples.Ties(n, 6, 4)];
        foreach (var table in tables)
        {
            var beside = table.RowRange(n / 3, n / 2);
            using IPreparedRows a = engine.Prepare(table, Measure.DotProduct),
                b = engine.Prepare(beside, Measure.DotProduct),
                x = cpu.Prepare(table, Measure.DotProduct),
                y = cpu.Prepare(beside, Measure.DotProduct);
            (PairScan, PairScan)[] scans =
                [(new(a), new(x)), (new(a, b), new(x, y)), (new(b, a), new(y, x))];
            foreach (var (mine, right) in scans)
                foreach (var folds in new Func<PairSpace, PairFold[]>[] { Known, Samples.EveryFold })
                {
                    var (here, there) = (folds(mine.Space), folds(mine.Space));
                    mine.Run(here);
                    right.Run(there);
                    for (var f = 0; f < here.Length; f++)
                        Assert.True(
                            Samples.State(there[f]).AsSpan().SequenceEqual(Samples.State(here[f])),
                            $"{here[f].Settings} of {mine.Space} is another than the processor's");
                }
        }
    }
}

/// <summary>A test that needs a device; skipped, and counted as skipped, where there is none.</summary>
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = Devices.Missing;
}

/// <summary>A test that needs a device which takes kernels as text; skipped, and counted as skipped, where there is
/// none.</summary>
internal sealed class OpenClFactAttribute : FactAttribute
{
    public OpenClFactAttribute() => Skip = Devices.MissingOpenCl;
}

/// <summary>As <see cref="OpenClFactAttribute"/>, for tables of cases.</summary>
internal sealed class OpenClTheoryAttribute : TheoryAttribute
{
    public OpenClTheoryAttribute() => Skip = Devices.MissingOpenCl;
}

/// <summary>A test that needs the compiler that makes the PTX; skipped, and counted as skipped, where it is
/// missing.</summary>
internal sealed class ClangFactAttribute : FactAttribute
{
    public ClangFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "clang-19")))) Skip = "there is no clang-19";
    }
}

internal static class Devices
{
    private const string Cure = "pocl-opencl-icd and ocl-icd-libopencl1 make one of the processor";

    public static string? Missing { get; } = GpuDevice.List().Count > 0 ? null : $"there is no device; {Cure}";

    public static string? MissingOpenCl { get; } =
        GpuDevice.List().Any(device => device.Driver == GpuDriver.OpenCl)
            ? null
            : $"there is no OpenCL device; {Cure}";
}

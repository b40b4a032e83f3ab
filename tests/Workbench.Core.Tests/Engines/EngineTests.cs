using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Core.Tests.Pairs;
using Xunit;
using Xunit.Sdk;

namespace Workbench.Core.Tests.Engines;

[RunsOnEveryTier]
public sealed class EngineTests
{
    [Fact]
    public void The_processor_conforms_with_every_kernel_it_has_and_any_number_of_threads()
    {
        foreach (var kernel in MicroKernel.Supported)
            foreach (var threads in new[] { 1, 3 })
            {
                using var engine = new CpuEngine(threads, kernel);
                Conformance.Check(engine);
            }
    }

    [Fact]
    public void The_reference_conforms()
    {
        using var engine = new ReferenceEngine();
        Conformance.Check(engine);
    }

    [Theory]
    [InlineData(Arithmetic.Fused)]
    [InlineData(Arithmetic.Unfused)]
    [InlineData(Arithmetic.AnyOrder)]
    public void Plain_loops_in_any_arithmetic_conform(Arithmetic arithmetic)
    {
        using var engine = new PlainEngine(Fault.None, arithmetic);
        Conformance.Check(engine);
    }

    [Theory]
    [InlineData(Fault.KReversed)]
    [InlineData(Fault.MultipliedThenAdded)]
    [InlineData(Fault.PaddedByPlusZero)]
    [InlineData(Fault.DiagonalKept)]
    [InlineData(Fault.LastRowLost)]
    [InlineData(Fault.PairTwice)]
    [InlineData(Fault.TiesByLargestRow)]
    [InlineData(Fault.SubnormalsFlushed)]
    [InlineData(Fault.ShortMantissas)]
    [InlineData(Fault.PassOff)]
    public void An_engine_with_a_fault_does_not_conform(Fault fault) => Refused(fault, Arithmetic.Fused);

    [Theory]
    [InlineData(Fault.DiagonalKept)]
    [InlineData(Fault.LastRowLost)]
    [InlineData(Fault.PairTwice)]
    [InlineData(Fault.TiesByLargestRow)]
    [InlineData(Fault.SubnormalsFlushed)]
    [InlineData(Fault.ShortMantissas)]
    [InlineData(Fault.PassOff)]
    public void One_that_adds_in_any_order_does_not_either(Fault fault) => Refused(fault, Arithmetic.AnyOrder);

    private static void Refused(Fault fault, Arithmetic arithmetic)
    {
        using var engine = new PlainEngine(fault, arithmetic);
        Assert.True(
            Record.Exception(() => Conformance.Check(engine)) is XunitException or InvalidOperationException,
            $"{fault} passed");
    }

    [Fact]
    public void The_reference_runs_models_within_a_rounding_of_plain_loops_written_from_the_papers()
    {
        using var engine = new ReferenceEngine();
        var (gpt2, bert) = (Conformance.SmallGpt2, Conformance.SmallBert);
        var (tokens, types) = (RandomModels.Tokens(11, 97, 1), new int[] { 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 });
        var (file, plain) = (RandomModels.Gpt2(gpt2, 21), new PlainTransformer(RandomModels.Gpt2(gpt2, 21)));
        Compare(engine.Load(new(file, gpt2)), plain, plain.Gpt2(gpt2, tokens), default);
        (file, plain) = (RandomModels.Bert(bert, 22), new PlainTransformer(RandomModels.Bert(bert, 22)));
        Compare(engine.Load(new(file, bert)), plain, plain.Bert(bert, tokens, types), types);

        void Compare(ITransformer model, PlainTransformer plain, double[][] logits, ReadOnlySpan<int> types)
        {
            var pass = model.Run(tokens, Keep.Everything, tokenTypes: types);
            Assert.NotEmpty(plain.States);
            foreach (var (place, values) in plain.States)
                Close.Within($"{place}", values.SelectMany(row => row), pass[place], Math.ScaleB(1, -24));
            // The head reads the output, which has been rounded once.
            Close.Within("logits", logits.SelectMany(row => row), model.Logits(pass.Output), 4e-7);
        }
    }

    [Fact]
    public void Rows_and_columns_of_two_engines_are_refused_by_both_names()
    {
        using IEngine cpu = new CpuEngine(), reference = new ReferenceEngine();
        using var rows = cpu.Prepare(Samples.Gaussian(5, 4, 1), Measure.Cosine);
        using var columns = reference.Prepare(Samples.Gaussian(5, 4, 2), Measure.Cosine);
        foreach (var scan in new[] { new PairScan(rows, columns), new PairScan(columns, rows) })
        {
            var error = Assert.Throws<ArgumentException>(() => scan.Run([new ExtremaFold()]));
            Assert.Contains("reference", error.Message);
            Assert.Contains("cpu", error.Message);
        }
    }

    [Fact]
    public void Tiles_of_different_engines_merge_to_the_bits_of_one()
    {
        using IEngine one = new CpuEngine(), other = new PlainEngine(Fault.None, one.Arithmetic);
        var matrix = Samples.Gaussian(300, 12, 1);
        using var rows = one.Prepare(matrix, Measure.DotProduct);
        var scan = new PairScan(rows);
        var whole = Samples.EveryFold(scan.Space);
        scan.Run(whole);
        var pieces = scan.Space.Cut(3)
            .Select((tile, piece) => Samples.ScanTile(
                part => (piece == 1 ? other : one).Prepare(part, Measure.DotProduct), matrix, matrix, scan.Space, tile,
                Samples.EveryFold))
            .ToArray();
        Assert.Equal(Samples.States(whole), Samples.Merged(pieces, () => Samples.EveryFold(scan.Space)));
    }

    [Fact]
    public void A_header_keeps_arithmetic_and_engine_and_one_of_the_first_version_is_refused_by_name()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using IEngine engine = new CpuEngine();
            using var rows = engine.Prepare(Samples.Gaussian(300, 12, 1), Measure.DotProduct);
            new PairScan(rows).Run(
                [new ExtremaFold()], new ScanOptions { Checkpoint = new Checkpoint(path, TimeSpan.Zero) });
            var header = ScanState.ReadHeader(path);
            Assert.Equal((engine.Arithmetic, $"cpu, {MicroKernel.Best.Name}"), (header.Arithmetic, header.Engine));
            var old = header.ToJson().Replace("\"version\":2", "\"version\":1");
            var error = Assert.Throws<InvalidDataException>(() => ScanHeader.FromJson(old, "old.scan"));
            Assert.Contains("old.scan is a checkpoint of version 1", error.Message);
            Assert.Contains("version 2", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_scan_is_not_resumed_in_another_arithmetic_but_is_by_another_engine()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var options = new ScanOptions { Checkpoint = new Checkpoint(path, TimeSpan.Zero) };
            string Resume(IEngine engine)
            {
                using var rows = engine.Prepare(Samples.Gaussian(100, 9, 1), Measure.Cosine);
                new PairScan(rows).Run([new ExtremaFold()], options);
                return ScanState.ReadHeader(path).Engine;
            }
            using IEngine cpu = new CpuEngine();
            Resume(cpu);
            Assert.Contains(" + plain", Resume(new PlainEngine(Fault.None, cpu.Arithmetic)));
            var error = Assert.Throws<ArgumentException>(() => Resume(new ReferenceEngine()));
            Assert.Contains("arithmetic", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

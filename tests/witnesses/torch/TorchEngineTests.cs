using System;
using System.Linq;
using TorchSharp;
using Workbench.Core.Engines;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Engines;
using Workbench.Core.Tests.Pairs;
using Workbench.Torch;
using Xunit;

namespace Workbench.Witnesses;

public sealed class TorchEngineTests
{
    [Fact]
    public void Torch_on_the_processor_conforms_within_its_bound()
    {
        using var engine = TorchEngine.On("cpu");
        Assert.Equal(Arithmetic.AnyOrder, engine.Arithmetic);
        Conformance.Check(engine);
    }

    [Fact]
    public void Tables_of_many_products_have_every_pair_once()
    {
        // Some 2,700 rows by 5,600 columns: several claims of rows, and more scores than are asked for at a time.
        using IEngine engine = TorchEngine.On(), cpu = new CpuEngine();
        var matrix = Samples.Gaussian(5600, 9, 1);
        using var rows = engine.Prepare(matrix, Measure.Cosine);
        using var others = cpu.Prepare(matrix, Measure.Cosine);
        var (here, there) = (Run(rows), Run(others));
        Assert.Equal(5600L * 5599 / 2, here.Count);
        Assert.Equal(there.Count, here.Count);
        Assert.Equal(there.Mean, here.Mean, 1e-7);
        Assert.Equal(there.Variance, here.Variance, 1e-7);
        var (found, nearest) = (
            engine.TopK(matrix.RowRange(0, 3000), matrix, 3, Measure.Cosine),
            cpu.TopK(matrix.RowRange(0, 3000), matrix, 3, Measure.Cosine));
        for (var query = 0; query < 3000; query++)
        {
            Assert.Equal(query, found.Indices(query)[0]);
            for (var n = 0; n < 3; n++) Assert.Equal(nearest.Scores(query)[n], found.Scores(query)[n], 1e-6);
        }

        static MomentsFold Run(IPreparedRows rows)
        {
            var scan = new PairScan(rows);
            var moments = new MomentsFold(scan.Space);
            scan.Run([moments]);
            return moments;
        }
    }

    [Fact]
    public void Its_rows_and_pieces_are_refused_by_name_beside_others()
    {
        using IEngine torch = TorchEngine.On(), cpu = new CpuEngine();
        var matrix = Samples.Gaussian(100, 9, 1);
        using var rows = torch.Prepare(matrix, Measure.Cosine);
        using var others = cpu.Prepare(matrix, Measure.Cosine);
        foreach (var scan in new[] { new PairScan(rows, others), new PairScan(others, rows) })
        {
            var error = Assert.Throws<ArgumentException>(() => scan.Run([new ExtremaFold()]));
            Assert.Contains("torch, cpu", error.Message);
        }
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());
        try
        {
            var options = new ScanOptions { Checkpoint = new Checkpoint(path, TimeSpan.Zero) };
            new PairScan(rows).Run([new ExtremaFold()], options);
            Assert.Equal("torch, cpu", ScanState.ReadHeader(path).Engine);
            var error = Assert.Throws<ArgumentException>(() => new PairScan(others).Run([new ExtremaFold()], options));
            Assert.Contains("AnyOrder", error.Message);
            Assert.Contains(cpu.Arithmetic.ToString(), error.Message);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_by_name()
    {
        foreach (var name in new[] { "cpu:1", "mps" }.Concat(torch.cuda.is_available() ? [] : ["cuda", "cuda:1"]))
        {
            var error = Assert.Throws<TorchException>(() => TorchEngine.On(name));
            Assert.Equal(TorchProblem.NoDevice, error.Problem);
            Assert.Contains(name, error.Message);
        }
    }

    [Fact]
    public void What_torch_cannot_do_is_told_in_a_line()
    {
        using var engine = TorchEngine.On();
        var error = Assert.Throws<TorchException>(() => engine.Compute(() => torch.zeros(2, 3).mm(torch.zeros(2, 2))));
        Assert.Equal(TorchProblem.DeviceError, error.Problem);
        Assert.DoesNotContain("\n", error.Message);
        error = Assert.Throws<TorchException>(() => engine.Compute(() => torch.zeros(1L << 52)));
        Assert.Equal(TorchProblem.OutOfMemory, error.Problem);
    }

    [Fact]
    public void The_native_half_is_of_the_version_that_messages_name()
    {
        TorchLibrary.Load();
        Assert.StartsWith(TorchLibrary.Version, torch.__version__);
    }
}

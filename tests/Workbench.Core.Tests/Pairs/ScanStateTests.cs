using System;
using System.Collections.Generic;
using System.IO;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

public sealed class ScanStateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    [Fact]
    public void A_checkpoint_of_another_scan_is_refused_by_what_differs()
    {
        var matrix = Samples.Gaussian(200, 10, 1);
        var other = matrix.Copy();
        other[199, 9] += 1;
        using var rows = Samples.Prepare(matrix, Measure.Cosine);
        using var others = Samples.Prepare(other, Measure.Cosine);
        using var pearson = Samples.Prepare(matrix, Measure.Pearson);
        Save(rows, "bert", new ExtremaFold());

        string Refusal(PreparedRows of, string model, PairFold fold) =>
            Assert.Throws<ArgumentException>(() => Save(of, model, fold)).Message;

        Assert.Contains("weights", Refusal(others, "bert", new ExtremaFold()));
        Assert.Contains("its measure is Cosine, and this scan's Pearson", Refusal(pearson, "bert", new ExtremaFold()));
        Assert.Contains("its model is bert, and this scan's gpt2", Refusal(rows, "gpt2", new ExtremaFold()));
        Assert.Contains(
            "its folds is extrema(), and this scan's top(3)", Refusal(rows, "bert", new RankedPairsFold(End.Top, 3)));
        Assert.Contains(At("state"), Refusal(others, "bert", new ExtremaFold()));
        Save(rows, "bert", new ExtremaFold());
    }

    [Fact]
    public void A_state_is_read_into_folds_of_its_own_settings_only()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(50, 10, 1), Measure.Cosine);
        Save(rows, "bert", new HistogramFold(100));
        var error = Assert.Throws<ArgumentException>(() => ScanState.Load(At("state"), _ => [new HistogramFold(200)]));
        Assert.Contains("bins=100", error.Message);
        Assert.Contains("bins=200", error.Message);
    }

    [Fact]
    public void A_damaged_file_is_never_taken_for_a_state()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(20, 10, 1), Measure.Cosine);
        Save(rows, "bert", new ExtremaFold());
        var bytes = File.ReadAllBytes(At("state"));
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x10;
            File.WriteAllBytes(At("damaged"), damaged);
            Assert.Throws<InvalidDataException>(() => ScanState.Load(At("damaged"), _ => [new ExtremaFold()]));
        }
        foreach (var length in new[] { 0, 1, 8, 12, 40, bytes.Length - 1 })
        {
            File.WriteAllBytes(At("damaged"), bytes[..length]);
            Assert.Throws<InvalidDataException>(() => ScanState.Load(At("damaged"), _ => [new ExtremaFold()]));
        }
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(At("state"))!, "*.part"));
    }

    private void Save(PreparedRows rows, string model, PairFold fold) =>
        new PairScan(rows).Run([fold], new ScanOptions
        {
            Checkpoint = new Checkpoint(At("state"), TimeSpan.FromHours(1)),
            Provenance = new Dictionary<string, string> { ["model"] = model },
        });
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

public sealed class PairPieceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    [Fact]
    public void Pieces_that_were_saved_and_shipped_merge_to_the_bits_of_one_scan()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(400, 10, 1), Measure.Pearson);
        var scan = new PairScan(rows);
        var whole = scan.RunPiece(Samples.EveryFold(scan.Space));
        for (var piece = 0; piece < 3; piece++)
            scan.RunPiece(Samples.EveryFold(scan.Space), Options(scan, piece, 3, "bert")).Save(At($"{piece}"));
        var merged = PairPiece.Load(At("2"), Samples.EveryFold);
        merged.Merge(PairPiece.Load(At("0"), Samples.EveryFold));
        Assert.False(merged.Header.IsComplete);
        Assert.Equal([scan.Space.Piece(1, 3)], merged.Header.Missing);
        merged.Merge(PairPiece.Load(At("1"), Samples.EveryFold));
        Assert.True(merged.Header.IsComplete);
        Assert.Equal("bert", merged.Header.Provenance["model"]);
        Assert.Equal(Samples.States(whole.Folds), Samples.States(merged.Folds));
    }

    [Fact]
    public void Pieces_of_different_scans_are_refused_by_what_differs()
    {
        var matrix = Samples.Gaussian(200, 10, 1);
        var other = matrix.Copy();
        other[199, 9] += 1;
        using var rows = Samples.Prepare(matrix, Measure.Cosine);
        using var others = Samples.Prepare(other, Measure.Cosine);
        using var pearson = Samples.Prepare(matrix, Measure.Pearson);
        var scan = new PairScan(rows);

        PairPiece Piece(PairScan from, int piece, string model, params PairFold[] folds) =>
            from.RunPiece(folds, Options(from, piece, 2, model));
        string Refusal(PairPiece second) =>
            Assert.Throws<ArgumentException>(() => Piece(scan, 0, "bert", new ExtremaFold()).Merge(second)).Message;

        Assert.Contains("weights", Refusal(Piece(new PairScan(others), 1, "bert", new ExtremaFold())));
        Assert.Contains(
            "measure: Cosine here, Pearson there", Refusal(Piece(new PairScan(pearson), 1, "bert", new ExtremaFold())));
        Assert.Contains("model: bert here, gpt2 there", Refusal(Piece(scan, 1, "gpt2", new ExtremaFold())));
        Assert.Contains(
            "folds: extrema() here, top(3) there", Refusal(Piece(scan, 1, "bert", new RankedPairsFold(End.Top, 3))));
        Assert.Contains("Both pieces hold the row blocks 0..", Refusal(Piece(scan, 0, "bert", new ExtremaFold())));
    }

    [Fact]
    public void A_piece_is_read_into_folds_of_its_own_settings_only()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(50, 10, 1), Measure.Cosine);
        new PairScan(rows).RunPiece([new HistogramFold(100)]).Save(At("piece"));
        var error = Assert.Throws<ArgumentException>(() => PairPiece.Load(At("piece"), _ => [new HistogramFold(200)]));
        Assert.Contains("bins=100", error.Message);
        Assert.Contains("bins=200", error.Message);
    }

    [Fact]
    public void A_damaged_file_is_never_taken_for_a_piece()
    {
        using var rows = Samples.Prepare(Samples.Gaussian(20, 10, 1), Measure.Cosine);
        new PairScan(rows).RunPiece([new ExtremaFold()]).Save(At("piece"));
        var bytes = File.ReadAllBytes(At("piece"));
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x10;
            File.WriteAllBytes(At("damaged"), damaged);
            Assert.Throws<InvalidDataException>(() => PairPiece.Load(At("damaged"), _ => [new ExtremaFold()]));
        }
        foreach (var length in new[] { 0, 1, 8, 12, 40, bytes.Length - 1 })
        {
            File.WriteAllBytes(At("damaged"), bytes[..length]);
            Assert.Throws<InvalidDataException>(() => PairPiece.Load(At("damaged"), _ => [new ExtremaFold()]));
        }
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(At("piece"))!, "*.part"));
    }

    private static ScanOptions Options(PairScan scan, int piece, int pieces, string model) =>
        new()
        {
            RowBlocks = scan.Space.Piece(piece, pieces),
            Provenance = new Dictionary<string, string> { ["model"] = model },
        };
}

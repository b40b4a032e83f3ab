using System;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

/// <summary>All 465,780,981 pairs of a real vocabulary against the same in double precision (NumPy and
/// torch).</summary>
public sealed class MiniLmGeometryTests
{
    private const string Golden = "reference/minilm-geometry.json";

    [WeightsFact(Golden)]
    public void Every_pair_of_the_real_MiniLM_agrees_with_double_precision()
    {
        using var file = SafetensorsFile.Open(Weights.At("minilm", "model.safetensors"));
        var golden = JsonDocument.Parse(File.ReadAllText(Weights.At(Golden))).RootElement;
        using var rows = PreparedRows.Prepare(file.ReadMatrix("embeddings.word_embeddings.weight"), Measure.Cosine);
        var scan = new PairScan(rows);
        var (histogram, moments, extrema, top) = (
            new HistogramFold(), new MomentsFold(scan.Space), new ExtremaFold(), new RankedPairsFold(End.Top, 10));
        scan.Run([histogram, moments, extrema, top]);

        double Expected(string name) => golden.GetProperty(name).GetDouble();
        Assert.Equal(golden.GetProperty("pairs").GetInt64(), histogram.Count);
        Assert.Equal(0, histogram.Clamped);
        Assert.Equal(Expected("mean"), moments.Mean, 1e-8);
        Assert.Equal(Expected("sd"), moments.StandardDeviation, 1e-8);
        Assert.Equal(Expected("mean_absolute"), moments.MeanAbsolute, 1e-8);
        Assert.Equal(Expected("min"), extrema.Minimum.Score, 1e-6);
        Assert.Equal(Expected("max"), extrema.Maximum.Score, 1e-6);
        var closest = golden
            .GetProperty("closest")
            .EnumerateArray()
            .Select(pair => (pair[1].GetInt32(), pair[2].GetInt32()))
            .ToArray();
        Assert.Equal(closest, top.Pairs.Take(closest.Length).Select(pair => (pair.Row, pair.Column)));
        var expected = golden
            .GetProperty("histogram_100_bins_minus1_to_1")
            .EnumerateArray()
            .Select(count => count.GetInt64());
        var moved = histogram.Rebin(100).Zip(expected, (mine, theirs) => Math.Abs(mine - theirs)).Sum();
        Assert.True(
            moved <= 2 * histogram.Count / 1_000_000, $"{moved / 2} pairs in another bin than in double precision");
    }

    [WeightsFact("minilm/model.safetensors")]
    public void At_most_a_pair_in_a_million_falls_into_another_of_a_hundred_bins_than_in_double_precision()
    {
        using var file = SafetensorsFile.Open(Weights.At("minilm", "model.safetensors"));
        var table = file.ReadMatrix("embeddings.word_embeddings.weight");
        var some = table.SelectRows([.. Enumerable.Range(0, 3000).Select(i => i * 10)]);
        using var rows = PreparedRows.Prepare(some, Measure.Cosine);
        var scan = new PairScan(rows);
        var scores = new float[scan.Space.Pairs];
        scan.Run([new Listing(scan.Space, scores)]);
        var vectors = Enumerable
            .Range(0, some.Rows)
            .Select(i =>
            {
                var vector = Array.ConvertAll(some.Row(i).ToArray(), x => (double)x);
                TensorPrimitives.Divide(vector, TensorPrimitives.Norm<double>(vector), vector);
                return vector;
            })
            .ToArray();
        var moved = ParallelEnumerable
            .Range(0, some.Rows)
            .Sum(i =>
            {
                var count = 0L;
                for (var j = i + 1; j < some.Rows; j++)
                    if (
                        Math.Floor(50 * TensorPrimitives.Dot<double>(vectors[i], vectors[j]))
                        != Math.Floor(50 * (double)scores[scan.Space.IndexOf(i, j)])
                    )
                        count++;
                return count;
            });
        Assert.True(moved <= scan.Space.Pairs / 1_000_000, $"{moved} of {scan.Space.Pairs} pairs");
    }

    private sealed class Listing(PairSpace space, float[] scores) : PairwiseFold
    {
        public override string Settings => "listing";

        public override PairFold Fork() => new Listing(space, scores);

        public override void Add(int row, int column, float score) => scores[space.IndexOf(row, column)] = score;

        public override void Merge(PairFold other) { }

        public override void Write(BinaryWriter writer) { }

        public override void Read(BinaryReader reader) { }
    }
}

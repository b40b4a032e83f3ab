using System;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>A text that is continued piece by piece has the bits that it has at once.</summary>
public sealed class KeyValueCacheTests
{
    private const string Folder = "reference/families";

    private static readonly TransformerConfig Config =
        Gpt2.Config(vocabulary: 30, positions: 12, width: 16, heads: 2, blocks: 2);

    private static readonly IEngine[] Engines = [new CpuEngine(), new ReferenceEngine()];

    [Fact]
    public void Continuing_a_text_is_running_the_whole()
    {
        var weights = new TransformerWeights(RandomModels.Gpt2(Config, 71), Config);
        foreach (var engine in Engines) Continue(engine.Load(weights), [4, 9, 1, 1, 20, 7, 13], 3, 1, 1, 2);
    }

    [Fact]
    public void So_it_is_where_many_tokens_are_packed()
    {
        var config = Gpt2.Config(vocabulary: 30, positions: 160, width: 48, heads: 2, blocks: 2);
        var weights = new TransformerWeights(RandomModels.Gpt2(config, 74), config);
        int[] ids = [.. Enumerable.Range(0, 150).Select(i => i * i % 30)];
        Continue(Engines[0].Load(weights), ids, 1, 70, 5, 23, 1, 50);
    }

    [WeightsTheory(Folder), MemberData(nameof(FamilyTests.Names), MemberType = typeof(FamilyTests))]
    public void So_it_is_in_every_decoder(string name)
    {
        using var file = Checkpoint.Open(Weights.At(Folder, name));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        if (!weights.Config.IsCausal)
        {
            Assert.Throws<ArgumentException>(() => new KeyValueCache(Engines[0].Load(weights)));
            return;
        }
        using var expected = SafetensorsFile.Open(Weights.At(Folder, $"{name}.expected.safetensors"));
        var ids = expected.ReadIntegers("ids").Select(id => (int)id).ToArray();
        foreach (var engine in Engines) Continue(engine.Load(weights), ids, 7, 1, 1, 12, 1, 18);
    }

    [Fact]
    public void What_a_cache_cannot_take_is_refused()
    {
        var weights = new TransformerWeights(RandomModels.Gpt2(Config, 72), Config);
        var other = new TransformerWeights(RandomModels.Gpt2(Config, 73), Config);
        var model = Engines[0].Load(weights);
        var cache = new KeyValueCache(model);
        model.Run([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], cache: cache);
        Assert.Equal(10, cache.Length);
        Assert.Throws<ArgumentException>(() => Engines[0].Load(other).Run([1], cache: cache));
        Assert.Throws<ArgumentException>(() => Engines[1].Load(weights).Run([1], cache: cache));
        Assert.Throws<ArgumentException>(() => model.Run([1, 2, 3], cache: cache)); // twelve positions
        Assert.Equal(10, cache.Length);
        cache.Clear();
        Assert.Equal(0, cache.Length);
        Assert.Equal(
            model.Run([3, 4]).Output.ToArray(), model.Run([3, 4], cache: cache).Output.ToArray());
    }

    private static void Continue(ITransformer model, int[] ids, params int[] lengths)
    {
        var cache = new KeyValueCache(model);
        foreach (var length in lengths)
        {
            var start = cache.Length;
            // Where other angles begin, the text has to be run from the start.
            if (!cache.CanTake(length))
            {
                Assert.Throws<ArgumentException>(() => model.Run(ids.AsSpan(start, length), cache: cache));
                cache.Clear();
            }
            var piece = model.Run(ids.AsSpan(0, start + length)[cache.Length..], Keep.Nothing, cache: cache).Output;
            var atOnce = model.Run(ids.AsSpan(0, start + length), Keep.Nothing).Output;
            Assert.Equal(
                atOnce.RowRange(start, length).ToArray(), piece.RowRange(piece.Rows - length, length).ToArray());
        }
        Assert.Equal(ids.Length, cache.Length);
    }
}

using System;
using System.IO;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>A text that is continued token by token gives what the whole text gives.</summary>
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
        foreach (var engine in Engines) Continue(engine.Load(weights), [4, 9, 1, 1, 20, 7, 13], "gpt2");
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
        foreach (var engine in Engines) Continue(engine.Load(weights), ids, name);
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

    // Three tokens, then one at a time, then the rest together.
    private static void Continue(ITransformer model, int[] ids, string name)
    {
        var whole = model.Run(ids, Keep.Everything);
        var cache = new KeyValueCache(model);
        var done = 0;
        foreach (var count in new[] { 3, 1, 1, ids.Length - 5 })
        {
            if (!cache.CanTake(count)) // angles that depend on the length
            {
                Assert.Throws<ArgumentException>(() => model.Run(ids.AsSpan(done, count), cache: cache));
                return;
            }
            var part = model.Run(ids.AsSpan(done, count), Keep.Everything, cache: cache);
            // The whole may be turned by other angles than its beginning, in models whose angles depend on the length.
            if (cache.CanTake(ids.Length - done - count))
                for (var row = 0; row < count; row++)
                {
                    var (want, got) = (whole.Output.Row(done + row).ToArray(), part.Output.Row(row).ToArray());
                    var largest = want.Max(Math.Abs);
                    Assert.True(
                        want.Zip(got, (a, b) => Math.Abs(a - b)).Max() <= 1e-5 * largest,
                        $"{name}, token {done + row} of {ids.Length}");
                }
            done += count;
        }
        Assert.Equal(ids.Length, cache.Length);
    }
}

using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Models whose files and settings do not say the same.</summary>
public sealed class DoubtfulModelTests
{
    [Theory]
    [InlineData(1, "1 blocks"), InlineData(2, "2 blocks"), InlineData(3, null), InlineData(4, null)]
    public void A_file_with_more_blocks_than_its_settings_is_not_run(int blocks, string? says)
    {
        var file = new MemoryTensors("memory");
        for (var block = 0; block < 3; block++)
            file.Add($"transformer.h.{block}.attn.c_attn.weight", new Matrix(4, 12));
        var weights = new TransformerWeights(file, Gpt2.Config(vocabulary: 5, width: 4, blocks: blocks, heads: 2));
        if (says is null) Assert.Empty(weights.Config.Refusals);
        else
        {
            Assert.Contains(says, Assert.Single(weights.Config.Refusals));
            Assert.Contains(says, Assert.Throws<NotSupportedException>(() => new Transformer(weights)).Message);
        }
    }

    [Theory]
    [InlineData(null, true, true), InlineData(null, false, false), InlineData(false, true, false)]
    public void A_head_of_the_same_numbers_is_the_token_embeddings(bool? said, bool isSame, bool isTied)
    {
        float[] values = [1, 2, 3, 4, 5, 6], others = [1, 2, 3, 4, 5, 7];
        var file = new MemoryTensors("memory")
            .Add("wte.weight", Matrix.FromArray(3, 2, values))
            .Add("lm_head.weight", Matrix.FromArray(3, 2, isSame ? values : others));
        var config = Gpt2.Config(vocabulary: 3, width: 2, blocks: 1, heads: 1) with { TiedHead = said };
        Assert.Equal(isTied, new TransformerWeights(file, config).Stored.TiedHead);
    }

    [WeightsFact("reference/models/gpt2-tiny-nanogpt")]
    public void A_checkpoint_of_nanoGPT_has_one_table_for_both()
    {
        using var file = Checkpoint.Open(Weights.At("reference", "models", "gpt2-tiny-nanogpt"));
        Assert.Equal(2, file.Tensors.Count(tensor => tensor.Name.EndsWith("wte.weight", StringComparison.Ordinal)
            || tensor.Name.EndsWith("lm_head.weight", StringComparison.Ordinal)));
        Assert.True(new TransformerWeights(file, Family.ConfigOf(file)).Stored.TiedHead);
    }
}

using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Names under which training tools and libraries store a model's tensors.</summary>
public sealed class TensorNamesTests : IDisposable
{
    private static readonly TransformerConfig Config = Gpt2.Config(
        vocabulary: 30, positions: 10, width: 16, heads: 2, blocks: 2);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("wte.weight", "wte.weight")]
    [InlineData("transformer.h.0._orig_mod.attn.c_attn.bias", "transformer.h.0.attn.c_attn.bias")]
    [InlineData("_orig_mod._orig_mod.h.0._orig_mod._orig_mod.ln_1.bias", "h.0.ln_1.bias")]
    [InlineData("_fsdp_wrapped_module.transformer.wte.weight", "transformer.wte.weight")]
    [InlineData("module._fsdp_wrapped_module.h.1._checkpoint_wrapped_module.ln_2.bias", "h.1.ln_2.bias")]
    [InlineData("base_model.model.transformer.h.0.attn.c_attn.base_layer.weight", "transformer.h.0.attn.c_attn.weight")]
    [InlineData("b.module.c", "b.module.c")] // only at the start: a model may have a part of that name
    [InlineData("my_orig_mod.weight", "my_orig_mod.weight")]
    public void Wrappers_are_left_away_and_nothing_else(string stored, string plain) =>
        Assert.Equal(plain, TensorNames.Plain(stored));

    [Fact]
    public void Names_of_megabytes_take_no_longer_than_their_length()
    {
        foreach (var part in new[] { "module.", "transformer.", "_orig_mod.", "base_model.model." })
        {
            var name = string.Concat(Enumerable.Repeat(part, 200_000));
            var file = new MemoryTensors("long").Add(name + "wte.weight", [1f]);
            // Plain for each lookup, and for the model's own names; a copy for each part would take minutes.
            Cost.RequireProportional(name.Length, () => Assert.Single(TensorNames.Find(file, "wte.weight")));
            Cost.RequireProportional(name.Length, () => Assert.NotNull(new TransformerWeights(file, Config)));
        }
    }

    private static string[] Find(string name, params string[] stored)
    {
        var file = new MemoryTensors("names");
        foreach (var one in stored) file.Add(one, [1f]);
        return [.. TensorNames.Find(file, name)];
    }

    [Fact]
    public void The_models_own_table_comes_before_an_average_kept_beside_it()
    {
        Assert.Equal(
            ["transformer.wte.weight"], Find("wte.weight", "ema.transformer.wte.weight", "transformer.wte.weight"));
        Assert.Equal(["wte.weight"], Find("wte.weight", "ema.wte.weight", "wte.weight"));
        Assert.Equal(["ema.wte.weight"], Find("wte.weight", "ema.wte.weight", "awte.weight"));
        Assert.Equal(["h.1._orig_mod.ln_1.bias"], Find("h.1.ln_1.bias", "h.1._orig_mod.ln_1.bias", "h.2.ln_1.bias"));
    }

    [Fact]
    public void Two_tables_as_plausible_are_both_named()
    {
        Assert.Equal(
            ["encoder.wte.weight", "decoder.wte.weight"],
            Find("wte.weight", "encoder.wte.weight", "decoder.wte.weight"));
        Assert.Equal(
            ["wte.weight", "transformer.wte.weight"], Find("wte.weight", "wte.weight", "transformer.wte.weight"));
        Assert.Empty(Find("wte.weight", "wpe.weight"));
    }

    /// <summary>What safetensors' save_model writes of tensors that share their values: one, and a note.</summary>
    private string Tied(string name = "model.safetensors") =>
        folder.Put(
            name,
            Samples.Safetensors(
                """{"__metadata__":{"transformer.wte.weight":"lm_head.weight","format":"pt"},"lm_head.weight":"""
                    + """{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}} """,
                Samples.Floats(1, 2, 3, 4)));

    [Fact]
    public void A_table_that_is_stored_as_the_head_is_found_by_the_files_note()
    {
        using var file = SafetensorsFile.Open(Tied());
        Assert.Equal(["lm_head.weight"], TensorNames.Find(file, "wte.weight"));
        Assert.Equal([1f, 2f, 3f, 4f], file.ReadVector("transformer.wte.weight"));
        Assert.Equal([1.0, 2, 3, 4], file.ReadDoubles("transformer.wte.weight"));
        Assert.Equal("lm_head.weight", file.Find("transformer.wte.weight").Name);
        Assert.True(file.Contains("transformer.wte.weight"));
        Assert.False(file.Contains("format"));
        Assert.Equal("lm_head.weight", Assert.Single(file.Tensors).Name);
        var small = Gpt2.Config(vocabulary: 2, positions: 10, width: 2, heads: 1, blocks: 2);
        Assert.Equal([1f, 2f, 3f, 4f], new TransformerWeights(file, small).TokenEmbeddings.ToArray());
        var tied = new TransformerWeights(file, small with { TiedHead = true });
        Assert.Equal([1f, 2f, 3f, 4f], tied.Unembedding.ToMatrix().Transpose().ToArray());
    }

    [Fact]
    public void An_index_may_use_either_name_of_a_shared_tensor()
    {
        Tied("s.safetensors");
        using (
            var file = ShardedCheckpoint.Open(
                folder.Put("a.index.json", """{"weight_map":{"lm_head.weight":"s.safetensors"}}"""u8)))
        {
            Assert.True(file.Contains("transformer.wte.weight"));
            Assert.Equal([1f, 2f, 3f, 4f], file.ReadVector("transformer.wte.weight"));
        }
        using (
            var file = ShardedCheckpoint.Open(
                folder.Put(
                    "b.index.json",
                    """{"weight_map":"""u8
                        + """{"transformer.wte.weight":"s.safetensors","lm_head.weight":"s.safetensors"}}"""u8)))
        {
            Assert.Equal(["transformer.wte.weight", "lm_head.weight"], file.Tensors.Select(tensor => tensor.Name));
            Assert.Equal([1f, 2f, 3f, 4f], file.ReadVector("transformer.wte.weight"));
        }
    }

    private static MemoryTensors Renamed(Func<string, string> rename)
    {
        var (plain, renamed) = (RandomModels.Gpt2(Config, 31, "transformer."), new MemoryTensors("renamed"));
        foreach (var info in plain.Tensors)
            if (info.Shape.Rank == 1) renamed.Add(rename(info.Name), plain.ReadVector(info.Name));
            else renamed.Add(rename(info.Name), plain.ReadMatrix(info.Name));
        return renamed;
    }

    private static float[] Run(TensorFile file) => new Transformer(new(file, Config)).Run([1, 2, 3]).Output.ToArray();

    [Fact]
    public void Blocks_compiled_or_wrapped_one_by_one_run_as_the_model_that_they_are()
    {
        var expected = Run(RandomModels.Gpt2(Config, 31));
        Assert.Equal(expected, Run(Renamed(name => name.Replace(".ln_1.", "._orig_mod.ln_1."))));
        Assert.Equal(expected, Run(Renamed(name => name.Replace("h.1.", "h.1._orig_mod."))));
        Assert.Equal(expected, Run(Renamed(name => "_fsdp_wrapped_module." + name)));
        Assert.Equal(
            expected, Run(Renamed(name => "module." + name.Replace("h.1.", "h.1._checkpoint_wrapped_module."))));
        Assert.Equal(expected, Run(Renamed(name => "base_model.model." + name)));
        Assert.Equal(expected, Run(Renamed(name => name.Replace("c_attn.", "c_attn.base_layer."))));
    }

    [Fact]
    public void A_layer_inside_an_adapter_is_refused_by_name_and_the_rest_is_read()
    {
        var file = Renamed(name =>
            "base_model.model." + name.Replace("h.1.attn.c_attn.", "h.1.attn.c_attn.base_layer."));
        file.Add("base_model.model.transformer.h.1.attn.c_attn.lora_A.default.weight", new Matrix(2, 16));
        var weights = new TransformerWeights(file, Config);
        Assert.Equal(30, weights.TokenEmbeddings.Rows);
        Assert.Equal(16, weights.Attention(0).Head(0).Query.Rows);
        Samples.Refused(
            FileProblem.UnsupportedObject, () => weights.Attention(1), "base_layer", "lora_A", "merge_and_unload");
        Samples.Refused(FileProblem.UnsupportedObject, () => Run(file), "lora_A");
    }
}

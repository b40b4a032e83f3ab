using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Low-rank adapters as PEFT saves them, on models in memory: merged by plain loops in double, run, and every
/// setting that is not obeyed.</summary>
public sealed class AdapterTests : IDisposable
{
    private const int Width = 12, Rank = 2;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static TransformerConfig Config(WeightLayout layout = WeightLayout.InputMajor) =>
        Gpt2.Config(vocabulary: 20, positions: 8, width: Width, blocks: 2, heads: 3) with { Layout = layout };

    public static TheoryData<WeightLayout, string, double> Cases => new()
    {
        { WeightLayout.InputMajor, "\"fan_in_fan_out\": true", 3 / 2.0 },
        { WeightLayout.InputMajor, "\"use_rslora\": true", 3 / 1.4142135623730951 },
        { WeightLayout.OutputMajor, "\"fan_in_fan_out\": false, \"use_rslora\": false", 3 / 2.0 },
        { WeightLayout.OutputMajor, "\"alpha_pattern\": { \"h.1.mlp.c_fc\": 3, \"c_attn|c_proj|c_fc\": 8 }", 4 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Merged_weights_are_a_plain_loops_and_a_pass_is_one_over_weights_merged_beforehand(
        WeightLayout layout, string settings, double scale)
    {
        var (config, random) = (Config(layout), new Philox(7));
        var plain = RandomModels.Gpt2(config, 3, prefix: "transformer.");
        var merged = RandomModels.Gpt2(config, 3, prefix: "transformer.");
        var writer = new SafetensorsWriter();
        var changed = new List<string>();
        foreach (var (layer, inputs, outputs) in new[]
        {
            ("transformer.h.0.attn.c_attn", Width, 3 * Width), ("transformer.h.0.attn.c_proj", Width, Width),
            ("transformer.h.1.mlp.c_fc", Width, 4 * Width), ("transformer.h.1.mlp.c_proj", 4 * Width, Width),
        })
        {
            var a = RandomModels.Normal(Rank, inputs, random, 0.3);
            var b = RandomModels.Normal(outputs, Rank, random, 0.3);
            writer.Add($"base_model.model.{layer}.lora_A.weight", a);
            writer.Add($"base_model.model.{layer}.lora_B.weight", b);
            var weight = merged.ReadMatrix($"{layer}.weight");
            // Of two patterns the first that fits counts.
            var own = scale == 4 && layer.EndsWith("h.1.mlp.c_fc") ? 1.5 : scale;
            for (var i = 0; i < inputs; i++)
                for (var o = 0; o < outputs; o++)
                {
                    var change = 0.0;
                    for (var k = 0; k < Rank; k++) change += (double)b[o, k] * a[k, i];
                    if (layout == WeightLayout.InputMajor) weight[i, o] = (float)(weight[i, o] + own * change);
                    else weight[o, i] = (float)(weight[o, i] + own * change);
                }
            changed.Add($"{layer}.weight");
        }
        using var adapter = Open(settings, writer);
        Assert.Equal("gpt2", adapter.BaseModel);
        Assert.Equal(changed, adapter.Layers.Select(layer => $"{layer}.weight"));
        var weights = new TransformerWeights(plain, config);
        var adapted = new AdaptedTensors(plain, adapter, weights);
        foreach (var tensor in plain.Tensors)
        {
            var (expected, found) = (merged.ReadMatrix(tensor.Name), adapted.ReadMatrix(tensor.Name));
            Assert.Equal(changed.Contains(tensor.Name), !expected.ToArray().SequenceEqual(
                plain.ReadMatrix(tensor.Name).ToArray()));
            Close.Within(tensor.Name, expected.ToArray().Select(value => (double)value), found, 1e-6);
        }
        var tokens = RandomModels.Tokens(7, 20, 4);
        var logits = Logits(new TransformerWeights(adapted, config), tokens);
        var wanted = Logits(new TransformerWeights(merged, config), tokens);
        Close.Within("logits", wanted.ToArray().Select(value => (double)value), logits, 1e-5);
        var before = Logits(weights, tokens).ToArray();
        var moved = before.Zip(wanted.ToArray(), (one, other) => Math.Abs(one - other)).Max();
        Assert.True(moved > 0.1, $"the adapter moves a logit by {moved}");
    }

    [Fact]
    public void Factors_are_those_of_the_file_and_the_base_stays_as_it_was()
    {
        var (a, b) = Random(Width);
        using var adapter = Open("", Half("h.0.attn.c_proj", a, b));
        var (left, right, scale) = adapter.Factors("h.0.attn.c_proj");
        Assert.Equal((1.5, Width, Rank), (scale, left.Rows, left.Columns));
        Assert.Equal(a.Transpose().ToArray(), left.ToArray());
        Assert.Equal(b.Transpose().ToArray(), right.ToArray());
        Assert.Contains(
            "h.0.attn.c_proj", Assert.Throws<ArgumentException>(() => adapter.Factors("h.0.mlp.c_fc")).Message);
        var plain = RandomModels.Gpt2(Config(), 3);
        var before = plain.ReadMatrix("h.0.attn.c_proj.weight").ToArray();
        Assert.NotEqual(before, new AdaptedTensors(plain, adapter).ReadMatrix("h.0.attn.c_proj.weight").ToArray());
        Assert.Equal(before, plain.ReadMatrix("h.0.attn.c_proj.weight").ToArray());
    }

    [Fact]
    public void A_square_layer_is_taken_the_way_round_that_the_model_stores_its_others()
    {
        var (a, b) = Random(Width);
        using var adapter = Open("\"fan_in_fan_out\": false", Half("h.0.attn.c_proj", a, b));
        foreach (var layout in Enum.GetValues<WeightLayout>())
        {
            var plain = RandomModels.Gpt2(Config(layout), 3);
            var weights = new TransformerWeights(plain, Config(layout));
            var change = Difference(
                new AdaptedTensors(plain, adapter, weights), plain, "h.0.attn.c_proj.weight",
                layout == WeightLayout.InputMajor ? (1, 5) : (5, 1));
            Assert.Equal(1.5 * (b[5, 0] * a[0, 1] + b[5, 1] * a[1, 1]), change, 1e-5);
        }
    }

    [Fact]
    public void Whole_tensors_and_biases_replace_the_bases_and_a_new_head_is_added()
    {
        var head = RandomModels.Normal(20, Width, new Philox(1), 1);
        var writer = new SafetensorsWriter()
            .Add("base_model.model.lm_head.modules_to_save.weight", head)
            .Add("base_model.model.transformer.h.0.attn.c_attn.base_layer.bias", new float[3 * Width]);
        using var adapter = Open("\"bias\": \"all\", \"modules_to_save\": [\"lm_head\"]", writer);
        var plain = RandomModels.Gpt2(Config(), 3);
        var weights = new TransformerWeights(plain, Config());
        var adapted = new AdaptedTensors(plain, adapter, weights);
        Assert.All(adapted.ReadVector("h.0.attn.c_attn.bias"), value => Assert.Equal(0, value));
        Assert.Equal(head.ToArray(), adapted.ReadMatrix("lm_head.weight").ToArray());
        var tokens = RandomModels.Tokens(5, 20, 4);
        var own = new TransformerWeights(adapted, Config());
        Assert.Equal(head.ToArray(), own.Unembedding.ToMatrix().Transpose().ToArray());
        Assert.NotEqual(Logits(weights, tokens).ToArray(), Logits(own, tokens).ToArray());
    }

    [Fact]
    public void Embeddings_are_changed_where_the_head_is_its_own_and_refused_where_it_is_theirs()
    {
        var (a, b) = Random(20);
        SafetensorsWriter Writer() => new SafetensorsWriter()
            .Add("base_model.model.transformer.wte.lora_embedding_A", a)
            .Add("base_model.model.transformer.wte.lora_embedding_B", b);
        using var adapter = Open("", Writer());
        var (tied, untied) = (Config(), Config() with { TiedHead = false });
        var plain = RandomModels.Gpt2(untied, 3);
        var change = Difference(
            new AdaptedTensors(plain, adapter, new TransformerWeights(plain, untied)), plain, "wte.weight", (17, 4));
        Assert.Equal(1.5 * (a[0, 17] * b[4, 0] + a[1, 17] * b[4, 1]), change, 1e-5);
        plain = RandomModels.Gpt2(tied, 3);
        Samples.Refused(
            FileProblem.UnsupportedObject,
            () => new AdaptedTensors(plain, adapter, new TransformerWeights(plain, tied)), "token embeddings", "head");
    }

    [Theory]
    [InlineData("\"use_dora\": true", "use_dora true")]
    [InlineData("\"peft_type\": \"IA3\"", "of the kind IA3")]
    [InlineData("\"peft_type\": \"ADALORA\"", "of the kind ADALORA")]
    [InlineData("\"init_lora_weights\": \"pissa\"", "init_lora_weights \"pissa\"")]
    [InlineData("\"init_lora_weights\": \"olora\"", "init_lora_weights \"olora\"")]
    [InlineData("\"loftq_config\": {\"loftq_bits\": 4}", "loftq_config")]
    [InlineData("\"layer_replication\": [[0, 4], [2, 5]]", "layer_replication")]
    [InlineData("\"lora_bias\": true", "lora_bias true")]
    [InlineData("\"use_qalora\": true", "use_qalora true")]
    [InlineData("\"trainable_token_indices\": [1, 2]", "trainable_token_indices")]
    [InlineData("\"target_parameters\": [\"mlp.experts.gate_up_proj\"]", "target_parameters")]
    [InlineData("\"alora_invocation_tokens\": [5]", "alora_invocation_tokens")]
    [InlineData("\"megatron_config\": {\"a\": 1}", "megatron_config")]
    [InlineData("\"something_new\": 3", "something_new 3")]
    [InlineData("\"rank_pattern\": {\"(?<=h)x\": 3}", "rank_pattern")]
    [InlineData("\"r\": 0", "r 0")]
    public void A_setting_that_changes_the_result_and_is_not_obeyed_is_refused_by_name(string setting, string says) =>
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Open(setting, Half("h.0.attn.c_proj")), says);

    [Fact]
    public void Settings_without_effect_and_those_that_are_null_or_empty_are_passed_over()
    {
        using var adapter = Open(
            "\"lora_dropout\": 0.05, \"task_type\": \"CAUSAL_LM\", \"loftq_config\": {}, \"use_dora\": false, "
                + "\"layer_replication\": null, \"init_lora_weights\": \"gaussian\", \"target_modules\": [\"c_proj\"], "
                + "\"rank_pattern\": {}, \"inference_mode\": true, \"something_new\": null, \"corda_config\": null",
            Half("h.0.attn.c_proj"));
        Assert.Single(adapter.Layers);
    }

    [Fact]
    public void Ranks_by_pattern_count_for_the_scale_and_must_be_the_files()
    {
        using (var adapter = Open(
            "\"r\": 8, \"rank_pattern\": { \"attn.c_proj\": 2 }", Half("h.0.attn.c_proj")))
            Assert.Equal(1.5, adapter.Factors("h.0.attn.c_proj").Scale);
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Open("\"r\": 8", Half("h.0.attn.c_proj")), "of rank 2", "says 8");
    }

    [Fact]
    public void What_does_not_fit_together_is_refused_by_its_name()
    {
        var plain = RandomModels.Gpt2(Config(), 3);
        using (var adapter = Open("", Half("h.9.attn.c_proj")))
            Samples.Refused(
                FileProblem.MissingTensor, () => new AdaptedTensors(plain, adapter), "h.9.attn.c_proj.weight",
                "made for \"gpt2\"");
        using (var adapter = Open(
            "", Half("h.0.mlp.c_fc", new Matrix(Rank, Width), new Matrix(5, Rank))))
            Samples.Refused(
                FileProblem.OutOfBounds, () => new AdaptedTensors(plain, adapter), "another shape", "[5, 12]");
        var lonely = new SafetensorsWriter().Add("base_model.model.x.lora_A.weight", new Matrix(2, 3));
        Samples.Refused(FileProblem.UnsupportedObject, () => Open("", lonely), "no other half");
        var foreign = new SafetensorsWriter().Add("base_model.model.x.lora_magnitude_vector", new Matrix(2, 3));
        Samples.Refused(FileProblem.UnsupportedObject, () => Open("", foreign), "lora_magnitude_vector", "obeys");
        var unnamed = new SafetensorsWriter().Add("x.lora_A.weight", new Matrix(2, 3));
        Samples.Refused(FileProblem.UnsupportedObject, () => Open("", unnamed), "base_model.model.");
        Samples.Refused(FileProblem.Malformed, () => Open("", new SafetensorsWriter()), "changes nothing");
        Samples.Refused(
            FileProblem.MissingFile, () => LowRankAdapter.Open(folder.At("nowhere")), "adapter_config.json");
        File.Delete(folder.At("adapter_model.safetensors"));
        Samples.Refused(FileProblem.MissingFile, () => LowRankAdapter.Open(folder.Path), "weights are missing");
    }

    [Fact]
    public void An_adapter_of_torch_save_is_read()
    {
        folder.Put("adapter_config.json", "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 4}"u8);
        folder.Put(
            "adapter_model.bin",
            Samples.Torch(
                new Pickle().Dictionary().Raw("(")
                    .Text("base_model.model.h.0.x.lora_A.weight").Tensor(4, 1, [1, 3], [3, 1])
                    .Text("base_model.model.h.0.x.lora_B.weight").Tensor(4, 0, [2, 1], [1, 1]).Raw("u").Stop()));
        using var adapter = LowRankAdapter.Open(folder.Path);
        var plain = new MemoryTensors("x").Add("h.0.x.weight", new Matrix(2, 3));
        Assert.Equal([0, 0, 0, 4, 8, 12], new AdaptedTensors(plain, adapter).ReadMatrix("h.0.x.weight").ToArray());
    }

    private LowRankAdapter Open(string settings, SafetensorsWriter writer)
    {
        // Of a setting that stands there twice, the last is meant here: the defaults come first.
        var own = settings.Length == 0 ? "" : settings.Split("\": ")[0].TrimStart('"');
        string[] defaults =
        [
            "\"peft_type\": \"LORA\"", "\"r\": 2", "\"lora_alpha\": 3", "\"base_model_name_or_path\": \"gpt2\"",
        ];
        var all = defaults.Where(one => settings.Length == 0 || !one.StartsWith($"\"{own}\"")).ToList();
        if (settings.Length > 0) all.Add(settings);
        folder.Put("adapter_config.json", System.Text.Encoding.UTF8.GetBytes($"{{{string.Join(", ", all)}}}"));
        writer.Write(folder.At("adapter_model.safetensors"));
        return LowRankAdapter.Open(folder.Path);
    }

    private static (Matrix A, Matrix B) Random(int inputs) =>
        (RandomModels.Normal(Rank, inputs, new Philox(1), 1), RandomModels.Normal(Width, Rank, new Philox(2), 1));

    private static SafetensorsWriter Half(string layer, Matrix? a = null, Matrix? b = null) =>
        new SafetensorsWriter()
            .Add($"base_model.model.{layer}.lora_A.weight", a ?? new Matrix(Rank, Width))
            .Add($"base_model.model.{layer}.lora_B.weight", b ?? new Matrix(Width, Rank));

    private static double Difference(TensorFile adapted, TensorFile plain, string name, (int Row, int Column) at) =>
        (double)adapted.ReadMatrix(name)[at.Row, at.Column] - plain.ReadMatrix(name)[at.Row, at.Column];

    private static Matrix Logits(TransformerWeights weights, int[] tokens)
    {
        var model = new Transformer(weights, 2);
        return model.Logits(model.Run(tokens).Output);
    }
}

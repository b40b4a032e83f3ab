using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Tasks;
using Xunit;

namespace Workbench.Core.Tests.Models;

public sealed class WeightsOfModelsTests
{
    private static readonly TransformerConfig Config = Gpt2.Config(
        vocabulary: 30, positions: 10, width: 16, heads: 2, blocks: 2);

    [Theory]
    [
        InlineData(""),
        InlineData("transformer."),
        InlineData("_orig_mod.transformer."),
        InlineData("module.transformer."),
        InlineData("module._orig_mod.transformer.")
    ]
    public void Prefixes_of_wrappers_make_no_difference(string prefix)
    {
        var (plain, wrapped) = (RandomModels.Gpt2(Config, 31), RandomModels.Gpt2(Config, 31, prefix));
        int[] tokens = [1, 2, 3];
        Assert.Equal(
            new Transformer(new(plain, Config)).Run(tokens).Output.ToArray(),
            new Transformer(new(wrapped, Config)).Run(tokens).Output.ToArray());
    }

    [Fact]
    public void Two_tensors_for_one_part_are_refused_with_both_names()
    {
        var file = new MemoryTensors("twice")
            .Add("wpe.weight", new Matrix(10, 16))
            .Add("transformer.wpe.weight", new Matrix(10, 16));
        var error = Assert.Throws<WeightFileException>(() => new TransformerWeights(file, Config));
        Assert.Equal(FileProblem.DuplicateName, error.Problem);
        Assert.Contains("transformer.wpe.weight", error.Message);
    }

    [Fact]
    public void A_shape_that_contradicts_the_configuration_is_reported_with_both()
    {
        var weights = new TransformerWeights(new MemoryTensors("shape").Add("wpe.weight", new Matrix(12, 16)), Config);
        var error = Assert.Throws<WeightFileException>(() => weights.PositionEmbeddings);
        Assert.Contains("[12, 16]", error.Message);
        Assert.Contains("[10, 16]", error.Message);
    }

    [Fact]
    public void Heads_are_the_columns_of_the_fused_layer_whichever_way_it_is_stored()
    {
        var file = RandomModels.Gpt2(Config, 32);
        var turned = RandomModels.Gpt2(Config with { Layout = WeightLayout.OutputMajor }, 32);
        for (var head = 0; head < 2; head++)
        {
            var (a, b) = (
                new TransformerWeights(file, Config).Attention(1).Head(head),
                new TransformerWeights(turned, Config).Attention(1).Head(head));
            Assert.Equal(a.Query.ToArray(), b.Query.ToArray());
            Assert.Equal(a.Output.ToArray(), b.Output.ToArray());
            Assert.Equal(a.KeyBias, b.KeyBias);
            var fused = file.ReadMatrix("h.1.attn.c_attn.weight");
            Assert.Equal(fused[3, 16 + head * 8 + 5], a.Key[3, 5]);
            Assert.Equal(fused[3, 32 + head * 8 + 5], a.Value[3, 5]);
            Assert.Equal(file.ReadMatrix("h.1.attn.c_proj.weight")[head * 8 + 5, 3], a.Output[5, 3]);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransformerWeights(file, Config).Attention(1).Head(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransformerWeights(file, Config).Attention(2));
    }

    [Fact]
    public void A_square_layer_follows_the_rest_of_the_file()
    {
        var (inputMajor, outputMajor) = (
            RandomModels.Gpt2(Config, 33), RandomModels.Gpt2(Config with { Layout = WeightLayout.OutputMajor }, 33));
        Assert.Equal(
            WeightLayout.InputMajor,
            new TransformerWeights(inputMajor, Config with { Layout = WeightLayout.OutputMajor })
                .Attention(0).Output.Layout);
        Assert.Equal(WeightLayout.OutputMajor, new TransformerWeights(outputMajor, Config).Attention(0).Output.Layout);
    }

    [Fact]
    public void A_model_without_biases_has_zero_biases_in_its_heads()
    {
        var weights = new TransformerWeights(RandomModels.Gpt2(Config with { Biases = false }, 34), Config);
        Assert.Equal(new float[8], weights.Attention(0).Head(1).QueryBias);
        Assert.True(weights.FinalNorm.Bias.IsEmpty);
        Assert.Empty(weights.Missing);
    }

    [Fact]
    public void A_head_in_the_file_is_used_whatever_the_settings_say_of_a_tie()
    {
        var file = RandomModels.Gpt2(Config with { TiedHead = false }, 35);
        foreach (var tied in new bool?[] { null, false, true })
            Assert.Equal(
                file.ReadMatrix("lm_head.weight")[2, 3],
                new TransformerWeights(file, Config with { TiedHead = tied }).Unembedding.ToMatrix()[3, 2]);
    }

    [Fact]
    public void An_untied_head_must_be_there()
    {
        var weights = new TransformerWeights(RandomModels.Gpt2(Config, 36), Config with { TiedHead = false });
        Assert.Equal("lm_head.weight", Assert.Throws<WeightFileException>(() => weights.Unembedding).Tensor);
        Assert.Equal(["lm_head.weight"], weights.Missing);
        Assert.Equal(2, new Transformer(weights).Run([1, 2]).Output.Rows);
    }

    [Fact]
    public void An_empty_checkpoint_opens_and_says_that_it_is_empty()
    {
        var weights = new TransformerWeights(new MemoryTensors("empty"), Config);
        var error = Assert.Throws<WeightFileException>(() => weights.TokenEmbeddings);
        Assert.Contains("no whole part", error.Message);
    }

    [Fact]
    public void Bert_without_its_heads_runs_and_says_what_the_heads_need()
    {
        var config = Bert.Config(vocabulary: 30, positions: 10, width: 16, heads: 2, blocks: 1, inner: 20);
        var whole = RandomModels.Bert(config, 37);
        var bare = new MemoryTensors("bare");
        foreach (
            var tensor in whole.Tensors.Where(tensor => tensor.Name.StartsWith("bert.e", StringComparison.Ordinal)))
        {
            var name = tensor.Name["bert.".Length..].Replace(".gamma", ".weight").Replace(".beta", ".bias");
            if (tensor.Shape.Rank == 1) bare.Add(name, whole.ReadVector(tensor.Name));
            else bare.Add(name, whole.ReadMatrix(tensor.Name));
        }
        var model = new Transformer(new TransformerWeights(bare, config));
        var states = model.Run([4, 5, 6]).Output;
        Assert.Equal(
            new Transformer(new TransformerWeights(whole, config)).Run([4, 5, 6]).Output.ToArray(), states.ToArray());
        Assert.Empty(model.Weights.Missing);
        Assert.Equal("pooler.dense.weight", Assert.Throws<WeightFileException>(() => model.Pooled(states)).Tensor);
        Assert.Equal(
            "cls.predictions.transform.dense.weight",
            Assert.Throws<WeightFileException>(() => model.Logits(states)).Tensor);
        Assert.Equal(1, model.SentenceVector([4, 5, 6]).Sum(value => (double)value * value), 1e-6);
    }

    [Fact]
    public void Heads_read_their_own_norm_or_the_last_one_before_them()
    {
        var decoder = new TransformerWeights(RandomModels.Gpt2(Config, 40), Config);
        Assert.Same(decoder.AttentionNorm(1), decoder.NormRead(1));
        var config = Bert.Config(vocabulary: 30, positions: 10, width: 16, heads: 2, blocks: 2, inner: 20);
        var encoder = new TransformerWeights(RandomModels.Bert(config, 41), config);
        Assert.Same(encoder.EmbeddingNorm, encoder.NormRead(0));
        Assert.Same(encoder.MlpNorm(0), encoder.NormRead(1));
        Assert.Contains("final norm", Assert.Throws<InvalidOperationException>(() => encoder.FinalNorm).Message);
        Assert.Contains("token types", Assert.Throws<InvalidOperationException>(() => decoder.TypeEmbeddings).Message);
    }

    [Fact]
    public void What_only_decoders_or_only_encoders_have_is_refused_for_others()
    {
        var config = Bert.Config(vocabulary: 30, positions: 10, width: 16, heads: 2, blocks: 1, inner: 20);
        var encoder = new Transformer(new TransformerWeights(RandomModels.Bert(config, 42), config));
        var decoder = new Transformer(new TransformerWeights(RandomModels.Gpt2(Config, 43), Config));
        Assert.Throws<InvalidOperationException>(() => encoder.NextTokenProbabilities([1, 2]));
        Assert.Throws<InvalidOperationException>(() => decoder.Pooled(decoder.Run([1, 2]).Output));
        Assert.Contains(
            "no token types", Assert.Throws<ArgumentException>(() => decoder.Run([1, 2], tokenTypes: [0, 1])).Message);
        Assert.Throws<ArgumentException>(() => new CausalLanguageModel(config, 1));
        Assert.Throws<ArgumentException>(() => new MaskedLanguageModel(Config, 1));
        Assert.Throws<NotSupportedException>(() => new CausalLanguageModel(Config with { Refusals = ["x 1"] }, 1));
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public void A_model_whose_file_was_closed_says_so(int threads)
    {
        var config = Gpt2.Config(vocabulary: 30, positions: 10, width: 256, heads: 4, blocks: 2);
        var path = System.IO.Path.GetTempFileName();
        try
        {
            var (source, writer) = (RandomModels.Gpt2(config, 38), new SafetensorsWriter());
            foreach (var tensor in source.Tensors)
                writer.Add(tensor.Name, source.ReadMatrix(tensor.Name), tensor.Shape);
            writer.Write(path);
            var file = SafetensorsFile.Open(path);
            var model = new Transformer(new TransformerWeights(file, config), threads);
            int[] tokens = [1, 2, 3];
            Assert.Equal(
                new Transformer(new TransformerWeights(source, config)).Run(tokens).Output.ToArray(),
                model.Run(tokens).Output.ToArray());
            file.Dispose();
            Assert.Throws<ObjectDisposedException>(() => model.Run(tokens));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void Half_precision_weights_are_widened()
    {
        var path = System.IO.Path.GetTempFileName();
        try
        {
            var (source, writer) = (RandomModels.Gpt2(Config, 39), new SafetensorsWriter());
            foreach (var tensor in source.Tensors)
                writer.Add(tensor.Name, source.ReadMatrix(tensor.Name), tensor.Shape, DType.F16);
            writer.Write(path);
            using var file = SafetensorsFile.Open(path);
            var want = new Transformer(new TransformerWeights(source, Config)).Run([1, 2, 3]).Output;
            Close.Within(
                "F16", want.ToArray().Select(value => (double)value),
                new Transformer(new TransformerWeights(file, Config)).Run([1, 2, 3]).Output, 2e-3);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }
}

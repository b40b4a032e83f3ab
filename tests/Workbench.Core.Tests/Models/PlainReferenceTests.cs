using System;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Random models of many shapes against loops in double.</summary>
public sealed class PlainReferenceTests
{
    private const double Tolerance = 5e-6;
    private static readonly TransformerConfig Small = Shape();

    public static TheoryData<string> Variants =>
        new()
        {
            "plain",
            "one head",
            "wide",
            "by block",
            "unscaled",
            "relu",
            "exact gelu",
            "inner 100",
            "inner as wide as the stream",
            "untied",
            "no biases",
            "linear layout",
            "odd sizes",
            "epsilon",
            "shapes of their own",
        };

    private static TransformerConfig Shape(
        int vocabulary = 97, int positions = 70, int width = 48, int blocks = 3, int heads = 4, int? inner = null,
        Activation activation = Activation.GeluNew, double epsilon = 1e-5, bool scaled = true, bool byBlock = false) =>
        Gpt2.Config(vocabulary, positions, width, blocks, heads, inner, activation, epsilon, scaled, byBlock);

    private static TransformerConfig Variant(string name) =>
        name switch
        {
            "plain" => Small,
            "one head" => Shape(heads: 1),
            "wide" => Shape(width: 160, heads: 5, blocks: 1),
            "by block" => Shape(byBlock: true),
            "unscaled" => Shape(scaled: false, heads: 16),
            "relu" => Shape(activation: Activation.Relu),
            "exact gelu" => Shape(activation: Activation.Gelu),
            "inner 100" => Shape(inner: 100),
            "inner as wide as the stream" => Shape(inner: 48),
            "untied" => Small with { TiedHead = false },
            "no biases" => Small with { Biases = false },
            "linear layout" => Shape(activation: Activation.Gelu) with { Layout = WeightLayout.OutputMajor },
            "odd sizes" => Shape(width: 45, heads: 3, inner: 77, vocabulary: 61),
            "epsilon" => Shape(epsilon: 0.1),
            "shapes of their own" => Small with
            {
                Blocks = [Small.Blocks[0], Shape(heads: 2, inner: 60, activation: Activation.Relu).Blocks[1]],
            },
            _ => throw new ArgumentException(name),
        };

    [Theory, MemberData(nameof(Variants))]
    public void A_random_gpt2_is_the_plain_loops_at_every_place(string name)
    {
        var config = Variant(name);
        var file = RandomModels.Gpt2(config, 11);
        var model = new Transformer(
            new TransformerWeights(file, config with { Biases = null, Layout = WeightLayout.InputMajor }), 2);
        foreach (var length in new[] { 1, 9, 70 })
        {
            var tokens = RandomModels.Tokens(length, config.Tokens.Count, 3);
            var plain = new PlainTransformer(file);
            var logits = plain.Gpt2(config, tokens);
            var pass = model.Run(tokens, Keep.Everything);
            Close.Within(
                $"{name}, {length} tokens, logits", logits.SelectMany(row => row), model.Logits(pass.Output),
                Tolerance);
            foreach (var (place, values) in plain.States)
                Close.Within(
                    $"{name}, {length} tokens, {place}", values.SelectMany(row => row), pass[place], Tolerance);
        }
    }

    [Theory]
    [InlineData(Activation.Gelu, 36, 3), InlineData(Activation.GeluNew, 64, 2), InlineData(Activation.Relu, 45, 5)]
    public void A_random_bert_is_the_plain_loops_at_every_place(Activation activation, int width, int heads)
    {
        var config = Bert.Config(
            vocabulary: 83, positions: 50, width: width, heads: heads, blocks: 2, inner: 70, activation: activation);
        var file = RandomModels.Bert(config, 12);
        var model = new Transformer(new TransformerWeights(file, config), 2);
        foreach (var length in new[] { 1, 10, 50 })
        {
            var tokens = RandomModels.Tokens(length, config.Tokens.Count, 4);
            var types = tokens.Select((_, i) => i > length / 2 ? 1 : 0).ToArray();
            var plain = new PlainTransformer(file);
            var logits = plain.Bert(config, tokens, types);
            var pass = model.Run(tokens, Keep.Everything, tokenTypes: types);
            Close.Within(
                $"{length} tokens, logits", logits.SelectMany(row => row), model.Logits(pass.Output), Tolerance);
            foreach (var (place, values) in plain.States)
                Close.Within($"{length} tokens, {place}", values.SelectMany(row => row), pass[place], Tolerance);
        }
    }

    [Fact]
    public void A_bias_in_the_file_counts_whatever_the_settings_say()
    {
        TransformerConfig Said(bool bias) => Family.Parse(
            $$"""
            { "model_type": "llama", "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40,
              "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
              "max_position_embeddings": 64, "tie_word_embeddings": true, "attention_bias": false,
              "mlp_bias": {{(bias ? "true" : "false")}} }
            """,
            "config.json", []);
        var bare = Logits(Said(false), null);
        var biased = Logits(Said(false), new Philox(9));
        Assert.Equal(Logits(Said(true), new Philox(9)), biased);
        Assert.NotEqual(bare, biased);

        static float[] Logits(TransformerConfig config, Philox? biases)
        {
            var file = RandomModels.Of(config, 21);
            if (biases is not null)
                foreach (var (name, outputs) in new[] { ("gate", 40), ("up", 40), ("down", 24) })
                    file.Add(
                        $"model.layers.0.mlp.{name}_proj.bias", RandomModels.Normal(1, outputs, biases, 0.5).Row(0));
            var model = new Transformer(new TransformerWeights(file, config), 1);
            return model.Logits(model.Run([3, 1, 4, 1, 5], Keep.Nothing).Output).ToArray();
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads_or_on_what_is_kept()
    {
        var config = Shape(width: 192, heads: 6, positions: 200);
        var weights = new TransformerWeights(RandomModels.Gpt2(config, 13), config);
        var tokens = RandomModels.Tokens(200, config.Tokens.Count, 5);
        var once = Logits(1, Keep.Nothing);
        foreach (var threads in new[] { 2, 3, 8 })
            Assert.Equal(once, Logits(threads, Keep.Nothing));
        Assert.Equal(once, Logits(2, Keep.Everything));

        float[] Logits(int threads, Func<Place, bool> keep)
        {
            var model = new Transformer(weights, threads);
            return model.Logits(model.Run(tokens, keep).Output).ToArray();
        }
    }

    [Fact]
    public void A_prefix_of_a_text_has_the_same_bits_as_the_text()
    {
        var config = Shape(positions: 100);
        var model = new Transformer(new TransformerWeights(RandomModels.Gpt2(config, 14), config), 2);
        var tokens = RandomModels.Tokens(100, config.Tokens.Count, 6);
        var whole = model.Run(tokens, Keep.Nothing).Output;
        foreach (var length in new[] { 1, 3, 8, 9, 31, 33, 64 })
            Assert.Equal(
                whole.RowRange(0, length).ToArray(),
                model.Run(tokens.AsSpan(0, length), Keep.Nothing).Output.ToArray());
    }

    [Fact]
    public void Patterns_are_causal_and_sum_to_one()
    {
        var model = new Transformer(new TransformerWeights(RandomModels.Gpt2(Small, 15), Small));
        var pattern = model.Run(RandomModels.Tokens(50, 97, 7), Keep.Patterns)[Place.Pattern(2, 1)];
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(1, pattern.Row(i).ToArray().Sum(value => (double)value), 1e-6);
            Assert.All(pattern.Row(i)[(i + 1)..].ToArray(), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void A_thousand_tokens_need_no_more_scores_than_one_heads_matrix()
    {
        var config = Shape(width: 64, heads: 16, positions: 1024, blocks: 1, inner: 64);
        var model = new Transformer(new TransformerWeights(RandomModels.Gpt2(config, 16), config), threads: 1);
        var tokens = RandomModels.Tokens(1024, 97, 8);
        model.Run(tokens, Keep.Nothing);
        var before = GC.GetAllocatedBytesForCurrentThread();
        model.Run(tokens, Keep.Nothing);
        // The stream, its norms, queries, keys, values, outputs, the inner layer.
        var states = 1024L * (64 * 9 + 64) * sizeof(float);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, states + 1024 * 1024 * sizeof(float));
    }
}

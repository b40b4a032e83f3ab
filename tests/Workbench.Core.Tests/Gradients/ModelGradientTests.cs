using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Workbench.Core.Training.Tasks;
using Xunit;

namespace Workbench.Core.Tests.Gradients;

/// <summary>Whole models: their losses against plain loops in double, the gradients of all their parameters against
/// central differences of these.</summary>
public sealed class ModelGradientTests
{
    // Float32 over two blocks, relative to the largest element of a tensor's gradient.
    private const double Tolerance = 2e-5;

    private static readonly TransformerConfig Small = Shape(Activation.GeluNew);

    public static TheoryData<string> Gpt2Shapes =>
        new() { "tied", "untied", "no biases", "linear layout", "relu", "exact gelu", "by block" };

    [Theory]
    [MemberData(nameof(Gpt2Shapes))]
    public void The_loss_of_a_GPT2_and_its_gradients_are_those_of_plain_loops(string shape)
    {
        var config = shape switch
        {
            "untied" => Small with { TiedHead = false },
            "no biases" => Small with { Biases = false },
            "linear layout" => Small with { Layout = WeightLayout.OutputMajor },
            "relu" => Shape(Activation.Relu),
            "exact gelu" => Shape(Activation.Gelu),
            "by block" => Shape(Activation.GeluNew, byBlock: true),
            _ => Small,
        };
        // Two texts of five tokens, one place of them not scored.
        int[][] texts = [[3, 1, 4, 1, 5], [6, 2, 6, 5, 3]];
        int[] targets = [1, 4, 1, 5, -1, 2, 6, 5, 3, 0];
        var file = RandomModels.Gpt2(config, seed: 12);
        var tape = new Tape();
        var inputs = file.Tensors.ToDictionary(
            tensor => tensor.Name, tensor => tape.Input(file.ReadMatrix(tensor.Name)));
        var graph = new TransformerGraph(config, name => inputs[name]);
        var loss = graph.Loss(graph.Run(graph.Embed(texts.SelectMany(text => text).ToArray()), 2), targets);
        tape.Backward(loss);

        double Plain(TensorFile tensors) =>
            Surprise([.. texts.SelectMany(text => new PlainTransformer(tensors).Gpt2(config, text))], targets);
        Assert.Equal(Plain(file), loss.Scalar, 1e-5);
        foreach (var (name, input) in inputs) Agrees(name, file, Plain, input.Gradient);
    }

    [Fact]
    public void The_loss_of_a_BERT_and_its_gradients_are_those_of_plain_loops()
    {
        var config = Bert.Config(vocabulary: 7, positions: 6, tokenTypes: 2, width: 6, blocks: 2, heads: 2, inner: 10);
        int[][] texts =
        [
            [3, 1, 4, 1, 5],
            [6, 2, 6, 5, 3],
        ];
        int[] targets = [-1, 4, -1, -1, 2, -1, -1, 5, -1, 0]; // what was masked
        var file = RandomModels.Bert(config, seed: 13);
        var model = new MaskedLanguageModel(config, seed: 1);
        foreach (var parameter in model.Parameters) file.ReadMatrix(NameIn(file, parameter)).CopyTo(parameter.Value);
        var loss = model.LossAndGradients(new TokenBatch(2, 5, [.. texts.SelectMany(text => text)], targets));

        double Plain(TensorFile tensors) =>
            Surprise(
                [.. texts.SelectMany(text => new PlainTransformer(tensors).Bert(config, text, new int[text.Length]))],
                targets
            );
        Assert.Equal(Plain(file), loss, 1e-5);
        foreach (var parameter in model.Parameters) Agrees(NameIn(file, parameter), file, Plain, parameter.Gradient);
    }

    [Theory]
    [InlineData("tied"), InlineData("untied"), InlineData("no biases"), InlineData("linear layout")]
    public void A_checkpoint_recorded_gives_the_logits_of_the_model(string shape)
    {
        var config = Gpt2.Config(vocabulary: 7, positions: 20, width: 24, blocks: 2, heads: 3, inner: 10) with
        {
            TiedHead = shape == "untied" ? false : null,
            Biases = shape == "no biases" ? false : null,
            Layout = shape == "linear layout" ? WeightLayout.OutputMajor : WeightLayout.InputMajor,
        };
        var weights = new TransformerWeights(
            RandomModels.Gpt2(config, seed: 21, shape == "tied" ? "transformer." : ""),
            config with
            {
                Layout = WeightLayout.InputMajor,
                Biases = null,
            }
        );
        SameLogits(weights, RandomModels.Tokens(20, config.Tokens.Count, seed: 3), shape);
    }

    [WeightsTheory("reference/models")]
    [
        InlineData("gpt2-tiny"),
        InlineData("gpt2-tiny-f16"),
        InlineData("gpt2-tiny-nanogpt"),
        InlineData("gpt2-tiny-untied-relu"),
        InlineData("gpt2-tiny-bin")
    ]
    public void Golden_checkpoints_recorded_give_the_logits_of_the_model(string name)
    {
        using var file = Checkpoint.Open(Weights.At("reference", "models", name));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        SameLogits(weights, RandomModels.Tokens(30, weights.Config.Tokens.Count, seed: 4), name);
    }

    [WeightsTheory("reference/models")]
    [InlineData("bert-tiny"), InlineData("bert-tiny-mlm")]
    public void Golden_encoders_recorded_give_the_stream_of_the_model(string name)
    {
        using var file = Checkpoint.Open(Weights.At("reference", "models", name));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        var tokens = RandomModels.Tokens(12, weights.Config.Tokens.Count, seed: 5);
        var graph = TransformerGraph.Of(weights, new Tape());
        var states = graph.Run(graph.Embed(tokens), 1);
        var model = new Transformer(weights);
        var expected = model.Run(tokens, Keep.Nothing).Output;
        Close.Within(name, expected.ToArray().Select(value => (double)value), states.Value, 3e-6);
        if (weights.HasHead)
            Close.Within(
                name, model.Logits(expected).ToArray().Select(value => (double)value), graph.Logits(states).Value,
                3e-6);
    }

    [WeightsFact("reference/models/gpt2-tiny.gradients.safetensors")]
    public void Five_steps_of_AdamW_agree_with_torch()
    {
        var (model, batch, expected) = Gpt2GradientTests.Golden();
        using (expected)
        {
            var optimizer = new AdamW(model.Parameters, new AdamWSettings { DecayScope = WeightDecayScope.All });
            var losses = expected.ReadDoubles("adamw.losses");
            foreach (var wanted in losses)
            {
                Assert.Equal(wanted, model.LossAndGradients(batch), 2e-6);
                optimizer.Step(
                    learningRate: 1e-3, GradientNorm.ClippingScale(GradientNorm.Of(model.Parameters), limit: 1));
            }
            var positions = model.Parameters.Single(parameter => parameter.Name == "wpe.weight").Value;
            Close.Within("wpe after five steps", expected.ReadDoubles("adamw.wpe_after_5"), positions, 2e-5);
        }
    }

    private static void SameLogits(TransformerWeights weights, int[] tokens, string name)
    {
        var graph = TransformerGraph.Of(weights, new Tape());
        var logits = graph.Logits(graph.Run(graph.Embed(tokens), 1)).Value;
        var model = new Transformer(weights);
        Close.Within(
            name, model.Logits(model.Run(tokens, Keep.Nothing).Output).ToArray().Select(value => (double)value), logits,
            3e-6);
    }

    private static void Agrees(string name, MemoryTensors file, Func<TensorFile, double> loss, Matrix gradient)
    {
        var changed = new ChangedTensors(file, name);
        double[][,] inputs = [GradientCheck.Table(1, changed.Values.Length, (_, i) => changed.Values[i])];
        var slopes = GradientCheck.CentralDifferences(inputs, 0, () =>
        {
            inputs[0].Cast<double>().ToArray().CopyTo(changed.Values, 0);
            return loss(changed);
        });
        // A bias of keys adds the same to all scores of a query, which softmax ignores.
        if (name.EndsWith("key.bias", StringComparison.Ordinal))
            Assert.All(gradient.ToArray(), slope => Assert.Equal(0, slope, 1e-7));
        else
            Close.Within(name, slopes.Cast<double>(), gradient, Tolerance);
    }

    private static double Surprise(double[][] logits, int[] targets)
    {
        var scored = Enumerable.Range(0, targets.Length).Where(i => targets[i] >= 0).ToArray();
        return scored.Average(i => Math.Log(logits[i].Sum(Math.Exp)) - logits[i][targets[i]]);
    }

    private static string NameIn(TensorFile file, Parameter parameter) =>
        file.Contains(parameter.Name)
            ? parameter.Name
            : parameter.Name.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta");

    private static TransformerConfig Shape(Activation activation, bool byBlock = false) =>
        Gpt2.Config(
            vocabulary: 7, positions: 6, width: 6, blocks: 2, heads: 2, inner: 10, activation: activation,
            scaledByBlock: byBlock);

    /// <summary>A model's tensors with one of them in double, to be changed by less than a float32 can be.</summary>
    private sealed class ChangedTensors(TensorFile file, string name) : TensorFile
    {
        public double[] Values { get; } = file.ReadDoubles(name);

        public override string Path => file.Path;

        public override IReadOnlyList<TensorInfo> Tensors => file.Tensors;

        public override IReadOnlyDictionary<string, string> Metadata => file.Metadata;

        public override Matrix ReadMatrix(string tensor) => file.ReadMatrix(tensor);

        public override double[] ReadDoubles(string tensor) => tensor == name ? Values : file.ReadDoubles(tensor);

        public override long[] ReadIntegers(string tensor) => file.ReadIntegers(tensor);

        public override void Dispose() { }
    }
}

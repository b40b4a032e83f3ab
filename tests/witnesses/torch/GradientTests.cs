using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Core.Training.Tasks;
using Workbench.Torch;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Workbench.Witnesses;

/// <summary>Our gradients, in float32, beside those of torch's autograd, in float64.</summary>
public sealed class GradientTests
{
    // Of the largest element of each result and gradient; float32 has 6e-8, and the longest chains here are of some
    // hundred terms.
    private const double Tolerance = 1e-5;

    private static readonly Dictionary<string, (Func<Variable, Variable> Ours, Func<Tensor, Tensor> Theirs)> Functions =
        new()
        {
            ["exp"] = (x => x.Exp(), x => x.exp()),
            ["log"] = (x => (x * x + 0.5).Log(), x => (x * x + 0.5).log()),
            ["sqrt"] = (x => (x * x + 0.5).Sqrt(), x => (x * x + 0.5).sqrt()),
            ["sin"] = (x => x.Sin(), x => x.sin()),
            ["cos"] = (x => x.Cos(), x => x.cos()),
            ["tanh"] = (x => x.Tanh(), x => x.tanh()),
            ["reciprocal"] = (x => (x * x + 0.5).Reciprocal(), x => (x * x + 0.5).reciprocal()),
            ["quotient"] = (x => x / (x * x + 2), x => x / (x * x + 2)),
            ["scale"] = (x => 3 - x.Scale(0.25f), x => 3 - x * 0.25),
            ["relu"] = (x => x.Activate(Activation.Relu), x => functional.relu(x)),
            ["relu2"] = (x => x.Activate(Activation.SquaredRelu), x => functional.relu(x).pow(2)),
            ["silu"] = (x => x.Activate(Activation.Silu), x => functional.silu(x)),
            ["gelu"] = (x => x.Activate(Activation.Gelu), x => functional.gelu(x)),
            ["gelu_new"] = (x => x.Activate(Activation.GeluNew), GeluNew),
            ["quick_gelu"] = (x => x.Activate(Activation.QuickGelu), x => x * (x * 1.702).sigmoid()),
            ["softmax"] = (x => x.Softmax(), x => functional.softmax(x, 1)),
            ["causal softmax"] = (x => x.Softmax(causal: true), x => functional.softmax(Masked(x), 1)),
            ["transpose"] = (x => x.Transpose(), x => x.t()),
            ["norm"] = (x => x.Norm(), x => x.norm().reshape(1, 1)),
            ["row sums"] = (x => x.RowSums() * x.RowSums(), x => x.sum(1, keepdim: true).pow(2)),
            ["mean"] = (x => x.Mean(), x => x.mean().reshape(1, 1)),
            ["slice"] = (x => x.Slice(1, 4, 2, 3), x => x.narrow(0, 1, 4).narrow(1, 2, 3)),
            ["repeated rows"] = (
                x => x.GatherRows(new[] { 2, 0, 2 }), x => x.index_select(0, tensor(new long[] { 2, 0, 2 }))),
        };

    public static IEnumerable<object[]> Names => Functions.Keys.Select(name => new object[] { name });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_function_of_one_matrix(string name) =>
        Same(x => Functions[name].Ours(x[0]), x => Functions[name].Theirs(x[0]), Normal(7, 7, 1));

    [Fact]
    public void Sums_products_and_quotients_of_two_with_rows_repeated()
    {
        foreach (var rows in new[] { 5, 1 })
        {
            var (a, b) = (Normal(5, 6, 1), Normal(rows, 6, 2));
            Same(x => x[0] + x[1], x => x[0] + x[1], a, b);
            Same(x => x[0] - x[1], x => x[0] - x[1], a, b);
            Same(x => x[0] * x[1], x => x[0] * x[1], a, b);
            Same(x => x[0] / (x[1] * x[1] + 1), x => x[0] / (x[1] * x[1] + 1), a, b);
        }
        Same(
            x => x[0].Cosine(x[1]),
            x => functional.cosine_similarity(x[0].reshape(1, -1), x[1].reshape(1, -1), dim: 1).reshape(1, 1),
            Normal(1, 9, 3), Normal(1, 9, 4));
    }

    [Fact]
    public void Products_and_layers()
    {
        Same(x => x[0].MatMul(x[1]), x => x[0].matmul(x[1]), Normal(5, 40, 1), Normal(40, 3, 2));
        Same(
            x => x[0].Affine(x[1], WeightLayout.InputMajor, x[2]), x => x[0].matmul(x[1]) + x[2],
            Normal(5, 8, 1), Normal(8, 3, 2), Normal(1, 3, 3));
        Same(
            x => x[0].Affine(x[1], WeightLayout.OutputMajor, x[2]), x => functional.linear(x[0], x[1], x[2].flatten()),
            Normal(5, 8, 1), Normal(3, 8, 2), Normal(1, 3, 3));
    }

    [Fact]
    public void Layer_norm() =>
        Same(
            x => x[0].LayerNorm(x[1], x[2], 1e-5),
            x => functional.layer_norm(x[0], [36], x[1].flatten(), x[2].flatten(), 1e-5),
            Normal(6, 36, 1), Normal(1, 36, 2), Normal(1, 36, 3));

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Attention_of_several_heads_and_texts(bool causal)
    {
        const int sequences = 2, length = 7, heads = 3, width = 4;
        Same(
            x => x[0].Attend(sequences, heads, 0.5f, causal),
            x => Attention(x[0], sequences, heads, 0.5, causal),
            Normal(sequences * length, 3 * heads * width, 1));
    }

    [Fact]
    public void Cross_entropy_with_places_that_are_not_scored()
    {
        int[] targets = [3, -1, 0, 8, -1, 3];
        Same(
            x => CrossEntropy.OfLogits(x[0], targets),
            x => functional.cross_entropy(x[0], Longs(targets), ignore_index: -1).reshape(1, 1),
            Normal(6, 9, 1));
    }

    [Fact]
    public void The_loss_of_a_GPT_2_and_the_gradients_of_all_its_parameters()
    {
        var config = Gpt2.Config(vocabulary: 97, positions: 60, width: 36, heads: 3, blocks: 2, inner: 70);
        var (model, random) = (new CausalLanguageModel(config, seed: 1), RandomModels.Gpt2(config, 5));
        foreach (var parameter in model.Parameters)
            random.ReadMatrix(parameter.Name).Values.CopyTo(parameter.Value.WritableValues);
        const int sequences = 2, length = 12;
        var (ids, targets) = (RandomModels.Tokens(24, 97, 1), RandomModels.Tokens(24, 97, 2));
        targets[5] = TokenBatch.Unscored;
        var loss = model.LossAndGradients(new TokenBatch(sequences, length, ids, targets));

        var weights = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => Input(parameter.Value));
        var positions = arange(length).repeat(sequences);
        var stream = weights["wte.weight"].index_select(0, Longs(ids))
            + weights["wpe.weight"].index_select(0, positions);
        for (var block = 0; block < 2; block++)
        {
            var name = $"h.{block}";
            var mixed = Attention(
                Layer($"{name}.attn.c_attn", Norm($"{name}.ln_1", stream)), sequences, 3, 1 / Math.Sqrt(12), true);
            stream += Layer($"{name}.attn.c_proj", mixed);
            stream += Layer($"{name}.mlp.c_proj", GeluNew(Layer($"{name}.mlp.c_fc", Norm($"{name}.ln_2", stream))));
        }
        var logits = Norm("ln_f", stream).matmul(weights["wte.weight"].t());
        var theirs = functional.cross_entropy(logits, Longs(targets), ignore_index: TokenBatch.Unscored);
        theirs.backward();

        Assert.Equal(theirs.item<double>(), loss, 1e-6);
        Assert.True(model.Parameters.Count >= 28, $"{model.Parameters.Count} parameters");
        foreach (var parameter in model.Parameters)
            Near(parameter.Name, weights[parameter.Name].grad!, parameter.Gradient);

        Tensor Norm(string name, Tensor x) =>
            functional.layer_norm(
                x, [36], weights[$"{name}.weight"].flatten(), weights[$"{name}.bias"].flatten(), 1e-5);

        Tensor Layer(string name, Tensor x) =>
            x.matmul(weights[$"{name}.weight"]) + weights[$"{name}.bias"].reshape(1, -1);
    }

    private static Tensor GeluNew(Tensor x) =>
        x * 0.5 * (1 + ((x + x.pow(3) * 0.044715) * Math.Sqrt(2 / Math.PI)).tanh());

    private static Tensor Masked(Tensor x) =>
        x.masked_fill(ones(x.shape, ScalarType.Bool).triu(1), double.NegativeInfinity);

    private static Tensor Attention(Tensor x, int sequences, int heads, double scale, bool causal)
    {
        var (rows, width) = (x.shape[0], x.shape[1] / 3);
        var parts = x.reshape(sequences, rows / sequences, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
        var (queries, keys, values) = (parts[0], parts[1], parts[2]);
        var scores = queries.matmul(keys.transpose(2, 3)) * scale;
        var pattern = functional.softmax(causal ? Masked(scores) : scores, 3);
        return pattern.matmul(values).transpose(1, 2).reshape(rows, width);
    }

    /// <summary>The results, and the gradients of Σ weights ∘ result with respect to every input.</summary>
    private static void Same(Func<Variable[], Variable> ours, Func<Tensor[], Tensor> theirs, params Matrix[] inputs)
    {
        using var scope = NewDisposeScope();
        var tape = new Tape();
        var variables = inputs.Select(tape.Input).ToArray();
        var result = ours(variables);
        var tensors = inputs.Select(Input).ToArray();
        var expected = theirs(tensors);
        Near("result", expected, result.Value);
        var weights = Normal(result.Rows, result.Columns, 77);
        tape.Backward(result, weights);
        expected.backward([weights.AsTensor().to(ScalarType.Float64)]);
        for (var k = 0; k < inputs.Length; k++) Near($"gradient of input {k}", tensors[k].grad!, variables[k].Gradient);
    }

    private static void Near(string what, Tensor wanted, Matrix given)
    {
        Assert.True(wanted.abs().max().item<double>() > 0, $"{what}: nothing to compare with");
        Assert.Equal(wanted.numel(), given.Elements);
        Close.Within(what, wanted.contiguous().data<double>().ToArray(), given, Tolerance);
    }

    private static Tensor Input(Matrix value) => value.AsTensor().to(ScalarType.Float64).requires_grad_();

    private static Tensor Longs(int[] values) => tensor(Array.ConvertAll(values, value => (long)value));

    private static Matrix Normal(int rows, int columns, ulong seed) =>
        RandomModels.Normal(rows, columns, new Philox(seed), 1);
}

using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Agreement with transformers and torch: small random models in double, and the real MiniLM.</summary>
public sealed class BertGoldenTests
{
    private const string Folder = "reference/models";

    // Float32 comes within 6.1e-7 of the largest value on the small models, and within 2.8e-7 of MiniLM's.
    private const double Tolerance = 2e-6;

    private static Transformer Open(params string[] path)
    {
        var file = Checkpoint.Open(Weights.At(path));
        return new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
    }

    private static Matrix Patterns(ForwardPass pass, TransformerConfig config, int block)
    {
        var values = Enumerable
            .Range(0, config.Blocks[block].Attention.Heads)
            .SelectMany(head => pass[Place.Pattern(block, head)].ToArray())
            .ToArray();
        return Matrix.FromArray(1, values.Length, values);
    }

    [WeightsTheory(Folder)]
    [InlineData("bert-tiny"), InlineData("bert-tiny-mlm")]
    public void Small_encoders_give_the_original_librarys_numbers(string name)
    {
        var model = Open(Folder, name);
        using var expected = SafetensorsFile.Open(Weights.At(Folder, $"{name}.expected.safetensors"));
        var (tokens, types) = (Integers("ids"), Integers("token_types"));
        var pass = model.Run(tokens, Keep.Everything, tokenTypes: types);
        Within("hidden.0", pass[Place.EmbeddingNorm]);
        for (var block = 0; block < model.Config.Blocks.Count; block++)
        {
            Within($"hidden.{block + 1}", pass[Place.AfterBlock(block)]);
            Within($"attention.{block}", Patterns(pass, model.Config, block));
        }
        Assert.Equal(name == "bert-tiny", model.Weights.HasPooler);
        Assert.Equal(name == "bert-tiny-mlm", model.Weights.HasHead);
        if (model.Weights.HasHead)
            Within("logits", model.Logits(pass.Output));
        if (model.Weights.HasPooler)
            Within("pooled", Matrix.FromArray(1, model.Config.Width, model.Pooled(pass.Output)));

        int[] Integers(string tensor) => [.. expected.ReadIntegers(tensor).Select(value => (int)value)];
        void Within(string tensor, Matrix got) =>
            Close.Within($"{name} {tensor}", expected.ReadDoubles(tensor), got, Tolerance);
    }

    [WeightsTheory("reference/families")]
    [InlineData("roberta-tiny"), InlineData("roberta-tiny-bare"), InlineData("xlm-roberta-tiny")]
    [InlineData("roberta-pads-inside")]
    public void RoBERTas_positions_start_behind_the_padding_and_do_not_count_it(string name)
    {
        const string folder = "reference/families";
        var model = Open(folder, name);
        using var expected = SafetensorsFile.Open(Weights.At(folder, $"{name}.expected.safetensors"));
        var tokens = expected.ReadIntegers("ids").Select(value => (int)value).ToArray();
        var pass = model.Run(tokens, Keep.Everything);
        Within("hidden.0", pass[Place.EmbeddingNorm]);
        for (var block = 0; block < model.Config.Blocks.Count; block++)
        {
            Within($"hidden.{block + 1}", pass[Place.AfterBlock(block)]);
            Within($"attention.{block}", Patterns(pass, model.Config, block));
        }
        if (model.Weights.HasHead) Within("logits", model.Logits(pass.Output));
        Assert.Equal(name == "roberta-pads-inside", tokens.Contains(1));
        var graph = TransformerGraph.Of(model.Weights, new Tape());
        if (tokens.Contains(1)) Assert.Throws<ArgumentException>(() => graph.Embed(tokens));
        else Within($"hidden.{model.Config.Blocks.Count}", graph.Run(graph.Embed(tokens), 1).Value);

        void Within(string tensor, Matrix got) =>
            Close.Within($"{name} {tensor}", expected.ReadDoubles(tensor), got, Tolerance);
    }

    [WeightsFact("minilm")]
    public void The_real_MiniLM_gives_the_original_librarys_numbers()
    {
        var model = Open("minilm");
        using var expected = SafetensorsFile.Open(Weights.At(Folder, "minilm.expected.safetensors"));
        for (var sentence = 0; sentence < 3; sentence++)
        {
            var tokens = expected.ReadIntegers($"{sentence}.ids").Select(value => (int)value).ToArray();
            var pass = model.Run(tokens, keep: Keep.Everything);
            Within("hidden.0", pass[Place.EmbeddingNorm]);
            for (var block = 0; block < 6; block++) Within($"hidden.{block + 1}", pass[Place.AfterBlock(block)]);
            foreach (var block in new[] { 0, 5 }) Within($"attention.{block}", Patterns(pass, model.Config, block));
            Within("sentence", Matrix.FromArray(1, 384, model.SentenceVector(tokens)));

            void Within(string tensor, Matrix got) =>
                Close.Within($"{sentence}.{tensor}", expected.ReadDoubles($"{sentence}.{tensor}"), got, Tolerance);
        }
    }
}

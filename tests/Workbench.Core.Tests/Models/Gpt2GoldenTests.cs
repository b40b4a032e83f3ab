using System;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Agreement with transformers and torch run in double, and with the activations that nano-sort
/// ships.</summary>
public sealed class Gpt2GoldenTests
{
    private const string Folder = "reference/models";

    // Float32 comes within 8.1e-7 of the largest value on these models, at the logits.
    private const double Tolerance = 2e-6;

    private static Transformer Open(params string[] path)
    {
        var file = Checkpoint.Open(Weights.At(path));
        return new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
    }

    [WeightsTheory(Folder)]
    [
        InlineData("gpt2-tiny"),
        InlineData("gpt2-tiny-bare"),
        InlineData("gpt2-tiny-sharded"),
        InlineData("gpt2-tiny-f16")
    ]
    [InlineData("gpt2-tiny-bin"), InlineData("gpt2-tiny-nanogpt"), InlineData("gpt2-tiny-untied-relu")]
    public void Every_way_to_store_a_model_gives_the_original_librarys_numbers(string name)
    {
        var model = Open(Folder, name);
        using var expected = SafetensorsFile.Open(Weights.At(Folder, $"{name}.expected.safetensors"));
        var tokens = expected.ReadIntegers("ids").Select(id => (int)id).ToArray();
        foreach (var length in new[] { 1, 7, 40 })
            Within($"logits.{length}", model.Logits(model.Run(tokens.AsSpan(0, length), Keep.Nothing).Output));

        var pass = model.Run(tokens.AsSpan(0, 7), Keep.Everything);
        Within("hidden.0", pass[Place.PositionedEmbedding]);
        for (var block = 0; block < model.Config.Blocks.Count; block++)
        {
            var last = block == model.Config.Blocks.Count - 1;
            Within($"hidden.{block + 1}", pass[last ? Place.FinalNorm : Place.AfterBlock(block)]);
            Within($"attn_out.{block}", pass[Place.AttentionOutput(block)]);
            Within($"mlp_out.{block}", pass[Place.MlpOutput(block)]);
            var patterns = Enumerable
                .Range(0, model.Config.Blocks[block].Attention.Heads)
                .SelectMany(head => pass[Place.Pattern(block, head)].ToArray())
                .ToArray();
            Within($"attention.{block}", Matrix.FromArray(1, patterns.Length, patterns));
        }

        void Within(string tensor, Matrix got) =>
            Close.Within($"{name} {tensor}", expected.ReadDoubles(tensor), got, Tolerance);
    }

    [WeightsFact("nano-sort")]
    public void Nano_sorts_every_stage_is_reproduced()
    {
        var model = Open("nano-sort");
        using var expected = SafetensorsFile.Open(Weights.At("nano-sort", "activations.safetensors"));
        var ids = expected.ReadVector("idx");
        var (n, attention) = (11, model.Config.Blocks[0].Attention);
        var (heads, width) = (attention.Heads, attention.HeadWidth);
        for (var input = 0; input < 3; input++)
        {
            var pass = model.Run(ids.AsSpan(input * n, n).ToArray().Select(id => (int)id).ToArray(), Keep.Everything);
            Within("tok_emb", pass[Place.Embedding]);
            Within("x", pass[Place.PositionedEmbedding]);
            Within("ln1", pass[Place.AttentionInput(0)]);
            WithinHeads("q", pass[Place.Queries(0)]);
            WithinHeads("k", pass[Place.Keys(0)]);
            WithinHeads("v", pass[Place.Values(0)]);
            var patterns = Enumerable
                .Range(0, heads)
                .SelectMany(head => pass[Place.Pattern(0, head)].ToArray())
                .ToArray();
            Within("attSm", Matrix.FromArray(1, patterns.Length, patterns));
            var mixed = new Matrix(n, model.Config.Width);
            for (var head = 0; head < heads; head++)
                for (var i = 0; i < n; i++)
                    pass[Place.HeadOutput(0, head)].Row(i).CopyTo(mixed.WritableRow(i)[(head * width)..]);
            Within("y", mixed);
            Within("yProj", pass[Place.AttentionOutput(0)]);
            Within("attnResid", pass[Place.AfterAttention(0)]);
            Within("ln2", pass[Place.MlpInput(0)]);
            Within("fc", pass[Place.MlpHidden(0)]);
            Within("gelu", pass[Place.MlpActivation(0)]);
            Within("mlp", pass[Place.MlpOutput(0)]);
            Within("mlpResid", pass[Place.AfterBlock(0)]);
            for (var block = 0; block < 3; block++) Within($"block{block}", pass[Place.AfterBlock(block)]);
            Within("ln_f", pass.Output);
            Within("lm_head", model.Logits(pass.Output));
            var last = model.NextTokenProbabilities(pass.Tokens.ToArray());
            Close.Within("probs", Stored("probs").TakeLast(3), Matrix.FromArray(1, 3, last), 2e-6);

            double[] Stored(string tensor)
            {
                var all = expected.ReadDoubles(tensor);
                return all[(input * all.Length / 3)..((input + 1) * all.Length / 3)];
            }

            void Within(string tensor, Matrix got) =>
                Close.Within($"input {input} {tensor}", Stored(tensor), got, 2e-6);

            // Stored head by head; here heads lie side by side.
            void WithinHeads(string tensor, Matrix got)
            {
                var byHead = new Matrix(heads * n, width);
                for (var head = 0; head < heads; head++)
                    for (var i = 0; i < n; i++)
                        got.Row(i).Slice(head * width, width).CopyTo(byHead.WritableRow(head * n + i));
                Within(tensor, byHead);
            }
        }
    }

    [WeightsFact("nano-sort")]
    public void Nano_sort_sorts()
    {
        // Six letters, then the sorted ones come out one at a time.
        var model = Open("nano-sort");
        var letters = new[] { 2, 0, 1, 2, 0, 1 };
        var text = letters.ToList();
        for (var i = 0; i < 6; i++)
        {
            var probabilities = model.NextTokenProbabilities(text.ToArray());
            text.Add(Array.IndexOf(probabilities, probabilities.Max()));
        }
        Assert.Equal(letters.Order(), text.Skip(6));
    }

    [WeightsFact("gpt2")]
    public void A_partial_gpt2_gives_its_parts_and_says_what_the_rest_needs()
    {
        using var file = Checkpoint.Open(Weights.At("gpt2"));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        Assert.Equal("[1024, 768]", weights.PositionEmbeddings.Shape.ToString());
        var attention = weights.Attention(5);
        Assert.Equal(12, attention.Heads);
        var head = attention.Head(3);
        Assert.Equal(["[768, 64]", "[768, 64]", "[768, 64]", "[64, 768]"],
            new[] { head.Query, head.Key, head.Value, head.Output }.Select(matrix => matrix.Shape.ToString()));
        var stored = file.ReadMatrix("h.5.attn.c_attn.weight");
        Assert.Equal(stored[100, 3 * 64 + 7], head.Query[100, 7]);
        Assert.Equal(stored[100, 768 + 3 * 64 + 7], head.Key[100, 7]);
        Assert.Equal(stored[100, 1536 + 3 * 64 + 7], head.Value[100, 7]);
        Assert.Equal(file.ReadMatrix("h.5.attn.c_proj.weight")[3 * 64 + 7, 100], head.Output[7, 100]);
        Assert.Equal(file.ReadVector("h.5.attn.c_attn.bias")[1536 + 3 * 64 + 7], head.ValueBias[7]);
        Assert.Equal(0.125f, head.Scale);
        Assert.Equal(768, weights.AttentionNorm(5).Gain.Length);

        var error = Assert.Throws<WeightFileException>(() => new Transformer(weights).Run([31373]));
        Assert.Equal((FileProblem.MissingTensor, "wte.weight"), (error.Problem, error.Tensor));
        Assert.Contains(
            "position embeddings; attention layers (head spectra) of block 5; norms of block 5; final norm",
            error.Message);
        Assert.Throws<WeightFileException>(() => weights.Mlp(5));
        Assert.Throws<WeightFileException>(() => weights.Attention(4));
        Assert.Equal(148 - 11, weights.Missing.Count);
    }

    [WeightsFact(Folder)]
    public void A_missing_shard_is_reported_when_it_is_needed()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var path in Directory.GetFiles(Weights.At(Folder, "gpt2-tiny-sharded")))
                if (!path.Contains("00007-of")) File.Copy(path, Path.Combine(folder.FullName, Path.GetFileName(path)));
            using var file = Checkpoint.Open(folder.FullName);
            var weights = new TransformerWeights(file, Family.ConfigOf(file));
            Assert.Equal(4, weights.Attention(1).Heads);
            Assert.Throws<WeightFileException>(() => weights.Mlp(1));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

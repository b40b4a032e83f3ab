using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Gpu;
using Xunit;
using Xunit.Abstractions;

namespace Workbench.Core.Tests.Models;

/// <summary>Every family against the transformers library in double: small random models, and a trained
/// Llama.</summary>
public sealed class FamilyTests(ITestOutputHelper output)
{
    private const string Folder = "reference/families";

    // Of the largest value of a tensor. Float32 comes within 3.2e-6 (gpt_oss-clamp; the others within 1.6e-6); what the
    // reference engine gives is rounded to float32 once, and comes within 2.2e-7.
    private static readonly (IEngine Engine, double Tolerance)[] Engines =
    [
        (new CpuEngine(), 1e-5), (new ReferenceEngine(), 1e-6),
        .. GpuDevice.List().Take(1).Select(device => ((IEngine)new GpuEngine(device), 1e-5)),
    ];

    /// <summary>The folders that have golden values beside them.</summary>
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        if (Weights.Folder is null) return names;
        foreach (var folder in Directory.EnumerateDirectories(Weights.At(Folder)).Order(StringComparer.Ordinal))
            if (File.Exists($"{folder}.expected.safetensors")) names.Add(Path.GetFileName(folder));
        return names;
    }

    [WeightsTheory(Folder)]
    [MemberData(nameof(Names))]
    public void Every_family_gives_the_original_librarys_numbers(string name)
    {
        using var file = Checkpoint.Open(Weights.At(Folder, name));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        Assert.Empty(weights.Missing);
        using var expected = SafetensorsFile.Open(Weights.At(Folder, $"{name}.expected.safetensors"));
        var known = expected.Tensors.Select(tensor => tensor.Name).ToHashSet();
        var ids = Integers("ids");
        var types = known.Contains("token_types") ? Integers("token_types") : [];
        foreach (var (engine, tolerance) in Engines)
        {
            var model = engine.Load(weights);
            var worst = new Worst(expected, "");
            var rows = (int)expected.Find("hidden.0").Shape[0];
            var pass = model.Run(ids.AsSpan(0, rows), Keep.Everything, tokenTypes: types);
            States(worst, weights.Config, pass);
            if (weights.Config.IsCausal)
                foreach (var length in new[] { 1, 7, 40 })
                    worst.See($"logits.{length}", Logits(model, ids[..length]));
            if (known.Contains("logits")) worst.See("logits", model.Logits(pass.Output));
            if (known.Contains("last")) worst.See("last", pass.Output);
            if (known.Contains("pooled"))
                worst.See(
                    "pooled",
                    Matrix.FromArray(1, weights.Config.Width, new Transformer(weights).Pooled(pass.Output)));
            // Nothing that was written down is left out.
            Assert.Equal(known.Order(), worst.Seen.Concat(["ids", "token_types"]).Intersect(known).Order());
            output.WriteLine($"{engine.Name}: {worst}");
            Assert.True(worst.Error <= tolerance, $"{name}, {engine.Name}: {worst}, allowed are {tolerance:E1}");
        }

        int[] Integers(string tensor) => [.. expected.ReadIntegers(tensor).Select(value => (int)value)];
    }

    [WeightsFact(Folder)]
    public void A_trained_Llama_gives_the_original_librarys_numbers_and_continues_texts_as_it_does()
    {
        using var file = Checkpoint.Open(Weights.At("stories260K"));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        using var expected = SafetensorsFile.Open(Weights.At(Folder, "stories260K.expected.safetensors"));
        foreach (var (engine, tolerance) in Engines)
            for (var text = 0; text < 3; text++)
            {
                var model = engine.Load(weights);
                var worst = new Worst(expected, $"{text}.");
                var ids = Integers($"{text}.ids");
                var pass = model.Run(ids, Keep.Everything);
                States(worst, weights.Config, pass);
                var logits = model.Logits(pass.Output);
                worst.See("logits", logits);
                output.WriteLine($"{engine.Name}: {worst}");
                Assert.True(worst.Error <= tolerance, $"text {text}, {engine.Name}: {worst}");
                Assert.Equal(expected.ReadDoubles($"{text}.loss")[0], Loss(logits, ids), 1e-5);

                var greedy = ids.ToList();
                var cache = new KeyValueCache(model);
                var last = model.Run(ids, cache: cache);
                while (greedy.Count < ids.Length + 24)
                {
                    var scores = model.Logits(last.Output.RowRange(last.Output.Rows - 1, 1)).ToArray();
                    greedy.Add(Array.IndexOf(scores, scores.Max()));
                    last = model.Run([greedy[^1]], cache: cache);
                }
                Assert.Equal(Integers($"{text}.greedy"), greedy);
            }

        int[] Integers(string tensor) => [.. expected.ReadIntegers(tensor).Select(value => (int)value)];
    }

    // The mean of -log p of each next token, from scores.
    private static double Loss(Matrix logits, int[] ids)
    {
        var sum = 0.0;
        for (var i = 0; i + 1 < ids.Length; i++)
        {
            var scores = logits.Row(i).ToArray();
            var largest = scores.Max();
            sum += largest + Math.Log(scores.Sum(score => Math.Exp(score - largest))) - scores[ids[i + 1]];
        }
        return sum / (ids.Length - 1);
    }

    private static Matrix Logits(ITransformer model, int[] ids) =>
        model.Logits(model.Run(ids, Keep.Nothing).Output);

    // The library's hidden states: the first is what enters block 0, the last what the head reads. Patterns are written
    // down for some blocks only.
    private static void States(Worst worst, TransformerConfig config, ForwardPass pass)
    {
        var first = config.EmbeddingProjection is not null ? Place.EmbeddingProjection
            : config.EmbeddingNorm is not null ? Place.EmbeddingNorm
            : Place.PositionedEmbedding;
        worst.See("hidden.0", pass[first]);
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            var last = block == config.Blocks.Count - 1;
            worst.See($"hidden.{block + 1}", last ? pass.Output : pass[Place.AfterBlock(block)]);
            if (!worst.Knows($"attention.{block}")) continue;
            var values = Enumerable.Range(0, config.Blocks[block].Attention.Heads)
                .SelectMany(head => pass[Place.Pattern(block, head)].ToArray()).ToArray();
            worst.See($"attention.{block}", Matrix.FromArray(1, values.Length, values));
        }
    }

    /// <summary>The largest of many relative differences, and where it is.</summary>
    private sealed class Worst(TensorFile expected, string prefix)
    {
        public List<string> Seen { get; } = [];

        public double Error { get; private set; }

        private string Where { get; set; } = "nowhere";

        public bool Knows(string tensor) => expected.Tensors.Any(info => info.Name == $"{prefix}{tensor}");

        public void See(string tensor, Matrix got)
        {
            if (!expected.Contains($"{prefix}{tensor}")) return; // all that there is must be seen in the end
            Seen.Add(tensor);
            var error = Close.Error(expected.ReadDoubles($"{prefix}{tensor}"), got);
            if (error >= Error) (Error, Where) = (error, $"{prefix}{tensor}");
        }

        public override string ToString() => $"{Where} is off by {Error:E1} of its largest value";
    }
}

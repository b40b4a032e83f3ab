using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;

namespace Workbench.Core.Tests.Models;

/// <summary>GPT-2 and BERT as loops over arrays of doubles, written from the papers' formulas: slow, plain, and the
/// meaning of the fast ones.</summary>
internal sealed class PlainTransformer(TensorFile file)
{
    /// <summary>Every state by the name of its place.</summary>
    public Dictionary<Place, double[][]> States { get; } = [];

    public double[][] Gpt2(TransformerConfig config, int[] tokens, string prefix = "")
    {
        var x = Rows(prefix + "wte.weight", config.Width, tokens);
        States[Place.Embedding] = x;
        x = Sum(x, Rows(prefix + "wpe.weight", config.Width, [.. Enumerable.Range(0, tokens.Length)]));
        States[Place.PositionedEmbedding] = x;
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            var (b, h) = (block, $"{prefix}h.{block}");
            var (attention, mlp) = (config.Blocks[block].Attention, config.Blocks[block].Mlp);
            var (inner, epsilon) = (mlp.Up.Outputs, config.FinalNorm!.Epsilon);
            var all = Layer(
                Norm(x, $"{h}.ln_1", epsilon), $"{h}.attn.c_attn", config.Width, 3 * config.Width,
                config.Layout);
            var mixed = Attend(
                block, Part(all, 0, config.Width), Part(all, 1, config.Width), Part(all, 2, config.Width),
                attention.Heads, attention.Scale, causal: true);
            var added = Layer(mixed, $"{h}.attn.c_proj", config.Width, config.Width, config.Layout);
            States[Place.AttentionOutput(b)] = added;
            States[Place.AfterAttention(b)] = x = Sum(x, added);
            var hidden = Layer(
                Norm(x, $"{h}.ln_2", epsilon), $"{h}.mlp.c_fc", config.Width, inner, config.Layout);
            States[Place.MlpHidden(b)] = hidden;
            hidden = Map(hidden, value => Activate(mlp.Activation, value));
            States[Place.MlpActivation(b)] = hidden;
            added = Layer(hidden, $"{h}.mlp.c_proj", inner, config.Width, config.Layout);
            States[Place.MlpOutput(b)] = added;
            States[Place.AfterBlock(b)] = x = Sum(x, added);
        }
        x = Norm(x, prefix + "ln_f", config.FinalNorm!.Epsilon);
        States[Place.FinalNorm] = x;
        return Layer(
            x, config.TiedHead is false ? "lm_head" : prefix + "wte", config.Width, config.Tokens.Count,
            WeightLayout.OutputMajor);
    }

    public double[][] Bert(TransformerConfig config, int[] tokens, int[] types)
    {
        const string head = "cls.predictions";
        var epsilon = config.EmbeddingNorm!.Epsilon;
        var x = Rows("bert.embeddings.word_embeddings.weight", config.Width, tokens);
        x = Sum(
            x,
            Rows("bert.embeddings.position_embeddings.weight", config.Width, [.. Enumerable.Range(0, tokens.Length)]));
        x = Sum(x, Rows("bert.embeddings.token_type_embeddings.weight", config.Width, types));
        States[Place.PositionedEmbedding] = x;
        States[Place.EmbeddingNorm] = x = Norm(x, "bert.embeddings.LayerNorm", epsilon);
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            var (attention, mlp) = (config.Blocks[block].Attention, config.Blocks[block].Mlp);
            var inner = mlp.Up.Outputs;
            var layer = $"bert.encoder.layer.{block}";
            var parts = new[] { "query", "key", "value" }
                .Select(name => Dense(x, $"{layer}.attention.self.{name}", config.Width, config.Width))
                .ToArray();
            var mixed = Attend(
                block, parts[0], parts[1], parts[2], attention.Heads,
                1 / Math.Sqrt(config.Width / attention.Heads), causal: false);
            var added = Dense(mixed, $"{layer}.attention.output.dense", config.Width, config.Width);
            States[Place.AttentionOutput(block)] = added;
            States[Place.AfterAttention(block)] = x = Norm(
                Sum(x, added), $"{layer}.attention.output.LayerNorm", epsilon);
            var hidden = Map(
                Dense(x, $"{layer}.intermediate.dense", config.Width, inner),
                value => Activate(mlp.Activation, value));
            added = Dense(hidden, $"{layer}.output.dense", inner, config.Width);
            States[Place.MlpOutput(block)] = added;
            States[Place.AfterBlock(block)] = x = Norm(Sum(x, added), $"{layer}.output.LayerNorm", epsilon);
        }
        var transformed = Map(
            Dense(x, $"{head}.transform.dense", config.Width, config.Width),
            value => Activate(config.Head.Transform!.Activation, value));
        var logits = Multiply(
            Norm(transformed, $"{head}.transform.LayerNorm", epsilon),
            Read("bert.embeddings.word_embeddings.weight")!, config.Width, config.Tokens.Count,
            WeightLayout.OutputMajor);
        var bias = Read($"{head}.bias")!;
        return [.. logits.Select(row => row.Select((value, j) => value + bias[j]).ToArray())];
    }

    private double[][] Attend(int block, double[][] q, double[][] k, double[][] v, int heads, double scale, bool causal)
    {
        var (n, width) = (q.Length, q[0].Length / heads);
        var mixed = q.Select(row => new double[row.Length]).ToArray();
        for (var head = 0; head < heads; head++)
        {
            var pattern = new double[n][];
            for (var i = 0; i < n; i++)
            {
                var scores = new double[n];
                for (var j = 0; j < n; j++)
                    scores[j] = causal && j > i ? double.NegativeInfinity
                        : scale * Enumerable.Range(head * width, width).Sum(c => q[i][c] * k[j][c]);
                var largest = scores.Max();
                var exponentials = scores.Select(score => Math.Exp(score - largest)).ToArray();
                pattern[i] = [.. exponentials.Select(value => value / exponentials.Sum())];
                for (var c = head * width; c < (head + 1) * width; c++)
                    mixed[i][c] = Enumerable.Range(0, n).Sum(j => pattern[i][j] * v[j][c]);
            }
            States[Place.Pattern(block, head)] = pattern;
        }
        return mixed;
    }

    private double[][] Norm(double[][] x, string name, double epsilon)
    {
        var gain = Read($"{name}.weight") ?? Read($"{name}.gamma")!;
        var bias = Read($"{name}.bias") ?? Read($"{name}.beta");
        return [.. x.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + epsilon);
            return row.Select((value, i) => (value - mean) / deviation * gain[i] + (bias?[i] ?? 0)).ToArray();
        })];
    }

    private double[][] Dense(double[][] x, string name, int inputs, int outputs) =>
        Layer(x, name, inputs, outputs, WeightLayout.OutputMajor);

    private double[][] Layer(double[][] x, string name, int inputs, int outputs, WeightLayout layout)
    {
        var bias = Read($"{name}.bias");
        return
        [
            .. Multiply(x, Read($"{name}.weight")!, inputs, outputs, layout)
                .Select(row => row.Select((value, j) => value + (bias?[j] ?? 0)).ToArray()),
        ];
    }

    private static double[][] Multiply(double[][] x, double[] w, int inputs, int outputs, WeightLayout layout) =>
        [
            .. x.Select(row =>
                Enumerable
                    .Range(0, outputs)
                    .Select(j =>
                        Enumerable
                            .Range(0, inputs)
                            .Sum(i => row[i] * w[layout == WeightLayout.InputMajor ? i * outputs + j : j * inputs + i])
                    )
                    .ToArray()
            ),
        ];

    private double[][] Rows(string name, int width, int[] indices)
    {
        var values = Read(name)!;
        return [.. indices.Select(index => values[(index * width)..((index + 1) * width)])];
    }

    private double[]? Read(string name) => file.Contains(name) ? file.ReadDoubles(name) : null;

    private static double[][] Part(double[][] x, int index, int width) =>
        [.. x.Select(row => row[(index * width)..((index + 1) * width)])];

    private static double[][] Sum(double[][] x, double[][] y) =>
        [.. x.Zip(y, (a, b) => a.Zip(b, (p, q) => p + q).ToArray())];

    private static double[][] Map(double[][] x, Func<double, double> function) =>
        [.. x.Select(row => row.Select(function).ToArray())];

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.GeluNew => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Activation.Gelu => 0.5 * x * MathNet.Numerics.SpecialFunctions.Erfc(-x / Math.Sqrt(2)),
        _ => Math.Max(0, x),
    };
}

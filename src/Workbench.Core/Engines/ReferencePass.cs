using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>The operations of one forward pass as plain loops in double precision; what is kept, and what an
/// intervention sees, is rounded to single.</summary>
internal sealed class ReferencePass(
    TransformerWeights weights, ForwardPass pass, ReadOnlySpan<int> tokenTypes, KeyValueCache? cache)
    : IOperations<double[][]>
{
    private readonly int past = cache?.Length ?? 0;
    private readonly int[] types = tokenTypes.IsEmpty ? new int[pass.Tokens.Count] : tokenTypes.ToArray();

    public static double[][] Exact(Matrix matrix) =>
        [
            .. Enumerable.Range(0, matrix.Rows)
                .Select(row => Array.ConvertAll(matrix.Row(row).ToArray(), x => (double)x)),
        ];

    public static Matrix Rounded(double[][] rows)
    {
        var matrix = Matrix.Uninitialized(rows.Length, rows[0].Length);
        for (var row = 0; row < rows.Length; row++)
            for (var i = 0; i < matrix.Columns; i++) matrix[row, i] = (float)rows[row][i];
        return matrix;
    }

    public double[][] Scale(double[][] x, double factor)
    {
        foreach (var row in x)
            for (var i = 0; i < row.Length; i++) row[i] *= factor;
        return x;
    }

    public double[][] AddPositions(double[][] stream)
    {
        if (weights.Config.Positions is { } positions)
            AddRows(weights.PositionEmbeddings, positions.RowsOf(pass.Tokens, past));
        if (weights.Config.TokenTypes is { } table) AddRows(weights.Embeddings(table), types);
        return stream;

        void AddRows(Matrix embeddings, int[] rows)
        {
            for (var token = 0; token < stream.Length; token++)
                for (var i = 0; i < embeddings.Columns; i++) stream[token][i] += embeddings[rows[token], i];
        }
    }

    public double[][] Normalize(NormConfig config, double[][] x) =>
        Array.ConvertAll(x, row => Normalized(weights.Norm(config, row.Length), row));

    private static double[] Normalized(Norm norm, double[] x)
    {
        var mean = norm.Centres ? x.Average() : 0;
        var size = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
        var result = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
            result[i] = (x[i] - mean) / size * norm.Gain[i] + (norm.Bias.IsEmpty ? 0 : norm.Bias[i]);
        return result;
    }

    public double[][] Apply(LayerConfig layer, double[][] x) => Apply(x, weights.Layers(layer));

    /// <summary>x·W + b of several layers, side by side.</summary>
    public static double[][] Apply(double[][] x, params Linear[] layers) => Array.ConvertAll(x, row =>
    {
        var (result, column) = (new double[layers.Sum(layer => layer.Outputs)], 0);
        foreach (var layer in layers)
            for (var j = 0; j < layer.Outputs; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < row.Length; k++) sum += row[k] * layer[k, j];
                result[column++] = sum + (layer.Bias.IsEmpty ? 0 : layer.Bias[j]);
            }
        return result;
    });

    public double[][] Position(AttentionConfig attention, double[][] queriesKeysValues)
    {
        for (var token = 0; token < queriesKeysValues.Length; token++)
        {
            var row = queriesKeysValues[token];
            Normalize(attention.QueryNorm, row, attention.QueryStarts, attention.HeadWidth);
            Normalize(attention.KeyNorm, row, attention.KeyStarts, attention.HeadWidth);
            if (attention.Clip is { } limit)
                for (var i = 0; i < row.Length; i++) row[i] = Math.Clamp(row[i], -limit, limit);
            if (attention.Rotary is not { } rotary) continue;
            var frequencies = rotary.Frequencies(past + queriesKeysValues.Length);
            foreach (var start in attention.QueryStarts.Concat(attention.KeyStarts))
                for (var i = 0; i < frequencies.Length; i++)
                {
                    var (sine, cosine) = Math.SinCos((past + token) * frequencies[i]);
                    var (first, second) = rotary.Pair(i);
                    var (a, b) = (row[start + first], row[start + second]);
                    row[start + first] = rotary.Stretch * (a * cosine - b * sine);
                    row[start + second] = rotary.Stretch * (b * cosine + a * sine);
                }
        }
        return queriesKeysValues;
    }

    private void Normalize(HeadNormConfig? config, double[] row, IReadOnlyList<int> starts, int width)
    {
        if (config is null) return;
        var norms = weights.HeadNorms(config, starts.Count, width);
        var (parts, length) = config.Scope == HeadNormScope.AllHeads
            ? (starts.Take(1).ToArray(), starts.Count * width)
            : (starts.ToArray(), width);
        for (var i = 0; i < parts.Length; i++)
            Normalized(norms[norms.Length == 1 ? 0 : i], row[parts[i]..(parts[i] + length)]).CopyTo(row, parts[i]);
    }

    public double[][] Attend(AttentionConfig attention, int block, double[][] queriesKeysValues)
    {
        var (n, width) = (queriesKeysValues.Length, attention.HeadWidth);
        var text = queriesKeysValues; // all tokens, with those of earlier passes
        if (cache is not null)
            cache.Blocks[block] = text = [.. (double[][]?)cache.Blocks[block] ?? [], .. queriesKeysValues];
        var mixed = Array.ConvertAll(queriesKeysValues, _ => new double[attention.Output.Inputs]);
        for (var head = 0; head < attention.Heads; head++)
        {
            var shared = attention.KeyValueHead(head);
            var (query, key, value) = (
                attention.QueryStart(head), attention.KeyStart(shared), attention.ValueStart(shared));
            var pattern = Array.ConvertAll(queriesKeysValues, _ => new double[past + n]);
            for (var i = 0; i < n; i++)
            {
                var place = past + i;
                var (first, end) = (
                    attention.Window is { } window ? Math.Max(0, place - window + 1) : 0,
                    attention.Causal ? place + 1
                        : attention.Window is { } around ? Math.Min(past + n, place + around)
                        : past + n);
                var seen = pattern[i].AsSpan(first, end - first);
                for (var j = 0; j < seen.Length; j++)
                {
                    for (var c = 0; c < width; c++)
                        seen[j] += attention.Scale * queriesKeysValues[i][query + c] * text[first + j][key + c];
                    if (attention.ScoreCap is { } cap) seen[j] = cap * Math.Tanh(seen[j] / cap);
                    seen[j] += Bias(attention, head, place, first + j);
                }
                Softmax(seen, attention.Sinks is null ? null : weights.Sinks(attention)[head]);
            }
            Visit(Place.Pattern(block, head), pattern);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < past + n; j++)
                    for (var c = 0; c < width; c++)
                        mixed[i][head * width + c] += pattern[i][j] * text[j][value + c];
        }
        return mixed;
    }

    private double Bias(AttentionConfig attention, int head, int query, int key)
    {
        if (attention.RelativeBias is { } relative)
            return weights.Embeddings(
                new EmbeddingConfig(relative.Name, relative.Buckets) { Width = attention.Heads })[
                relative.Bucket(key - query), head];
        if (attention.Alibi is not { } alibi) return 0;
        var slope = alibi.Slopes(attention.Heads)[head];
        return alibi.Bias(slope, key, attention.Scale) - alibi.Bias(slope, query, attention.Scale);
    }

    public double[][] Gate(MlpConfig mlp, double[][] x) => Array.ConvertAll(x, row =>
    {
        var result = new double[row.Length / 2];
        for (var i = 0; i < result.Length; i++)
        {
            var (gate, up) = mlp.Gate == GateOrder.Alternating
                ? (row[2 * i], row[2 * i + 1])
                : (row[i], row[result.Length + i]);
            if (mlp.Clamp is { } clamp)
            {
                gate = Math.Min(gate, clamp.Limit);
                up = Math.Clamp(up, -clamp.Limit, clamp.Limit);
                result[i] = (up + 1) * gate / (1 + Math.Exp(-clamp.Alpha * gate));
            }
            else result[i] = Activate(mlp.Activation, gate) * up;
        }
        return result;
    });

    public IReadOnlyList<ExpertRows> Route(ExpertsConfig experts, double[][] scores) =>
        ExpertRows.Choose(experts, scores);

    public double[][] Rows(double[][] x, int[] rows) => Array.ConvertAll(rows, row => x[row]);

    public double[][] Zeros(double[][] x, int width) => Array.ConvertAll(x, _ => new double[width]);

    public void AddRows(double[][] sum, ExpertRows to, double[][] rows)
    {
        for (var i = 0; i < rows.Length; i++)
            for (var c = 0; c < rows[i].Length; c++) sum[to.Rows[i]][c] += to.Weights[i] * rows[i][c];
    }

    public double[][] Activate(Activation activation, double[][] x)
    {
        foreach (var row in x)
            for (var i = 0; i < row.Length; i++) row[i] = Activate(activation, row[i]);
        return x;
    }

    public double[][] Add(double[][] stream, double[][] addend)
    {
        for (var row = 0; row < stream.Length; row++)
            for (var i = 0; i < stream[row].Length; i++) stream[row][i] += addend[row][i];
        return stream;
    }

    public void Visit(Place place, double[][] values) => Visit(place, values, [0], values[0].Length);

    public void Visit(Place place, double[][] matrix, IReadOnlyList<int> starts, int width)
    {
        if (!pass.Wants(place)) return;
        var values = Rounded(Array.ConvertAll(matrix, row => starts.SelectMany(start => row[start..(start + width)])
            .ToArray()));
        pass.Visit(place, values);
        if (!pass.Changes(place)) return;
        for (var row = 0; row < matrix.Length; row++)
            for (var i = 0; i < values.Columns; i++)
                matrix[row][starts[i / width] + i % width] = values[row, i];
    }

    public void Done(double[][] x) { }

    private static void Softmax(Span<double> scores, double? sink)
    {
        var largest = sink ?? double.NegativeInfinity;
        foreach (var score in scores) largest = Math.Max(largest, score);
        var sum = sink is { } one ? Math.Exp(one - largest) : 0;
        foreach (ref var score in scores) sum += score = Math.Exp(score - largest);
        foreach (ref var score in scores) score /= sum;
    }

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.GeluNew => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Activation.Gelu => x > 0 ? x * (1 - NormalTail(x)) : x * NormalTail(-x),
        Activation.Relu => Math.Max(0, x),
        Activation.SquaredRelu => Math.Max(0, x) * Math.Max(0, x),
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        _ => throw Argument.OutOfRange(nameof(activation), activation, "Not an activation."),
    };

    /// <summary>The chance that a standard normal number is above x ≥ 0: by the series of the error function up to 4,
    /// and by Laplace's continued fraction beyond (Abramowitz and Stegun 26.2.11 and 26.2.14).</summary>
    private static double NormalTail(double x)
    {
        var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (x < 4)
        {
            var (term, sum) = (x, 0.0);
            for (var n = 3; term > sum * 1e-17; n += 2)
            {
                sum += term;
                term *= x * x / n;
            }
            return 0.5 - density * sum;
        }
        var fraction = x;
        for (var n = 60; n > 0; n--) fraction = x + n / fraction;
        return density / fraction;
    }
}

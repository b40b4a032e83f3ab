using System;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>The operations of one forward pass as plain loops in double precision; what is kept, and what an
/// intervention sees, is rounded to single.</summary>
internal sealed class ReferencePass(TransformerWeights weights, ForwardPass pass, ReadOnlySpan<int> tokenTypes)
    : IOperations<double[][]>
{
    private readonly int[] types = tokenTypes.IsEmpty ? new int[pass.Tokens.Count] : tokenTypes.ToArray();

    public static double[][] Exact(Matrix matrix) =>
        [
            .. Enumerable.Range(0, matrix.Rows)
                .Select(row => Array.ConvertAll(matrix.Row(row).ToArray(), x => (double)x)),
        ];

    public static Matrix Rounded(double[][] rows, int column, int count)
    {
        var matrix = Matrix.Uninitialized(rows.Length, count);
        for (var row = 0; row < rows.Length; row++)
            for (var i = 0; i < count; i++) matrix[row, i] = (float)rows[row][column + i];
        return matrix;
    }

    public double[][] AddPositions(double[][] stream)
    {
        AddRows(weights.PositionEmbeddings, weights.Config.Positions.RowsOf(pass.Tokens));
        if (weights.Config.TokenTypes is { } table) AddRows(weights.Embeddings(table), types);
        return stream;

        void AddRows(Matrix embeddings, int[] rows)
        {
            for (var token = 0; token < stream.Length; token++)
                for (var i = 0; i < embeddings.Columns; i++) stream[token][i] += embeddings[rows[token], i];
        }
    }

    public double[][] Normalize(NormConfig config, double[][] x)
    {
        var norm = weights.Norm(config);
        return Array.ConvertAll(x, row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
            var result = new double[row.Length];
            for (var i = 0; i < row.Length; i++)
                result[i] = (row[i] - mean) / deviation * norm.Gain[i] + (norm.Bias.IsEmpty ? 0 : norm.Bias[i]);
            return result;
        });
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

    public double[][] Attend(AttentionConfig attention, int block, double[][] queriesKeysValues)
    {
        var (n, width) = (queriesKeysValues.Length, attention.Output.Inputs);
        var mixed = Array.ConvertAll(queriesKeysValues, _ => new double[width]);
        for (var head = 0; head < attention.Heads; head++)
        {
            var (first, end) = (head * attention.HeadWidth, (head + 1) * attention.HeadWidth);
            var pattern = Array.ConvertAll(queriesKeysValues, _ => new double[n]);
            for (var i = 0; i < n; i++)
            {
                var seen = pattern[i].AsSpan(0, attention.Causal ? i + 1 : n);
                for (var j = 0; j < seen.Length; j++)
                    for (var c = first; c < end; c++)
                        seen[j] += attention.Scale * queriesKeysValues[i][c] * queriesKeysValues[j][width + c];
                Softmax(seen);
            }
            Visit(Place.Pattern(block, head), pattern);
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                    for (var c = first; c < end; c++)
                        mixed[i][c] += pattern[i][j] * queriesKeysValues[j][2 * width + c];
        }
        return mixed;
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

    public void Visit(Place place, double[][] values) => Visit(place, values, 0, values[0].Length);

    public void Visit(Place place, double[][] matrix, int column, int count)
    {
        if (!pass.Wants(place)) return;
        var values = Rounded(matrix, column, count);
        pass.Visit(place, values);
        if (!pass.Changes(place)) return;
        for (var row = 0; row < matrix.Length; row++)
            for (var i = 0; i < count; i++) matrix[row][column + i] = values[row, i];
    }

    public void Done(double[][] x) { }

    private static void Softmax(Span<double> scores)
    {
        var (largest, sum) = (double.NegativeInfinity, 0.0);
        foreach (var score in scores) largest = Math.Max(largest, score);
        foreach (ref var score in scores) sum += score = Math.Exp(score - largest);
        foreach (ref var score in scores) score /= sum;
    }

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.GeluNew => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Activation.Gelu => x > 0 ? x * (1 - NormalTail(x)) : x * NormalTail(-x),
        Activation.Relu => Math.Max(0, x),
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

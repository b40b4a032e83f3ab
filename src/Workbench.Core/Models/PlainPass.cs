using System;
using System.Collections.Generic;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>The operations of one forward pass on matrices, whose memory is used again from block to block, with every
/// place shown to a <see cref="ForwardPass"/>.</summary>
/// <remarks>
/// Attention is computed a head and 32 queries at a time (Rabe and Staats, "Self-attention Does Not Need O(n²) Memory",
/// 2021, without their cut along the keys), so that a pass needs 32 rows of scores per thread; a whole n × n matrix
/// exists only for a pattern that is kept or changed.
/// </remarks>
internal sealed unsafe class PlainPass : IOperations<Matrix>
{
    private const int QueriesPerItem = 32;

    // Below this many multiplications per head a second thread costs more than it brings.
    private const long WorthSharing = 20_000;
    private readonly TransformerWeights weights;
    private readonly ForwardPass pass;
    private readonly int[] tokenTypes;
    private readonly int threads;
    private readonly List<Matrix> idle = [];

    /// <param name="weights">The model.</param>
    /// <param name="pass">What is kept and changed.</param>
    /// <param name="tokenTypes">One for each token, or empty for type 0 throughout.</param>
    /// <param name="threads">Most threads to use.</param>
    public PlainPass(TransformerWeights weights, ForwardPass pass, ReadOnlySpan<int> tokenTypes, int threads)
    {
        (this.weights, this.pass, this.threads) = (weights, pass, threads);
        this.tokenTypes = tokenTypes.IsEmpty ? new int[pass.Tokens.Count] : tokenTypes.ToArray();
    }

    public Matrix AddPositions(Matrix stream)
    {
        var positions = weights.PositionEmbeddings;
        Add(
            stream,
            weights.Config.Positions.Padding is null
                ? positions.RowRange(0, stream.Rows)
                : positions.SelectRows(weights.Config.Positions.RowsOf(pass.Tokens)));
        return weights.Config.TokenTypes is { } types
            ? Add(stream, weights.Embeddings(types).SelectRows(tokenTypes))
            : stream;
    }

    public Matrix Normalize(NormConfig norm, Matrix x)
    {
        var result = Rent(x.Rows, x.Columns);
        weights.Norm(norm).Apply(x, threads, result);
        return result;
    }

    public Matrix Apply(LayerConfig layer, Matrix x)
    {
        var result = Rent(x.Rows, layer.Outputs);
        Linear.Apply(x, threads, weights.Layers(layer), result);
        return result;
    }

    public Matrix Activate(Activation activation, Matrix x)
    {
        Workers.Share(threads, x.Rows, row => activation.Apply(x.Row(row), x.WritableRow(row)));
        return x;
    }

    public Matrix Add(Matrix stream, Matrix addend)
    {
        for (var row = 0; row < stream.Rows; row++)
            TensorPrimitives.Add(stream.Row(row), addend.Row(row), stream.WritableRow(row));
        return stream;
    }

    public void Visit(Place place, Matrix values) => pass.Visit(place, values);

    public void Visit(Place place, Matrix matrix, int column, int count) => pass.Visit(place, matrix, column, count);

    public void Done(Matrix x) => idle.Add(x);

    public Matrix Attend(AttentionConfig attention, int block, Matrix queriesKeysValues)
    {
        var n = queriesKeysValues.Rows;
        var mixed = Rent(n, attention.Output.Inputs);
        var parts = (n + QueriesPerItem - 1) / QueriesPerItem;
        var patterns = new Matrix?[attention.Heads];
        for (var head = 0; head < attention.Heads; head++)
            if (pass.Wants(Place.Pattern(block, head))) patterns[head] = Matrix.Uninitialized(n, n);
        var workers = (long)n * n * attention.HeadWidth < WorthSharing ? 1 : threads;
        Workers.Share(
            workers, attention.Heads * parts,
            item => MixPart(attention, queriesKeysValues, item / parts, item % parts, patterns[item / parts], mixed));
        for (var head = 0; head < attention.Heads; head++)
        {
            if (patterns[head] is not { } pattern) continue;
            var place = Place.Pattern(block, head);
            if (pass.Changes(place))
            {
                pass.Intervene(place, pattern);
                MixValues(attention, queriesKeysValues, head, pattern.DangerousPointer, n, 0, n, n, mixed);
            }
            if (pass.Keeps(place)) pass.Store(place, pattern);
        }
        GC.KeepAlive(patterns);
        GC.KeepAlive(queriesKeysValues);
        GC.KeepAlive(mixed);
        return mixed;
    }

    private static void MixPart(
        AttentionConfig attention, Matrix queriesKeysValues, int head, int part, Matrix? pattern, Matrix mixed)
    {
        var (n, width, headWidth) = (mixed.Rows, mixed.Columns, attention.HeadWidth);
        var first = part * QueriesPerItem;
        var rows = Math.Min(QueriesPerItem, n - first);
        var seen = attention.Causal ? first + rows : n;
        using var memory = AlignedBuffer.Rent(pattern is null ? (long)rows * seen : 0);
        var scores = pattern is null
            ? memory.Pointer
            : pattern.DangerousPointer + (long)first * n;
        var stride = pattern is null ? seen : n;
        var start = queriesKeysValues.DangerousPointer + head * headWidth;
        MatMul.OutputMajor(
            start + (long)first * 3 * width, 3 * width, rows, headWidth, start + width, 3 * width, seen, scores,
            stride);
        for (var row = 0; row < rows; row++)
        {
            var visible = attention.Causal ? first + row + 1 : n;
            var values = new Span<float>(scores + (long)row * stride, stride);
            TensorPrimitives.Multiply(values[..visible], attention.Scale, values[..visible]);
            Softmax.Apply(values[..visible], values[..visible]);
            values[visible..].Clear();
        }
        MixValues(attention, queriesKeysValues, head, scores, stride, first, rows, seen, mixed);
    }

    private static void MixValues(
        AttentionConfig attention, Matrix queriesKeysValues, int head, float* probabilities, int stride, int first,
        int rows, int seen, Matrix mixed)
    {
        var (width, column) = (mixed.Columns, head * attention.HeadWidth);
        MatMul.InputMajor(
            probabilities, stride, rows, seen, queriesKeysValues.DangerousPointer + 2 * width + column, 3 * width,
            attention.HeadWidth, mixed.DangerousPointer + (long)first * width + column, width);
    }

    // A pass has matrices of three or four shapes.
    private Matrix Rent(int rows, int columns)
    {
        var found = idle.FindLastIndex(matrix => matrix.Rows == rows && matrix.Columns == columns);
        if (found < 0) return Matrix.Uninitialized(rows, columns);
        var rented = idle[found];
        idle.RemoveAt(found);
        return rented;
    }
}

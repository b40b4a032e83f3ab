using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// The two halves of a transformer block, as GPT-2 and BERT share them, with the buffers that all blocks of one pass
/// reuse.
/// </summary>
/// <remarks>
/// Attention is computed a head and 32 queries at a time (Rabe and Staats, "Self-attention Does Not Need O(n²) Memory",
/// 2021, without
/// their cut along the keys), so that a pass needs 32 rows of scores per thread; a whole n × n matrix exists only for a
/// pattern that
/// is kept or changed.
/// </remarks>
internal sealed unsafe class BlockRunner
{
    private const int QueriesPerItem = 32;

    // Below this many multiplications per head a second thread costs more than it brings.
    private const long WorthSharing = 20_000;
    private readonly ForwardPass pass;
    private readonly int threads;
    private readonly Matrix queriesKeysValues;
    private readonly Matrix mixed;
    private readonly Matrix output;
    private readonly Matrix hidden;
    private readonly bool causal;

    public BlockRunner(ForwardPass pass, int width, int innerWidth, bool causal, int threads)
    {
        (this.pass, this.causal, this.threads) = (pass, causal, threads);
        var n = pass.Tokens.Count;
        queriesKeysValues = Matrix.Uninitialized(n, 3 * width);
        mixed = Matrix.Uninitialized(n, width);
        output = Matrix.Uninitialized(n, width);
        hidden = Matrix.Uninitialized(n, innerWidth);
    }

    /// <summary>What a block's attention writes, given what it reads; valid until the next call.</summary>
    public Matrix Attention(int block, AttentionWeights weights, Matrix input)
    {
        var width = input.Columns;
        Linear.Apply(input, threads, [weights.Queries, weights.Keys, weights.Values], queriesKeysValues);
        pass.Visit(Place.Queries(block), queriesKeysValues, 0, width);
        pass.Visit(Place.Keys(block), queriesKeysValues, width, width);
        pass.Visit(Place.Values(block), queriesKeysValues, 2 * width, width);
        Mix(block, weights);
        for (var head = 0; head < weights.Heads; head++)
            pass.Visit(Place.HeadOutput(block, head), mixed, head * weights.HeadWidth, weights.HeadWidth);
        Linear.Apply(mixed, threads, [weights.Output], output);
        pass.Visit(Place.AttentionOutput(block), output);
        return output;
    }

    /// <summary>What a block's MLP writes, given what it reads; valid until the next call.</summary>
    public Matrix Mlp(int block, MlpWeights weights, Matrix input)
    {
        Linear.Apply(input, threads, [weights.Up], hidden);
        pass.Visit(Place.MlpHidden(block), hidden);
        Workers.Share(threads, hidden.Rows, row => weights.Activation.Apply(hidden.Row(row), hidden.WritableRow(row)));
        pass.Visit(Place.MlpActivation(block), hidden);
        Linear.Apply(hidden, threads, [weights.Down], output);
        pass.Visit(Place.MlpOutput(block), output);
        return output;
    }

    /// <summary>stream += addend.</summary>
    public static void Add(Matrix addend, Matrix stream)
    {
        for (var row = 0; row < stream.Rows; row++)
            TensorPrimitives.Add(stream.Row(row), addend.Row(row), stream.WritableRow(row));
    }

    private void Mix(int block, AttentionWeights weights)
    {
        var n = mixed.Rows;
        var parts = (n + QueriesPerItem - 1) / QueriesPerItem;
        var patterns = new Matrix?[weights.Heads];
        for (var head = 0; head < weights.Heads; head++)
            if (pass.Wants(Place.Pattern(block, head))) patterns[head] = Matrix.Uninitialized(n, n);
        var workers = (long)n * n * weights.HeadWidth < WorthSharing ? 1 : threads;
        Workers.Share(
            workers, weights.Heads * parts,
            item => MixPart(weights, item / parts, item % parts, patterns[item / parts]));
        for (var head = 0; head < weights.Heads; head++)
        {
            if (patterns[head] is not { } pattern) continue;
            var place = Place.Pattern(block, head);
            if (pass.Changes(place))
            {
                pass.Intervene(place, pattern);
                MixValues(weights, head, pattern.DangerousPointer, n, 0, n, n);
            }
            if (pass.Keeps(place)) pass.Store(place, pattern);
        }
        GC.KeepAlive(patterns);
    }

    private void MixPart(AttentionWeights weights, int head, int part, Matrix? pattern)
    {
        var (n, width, headWidth) = (mixed.Rows, mixed.Columns, weights.HeadWidth);
        var first = part * QueriesPerItem;
        var rows = Math.Min(QueriesPerItem, n - first);
        var seen = causal ? first + rows : n;
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
            var visible = causal ? first + row + 1 : n;
            var values = new Span<float>(scores + (long)row * stride, stride);
            TensorPrimitives.Multiply(values[..visible], weights.Scale, values[..visible]);
            Softmax.Apply(values[..visible], values[..visible]);
            values[visible..].Clear();
        }
        MixValues(weights, head, scores, stride, first, rows, seen);
    }

    private void MixValues(
        AttentionWeights weights, int head, float* probabilities, int stride, int first, int rows, int seen)
    {
        var (width, column) = (mixed.Columns, head * weights.HeadWidth);
        MatMul.InputMajor(
            probabilities, stride, rows, seen, queriesKeysValues.DangerousPointer + 2 * width + column, 3 * width,
            weights.HeadWidth, mixed.DangerousPointer + (long)first * width + column, width);
    }
}

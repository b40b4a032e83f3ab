using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>The self-attention of one block: four affine layers, the first three cut into heads by columns.</summary>
public sealed class AttentionWeights
{
    internal AttentionWeights(Linear queries, Linear keys, Linear values, Linear output, int heads, float scale)
    {
        (Queries, Keys, Values, Output, Heads, Scale) = (queries, keys, values, output, heads, scale);
        HeadWidth = queries.Outputs / heads;
    }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth { get; }

    /// <summary>What a query's dot product with a key is multiplied by before the softmax: 1/√d_k for most
    /// models.</summary>
    public float Scale { get; }

    /// <summary>d to heads · d_k; head h gives outputs h · d_k to (h + 1) · d_k − 1.</summary>
    public Linear Queries { get; }

    /// <summary>d to heads · d_k, as <see cref="Queries"/>.</summary>
    public Linear Keys { get; }

    /// <summary>d to heads · d_k, as <see cref="Queries"/>.</summary>
    public Linear Values { get; }

    /// <summary>heads · d_k to d: the sum over heads of what each writes, plus one bias for all of them.</summary>
    public Linear Output { get; }

    /// <summary>The factor matrices of one head, copied out of the layers.</summary>
    /// <param name="head">From 0 to <see cref="Heads"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such head.</exception>
    public HeadWeights Head(int head)
    {
        if ((uint)head >= (uint)Heads)
            throw Argument.OutOfRange(nameof(head), head, $"The block has heads 0 to {Heads - 1}.");
        var (start, width) = (head * HeadWidth, HeadWidth);
        var (query, key, value) = (Queries.Slice(start, width), Keys.Slice(start, width), Values.Slice(start, width));
        return new HeadWeights(query.ToMatrix(), key.ToMatrix(), value.ToMatrix(), Output.InputRows(start, width),
            BiasOf(query), BiasOf(key), BiasOf(value), Scale);
    }

    private static float[] BiasOf(Linear layer) => layer.Bias.IsEmpty ? new float[layer.Outputs] : layer.Bias.ToArray();
}

/// <summary>One attention head as factor matrices for row vectors x: q = x·W_q + b_q and so on; it writes
/// v·W_o.</summary>
/// <remarks>W_QK = W_q·W_kᵀ and W_VO = W_v·W_o have rank at most d_k; work with the factors. The output bias belongs to
/// all heads together:
/// <see cref="AttentionWeights.Output"/>.</remarks>
/// <param name="Query">W_q, [d, d_k].</param>
/// <param name="Key">W_k, [d, d_k].</param>
/// <param name="Value">W_v, [d, d_k].</param>
/// <param name="Output">W_o, [d_k, d].</param>
/// <param name="QueryBias">b_q, d_k numbers; zeros in a model without biases, as for the other two.</param>
/// <param name="KeyBias">b_k, d_k numbers.</param>
/// <param name="ValueBias">b_v, d_k numbers.</param>
/// <param name="Scale">What q·k is multiplied by before the softmax.</param>
public sealed record HeadWeights(
    Matrix Query,
    Matrix Key,
    Matrix Value,
    Matrix Output,
    float[] QueryBias,
    float[] KeyBias,
    float[] ValueBias,
    float Scale
)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

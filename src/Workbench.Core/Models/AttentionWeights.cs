using System;
using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>The self-attention of one block: affine layers that are cut into heads by columns.</summary>
public sealed class AttentionWeights
{
    private readonly AttentionConfig config;
    private readonly Linear[] input;
    private readonly Norm[] queryNorms, keyNorms;
    private readonly ConcurrentDictionary<int, WeakReference<KeyValueFactors>> shared = [];

    internal AttentionWeights(
        AttentionConfig config, Linear[] input, Linear output, Norm[] queryNorms, Norm[] keyNorms)
    {
        (this.config, this.input, Output) = (config, input, output);
        (this.queryNorms, this.keyNorms) = (queryNorms, keyNorms);
    }

    /// <summary>Number of heads.</summary>
    public int Heads => config.Heads;

    /// <summary>Number of heads that give keys and values.</summary>
    public int KeyValueHeads => config.KeyValueHeads;

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth => config.HeadWidth;

    /// <summary>What a query's dot product with a key is multiplied by before the softmax: 1/√d_k for most
    /// models.</summary>
    public float Scale => config.Scale;

    /// <summary>How queries and keys are turned by their positions; null where they are not.</summary>
    public RotaryConfig? Rotary => config.Rotary;

    /// <summary>heads · d_k to d: the sum over heads of what each writes, plus one bias for all of them.</summary>
    public Linear Output { get; }

    /// <summary>The factor matrices of one head, copied out of the layers; heads that share keys and values share the
    /// copies of these.</summary>
    /// <param name="head">From 0 to <see cref="Heads"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such head.</exception>
    public HeadWeights Head(int head)
    {
        if ((uint)head >= (uint)Heads)
            throw Argument.OutOfRange(nameof(head), head, $"The block has heads 0 to {Heads - 1}.");
        var query = Columns(config.QueryStart(head));
        var factors = KeyValue(config.KeyValueHead(head));
        return new HeadWeights(
            query.ToMatrix(), factors.Key, factors.Value, Output.InputRows(head * HeadWidth, HeadWidth),
            BiasOf(query), factors.KeyBias, factors.ValueBias, Scale)
        {
            Rotary = Rotary,
            QueryGain = Gain(config.QueryNorm, queryNorms, head),
            KeyGain = Gain(config.KeyNorm, keyNorms, config.KeyValueHead(head)),
        };
    }

    private float[]? Gain(HeadNormConfig? norm, Norm[] norms, int head) => norm?.Scope switch
    {
        null => null,
        HeadNormScope.EachHead => norms[0].Gain.ToArray(),
        HeadNormScope.AllHeads => norms[0].Gain.Slice(head * HeadWidth, HeadWidth).ToArray(),
        _ => norms[head].Gain.ToArray(),
    };

    private KeyValueFactors KeyValue(int keyValueHead)
    {
        // Kept as long as somebody uses them: the factors of a large model need not all be in memory.
        if (shared.TryGetValue(keyValueHead, out var kept) && kept.TryGetTarget(out var factors)) return factors;
        var (key, value) = (Columns(config.KeyStart(keyValueHead)), Columns(config.ValueStart(keyValueHead)));
        factors = new KeyValueFactors(key.ToMatrix(), value.ToMatrix(), BiasOf(key), BiasOf(value));
        shared[keyValueHead] = new WeakReference<KeyValueFactors>(factors);
        return factors;
    }

    /// <summary>The layer that gives one head's columns of what the input layers give together.</summary>
    private Linear Columns(int start)
    {
        foreach (var layer in input)
        {
            if (start < layer.Outputs) return layer.Slice(start, HeadWidth);
            start -= layer.Outputs;
        }
        throw Argument.OutOfRange(nameof(start), start, "Behind the last layer.");
    }

    private static float[] BiasOf(Linear layer) => layer.Bias.IsEmpty ? new float[layer.Outputs] : layer.Bias.ToArray();

    private sealed record KeyValueFactors(Matrix Key, Matrix Value, float[] KeyBias, float[] ValueBias);
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
    /// <summary>How queries and keys are turned by their positions: the factors here are not; null where they are
    /// not.</summary>
    public RotaryConfig? Rotary { get; init; }

    /// <summary>What the norm of the queries multiplies with, d_k numbers; null where queries are not normed. The
    /// factors here are without it: with such a norm a score is no product of two vectors and a matrix.</summary>
    public float[]? QueryGain { get; init; }

    /// <summary>As <see cref="QueryGain"/>, of the keys.</summary>
    public float[]? KeyGain { get; init; }

    /// <summary>The factors with the gains of the norms of queries and keys multiplied in, as if these norms did not
    /// divide: what they do to the directions of a head, without what they do to the lengths.</summary>
    /// <returns>This itself where there are no such norms.</returns>
    public HeadWeights WithGains() => this with
    {
        Query = QueryGain is null ? Query : Times(Query, QueryGain),
        QueryBias = QueryGain is null ? QueryBias : Times(Matrix.FromArray(1, QueryBias.Length, QueryBias), QueryGain)
            .ToArray(),
        Key = KeyGain is null ? Key : Times(Key, KeyGain),
        KeyBias = KeyGain is null ? KeyBias : Times(Matrix.FromArray(1, KeyBias.Length, KeyBias), KeyGain).ToArray(),
        QueryGain = null,
        KeyGain = null,
    };

    private static Matrix Times(Matrix rows, float[] gain)
    {
        var result = rows.Copy();
        for (var row = 0; row < rows.Rows; row++)
            TensorPrimitives.Multiply(rows.Row(row), gain, result.WritableRow(row));
        return result;
    }

    /// <summary>The factors for a query that stands some places behind the key: the query's is turned by the distance,
    /// and both are stretched where the model does so. W_QK(t − s) = W_q·R(t − s)·W_kᵀ scores the query at t and the
    /// key at s.</summary>
    /// <param name="distance">t − s, of either sign.</param>
    /// <returns>This itself where positions do not turn.</returns>
    public HeadWeights At(int distance) =>
        Rotary is { } rotary
            ? this with
            {
                Query = rotary.Turn(Query, distance),
                QueryBias = rotary.Turn(Matrix.FromArray(1, QueryBias.Length, QueryBias), distance).ToArray(),
                Key = rotary.Turn(Key, 0),
                KeyBias = rotary.Turn(Matrix.FromArray(1, KeyBias.Length, KeyBias), 0).ToArray(),
            }
            : this;

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

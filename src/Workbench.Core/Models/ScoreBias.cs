using System;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>What one head adds to its scores by the distance of query and key.</summary>
internal sealed class ScoreBias
{
    private readonly int zero;

    private ScoreBias(float[]? byDistance, int zero, double[]? byKey) =>
        (ByDistance, this.zero, ByKey) = (byDistance, zero, byKey);

    /// <summary>Of the key at the query's place + i − past, where biases depend on the distance alone: 2 · length − 1
    /// numbers, that of distance 0 in the middle. Else null.</summary>
    public float[]? ByDistance { get; }

    /// <summary>Of each key; the bias is this less that of the query's place. Null where they depend on the distance
    /// alone.</summary>
    public double[]? ByKey { get; }

    /// <summary>The biases of a head within a text of some length, or null for none.</summary>
    /// <param name="attention">The heads.</param>
    /// <param name="head">Which one.</param>
    /// <param name="length">Number of tokens.</param>
    /// <param name="learned">The table of <see cref="AttentionConfig.RelativeBias"/>.</param>
    public static ScoreBias? Of(AttentionConfig attention, int head, int length, Matrix? learned)
    {
        if (attention.RelativeBias is { } relative)
            return OfDistances(length, distance => learned![relative.Bucket(distance), head]);
        if (attention.Alibi is not { } alibi) return null;
        var slope = alibi.Slopes(attention.Heads)[head];
        if (alibi.Kind != AlibiKind.Falcon) return OfDistances(length, distance => (float)(slope * distance));
        var byKey = new double[length];
        for (var key = 0; key < length; key++) byKey[key] = alibi.Bias(slope, key, attention.Scale);
        return new ScoreBias(null, 0, byKey);
    }

    /// <summary>Adds to the scores of one query.</summary>
    /// <param name="scores">Of neighbouring keys.</param>
    /// <param name="firstKey">The place of the first of them.</param>
    /// <param name="query">The place of the query.</param>
    public void AddTo(Span<float> scores, int firstKey, int query)
    {
        if (ByKey is not null)
            for (var i = 0; i < scores.Length; i++) scores[i] += (float)(ByKey[firstKey + i] - ByKey[query]);
        else
            TensorPrimitives.Add(
                scores, ByDistance.AsSpan(zero + firstKey - query, scores.Length), scores);
    }

    private static ScoreBias OfDistances(int length, Func<int, float> bias)
    {
        var values = new float[2 * length - 1];
        for (var i = 0; i < values.Length; i++) values[i] = bias(i - (length - 1));
        return new ScoreBias(values, length - 1, null);
    }
}

using System;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>What one head adds to its scores by the distance of query and key.</summary>
internal sealed class ScoreBias
{
    // Of the key at the query's place + i − past, where biases depend on the distance alone.
    private readonly float[]? byDistance;
    private readonly int zero;
    private readonly double[]? byKey;

    private ScoreBias(float[]? byDistance, int zero, double[]? byKey) =>
        (this.byDistance, this.zero, this.byKey) = (byDistance, zero, byKey);

    /// <summary>The biases of a head within a text of some length, or null for none.</summary>
    /// <param name="attention">The heads.</param>
    /// <param name="head">Which one.</param>
    /// <param name="length">Number of tokens.</param>
    /// <param name="learned">The table of <see cref="AttentionConfig.RelativeBias"/>.</param>
    public static ScoreBias? Of(AttentionConfig attention, int head, int length, Matrix? learned)
    {
        if (attention.RelativeBias is { } relative)
            return ByDistance(length, distance => learned![relative.Bucket(distance), head]);
        if (attention.Alibi is not { } alibi) return null;
        var slope = alibi.Slopes(attention.Heads)[head];
        if (alibi.Kind != AlibiKind.Falcon) return ByDistance(length, distance => (float)(slope * distance));
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
        if (byKey is not null)
            for (var i = 0; i < scores.Length; i++) scores[i] += (float)(byKey[firstKey + i] - byKey[query]);
        else
            TensorPrimitives.Add(
                scores, byDistance.AsSpan(zero + firstKey - query, scores.Length), scores);
    }

    private static ScoreBias ByDistance(int length, Func<int, float> bias)
    {
        var values = new float[2 * length - 1];
        for (var i = 0; i < values.Length; i++) values[i] = bias(i - (length - 1));
        return new ScoreBias(values, length - 1, null);
    }
}

using System;

namespace Workbench.Core.Models;

/// <summary>A learned bias for each head and each range of distances, the same in every block (Raffel et al.,
/// "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020).</summary>
/// <param name="Name">The tensor [buckets, heads] without <c>.weight</c>.</param>
/// <param name="Buckets">Number of ranges, half of them for keys behind the query.</param>
/// <param name="Farthest">From here on, all distances are one range.</param>
public sealed record RelativeBiasConfig(string Name, int Buckets = 32, int Farthest = 128)
{
    /// <summary>The range that a distance belongs to: single distances up to a quarter of the buckets, then ranges that
    /// grow in proportion.</summary>
    /// <param name="distance">The key's position minus the query's.</param>
    /// <example><code>new RelativeBiasConfig("b").Bucket(-3)</code> is 3.</example>
    public int Bucket(int distance)
    {
        var half = Buckets / 2;
        var exact = half / 2;
        var size = Math.Abs(distance);
        var bucket = size < exact
            ? size
            : Math.Min(
                half - 1,
                exact + (int)(Math.Log((double)size / exact) / Math.Log((double)Farthest / exact) * (half - exact)));
        return bucket + (distance > 0 ? half : 0);
    }
}

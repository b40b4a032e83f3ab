using System;
using System.Numerics;

namespace Workbench.Core.Kernels;

/// <summary>Pairs of places turned by angles, as rotary positions do (Su et al., "RoFormer", 2021).</summary>
internal static class Rotation
{
    /// <summary>(a, b) becomes (a·cos − b·sin, b·cos + a·sin) for the places i and i + n/2 of the first n.</summary>
    /// <param name="x">At least n elements, of which those behind the first n stay.</param>
    /// <param name="cosines">One for each of the n/2 pairs.</param>
    /// <param name="sines">As many.</param>
    public static void Halves(Span<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        var first = x[..cosines.Length];
        var second = x.Slice(cosines.Length, cosines.Length);
        var i = 0;
        for (; i <= cosines.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var (a, b) = (new Vector<float>(first[i..]), new Vector<float>(second[i..]));
            var (cosine, sine) = (new Vector<float>(cosines[i..]), new Vector<float>(sines[i..]));
            (a * cosine - b * sine).CopyTo(first[i..]);
            (b * cosine + a * sine).CopyTo(second[i..]);
        }
        for (; i < cosines.Length; i++)
            (first[i], second[i]) = (
                first[i] * cosines[i] - second[i] * sines[i], second[i] * cosines[i] + first[i] * sines[i]);
    }

    /// <summary>The same for the places 2i and 2i + 1.</summary>
    public static void Neighbours(Span<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        for (var i = 0; i < cosines.Length; i++)
        {
            var (a, b) = (x[2 * i], x[2 * i + 1]);
            (x[2 * i], x[2 * i + 1]) = (a * cosines[i] - b * sines[i], b * cosines[i] + a * sines[i]);
        }
    }
}

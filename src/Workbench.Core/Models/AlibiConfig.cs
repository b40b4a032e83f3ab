using System;
using System.Linq;

namespace Workbench.Core.Models;

/// <summary>Attention with linear biases (Press, Smith and Lewis, "Train Short, Test Long", 2022): slope · (k − q) is
/// added to the score of the query at q and the key at k.</summary>
/// <param name="Kind">How slopes are chosen and rounded.</param>
public sealed record AlibiConfig(AlibiKind Kind)
{
    /// <summary>One for each head, the same in every block.</summary>
    /// <example><code>new AlibiConfig(AlibiKind.Bloom).Slopes(2)</code> is [0.0625, 0.00390625].</example>
    public double[] Slopes(int heads)
    {
        var below = 1;
        while (below * 2 <= heads) below *= 2;
        if (Kind == AlibiKind.Mpt)
        {
            var whole = below == heads ? heads : 2 * below;
            var all = Enumerable.Range(1, whole).Select(j => Math.Pow(2, -8.0 * j / whole)).ToArray();
            return whole == heads
                ? all
                : [.. all.Where((_, i) => i % 2 == 1).Concat(all.Where((_, i) => i % 2 == 0)).Take(heads)];
        }
        var slopes = Enumerable.Range(1, below).Select(j => Math.Pow(2, -8.0 * j / below))
            .Concat(Enumerable.Range(1, heads - below).Select(j => Math.Pow(2, -4.0 * (2 * j - 1) / below)));
        return [.. Kind == AlibiKind.Falcon ? slopes.Select(slope => ToBfloat16((float)slope)) : slopes];
    }

    /// <summary>What is added to the scores of every query, key by key, before the softmax: a query's position adds the
    /// same to all of them and is left out.</summary>
    /// <param name="slope">The head's.</param>
    /// <param name="key">The key's position from 0.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    internal double Bias(double slope, int key, double scale) =>
        Kind == AlibiKind.Falcon ? ToBfloat16((float)(slope * key)) * scale : slope * key;

    // To the nearest of the numbers with eight binary digits, ties to even.
    private static double ToBfloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
    }
}

/// <summary>Who chooses the slopes.</summary>
public enum AlibiKind
{
    /// <summary>Of the largest power of two of heads first, then of every other of twice as many.</summary>
    Bloom,

    /// <summary>As BLOOM, but slopes and their multiples are rounded to bfloat16, and the bias is scaled with the
    /// score.</summary>
    Falcon,

    /// <summary>Of the smallest power of two that is enough, every other one first.</summary>
    Mpt,
}

using System;
using Workbench.Core.Kernels;

namespace Workbench.Core.Models;

/// <summary>Cosines and sines of rotary positions for some tokens of a text, computed in double precision and
/// stretched.</summary>
internal sealed class RotaryTable
{
    private readonly RotaryConfig rotary;
    private readonly float[] cosines, sines;

    /// <param name="rotary">How positions turn.</param>
    /// <param name="first">The position of the first token.</param>
    /// <param name="count">Number of tokens; with those before them the whole text.</param>
    public RotaryTable(RotaryConfig rotary, int first, int count)
    {
        this.rotary = rotary;
        var frequencies = rotary.Frequencies(first + count);
        (cosines, sines) = (new float[count * frequencies.Length], new float[count * frequencies.Length]);
        for (var token = 0; token < count; token++)
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sine, cosine) = Math.SinCos((first + token) * frequencies[i]);
                (cosines[token * frequencies.Length + i], sines[token * frequencies.Length + i]) = (
                    (float)(rotary.Stretch * cosine), (float)(rotary.Stretch * sine));
            }
    }

    /// <summary>For each token one number for each pair.</summary>
    public ReadOnlySpan<float> Cosines => cosines;

    /// <summary>As <see cref="Cosines"/>.</summary>
    public ReadOnlySpan<float> Sines => sines;

    /// <summary>Turns one head's query or key.</summary>
    /// <param name="x">d_k numbers.</param>
    /// <param name="token">Counted from the table's first.</param>
    public void Turn(Span<float> x, int token)
    {
        var pairs = rotary.Width / 2;
        var cosine = cosines.AsSpan(token * pairs, pairs);
        var sine = sines.AsSpan(token * pairs, pairs);
        if (rotary.Pairing == RotaryPairing.Halves) Rotation.Halves(x, cosine, sine);
        else Rotation.Neighbours(x, cosine, sine);
    }
}

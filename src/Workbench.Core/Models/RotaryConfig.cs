using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>Which places of a head turn together.</summary>
public enum RotaryPairing
{
    /// <summary>Place i with place i + n/2, of the n that turn.</summary>
    Halves,

    /// <summary>Place 2i with place 2i + 1 (GPT-J).</summary>
    Neighbours,
}

/// <summary>Rotary positions (Su et al., "RoFormer", 2021): pairs of places of a query or key at position p turn by the
/// angle p · θ_i, so that a score depends on the distance of the two tokens.</summary>
/// <param name="Width">n, the places of a head that turn, the first ones; even.</param>
/// <param name="Base">θ_i = base^(−2i/n).</param>
public sealed record RotaryConfig(int Width, double Base = 10_000)
{
    /// <summary>Which places are pairs.</summary>
    public RotaryPairing Pairing { get; init; } = RotaryPairing.Halves;

    /// <summary>How the angles were changed for longer texts; null for unchanged.</summary>
    public RotaryScaling? Scaling { get; init; }

    /// <summary>What turned places of queries, and of keys, are multiplied by: 1 for most.</summary>
    public double Stretch => Scaling?.Stretch ?? 1;

    /// <summary>θ, in radians per position: n/2 numbers.</summary>
    /// <param name="length">Number of tokens of the text, which some scalings depend on.</param>
    /// <example><code>new RotaryConfig(4).Frequencies(1)</code> is [1, 0.01].</example>
    public double[] Frequencies(int length) => Scaling?.Frequencies(this, length) ?? Frequencies(Base);

    /// <summary>Every row turned as a query at a position is, and stretched; by the angles of a text that is not longer
    /// than the model's own length.</summary>
    /// <param name="rows">[n, d_k].</param>
    /// <param name="position">May be negative.</param>
    /// <returns>[n, d_k]; the rows themselves where nothing would change.</returns>
    public Matrix Turn(Matrix rows, int position)
    {
        if (position == 0 && Stretch == 1) return rows;
        var result = rows.Copy();
        var frequencies = Frequencies(1);
        for (var i = 0; i < frequencies.Length; i++)
        {
            var (sine, cosine) = Math.SinCos(position * frequencies[i]);
            var (first, second) = Pair(i);
            for (var row = 0; row < rows.Rows; row++)
            {
                double a = rows[row, first], b = rows[row, second];
                result[row, first] = (float)(Stretch * (a * cosine - b * sine));
                result[row, second] = (float)(Stretch * (b * cosine + a * sine));
            }
        }
        return result;
    }

    /// <summary>Two texts of the same regime are turned alike.</summary>
    internal int Regime(int length) => Scaling?.Regime(length) ?? 0;

    internal double[] Frequencies(double otherBase)
    {
        var frequencies = new double[Width / 2];
        for (var i = 0; i < frequencies.Length; i++) frequencies[i] = Math.Pow(otherBase, -2.0 * i / Width);
        return frequencies;
    }

    /// <summary>The two places of a pair.</summary>
    internal (int First, int Second) Pair(int i) =>
        Pairing == RotaryPairing.Halves ? (i, i + Width / 2) : (2 * i, 2 * i + 1);

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

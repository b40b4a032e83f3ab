using System;
using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>How the angles of rotary positions were changed so that a model takes longer texts than it was first
/// trained on.</summary>
public abstract record RotaryScaling
{
    /// <summary>What turned places of queries, and of keys, are multiplied by.</summary>
    public virtual double Stretch => 1;

    internal abstract double[] Frequencies(RotaryConfig rotary, int length);

    internal virtual int Regime(int length) => 0;

    /// <summary>Each frequency through a function of its own and its number.</summary>
    protected static double[] Map(RotaryConfig rotary, Func<double, int, double> change)
    {
        var frequencies = rotary.Frequencies(rotary.Base);
        for (var i = 0; i < frequencies.Length; i++) frequencies[i] = change(frequencies[i], i);
        return frequencies;
    }
}

/// <summary>Positions divided by a factor (Chen et al., "Extending Context Window of Large Language Models via
/// Positional Interpolation", 2023).</summary>
/// <param name="Factor">At least 1.</param>
public sealed record LinearScaling(double Factor) : RotaryScaling
{
    internal override double[] Frequencies(RotaryConfig rotary, int length) =>
        Map(rotary, (frequency, _) => frequency / Factor);

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>A base that grows with the text once that is longer than the model's own length ("dynamic NTK").</summary>
/// <param name="Factor">How fast.</param>
/// <param name="Original">The model's own length.</param>
public sealed record DynamicScaling(double Factor, int Original) : RotaryScaling
{
    internal override double[] Frequencies(RotaryConfig rotary, int length) => rotary.Frequencies(
        length <= Original
            ? rotary.Base
            : rotary.Base * Math.Pow(
                Factor * length / Original - (Factor - 1), rotary.Width / (rotary.Width - 2.0)));

    internal override int Regime(int length) => length <= Original ? 0 : length;

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>Slow turns divided by a factor, fast ones kept, those between mixed (Llama 3.1).</summary>
/// <param name="Factor">For angles that turn less than <paramref name="Low"/> times within the original
/// length.</param>
/// <param name="Low">Number of turns.</param>
/// <param name="High">Number of turns from which on nothing is changed.</param>
/// <param name="Original">The length before the change.</param>
public sealed record Llama3Scaling(double Factor, double Low, double High, int Original) : RotaryScaling
{
    internal override double[] Frequencies(RotaryConfig rotary, int length) => Map(rotary, (frequency, _) =>
    {
        var turns = Original * frequency / (2 * Math.PI);
        if (turns < Low) return frequency / Factor;
        if (turns > High) return frequency;
        var share = (turns - Low) / (High - Low);
        return (1 - share) * frequency / Factor + share * frequency;
    });

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>A ramp between divided and kept frequencies, and a stretch (Peng et al., "YaRN", 2023).</summary>
/// <param name="Factor">What slow frequencies are divided by.</param>
/// <param name="Original">The length before the change.</param>
public sealed record YarnScaling(double Factor, int Original) : RotaryScaling
{
    /// <summary>Turns within the original length from which on a frequency is kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Turns within the original length up to which it is divided.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Whether the ramp's ends are whole numbers.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>The stretch where it is given; null for the paper's, 0.1·ln(factor) + 1.</summary>
    public double? Attention { get; init; }

    /// <inheritdoc/>
    public override double Stretch => Attention ?? StretchOf(Factor, 1);

    /// <summary>0.1 · scale · ln(factor) + 1, and 1 for a factor of at most 1.</summary>
    public static double StretchOf(double factor, double scale) =>
        factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;

    internal override double[] Frequencies(RotaryConfig rotary, int length)
    {
        var (low, high) = (End(BetaFast), End(BetaSlow));
        if (Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, rotary.Width - 1));
        if (low == high) high += 0.001;
        return Map(rotary, (frequency, i) =>
        {
            var divided = Math.Clamp((i - low) / (high - low), 0, 1);
            return frequency / Factor * divided + frequency * (1 - divided);
        });

        double End(double turns) =>
            rotary.Width * Math.Log(Original / (2 * Math.PI * turns)) / (2 * Math.Log(rotary.Base));
    }

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>A divisor for each frequency, others beyond the original length than within it (Ding et al., "LongRoPE",
/// 2024).</summary>
/// <param name="Short">Divisors for texts of at most the original length, one for each pair.</param>
/// <param name="Long">Divisors for longer texts, for all of their positions.</param>
/// <param name="Original">The length before the change.</param>
/// <param name="Attention">The stretch.</param>
public sealed record LongRopeScaling(
    IReadOnlyList<double> Short, IReadOnlyList<double> Long, int Original, double Attention) : RotaryScaling
{
    /// <inheritdoc/>
    public override double Stretch => Attention;

    internal override double[] Frequencies(RotaryConfig rotary, int length)
    {
        var divisors = length <= Original ? Short : Long;
        return Map(rotary, (frequency, i) => frequency / divisors[i]);
    }

    internal override int Regime(int length) => length <= Original ? 0 : 1;

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

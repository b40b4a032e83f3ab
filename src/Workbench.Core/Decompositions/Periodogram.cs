using System;
using System.Numerics;

namespace Workbench.Core.Decompositions;

/// <summary>How the power of a frequency is scaled.</summary>
public enum PeriodogramScaling
{
    /// <summary>Power per unit of frequency: 2|X_k|²/n. White noise of variance s² has expectation 2s².</summary>
    Density,

    /// <summary>Power: 2|X_k|²/n². A sine of amplitude A at a listed frequency gives A²/2.</summary>
    Spectrum,
}

/// <summary>
/// One-sided periodograms of equally spaced real values after their mean is removed: the power at frequencies 0, 1/n,
/// …, up to 1/2 cycle per step, without a window. Frequencies 0 and 1/2 are not doubled.
/// </summary>
/// <remarks>One object serves one length, holds its transform, and may be shared between threads.</remarks>
public sealed class Periodogram
{
    private readonly Fft fft;
    private readonly PeriodogramScaling scaling;

    /// <summary>Plans periodograms of one length.</summary>
    /// <param name="length">Number of values, at least 1.</param>
    /// <param name="scaling">What the powers mean.</param>
    public Periodogram(int length, PeriodogramScaling scaling)
    {
        fft = new Fft(length);
        this.scaling = scaling;
    }

    /// <summary>The number of values it takes.</summary>
    public int Length => fft.Length;

    /// <summary>The number of powers it gives: n/2 + 1, n/2 rounded down.</summary>
    public int Frequencies => Length / 2 + 1;

    /// <summary>The k-th frequency in cycles per step: k/n.</summary>
    /// <param name="index">From 0 to <see cref="Frequencies"/> − 1.</param>
    public double Frequency(int index) => (double)index / Length;

    /// <summary>Computes the powers of some values.</summary>
    /// <param name="values"><see cref="Length"/> of them; NaN makes every power NaN, and all powers of a constant are
    /// 0.</param>
    /// <param name="destination"><see cref="Frequencies"/> powers.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Compute(ReadOnlySpan<double> values, Span<double> destination)
    {
        if (values.Length != Length)
            throw new ArgumentException(
                $"The periodogram was planned for {Length} values, but {values.Length} were given.", nameof(values));
        if (destination.Length != Frequencies)
            throw new ArgumentException(
                $"A periodogram of {Length} values has {Frequencies} powers, but there is room for "
                    + $"{destination.Length}.",
                nameof(destination)
            );
        if (double.IsFinite(values[0]) && !values.ContainsAnyExcept(values[0]))
        {
            destination.Clear(); // a constant less its computed mean would be its rounding
            return;
        }
        var mean = 0.0;
        foreach (var value in values) mean += value;
        mean /= Length;
        var centred = new double[Length];
        for (var i = 0; i < centred.Length; i++) centred[i] = values[i] - mean;
        var spectrum = new Complex[Frequencies];
        fft.ForwardReal(centred, spectrum);
        var unit = scaling == PeriodogramScaling.Density ? 1.0 / Length : 1.0 / Length / Length;
        for (var k = 0; k < destination.Length; k++)
        {
            var (re, im) = (spectrum[k].Real, spectrum[k].Imaginary);
            destination[k] = (k == 0 || 2 * k == Length ? unit : 2 * unit) * (re * re + im * im);
        }
    }
}

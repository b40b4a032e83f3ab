using System;
using System.Linq;
using System.Numerics;
using Workbench.Core.Decompositions;
using Workbench.Core.Randomness;
using Workbench.Core.Statistics;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class FftTests
{
    /// <summary>Every small length, every radix and its powers, primes for the chirp, and the lengths of real
    /// models.</summary>
    public static TheoryData<int> Lengths
    {
        get
        {
            var lengths = new TheoryData<int>();
            foreach (var length in Enumerable.Range(1, 40))
                lengths.Add(length);
            foreach (
                var length in new[]
                {
                    48,
                    49,
                    63,
                    64,
                    67,
                    81,
                    97,
                    100,
                    121,
                    125,
                    127,
                    128,
                    143,
                    169,
                    210,
                    251,
                    256,
                    289,
                    360,
                    768,
                    1021,
                    1024,
                }
            )
                lengths.Add(length);
            return lengths;
        }
    }

    [Theory, MemberData(nameof(Lengths))]
    public void The_transform_is_its_defining_sum(int length)
    {
        var values = Noise(length, seed: 1);
        var transformed = values.ToArray();
        new Fft(length).Forward(transformed);
        for (var k = 0; k < length; k++)
        {
            var sum = Complex.Zero;
            for (var t = 0; t < length; t++)
                sum += values[t] * Complex.FromPolarCoordinates(1, -2 * Math.PI * ((long)k * t % length) / length);
            Assert.InRange((transformed[k] - sum).Magnitude, 0, 1e-13 * length);
        }
    }

    [Theory, MemberData(nameof(Lengths))]
    public void The_inverse_gives_the_values_back_and_power_is_kept(int length)
    {
        var values = Noise(length, seed: 2);
        var work = values.ToArray();
        var fft = new Fft(length);
        fft.Forward(work);
        Assert.Equal(values.Sum(Power), work.Sum(Power) / length, 1e-11 * length); // Parseval
        fft.Inverse(work);
        for (var i = 0; i < length; i++) Assert.InRange((work[i] - values[i]).Magnitude, 0, 1e-13);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Real_values_have_the_first_half_of_their_complex_transform_and_come_back_from_it(int length)
    {
        var philox = new Philox(3);
        var values = Enumerable.Range(0, length).Select(_ => philox.NextNormal()).ToArray();
        var fft = new Fft(length);
        var whole = values.Select(value => new Complex(value, 0)).ToArray();
        fft.Forward(whole);
        var half = new Complex[length / 2 + 1];
        fft.ForwardReal(values, half);
        for (var k = 0; k < half.Length; k++) Assert.InRange((half[k] - whole[k]).Magnitude, 0, 1e-13 * length);
        var back = new double[length];
        fft.InverseReal(half, back);
        for (var i = 0; i < length; i++) Assert.Equal(values[i], back[i], 1e-13);
    }

    [Fact]
    public void A_circular_shift_turns_phases_and_keeps_magnitudes()
    {
        var values = Noise(60, seed: 4);
        var shifted = Enumerable.Range(0, 60).Select(i => values[(i + 7) % 60]).ToArray();
        var fft = new Fft(60);
        fft.Forward(values);
        fft.Forward(shifted);
        for (var k = 0; k < 60; k++)
            Assert.InRange(
                (shifted[k] - values[k] * Complex.FromPolarCoordinates(1, 2 * Math.PI * 7 * k / 60)).Magnitude, 0,
                1e-12);
    }

    [Fact]
    public void A_wrong_number_of_values_is_named() =>
        Assert.Contains(
            "8 values here, but 7", Assert.Throws<ArgumentException>(() => new Fft(8).Forward(new Complex[7])).Message);

    [
        WeightsTheory("reference/stats"),
        InlineData("n16"),
        InlineData("n63_tone"),
        InlineData("n128_tone"),
        InlineData("n128_noise")
    ]
    public void Periodograms_and_Fishers_g_are_those_of_scipy(string name)
    {
        var reference = Reference.Case("periodogram." + name);
        var values = reference.Vector("x");
        foreach (
            var (key, scaling) in new[]
            {
                ("density", PeriodogramScaling.Density),
                ("spectrum", PeriodogramScaling.Spectrum),
            }
        )
        {
            var periodogram = new Periodogram(values.Length, scaling);
            var powers = new double[periodogram.Frequencies];
            periodogram.Compute(values, powers);
            reference.AssertNear(powers, key);
            reference.AssertNear(
                Enumerable.Range(0, powers.Length).Select(periodogram.Frequency).ToArray(), "frequencies");
            var (g, peak, count) = FisherG.Statistic(powers, values.Length);
            reference.AssertNear(g, "fisher_g");
            reference.AssertNear(peak, "fisher_peak_index");
            reference.AssertNear(count, "fisher_m");
            reference.AssertNear(FisherG.PValue(g, count), "fisher_p");
        }
    }

    [WeightsTheory("reference/stats"), InlineData("fisher_g_table.plain"), InlineData("fisher_g_table.small")]
    public void Fishers_p_is_exact_also_where_its_sum_cancels(string name)
    {
        var reference = Reference.Case(name);
        var pairs = reference.Parameters.GetProperty("m_and_g").EnumerateArray().ToArray();
        reference.AssertNear(
            pairs.Select(pair => FisherG.PValue(pair[1].GetDouble(), pair[0].GetInt32())).ToArray(), "p");
    }

    [Fact]
    public void Fishers_p_falls_from_one_to_zero_without_a_jump_between_its_two_methods()
    {
        foreach (var count in new[] { 2, 10, 100, 511, 2000 })
        {
            var previous = 1.0;
            for (var i = 0; i <= 400; i++)
            {
                var p = FisherG.PValue((1 + i * (12.0 / 400)) / count, count);
                Assert.InRange(p, double.Epsilon, previous * (1 + 1e-9));
                previous = p;
            }
        }
        Assert.Equal(1, FisherG.PValue(1, 1));
        // 5 (1 − g)⁴ with the double below 1 for g; and what no double can hold.
        Assert.Equal(1, FisherG.PValue(1, 5) / (5 * Math.Pow(2, -53 * 4)), 1e-9);
        Assert.Equal(double.Epsilon, FisherG.PValue(1, 500));
        Assert.True(double.IsNaN(FisherG.PValue(double.NaN, 5)));
    }

    [Fact]
    public void Fishers_p_of_every_g_lies_above_zero_and_not_above_one()
    {
        foreach (var count in new[] { 1, 2, 3, 4, 7, 40, 500 })
            for (var i = 0; i <= 1000; i++)
                Assert.InRange(FisherG.PValue(i / 1000.0 * (1 + 1e-15), count), double.Epsilon, 1);
    }

    [Theory, InlineData(0.1), InlineData(0.3), InlineData(-1e300), InlineData(0)]
    public void All_powers_of_a_constant_are_exactly_zero(double constant)
    {
        foreach (var length in new[] { 1, 2, 20, 567 })
        {
            var powers = Enumerable.Repeat(1.0, length / 2 + 1).ToArray();
            new Periodogram(length, PeriodogramScaling.Density).Compute(
                Enumerable.Repeat(constant, length).ToArray(), powers);
            Assert.Equal(new double[powers.Length], powers);
        }
        var nothing = new double[3];
        var unknown = Enumerable.Repeat(double.NaN, 4).ToArray();
        new Periodogram(4, PeriodogramScaling.Density).Compute(unknown, nothing);
        Assert.All(nothing, power => Assert.True(double.IsNaN(power)));
    }

    [Fact]
    public void A_sine_of_amplitude_A_has_power_half_A_squared()
    {
        var values = Enumerable.Range(0, 96).Select(t => 5 + 3 * Math.Sin(2 * Math.PI * 7 * t / 96)).ToArray();
        var powers = new double[49];
        new Periodogram(96, PeriodogramScaling.Spectrum).Compute(values, powers);
        for (var k = 0; k < 49; k++) Assert.Equal(k == 7 ? 4.5 : 0, powers[k], 1e-12);
    }

    private static double Power(Complex value) => value.Real * value.Real + value.Imaginary * value.Imaginary;

    private static Complex[] Noise(int length, ulong seed)
    {
        var philox = new Philox(seed);
        return Enumerable.Range(0, length).Select(_ => new Complex(philox.NextNormal(), philox.NextNormal())).ToArray();
    }
}

using System;
using System.Numerics;

namespace Workbench.Core.Statistics;

/// <summary>
/// Fisher's test for a hidden periodicity: g is the largest share that one frequency takes of the power (Fisher, "Tests
/// of significance in harmonic analysis", 1929).
/// </summary>
public static class FisherG
{
    // Alternating values of 4 to 100,002 steps left at most 0.52 in all other frequencies together.
    private const double RoundingsALevel = 4;

    /// <summary>The statistic of a periodogram and where it lies.</summary>
    /// <param name="powers">One-sided powers at frequencies 0, 1/n, … as <c>Periodogram</c> gives them, in any
    /// scaling.</param>
    /// <param name="length">n, the number of values behind the periodogram, at least 3.</param>
    /// <returns>
    /// The share g of the largest among the m = (n − 1)/2 frequencies, rounded down, that are neither 0 nor 1/2; its
    /// index in
    /// <paramref name="powers"/> (the lowest in a tie); and m. g is NaN where these powers vanish, or are no more than
    /// what rounding leaves of the frequencies 0 and 1/2.
    /// </returns>
    /// <exception cref="ArgumentException">The number of powers is not n/2 + 1.</exception>
    public static (double G, int Peak, int Count) Statistic(ReadOnlySpan<double> powers, int length)
    {
        Argument.AtLeast(length, 3);
        if (powers.Length != length / 2 + 1)
            throw new ArgumentException(
                $"A one-sided periodogram of {length} values has {length / 2 + 1} powers, but {powers.Length} were "
                    + "given.",
                nameof(powers)
            );
        var (count, peak, sum) = ((length - 1) / 2, 1, 0.0);
        for (var k = 1; k <= count; k++)
        {
            sum += powers[k];
            if (powers[k] > powers[peak]) peak = k;
        }
        // A transform errs by a few roundings for each of its log₂ n levels, in amplitude, against all it transforms.
        var total = sum + powers[0] + (length % 2 == 0 ? powers[^1] : 0);
        var rounding = RoundingsALevel * Math.ScaleB(1, -53) * Math.Log2(length);
        return (sum > rounding * rounding * total ? powers[peak] / sum : double.NaN, peak, count);
    }

    /// <summary>
    /// The probability that white noise reaches at least g: Σ (−1)^(j−1) C(m, j) (1 − jg)^(m−1) over j up to 1/g.
    /// </summary>
    /// <remarks>
    /// Where g is small and m large the alternating sum loses every digit of a double; there it is done in fixed-point
    /// numbers long enough for its largest binomial coefficient. P below 1 by less than 1e-17 is 1: the m shares are
    /// negatively associated, so that all stay under g with probability at most (1 − (1 − g)^(m−1))^m.
    /// </remarks>
    /// <param name="g">The statistic; 1/m or less gives 1, NaN gives NaN. That a computed g is 1 can be rounding: it
    /// counts as the double below.</param>
    /// <param name="count">m, the number of frequencies, at least 1.</param>
    /// <returns>Above 0 and at most 1; what is smaller than the smallest double is given as that.</returns>
    /// <example><code>FisherG.PValue(0.5, 3)</code> is 0.75.</example>
    public static double PValue(double g, int count)
    {
        Argument.AtLeast(count, 1);
        if (double.IsNaN(g)) return double.NaN;
        if (g * count <= 1) return 1;
        g = Math.Min(g, Math.BitDecrement(1.0));
        if (count * Math.Log(1 - Math.Pow(1 - g, count - 1)) < -40) return 1;

        var (sum, largest, logarithm, terms) = (0.0, 0.0, 0.0, 0);
        for (var j = 1; j <= count && j * g < 1; j++)
        {
            logarithm += Math.Log((count - j + 1.0) / j);
            var term = Math.Exp(logarithm + (count - 1) * Math.Log(1 - j * g));
            largest = Math.Max(largest, term);
            sum += j % 2 == 1 ? term : -term;
            terms = j;
            if (term < 1e-26 * largest) break; // terms rise to one peak and fall
        }
        // A term carries a relative error of about 1e-13, being the exponential of a number in the hundreds.
        if (largest < 100 * sum) return Math.Clamp(sum, double.Epsilon, 1);
        return FixedPoint(g, count, terms, bits: 160 + (int)(logarithm / Math.Log(2)));
    }

    private static double FixedPoint(double g, int count, int terms, int bits)
    {
        var one = BigInteger.One << bits;
        var step = new BigInteger(Math.ScaleB(g, 120)) << (bits - 120); // exact: g above 2^-31 has no bit below 2^-84
        var (sum, coefficient) = (BigInteger.Zero, BigInteger.One);
        for (var j = 1; j <= terms; j++)
        {
            coefficient = coefficient * (count - j + 1) / j;
            var term = coefficient * Power(one - j * step, count - 1, bits);
            sum += j % 2 == 1 ? term : -term;
        }
        return Math.Clamp(Math.ScaleB((double)(sum >> (bits - 120)), -120), double.Epsilon, 1);
    }

    private static BigInteger Power(BigInteger value, int exponent, int bits)
    {
        var result = BigInteger.One << bits;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) == 1) result = result * value >> bits;
            value = value * value >> bits;
        }
        return result;
    }
}

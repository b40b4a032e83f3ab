using System;

namespace Workbench.Core.Manifolds;

/// <summary>
/// How membership falls with distance in a layout: 1/(1 + a x^(2b)), fitted by least squares to a curve that is 1 up to
/// the smallest distance and exp(−(x − minDist)/spread) beyond it, at 300 distances from 0 to 3 · spread.
/// </summary>
/// <param name="A">a.</param>
/// <param name="B">b.</param>
/// <example><code>MembershipCurve.Fit(spread: 1, minDist: 0.1)</code> is (1.57694, 0.89506).</example>
public readonly record struct MembershipCurve(double A, double B)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    private const int Samples = 300;

    /// <summary>Fits the curve (Levenberg and Marquardt's method from a = b = 1, to convergence).</summary>
    /// <param name="spread">Scale of the layout, above 0.</param>
    /// <param name="minDist">How close points may come, from 0 to below 3 · spread.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public static MembershipCurve Fit(double spread, double minDist)
    {
        if (!(spread > 0 && double.IsFinite(spread)))
            throw Argument.OutOfRange(nameof(spread), spread, "The spread must be above 0.");
        if (!(minDist >= 0 && minDist < 3 * spread))
            throw Argument.OutOfRange(
                nameof(minDist), minDist, $"The smallest distance must be from 0 to below 3 · spread = {3 * spread}.");
        var (a, b, damping) = (1.0, 1.0, 1e-3);
        var error = Error(a, b, spread, minDist);
        for (var step = 0; step < 1000 && damping < 1e16; step++)
        {
            var (aa, ab, bb, ga, gb) = Normal(a, b, spread, minDist);
            var (daa, dbb) = (aa * (1 + damping), bb * (1 + damping));
            var determinant = daa * dbb - ab * ab;
            var (nextA, nextB) = (a + (dbb * ga - ab * gb) / determinant, b + (daa * gb - ab * ga) / determinant);
            var nextError = nextA > 0 && nextB > 0 ? Error(nextA, nextB, spread, minDist) : double.PositiveInfinity;
            if (nextError < error)
            {
                (a, b, error, damping) = (nextA, nextB, nextError, damping / 10);
            }
            else damping *= 10; // ends the search once no step is too small to help
        }
        return new MembershipCurve(a, b);
    }

    private static double Distance(int sample, double spread) => 3 * spread * sample / (Samples - 1);

    private static double Target(double x, double spread, double minDist) =>
        x < minDist ? 1 : Math.Exp(-(x - minDist) / spread);

    private static double Error(double a, double b, double spread, double minDist)
    {
        var sum = 0.0;
        for (var i = 0; i < Samples; i++)
        {
            var x = Distance(i, spread);
            var residual = Target(x, spread, minDist) - 1 / (1 + a * Math.Pow(x, 2 * b));
            sum += residual * residual;
        }
        return sum;
    }

    // JᵀJ and Jᵀ times the residuals.
    private static (double AA, double AB, double BB, double GA, double GB) Normal(
        double a, double b, double spread, double minDist)
    {
        var (aa, ab, bb, ga, gb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 1; i < Samples; i++) // at distance 0 the curve is 1 whatever a and b
        {
            var x = Distance(i, spread);
            var power = Math.Pow(x, 2 * b);
            var value = 1 / (1 + a * power);
            var (da, db) = (-power * value * value, -2 * a * power * Math.Log(x) * value * value);
            var residual = Target(x, spread, minDist) - value;
            (aa, ab, bb) = (aa + da * da, ab + da * db, bb + db * db);
            (ga, gb) = (ga + da * residual, gb + db * residual);
        }
        return (aa, ab, bb, ga, gb);
    }
}

using System;

namespace Workbench.Core.Manifolds;

/// <summary>The local scale of one point: distances up to ρ count as nothing, and beyond it in units of σ.</summary>
/// <param name="Rho">ρ, the distance of the nearest neighbour that is not a copy of the point, or of a further one
/// where <see cref="UmapSettings.LocalConnectivity"/> says so.</param>
/// <param name="Sigma">σ, which makes the memberships of the k − 1 neighbours sum to log₂ k.</param>
public readonly record struct SmoothDistance(double Rho, double Sigma)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    // Σ is at least this share of the mean distance, as in the authors' program.
    private const double SmallestShare = 1e-3;

    /// <summary>exp(−(d − ρ)/σ), 1 up to ρ.</summary>
    /// <param name="distance">d, at least 0.</param>
    public double Membership(double distance) =>
        distance <= Rho || Sigma == 0 ? 1 : Math.Exp(-(distance - Rho) / Sigma);

    /// <summary>Solves for the scale of a point by bisection to the last bits.</summary>
    /// <param name="distances">Of its neighbours without itself, ascending. With many copies the sum cannot be reached,
    /// and the floor on σ decides.</param>
    /// <param name="localConnectivity">How many neighbours at a positive distance count as touching; 0 for a ρ of
    /// 0.</param>
    internal static SmoothDistance Of(ReadOnlySpan<double> distances, double localConnectivity)
    {
        var rho = NearestApart(distances, localConnectivity);
        var sum = 0.0;
        foreach (var distance in distances) sum += distance;
        var target = Math.Log2(distances.Length + 1);
        var (low, high, sigma) = (0.0, double.PositiveInfinity, 1.0);
        for (var step = 0; step < 200; step++)
        {
            if (SumOfMemberships(distances, rho, sigma) >= target) high = sigma;
            else low = sigma;
            if (high - low <= 1e-14 * low || sigma is < 1e-300 or > 1e300) break;
            sigma = double.IsPositiveInfinity(high) ? 2 * sigma : 0.5 * (low + high);
        }
        // The mean counts the point itself, at distance 0.
        return new SmoothDistance(rho, Math.Max(sigma, SmallestShare * sum / (distances.Length + 1)));
    }

    // The distance of neighbour number `count` among those that are not copies; between two whole numbers on the line
    // from one to the next, and 0 is the point itself. Where there are fewer, the furthest: as smooth_knn_dist of
    // umap-learn has it.
    private static double NearestApart(ReadOnlySpan<double> distances, double count)
    {
        var apart = distances[(distances.LastIndexOf(0.0) + 1)..]; // ascending, so that copies come first
        if (apart.Length < count) return apart.IsEmpty ? 0 : apart[^1];
        var whole = (int)count;
        var below = whole == 0 ? 0 : apart[whole - 1];
        return count > whole ? below + (count - whole) * (apart[whole] - below) : below;
    }

    private static double SumOfMemberships(ReadOnlySpan<double> distances, double rho, double sigma)
    {
        var sum = 0.0;
        foreach (var distance in distances) sum += distance <= rho ? 1 : Math.Exp(-(distance - rho) / sigma);
        return sum;
    }
}

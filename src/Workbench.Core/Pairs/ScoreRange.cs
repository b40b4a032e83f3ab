using System;

namespace Workbench.Core.Pairs;

/// <summary>Which scores single precision can hold.</summary>
internal static class ScoreRange
{
    // Below the normal numbers each step of a chain errs by up to half of the smallest float.
    private static readonly double StepError = Math.ScaleB(1, -150);
    private static readonly double Roundoff = Math.ScaleB(1, -24);

    /// <summary>Refuses vectors whose dot products would overflow, or lose more than one rounding of the largest to
    /// underflow.</summary>
    /// <param name="bound">The largest possible score: the product of the largest lengths.</param>
    /// <param name="depth">Length of the vectors.</param>
    /// <param name="argument">What the exception names.</param>
    public static void Check(double bound, int depth, string argument)
    {
        if (bound > float.MaxValue / 2)
            throw new ArgumentException(
                $"Dot products may reach {bound:G3}, beyond single precision; scale the vectors down.", argument);
        if (bound > 0 && bound * Roundoff < depth * StepError)
            throw new ArgumentException(
                $"Dot products reach {bound:G3} at most, too little for single precision; scale the vectors up.",
                argument);
    }
}

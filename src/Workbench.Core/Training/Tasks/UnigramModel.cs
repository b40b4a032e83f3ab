using System;

namespace Workbench.Core.Training.Tasks;

/// <summary>The baseline that knows only how frequent each token is: p(b) = (c(b) + ν/V) / (N + ν), add-k smoothing
/// with k = ν/V.</summary>
public sealed class UnigramModel
{
    private readonly long[] counts;
    private readonly long total;

    /// <summary>Counts tokens.</summary>
    /// <param name="tokens">The training text's ids, each below <paramref name="vocabulary"/>.</param>
    /// <param name="vocabulary">V, the number of ids there are.</param>
    /// <param name="strength">ν, above 0: as if so many tokens more had been seen, spread evenly.</param>
    public UnigramModel(ReadOnlySpan<int> tokens, int vocabulary, double strength)
    {
        Argument.AtLeast(vocabulary, 1);
        if (!(strength > 0 && double.IsFinite(strength)))
            throw Argument.OutOfRange(
                nameof(strength), strength, "The strength of smoothing must be above 0.");
        counts = new long[vocabulary];
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)vocabulary)
                throw Argument.OutOfRange(
                    nameof(tokens), token,
                    $"A token id lies from 0 to {vocabulary - 1} in a vocabulary of {vocabulary}.");
            counts[token]++;
        }
        (total, Strength) = (tokens.Length, strength);
    }

    /// <summary>ν.</summary>
    public double Strength { get; }

    /// <summary>Number of ids there are.</summary>
    public int Vocabulary => counts.Length;

    /// <summary>p(token).</summary>
    /// <param name="token">From 0 to <see cref="Vocabulary"/> − 1.</param>
    public double Probability(int token) => (counts[token] + Strength / counts.Length) / (total + Strength);

}

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Workbench.Core.Training.Tasks;

/// <summary>
/// The baseline that knows only the token to the left: p(b | a) = (c(ab) + μ p(b)) / (c(a·) + μ), which leans on the
/// unigram model where a was rarely seen (a Dirichlet prior; MacKay and Peto, "A hierarchical Dirichlet language
/// model", 1995). It interpolates the two with weight c(a·) / (c(a·) + μ).
/// </summary>
public sealed class BigramModel
{
    private readonly Dictionary<long, int> pairs = [];
    private readonly long[] followed;

    /// <summary>Counts pairs of neighbours.</summary>
    /// <param name="tokens">The training text's ids, those that <paramref name="unigram"/> was counted from.</param>
    /// <param name="unigram">p(b).</param>
    /// <param name="strength">μ, above 0: how many sightings of a weigh as much as the unigram model.</param>
    public BigramModel(ReadOnlySpan<int> tokens, UnigramModel unigram, double strength)
    {
        ArgumentNullException.ThrowIfNull(unigram);
        if (!(strength > 0 && double.IsFinite(strength)))
            throw Argument.OutOfRange(
                nameof(strength), strength, "The strength of smoothing must be above 0.");
        (Unigram, Strength) = (unigram, strength);
        followed = new long[unigram.Vocabulary];
        for (var i = 1; i < tokens.Length; i++)
        {
            followed[tokens[i - 1]]++;
            CollectionsMarshal.GetValueRefOrAddDefault(pairs, Key(tokens[i - 1], tokens[i]), out _)++;
        }
    }

    private BigramModel(BigramModel counted, double strength) =>
        (pairs, followed, Unigram, Strength) = (counted.pairs, counted.followed, counted.Unigram, strength);

    /// <summary>The model it leans on.</summary>
    public UnigramModel Unigram { get; }

    /// <summary>μ.</summary>
    public double Strength { get; }

    /// <summary>p(token | previous).</summary>
    /// <param name="previous">The token to the left.</param>
    /// <param name="token">The token to be predicted.</param>
    public double Probability(int previous, int token) =>
        (pairs.GetValueOrDefault(Key(previous, token)) + Strength * Unigram.Probability(token))
        / (followed[previous] + Strength);

    /// <summary>The same counts with another μ; shares memory.</summary>
    internal BigramModel WithStrength(double strength) => new(this, strength);

    private long Key(int previous, int token) => (long)previous * followed.Length + token;
}

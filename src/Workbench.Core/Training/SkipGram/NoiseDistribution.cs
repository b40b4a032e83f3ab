using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Randomness;

namespace Workbench.Core.Training.SkipGram;

/// <summary>
/// The words that negative sampling tells apart from the real ones: word i is drawn with a probability proportional to
/// countᵢ^¾ (Mikolov et al. 2013, arXiv 1310.4546, section 2.2).
/// </summary>
/// <remarks>
/// Drawn by the alias method (Walker 1977; Vose 1991), whose probabilities are exact to float64; word2vec.c looks into
/// a table of 10⁸ entries instead. Safe for use by several threads at once.
/// </remarks>
public sealed class NoiseDistribution
{
    private readonly double[] shares; // column i stays i with this probability
    private readonly int[] aliases;   // else it is this word

    /// <summary>Prepares draws.</summary>
    /// <param name="counts">How often each word occurs, at least 1.</param>
    /// <exception cref="ArgumentException">There is no word, or a count is below 1.</exception>
    public NoiseDistribution(IReadOnlyList<long> counts)
    {
        if (counts.Count == 0) throw new ArgumentException("There must be at least one word to draw.", nameof(counts));
        for (var word = 0; word < counts.Count; word++)
            if (counts[word] < 1)
                throw new ArgumentException(
                    $"The count of word {word} is {counts[word]}, but must be at least 1.", nameof(counts));
        // Count^¾, the same on every machine.
        var weights = counts.Select(count => Math.Sqrt(count) * Math.Sqrt(Math.Sqrt(count))).ToArray();
        var sum = weights.Sum();
        Probabilities = weights.Select(weight => weight / sum).ToArray();
        (shares, aliases) = (new double[counts.Count], new int[counts.Count]);
        Fill(Probabilities.Select(probability => probability * counts.Count).ToArray());
    }

    /// <summary>The probability of each word; they sum to 1.</summary>
    public IReadOnlyList<double> Probabilities { get; }

    /// <summary>Draws words, with replacement; each takes one 64-bit number of the stream.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="destination">Filled with the words' places.</param>
    public void Draw(Philox random, Span<int> destination)
    {
        Span<ulong> numbers = stackalloc ulong[256];
        for (; !destination.IsEmpty; destination = destination[Math.Min(numbers.Length, destination.Length)..])
        {
            var drawn = numbers[..Math.Min(numbers.Length, destination.Length)];
            random.Fill(drawn);
            for (var i = 0; i < drawn.Length; i++)
            {
                // The product's high half is the column, its low half a fraction that is uniform within it.
                var column = (int)Math.BigMul(drawn[i], (ulong)shares.Length, out var fraction);
                var alias = aliases[column];
                // A product, not a branch, which would be guessed wrong half the time.
                destination[i] =
                    alias
                    + (column - alias) * Convert.ToInt32(fraction * (1.0 / (1UL << 32) / (1UL << 32)) < shares[column]);
            }
        }
    }

    // Every column is filled to a height of 1: its own word, and what one heavier word can spare.
    private void Fill(double[] heights)
    {
        var (light, heavy) = (new Stack<int>(), new Stack<int>());
        for (var word = heights.Length - 1; word >= 0; word--) (heights[word] < 1 ? light : heavy).Push(word);
        while (light.Count > 0 && heavy.Count > 0)
        {
            var (low, high) = (light.Pop(), heavy.Pop());
            (shares[low], aliases[low]) = (heights[low], high);
            heights[high] -= 1 - heights[low];
            (heights[high] < 1 ? light : heavy).Push(high);
        }
        foreach (var full in light.Concat(heavy))
            (shares[full], aliases[full]) = (1, full); // rounding may leave some just below 1
    }
}

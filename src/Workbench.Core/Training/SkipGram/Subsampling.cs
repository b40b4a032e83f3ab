using System;

namespace Workbench.Core.Training.SkipGram;

/// <summary>Frequent words are passed over at random: they say little about their neighbours, and take most of the
/// time.</summary>
public static class Subsampling
{
    /// <summary>
    /// The probability that an occurrence of a word is kept: (√(f/t) + 1)·t/f, at most 1, where f is the word's share
    /// of the text and t the threshold.
    /// </summary>
    /// <remarks>That is word2vec.c's formula; the paper's, √(t/f) (Mikolov et al. 2013, arXiv 1310.4546, section 2.3),
    /// lacks the term t/f.</remarks>
    /// <param name="count">How often the word occurs, at least 1.</param>
    /// <param name="total">Words of the text, at least <paramref name="count"/>.</param>
    /// <param name="threshold">t, a share of the text; 0 keeps everything.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count or the threshold is outside its range.</exception>
    /// <example>A word that is 1 % of the text, at a threshold of 0.001, is kept with probability 0.41623.</example>
    public static double KeepProbability(long count, long total, double threshold)
    {
        Argument.AtLeast(count, 1);
        Argument.AtLeast(total, count);
        if (!(threshold >= 0 && threshold <= 1))
            throw Argument.OutOfRange(
                nameof(threshold), threshold, "The threshold is a share of the text, from 0 to 1.");
        if (threshold == 0)
            return 1;
        var ratio = threshold * total / count;
        return Math.Min(1, Math.Sqrt(ratio) + ratio);
    }
}

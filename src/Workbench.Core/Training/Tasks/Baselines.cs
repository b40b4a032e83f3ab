using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Training.Tasks;

/// <summary>What a model is asked to predict, and so where its left neighbour stands.</summary>
public enum Objective
{
    /// <summary>The token after each place.</summary>
    NextToken,

    /// <summary>The token that was hidden at a place.</summary>
    MaskedToken,
}

/// <summary>What a language model must beat: the perplexity of counting tokens, and of counting pairs of neighbours, on
/// the same places.</summary>
/// <param name="Unigram">Perplexity of a <see cref="UnigramModel"/>.</param>
/// <param name="Bigram">Perplexity of a <see cref="BigramModel"/>. Where tokens are masked it sees the true left
/// neighbour even if the model does not.</param>
/// <param name="UnigramStrength">The ν that was chosen.</param>
/// <param name="BigramStrength">The μ that was chosen.</param>
/// <param name="Scored">Places predicted.</param>
public sealed record Baselines(
    double Unigram, double Bigram, double UnigramStrength, double BigramStrength, long Scored)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    // Near the best strength a doubling changes the perplexity by about 1 % (on 2.5 million tokens of four books), so
    // the best power of two is within some 0.3 % of the best.
    private static readonly double[] Strengths = [.. Enumerable.Range(-4, 25).Select(power => Math.ScaleB(1, power))];

    /// <summary>Counts the training text and measures held-out text.</summary>
    /// <remarks>Each strength is the power of two from 2⁻⁴ to 2²⁰ that predicts every tenth block of the training text
    /// best from the other nine; counts are then taken from all of it. Blocks have 1,000 tokens, so that every text of
    /// a corpus is in both parts, or a tenth of a text shorter than 10,000.</remarks>
    /// <param name="training">Token ids of the training text, at least 20.</param>
    /// <param name="vocabulary">Number of ids there are.</param>
    /// <param name="heldOut">Batches of held-out text, the very ones that the model is measured on.</param>
    /// <param name="objective">What their targets are.</param>
    /// <exception cref="ArgumentException">The training text is too short, or no place is scored.</exception>
    public static Baselines Measure(
        ReadOnlySpan<int> training, int vocabulary, IReadOnlyList<TokenBatch> heldOut, Objective objective)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        if (training.Length < 20)
            throw new ArgumentException(
                $"The baselines need at least 20 tokens of training text, but {training.Length} were given.",
                nameof(training));
        var block = Math.Min(1000, training.Length / 10);
        var (counted, tuning) = (new List<int>(training.Length), new List<TokenBatch>());
        for (var (start, number) = (0, 1); start < training.Length; start += block, number++)
        {
            var tokens = training[start..Math.Min(start + block, training.Length)];
            if (number % 10 != 0) counted.AddRange(tokens);
            else if (tokens.Length > 1) tuning.AddRange(CausalBatches.Consecutive(tokens, sequences: 1, length: block));
        }
        var nine = counted.ToArray();
        var unigramStrength = Best(strength => UnigramLoss(new UnigramModel(nine, vocabulary, strength), tuning));
        var pairs = new BigramModel(nine, new UnigramModel(nine, vocabulary, unigramStrength), 1);
        var bigramStrength = Best(strength => BigramLoss(pairs.WithStrength(strength), tuning, Objective.NextToken));

        var unigram = new UnigramModel(training, vocabulary, unigramStrength);
        var bigram = new BigramModel(training, unigram, bigramStrength);
        return new Baselines(
            Math.Exp(UnigramLoss(unigram, heldOut)),
            Math.Exp(BigramLoss(bigram, heldOut, objective)),
            unigramStrength,
            bigramStrength,
            heldOut.Sum(batch => (long)batch.Scored)
        );
    }

    /// <summary>The mean cross-entropy of a unigram model in nats over all scored places.</summary>
    /// <exception cref="ArgumentException">No place is scored.</exception>
    public static double UnigramLoss(UnigramModel model, IReadOnlyList<TokenBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Loss(batches, (batch, place) => model.Probability(batch.Targets.Span[place]));
    }

    /// <summary>The mean cross-entropy of a bigram model in nats over all scored places.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batches">Held-out text.</param>
    /// <param name="objective">Whether the left neighbour of a target is the input at its place, or the true token one
    /// place to the left.</param>
    /// <exception cref="ArgumentException">No place is scored, or a masked place begins a sequence, where nothing
    /// stands to its left.</exception>
    public static double BigramLoss(BigramModel model, IReadOnlyList<TokenBatch> batches, Objective objective)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Loss(
            batches, (batch, place) => model.Probability(Left(batch, place, objective), batch.Targets.Span[place]));
    }

    private static int Left(TokenBatch batch, int place, Objective objective)
    {
        if (objective == Objective.NextToken) return batch.Inputs.Span[place];
        if (place % batch.Length == 0)
            throw new ArgumentException(
                $"Sequence {place / batch.Length} hides its first token, which has no left neighbour; begin sequences "
                    + "with [CLS].",
                nameof(batch)
            );
        var hidden = batch.Targets.Span[place - 1];
        return hidden == TokenBatch.Unscored ? batch.Inputs.Span[place - 1] : hidden;
    }

    private static double Loss(IReadOnlyList<TokenBatch> batches, Func<TokenBatch, int, double> probability) =>
        Perplexity.MeanLoss(
            batches,
            batch =>
            {
                var sum = 0.0;
                for (var place = 0; place < batch.Targets.Length; place++)
                    if (batch.Targets.Span[place] != TokenBatch.Unscored)
                        sum -= Math.Log(probability(batch, place));
                return sum / batch.Scored;
            }
        );

    private static double Best(Func<double, double> loss) => Strengths.MinBy(loss);
}

using System;
using System.Linq;
using Workbench.Core.Randomness;
using Workbench.Core.Training;
using Workbench.Core.Training.Tasks;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class BaselineTests
{
    // c(0) = 2, c(1) = 3; 01 twice, 10 once, 11 once.
    private static readonly int[] Small = [0, 1, 0, 1, 1];
    private static readonly UnigramModel Unigram = new(Small, vocabulary: 2, strength: 2);
    private static readonly BigramModel Bigram = new(Small, Unigram, strength: 2);

    [Fact]
    public void A_small_case_has_the_probabilities_worked_out_by_hand()
    {
        Assert.Equal(3.0 / 7, Unigram.Probability(0), 15);
        Assert.Equal(4.0 / 7, Unigram.Probability(1), 15);
        Assert.Equal(3.0 / 14, Bigram.Probability(0, 0), 15);
        Assert.Equal(11.0 / 14, Bigram.Probability(0, 1), 15);
        Assert.Equal(13.0 / 28, Bigram.Probability(1, 0), 15);
        Assert.Equal(15.0 / 28, Bigram.Probability(1, 1), 15);
    }

    [Fact]
    public void A_small_text_has_the_loss_worked_out_by_hand()
    {
        var batches = CausalBatches.Consecutive([0, 1, 1, 0], sequences: 1, length: 2);
        Assert.Equal(-Math.Log(4.0 / 7 * 4 / 7 * 3 / 7) / 3, Baselines.UnigramLoss(Unigram, batches), 14);
        Assert.Equal(
            -Math.Log(11.0 / 14 * 15 / 28 * 13 / 28) / 3, Baselines.BigramLoss(Bigram, batches, Objective.NextToken),
            14);
    }

    [Fact]
    public void A_masked_place_is_predicted_from_its_true_left_neighbour()
    {
        // The text is 0 1 0 0; the second and third token are hidden, the second behind a wrong token.
        TokenBatch[] batches = [new(1, 4, [0, 0, 1, 0], [-1, 1, 0, -1])];
        Assert.Equal(
            -Math.Log(11.0 / 14 * 13 / 28) / 2, Baselines.BigramLoss(Bigram, batches, Objective.MaskedToken), 14);
        Assert.Equal(-Math.Log(4.0 / 7 * 3 / 7) / 2, Baselines.UnigramLoss(Unigram, batches), 14);
        Assert.Throws<ArgumentException>(() =>
            Baselines.BigramLoss(Bigram, [new(1, 2, [0, 1], [1, -1])], Objective.MaskedToken)
        );
    }

    [Fact]
    public void Probabilities_sum_to_one_even_after_a_token_never_seen()
    {
        int[] text = [.. Enumerable.Range(0, 500).Select(i => i * i % 17)];
        var unigram = new UnigramModel(text, 20, 0.3);
        var bigram = new BigramModel(text, unigram, 4);
        Assert.Equal(1, Enumerable.Range(0, 20).Sum(unigram.Probability), 12);
        for (var a = 0; a < 20; a++) Assert.Equal(1, Enumerable.Range(0, 20).Sum(b => bigram.Probability(a, b)), 12);
    }

    [Fact]
    public void On_a_Markov_chain_the_baselines_reach_its_entropies()
    {
        // From a the chain goes to a + 1 with 0.7, anywhere with 0.3: every token is equally frequent.
        const int tokens = 12;
        var philox = new Philox(1);
        var chain = new int[60_000];
        for (var i = 1; i < chain.Length; i++)
            chain[i] = philox.NextUniform() < 0.7 ? (chain[i - 1] + 1) % tokens : (int)philox.NextInteger(tokens);
        var (next, other) = (0.7 + 0.3 / tokens, 0.3 / tokens);
        var entropy = -next * Math.Log(next) - (tokens - 1) * other * Math.Log(other);
        var measured = Baselines.Measure(
            chain.AsSpan(0, 50_000), tokens, CausalBatches.Consecutive(chain.AsSpan(50_000), 8, 100),
            Objective.NextToken);
        Assert.Equal(9_999, measured.Scored);
        Assert.InRange(measured.Unigram, 0.999 * tokens, 1.005 * tokens);
        // The surprise of a step has a standard deviation of 1.6 nats here; over 9,999 steps five of them are 0.08.
        Assert.InRange(Math.Log(measured.Bigram), entropy - 0.08, entropy + 0.08);
    }

    [Fact]
    public void Without_any_dependence_the_bigram_model_leans_on_the_unigram_model()
    {
        var philox = new Philox(2);
        int[] text =
        [
            .. Enumerable.Range(0, 20_000).Select(_ => (int)(30 * philox.NextUniform() * philox.NextUniform())),
        ];
        var measured = Baselines.Measure(
            text.AsSpan(0, 15_000), 30, CausalBatches.Consecutive(text.AsSpan(15_000), 8, 100), Objective.NextToken);
        Assert.InRange(measured.Bigram / measured.Unigram, 0.99, 1.01);
        Assert.True(measured.BigramStrength >= 1024, $"μ is {measured.BigramStrength}");
    }

    [Fact]
    public void Perplexity_weighs_every_scored_place_alike()
    {
        var model = new ToyModel(5, seed: 1);
        TokenBatch[] whole = [new(1, 4, [0, 1, 2, 3], [1, 2, 3, 4])];
        TokenBatch[] cut = [new(1, 3, [0, 1, 2], [1, 2, 3]), new(1, 2, [3, 0], [4, -1]), new(1, 1, [0], [-1])];
        Assert.Equal(model.Loss(whole[0]), Perplexity.MeanLoss(model, cut), 12);
        Assert.Equal(Math.Exp(model.Loss(whole[0])), Perplexity.Of(model, cut), 12);
        Assert.Throws<ArgumentException>(() => Perplexity.Of(model, [cut[2]]));
    }
}

using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <namespacedoc><summary>One transformer that is described by a table and run forward, with every state on the way to
/// be seen.</summary></namespacedoc>
/// <summary>The forward pass of a model over one text, as its table describes it (Vaswani et al., "Attention Is All You
/// Need", 2017).</summary>
/// <remarks>Float32 with float64 sums in norms and softmax; the same bits for any number of threads. An instance may be
/// used by several threads at once.</remarks>
public sealed class Transformer : ITransformer
{
    private readonly int threads;

    /// <summary>A model over these weights; nothing is read yet.</summary>
    /// <param name="weights">The weights, whose file must stay open.</param>
    /// <param name="threads">At most this many threads; 0 for one on each processor.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    public Transformer(TransformerWeights weights, int threads = 0)
    {
        weights.Config.CheckSupported(weights.Path);
        (Weights, this.threads) = (weights, Workers.Count(threads));
    }

    /// <inheritdoc/>
    public TransformerWeights Weights { get; }

    /// <summary>The model's table.</summary>
    public TransformerConfig Config => Weights.Config;

    /// <inheritdoc/>
    public ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null,
        ReadOnlySpan<int> tokenTypes = default, KeyValueCache? cache = null)
    {
        TokenIds.Check(tokens, Config.Tokens.Count, Config.MaxTokens - (cache?.Length ?? 0));
        TokenIds.CheckTypes(tokens, tokenTypes, Config.TokenTypes?.Count ?? 0);
        var pass = new ForwardPass(tokens, keep, interventions, Config);
        cache?.Begin(this, tokens.Length);
        pass.Output = Forward.Run(
            Config, new PlainPass(Weights, pass, tokenTypes, threads, cache),
            Weights.TokenRows(tokens));
        cache?.End(tokens.Length);
        return pass;
    }

    /// <inheritdoc/>
    public Matrix Logits(Matrix states)
    {
        var compared = Forward.BeforeHead(Config, Operations(), states);
        var logits = Weights.Unembedding.Apply(compared, threads);
        var (multiplier, cap) = (Config.Head.Multiplier, Config.Head.Cap);
        if (multiplier != 1 || cap is not null)
            Workers.Share(threads, logits.Rows, row =>
            {
                var scores = logits.WritableRow(row);
                TensorPrimitives.Multiply(scores, (float)multiplier, scores);
                if (cap is { } limit) PlainPass.Cap(scores, limit);
            });
        return logits;
    }

    /// <inheritdoc/>
    public Matrix LogitLens(Matrix stream) => Logits(Forward.End(Config, Operations(), stream.Copy()));

    private PlainPass Operations() =>
        new(Weights, new ForwardPass([], Keep.Nothing, null, Config), default, threads);

    /// <summary>The probability of every token of the vocabulary to come next.</summary>
    /// <param name="tokens">The text so far.</param>
    /// <param name="interventions">What to change on the way; by default nothing.</param>
    /// <returns>One number per token, with sum 1.</returns>
    /// <exception cref="InvalidOperationException">The model is an encoder, whose tokens see what comes after them:
    /// it has no next token.</exception>
    public float[] NextTokenProbabilities(ReadOnlySpan<int> tokens, Interventions? interventions = null)
    {
        if (!Config.IsCausal)
            throw new InvalidOperationException(
                $"{Weights.Path}: a model of type {Config.Family} sees the whole text at once and does not tell a "
                    + "next token; mask one and take Logits there."
            );
        var pass = Run(tokens, Keep.Nothing, interventions);
        var probabilities = Logits(pass.Output.RowRange(tokens.Length - 1, 1)).ToArray();
        Softmax.Apply(probabilities, probabilities);
        return probabilities;
    }

    /// <summary>The first token's state through the pooler: tanh(x·W + b).</summary>
    /// <param name="states">What <see cref="Run"/> ends with: [n, d].</param>
    /// <returns>d numbers.</returns>
    /// <exception cref="Formats.WeightFileException">The checkpoint has no pooler.</exception>
    /// <exception cref="InvalidOperationException">Models of the kind have none.</exception>
    public float[] Pooled(Matrix states)
    {
        var pooled = Weights.Pooler.Apply(states.RowRange(0, 1), threads).ToArray();
        TensorPrimitives.Tanh<float>(pooled, pooled);
        return pooled;
    }

    /// <summary>One vector for the whole text: the mean of the tokens' states, [CLS] and [SEP] among them, scaled to
    /// length 1 (Reimers and Gurevych, "Sentence-BERT", 2019).</summary>
    /// <param name="tokens">Ids, with [CLS] and [SEP] where the model expects them.</param>
    /// <returns>d numbers; NaN in the unheard-of case that the mean is zero.</returns>
    public float[] SentenceVector(ReadOnlySpan<int> tokens)
    {
        var states = Run(tokens, Keep.Nothing).Output;
        var sum = new double[states.Columns];
        for (var row = 0; row < states.Rows; row++)
            for (var i = 0; i < sum.Length; i++)
                sum[i] += states[row, i];
        var length = TensorPrimitives.Norm<double>(sum);
        return Array.ConvertAll(sum, value => (float)(value / length));
    }
}

using System;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <namespacedoc><summary>Transformers run forward, with every state on the way to be seen.</summary></namespacedoc>
/// <summary>
/// The forward pass of a GPT-2-shaped model (Radford et al., "Language Models are Unsupervised Multitask Learners",
/// 2019) over one text:
/// x ← x + attention(norm(x)), x ← x + MLP(norm(x)) in every block, then a norm and the output head.
/// </summary>
/// <remarks>Float32 with float64 sums in norms and softmax; the same bits for any number of threads. An instance may be
/// used by several threads at once.</remarks>
public sealed class Gpt2Model
{
    private readonly int threads;

    /// <summary>A model over these weights; nothing is read yet.</summary>
    /// <param name="weights">The weights, whose file must stay open.</param>
    /// <param name="threads">At most this many threads; 0 for one on each processor.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    public Gpt2Model(Gpt2Weights weights, int threads = 0)
    {
        weights.CheckSupported();
        (Weights, this.threads) = (weights, Workers.Count(threads));
    }

    /// <summary>The weights.</summary>
    public Gpt2Weights Weights { get; }

    /// <summary>The model's settings.</summary>
    public Gpt2Config Config => Weights.Config;

    /// <summary>Runs a text through all blocks.</summary>
    /// <param name="tokens">Ids, at least one and at most <see cref="Gpt2Config.Positions"/>; the first stands at
    /// position 0.</param>
    /// <param name="keep">Which places to keep; by default <see cref="Keep.ResidualStream"/>.</param>
    /// <param name="interventions">What to change on the way; by default nothing.</param>
    /// <exception cref="ArgumentException">An id is not in the vocabulary, there are too many or none, or an
    /// intervention does not fit.</exception>
    /// <exception cref="Formats.WeightFileException">A part of the weights is absent.</exception>
    public ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null)
    {
        TokenIds.Check(tokens, Config.VocabularySize, Config.Positions);
        var pass = new ForwardPass(
            tokens, keep, interventions, Has, $"a GPT-2 of {Config.Blocks} blocks with {Config.Heads} heads each");
        var stream = Weights.TokenEmbeddings.SelectRows(tokens);
        pass.Visit(Place.Embedding, stream);
        BlockRunner.Add(Weights.PositionEmbeddings.RowRange(0, tokens.Length), stream);
        pass.Visit(Place.PositionedEmbedding, stream);
        var runner = new BlockRunner(pass, Config.Width, Config.InnerWidth, causal: true, threads);
        var normed = Matrix.Uninitialized(tokens.Length, Config.Width);
        for (var block = 0; block < Config.Blocks; block++)
        {
            Weights.AttentionNorm(block).Apply(stream, threads, normed);
            pass.Visit(Place.AttentionInput(block), normed);
            BlockRunner.Add(runner.Attention(block, Weights.Attention(block), normed), stream);
            pass.Visit(Place.AfterAttention(block), stream);
            Weights.MlpNorm(block).Apply(stream, threads, normed);
            pass.Visit(Place.MlpInput(block), normed);
            BlockRunner.Add(runner.Mlp(block, Weights.Mlp(block), normed), stream);
            pass.Visit(Place.AfterBlock(block), stream);
        }
        pass.Output = Weights.FinalNorm.Apply(stream, threads);
        pass.Visit(Place.FinalNorm, pass.Output);
        return pass;
    }

    /// <summary>Scores of every token of the vocabulary as the next one.</summary>
    /// <param name="normed">States after the final norm, such as <see cref="ForwardPass.Output"/>: [n, d].</param>
    /// <returns>[n, vocabulary]</returns>
    public Matrix Logits(Matrix normed) => Weights.Unembedding.Apply(normed, threads);

    /// <summary>
    /// The logit lens (nostalgebraist, "interpreting GPT: the logit lens", 2020): what the model would predict if the
    /// stream at some
    /// place were the last one, that is, the final norm and the output head applied to it.
    /// </summary>
    /// <param name="stream">States of the residual stream before the final norm: [n, d].</param>
    /// <returns>[n, vocabulary]</returns>
    /// <example><code>model.LogitLens(pass[Place.AfterBlock(5)])</code>; after the last block it gives the model's own
    /// logits.</example>
    public Matrix LogitLens(Matrix stream) => Logits(Weights.FinalNorm.Apply(stream, threads));

    /// <summary>The probability of every token of the vocabulary to come next.</summary>
    /// <param name="tokens">The text so far.</param>
    /// <param name="interventions">What to change on the way; by default nothing.</param>
    /// <returns>One number per token, with sum 1.</returns>
    public float[] NextTokenProbabilities(ReadOnlySpan<int> tokens, Interventions? interventions = null)
    {
        var pass = Run(tokens, Keep.Nothing, interventions);
        var probabilities = Logits(pass.Output.RowRange(tokens.Length - 1, 1)).ToArray();
        Softmax.Apply(probabilities, probabilities);
        return probabilities;
    }

    private bool Has(Place place) =>
        place.Kind switch
        {
            PlaceKind.Embedding or PlaceKind.PositionedEmbedding or PlaceKind.FinalNorm => place.Block == -1,
            PlaceKind.EmbeddingNorm => false,
            PlaceKind.Pattern or PlaceKind.HeadOutput => (uint)place.Block < (uint)Config.Blocks
                && (uint)place.Head < (uint)Config.Heads,
            _ => (uint)place.Block < (uint)Config.Blocks,
        };
}

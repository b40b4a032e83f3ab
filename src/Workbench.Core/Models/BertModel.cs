using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// The forward pass of a BERT-shaped encoder (Devlin et al., "BERT", 2019) over one text: every token sees every other;
/// x ← norm(x + attention(x)), x ← norm(x + MLP(x)) in every block.
/// </summary>
/// <remarks>Float32 with float64 sums in norms and softmax; the same bits for any number of threads. An instance may be
/// used by several threads at once.</remarks>
public sealed class BertModel
{
    private readonly int threads;

    /// <summary>A model over these weights; nothing is read yet.</summary>
    /// <param name="weights">The weights, whose file must stay open.</param>
    /// <param name="threads">At most this many threads; 0 for one on each processor.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    public BertModel(BertWeights weights, int threads = 0)
    {
        if (weights.Config.Refusals is { Count: > 0 } refusals)
            throw new NotSupportedException(
                $"{weights.Path}: the forward pass does not support {string.Join(", ", refusals)}. Embeddings and head matrices can still be read."
            );
        (Weights, this.threads) = (weights, Workers.Count(threads));
    }

    /// <summary>The weights.</summary>
    public BertWeights Weights { get; }

    /// <summary>The model's settings.</summary>
    public BertConfig Config => Weights.Config;

    /// <summary>Runs a text through all blocks; <see cref="ForwardPass.Output"/> then holds one contextual embedding
    /// per token.</summary>
    /// <param name="tokens">Ids, with [CLS] and [SEP] where the model expects them; at least one and at most
    /// <see cref="BertConfig.Positions"/>.</param>
    /// <param name="tokenTypes">The type of each token, or empty for type 0 throughout.</param>
    /// <param name="keep">Which places to keep; by default <see cref="Keep.ResidualStream"/>.</param>
    /// <param name="interventions">What to change on the way; by default nothing.</param>
    /// <exception cref="ArgumentException">An id or a type is not known, there are too many or none, or an intervention
    /// does not fit.</exception>
    /// <exception cref="Formats.WeightFileException">A part of the weights is absent.</exception>
    public ForwardPass Run(
        ReadOnlySpan<int> tokens, ReadOnlySpan<int> tokenTypes = default, Func<Place, bool>? keep = null,
        Interventions? interventions = null)
    {
        TokenIds.Check(tokens, Config.VocabularySize, Config.Positions);
        CheckTypes(tokens, tokenTypes);
        var pass = new ForwardPass(
            tokens, keep, interventions, Has, $"a BERT of {Config.Blocks} blocks with {Config.Heads} heads each");
        var stream = Weights.TokenEmbeddings.SelectRows(tokens);
        pass.Visit(Place.Embedding, stream);
        BlockRunner.Add(Weights.PositionEmbeddings.RowRange(0, tokens.Length), stream);
        BlockRunner.Add(
            Weights.TypeEmbeddings.SelectRows(tokenTypes.IsEmpty ? new int[tokens.Length] : tokenTypes), stream);
        pass.Visit(Place.PositionedEmbedding, stream);
        Weights.EmbeddingNorm.Apply(stream, threads, stream);
        pass.Visit(Place.EmbeddingNorm, stream);
        var runner = new BlockRunner(pass, Config.Width, Config.InnerWidth, causal: false, threads);
        for (var block = 0; block < Config.Blocks; block++)
        {
            BlockRunner.Add(runner.Attention(block, Weights.Attention(block), stream), stream);
            Weights.AttentionNorm(block).Apply(stream, threads, stream);
            pass.Visit(Place.AfterAttention(block), stream);
            BlockRunner.Add(runner.Mlp(block, Weights.Mlp(block), stream), stream);
            Weights.MlpNorm(block).Apply(stream, threads, stream);
            pass.Visit(Place.AfterBlock(block), stream);
        }
        pass.Output = stream;
        return pass;
    }

    /// <summary>Scores of every token of the vocabulary at every place, by the masked-language-model head.</summary>
    /// <param name="states">What <see cref="Run"/> ends with: [n, d].</param>
    /// <returns>[n, vocabulary]</returns>
    /// <exception cref="Formats.WeightFileException">The checkpoint has no such head.</exception>
    public Matrix Logits(Matrix states)
    {
        var hidden = Weights.HeadTransform.Apply(states, threads);
        for (var row = 0; row < hidden.Rows; row++) Config.Activation.Apply(hidden.Row(row), hidden.WritableRow(row));
        return Weights.Unembedding.Apply(Weights.HeadNorm.Apply(hidden, threads), threads);
    }

    /// <summary>The first token's state through the pooler: tanh(x·W + b).</summary>
    /// <param name="states">What <see cref="Run"/> ends with: [n, d].</param>
    /// <returns>d numbers.</returns>
    /// <exception cref="Formats.WeightFileException">The checkpoint has no pooler.</exception>
    public float[] Pooled(Matrix states)
    {
        var pooled = Weights.Pooler.Apply(states.RowRange(0, 1), threads).ToArray();
        TensorPrimitives.Tanh<float>(pooled, pooled);
        return pooled;
    }

    /// <summary>One vector for the whole text: the mean of the tokens' states, [CLS] and [SEP] among them, scaled to
    /// length 1 (Reimers and
    /// Gurevych, "Sentence-BERT", 2019).</summary>
    /// <param name="tokens">Ids, with [CLS] and [SEP] where the model expects them.</param>
    /// <returns>d numbers; NaN in the unheard-of case that the mean is zero.</returns>
    public float[] SentenceVector(ReadOnlySpan<int> tokens)
    {
        var states = Run(tokens, keep: Keep.Nothing).Output;
        var sum = new double[Config.Width];
        for (var row = 0; row < states.Rows; row++)
            for (var i = 0; i < sum.Length; i++)
                sum[i] += states[row, i];
        var length = TensorPrimitives.Norm<double>(sum);
        return Array.ConvertAll(sum, value => (float)(value / length));
    }

    private void CheckTypes(ReadOnlySpan<int> tokens, ReadOnlySpan<int> types)
    {
        if (!types.IsEmpty && types.Length != tokens.Length)
            throw new ArgumentException(
                $"There are {tokens.Length} tokens, but {types.Length} token types.", nameof(types));
        foreach (var type in types)
            if ((uint)type >= (uint)Config.TokenTypes)
                throw new ArgumentException(
                    $"A token's type is {type}, but the model has types 0 to {Config.TokenTypes - 1}.", nameof(types));
    }

    private bool Has(Place place) =>
        place.Kind switch
        {
            PlaceKind.Embedding or PlaceKind.PositionedEmbedding or PlaceKind.EmbeddingNorm => place.Block == -1,
            PlaceKind.FinalNorm or PlaceKind.AttentionInput or PlaceKind.MlpInput => false,
            PlaceKind.Pattern or PlaceKind.HeadOutput => (uint)place.Block < (uint)Config.Blocks
                && (uint)place.Head < (uint)Config.Heads,
            _ => (uint)place.Block < (uint)Config.Blocks,
        };
}

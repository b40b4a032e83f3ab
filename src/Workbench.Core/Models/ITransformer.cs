using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>A model that an engine has loaded, ready to be run over texts.</summary>
/// <remarks>Safe for use by several threads at once; not to be used once its engine is gone.</remarks>
public interface ITransformer
{
    /// <summary>The weights, which say what the model is.</summary>
    TransformerWeights Weights { get; }

    /// <summary>Runs a text through all blocks. <see cref="ForwardPass.Output"/> then holds what the output head reads:
    /// of an encoder, one contextual embedding per token.</summary>
    /// <param name="tokens">Ids, with [CLS] and [SEP] where the model expects them; at least one and at most as many as
    /// there are positions. The first stands at position 0, or behind the cache's tokens.</param>
    /// <param name="keep">Which places to keep; by default <see cref="Keep.ResidualStream"/>.</param>
    /// <param name="interventions">What to change on the way; by default nothing.</param>
    /// <param name="tokenTypes">The type of each token, or empty for type 0 throughout.</param>
    /// <param name="cache">The text before these tokens, which they continue and join; null where they are the whole
    /// text.</param>
    /// <exception cref="ArgumentException">An id or a type is not known, there are too many or none, or an intervention
    /// does not fit.</exception>
    /// <exception cref="Formats.WeightFileException">A part of the weights is absent.</exception>
    ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null,
        ReadOnlySpan<int> tokenTypes = default, KeyValueCache? cache = null);

    /// <summary>Scores of every token of the vocabulary at every place: as the next one, or as the one behind a
    /// mask.</summary>
    /// <param name="states">States such as <see cref="ForwardPass.Output"/>: [n, d].</param>
    /// <returns>[n, vocabulary]</returns>
    /// <exception cref="Formats.WeightFileException">The checkpoint has no head.</exception>
    Matrix Logits(Matrix states);

    /// <summary>
    /// The logit lens (nostalgebraist, "interpreting GPT: the logit lens", 2020): what the model would predict if the
    /// stream at some place were the last one, that is, the final norm, and whatever else the model has behind its
    /// last block, and the output head applied to it.
    /// </summary>
    /// <param name="stream">States of the residual stream before the final norm: [n, d].</param>
    /// <returns>[n, vocabulary]</returns>
    /// <example><code>model.LogitLens(pass[Place.AfterBlock(5)])</code>; after the last block it gives the model's own
    /// logits.</example>
    Matrix LogitLens(Matrix stream);
}

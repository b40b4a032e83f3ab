using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>A loaded model of which every pass is changed in the same way.</summary>
/// <remarks>A change may depend on the whole text: where texts are continued, run all of it instead of a
/// <see cref="KeyValueCache"/>.</remarks>
/// <param name="model">What computes.</param>
/// <param name="changes">Made before those that a pass is given.</param>
public sealed class EditedTransformer(ITransformer model, Interventions changes) : ITransformer
{
    /// <inheritdoc/>
    public TransformerWeights Weights => model.Weights;

    /// <inheritdoc/>
    public ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null,
        ReadOnlySpan<int> tokenTypes = default, KeyValueCache? cache = null) =>
        model.Run(
            tokens, keep, interventions is null ? changes : changes.Then(interventions), tokenTypes, cache);

    /// <inheritdoc/>
    public Matrix Logits(Matrix states) => model.Logits(states);

    /// <inheritdoc/>
    public Matrix LogitLens(Matrix stream) => model.LogitLens(stream);
}

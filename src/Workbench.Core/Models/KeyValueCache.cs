using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Models;

/// <summary>The keys and values of the tokens that a decoder has run, so that each further token costs one pass over
/// the weights and not one over the whole text.</summary>
/// <remarks>2 · key/value heads · d_k numbers per token and block. For one text, one model on one engine, and one
/// thread at a time.</remarks>
/// <example><code>
/// var cache = new KeyValueCache(model);
/// model.Run([10, 20, 30], cache: cache);
/// model.Run([40], cache: cache); // the fourth token
/// </code></example>
public sealed class KeyValueCache
{
    private readonly Dictionary<RotaryConfig, int> regimes = [];
    private readonly TransformerWeights weights;
    private Type? owner;

    /// <summary>No token yet.</summary>
    /// <param name="model">A causal model.</param>
    /// <exception cref="ArgumentException">The model is an encoder, whose tokens see what comes after them.</exception>
    public KeyValueCache(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Weights.Config.IsCausal)
            throw new ArgumentException(
                $"A model of type {model.Weights.Config.Family} is no decoder: a further token changes those before "
                    + "it, and the whole text has to be run.",
                nameof(model));
        weights = model.Weights;
        Blocks = new object?[model.Weights.Config.Blocks.Count];
    }

    /// <summary>Number of tokens so far.</summary>
    public int Length { get; private set; }

    /// <summary>What an engine keeps for each block.</summary>
    internal object?[] Blocks { get; }

    /// <summary>Whether so many more tokens leave the angles as they are by which the ones before were turned: a model
    /// whose angles depend on the length of the text has to run it from the start when they change.</summary>
    /// <param name="more">Number of tokens.</param>
    public bool CanTake(int more) =>
        Length == 0 || regimes.All(each => each.Key.Regime(Length + more) == each.Value);

    /// <summary>Forgets all tokens.</summary>
    public void Clear()
    {
        Length = 0;
        regimes.Clear();
        Array.Clear(Blocks);
    }

    internal void Begin(ITransformer model, int more)
    {
        owner ??= model.GetType();
        if (!ReferenceEquals(model.Weights, weights) || model.GetType() != owner)
            throw new ArgumentException("The cache is another model's.", "cache");
        if (!CanTake(more))
            throw new ArgumentException(
                $"With {Length + more} tokens the rotary positions of the {Length} before change: clear the cache and "
                    + "run the whole text.",
                "cache");
        foreach (var block in model.Weights.Config.Blocks)
            if (block.Attention.Rotary is { } rotary) regimes[rotary] = rotary.Regime(Length + more);
    }

    internal void End(int more) => Length += more;
}

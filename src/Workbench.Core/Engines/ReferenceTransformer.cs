using System;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>A model run by plain loops in double precision, each result rounded to single once.</summary>
internal sealed class ReferenceTransformer : ITransformer
{
    public ReferenceTransformer(TransformerWeights weights)
    {
        weights.Config.CheckSupported(weights.Path);
        Weights = weights;
    }

    public TransformerWeights Weights { get; }

    private TransformerConfig Config => Weights.Config;

    public ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null,
        ReadOnlySpan<int> tokenTypes = default, KeyValueCache? cache = null)
    {
        TokenIds.Check(tokens, Config.Tokens.Count, Config.MaxTokens - (cache?.Length ?? 0));
        TokenIds.CheckTypes(tokens, tokenTypes, Config.TokenTypes?.Count ?? 0);
        var pass = new ForwardPass(tokens, keep, interventions, Config);
        cache?.Begin(this, tokens.Length);
        var embedded = ReferencePass.Exact(Weights.TokenRows(tokens));
        var output = Forward.Run(Config, new ReferencePass(Weights, pass, tokenTypes, cache), embedded);
        cache?.End(tokens.Length);
        pass.Output = ReferencePass.Rounded(output);
        return pass;
    }

    public Matrix Logits(Matrix states) => Logits(ReferencePass.Exact(states));

    public Matrix LogitLens(Matrix stream) =>
        Logits(Forward.End(Config, Operations(), ReferencePass.Exact(stream)));

    private Matrix Logits(double[][] states)
    {
        var scores = ReferencePass.Apply(Forward.BeforeHead(Config, Operations(), states), Weights.Unembedding);
        foreach (var row in scores)
            for (var i = 0; i < row.Length; i++)
            {
                row[i] *= Config.Head.Multiplier;
                if (Config.Head.Cap is { } cap) row[i] = cap * Math.Tanh(row[i] / cap);
            }
        return ReferencePass.Rounded(scores);
    }

    private ReferencePass Operations() => new(Weights, new ForwardPass([], Keep.Nothing, null, Config), default, null);
}

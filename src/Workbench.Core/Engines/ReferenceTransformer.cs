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
        ReadOnlySpan<int> tokenTypes = default)
    {
        TokenIds.Check(tokens, Config.Tokens.Count, Config.Positions.Count);
        TokenIds.CheckTypes(tokens, tokenTypes, Config.TokenTypes?.Count ?? 0);
        var pass = new ForwardPass(tokens, keep, interventions, Config);
        var embedded = ReferencePass.Exact(Weights.TokenEmbeddings.SelectRows(tokens));
        var output = Forward.Run(Config, new ReferencePass(Weights, pass, tokenTypes), embedded);
        pass.Output = ReferencePass.Rounded(output, 0, Config.Width);
        return pass;
    }

    public Matrix Logits(Matrix states) => Logits(ReferencePass.Exact(states));

    public Matrix LogitLens(Matrix stream)
    {
        var states = ReferencePass.Exact(stream);
        return Logits(Config.FinalNorm is { } norm ? Operations().Normalize(norm, states) : states);
    }

    private Matrix Logits(double[][] states) =>
        ReferencePass.Rounded(
            ReferencePass.Apply(Forward.BeforeHead(Config, Operations(), states), Weights.Unembedding), 0,
            Weights.Unembedding.Outputs);

    private ReferencePass Operations() => new(Weights, new ForwardPass([], Keep.Nothing, null, Config), default);
}

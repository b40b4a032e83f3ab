using System;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>A model that runs on the device: token embeddings go there, and what is kept comes back.</summary>
internal sealed class GpuTransformer : ITransformer
{
    private readonly GpuModel model;

    public GpuTransformer(GpuModel model)
    {
        model.Weights.Config.CheckSupported(model.Weights.Path);
        this.model = model;
    }

    public TransformerWeights Weights => model.Weights;

    private TransformerConfig Config => Weights.Config;

    public ForwardPass Run(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep = null, Interventions? interventions = null,
        ReadOnlySpan<int> tokenTypes = default, KeyValueCache? cache = null)
    {
        TokenIds.Check(tokens, Config.Tokens.Count, Config.MaxTokens - (cache?.Length ?? 0));
        TokenIds.CheckTypes(tokens, tokenTypes, Config.TokenTypes?.Count ?? 0);
        var pass = new ForwardPass(tokens, keep, interventions, Config);
        var embedded = Weights.TokenRows(tokens);
        lock (model.Engine.Gate)
        {
            cache?.Begin(this, tokens.Length);
            using var on = new GpuPass(model, pass, tokenTypes, cache);
            pass.Output = on.Read(Forward.Run(Config, on, on.Send(embedded)));
            cache?.End(tokens.Length);
        }
        return pass;
    }

    public Matrix Logits(Matrix states)
    {
        lock (model.Engine.Gate)
        {
            using var on = Operations();
            return Logits(on, on.Send(states));
        }
    }

    public Matrix LogitLens(Matrix stream)
    {
        lock (model.Engine.Gate)
        {
            using var on = Operations();
            return Logits(on, Forward.End(Config, on, on.Send(stream)));
        }
    }

    private Matrix Logits(GpuPass on, GpuMatrix states)
    {
        var head = Config.Head;
        var scores = on.Apply(model.Head(), Forward.BeforeHead(Config, on, states));
        if (head.Multiplier != 1) scores = on.Scale(scores, head.Multiplier);
        return on.Read(head.Cap is { } cap ? on.Cap(scores, cap) : scores);
    }

    private GpuPass Operations() => new(model, new ForwardPass([], Keep.Nothing, null, Config), default, null);
}

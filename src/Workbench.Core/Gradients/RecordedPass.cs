using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Models;

namespace Workbench.Core.Gradients;

/// <summary>The operations of a forward pass on variables, for several texts of one length one below the
/// other.</summary>
/// <remarks>Places are not shown: a variable's values are looked at where it is made.</remarks>
internal sealed class RecordedPass(TransformerConfig config, Func<string, Variable> tensor, int sequences)
    : IOperations<Variable>
{
    public Variable AddPositions(Variable stream)
    {
        var sum = stream.Add(
            tensor($"{config.Positions!.Table.Name}.weight")
                .GatherRows(PositionIds.Of(stream.Rows, sequences, config.Positions)));
        return config.TokenTypes is { } types
            ? sum.Add(tensor($"{types.Name}.weight").Slice(0, 1, 0, config.Width))
            : sum;
    }

    public Variable Normalize(NormConfig norm, Variable x) =>
        x.LayerNorm(tensor($"{norm.Name}.weight"), Bias(norm.Name, norm.Bias), norm.Epsilon);

    public Variable Apply(LayerConfig layer, Variable x) =>
        x.Affine(tensor($"{layer.Name}.weight"), config.Layout, Bias(layer.Name, layer.Bias));

    public Variable Scale(Variable x, double factor) => throw NotRecorded();

    public Variable Position(AttentionConfig attention, Variable queriesKeysValues) => queriesKeysValues;

    public Variable Gate(MlpConfig mlp, Variable x) => throw NotRecorded();

    public IReadOnlyList<ExpertRows> Route(ExpertsConfig experts, Variable scores) => throw NotRecorded();

    public Variable Rows(Variable x, int[] rows) => throw NotRecorded();

    public Variable Zeros(Variable x, int width) => throw NotRecorded();

    public void AddRows(Variable sum, ExpertRows to, Variable rows) => throw NotRecorded();

    public Variable Attend(AttentionConfig attention, int block, Variable queriesKeysValues) =>
        queriesKeysValues.Attend(sequences, attention.Heads, attention.Scale, attention.Causal);

    public Variable Activate(Activation activation, Variable x) => x.Activate(activation);

    public Variable Add(Variable stream, Variable addend) => stream.Add(addend);

    public void Visit(Place place, Variable values) { }

    public void Visit(Place place, Variable matrix, IReadOnlyList<int> starts, int width) { }

    public void Done(Variable x) { }

    /// <summary>What a table has that is not recorded, in words; empty where all of it is.</summary>
    public static IEnumerable<string> Lacks(TransformerConfig config)
    {
        if (config.Positions is null || config.Positions.Offset != 0) yield return "positions of its kind";
        if (config.EmbeddingScale != 1) yield return "scaled embeddings";
        if (config.TokenProjection is not null || config.EmbeddingProjection is not null
            || config.OutputProjection is not null)
            yield return "embeddings of another width than the stream";
        if (config.Head is not { Multiplier: 1, Cap: null, Scores: null } || config.Head.Transform is { Norm: null })
            yield return "a head of its kind";
        if (config.Blocks.Any(block => block.Parallel)) yield return "blocks whose halves read the same stream";
        if (config.Blocks.Any(block => block.FeedForward is not MlpConfig { Gate: GateOrder.None }))
            yield return "gated perceptrons or experts";
        if (config.Blocks.Any(block => block.Attention is not
            {
                Window: null, Rotary: null, Alibi: null, RelativeBias: null, QueryNorm: null, KeyNorm: null, Clip: null,
                ScoreCap: null, Sinks: null, Order: HeadOrder.Kinds,
            } || block.Attention.KeyValueHeads != block.Attention.Heads
            || block.Attention.Input.Parts?.Any(part => part.Bias is not null) is true))
            yield return "attention of its kind";
        var branches = config.Blocks
            .SelectMany(block => new BranchConfig[] { block.Attention, block.FeedForward })
            .ToArray();
        var norms = branches.SelectMany(branch => new[] { branch.NormBefore, branch.NormAfter })
            .Concat([config.EmbeddingNorm, config.FinalNorm, config.Head.Transform?.Norm]);
        if (branches.Any(branch => branch.NormOutput is not null || branch.AddsToRead || branch.Multiplier != 1)
            || norms.Any(norm => norm is { Kind: not NormKind.Layer } or { Weighted: false }))
            yield return "norms of its kind";
    }

    private NotSupportedException NotRecorded() => new($"Models of type {config.Family} are not recorded.");

    private Variable? Bias(string name, bool? said) =>
        said ?? config.Biases is not false ? tensor($"{name}.bias") : null;
}

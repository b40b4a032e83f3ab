using System;
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
            tensor($"{config.Positions.Table.Name}.weight")
                .GatherRows(PositionIds.Of(stream.Rows, sequences, config.Positions)));
        return config.TokenTypes is { } types
            ? sum.Add(tensor($"{types.Name}.weight").Slice(0, 1, 0, config.Width))
            : sum;
    }

    public Variable Normalize(NormConfig norm, Variable x) =>
        x.LayerNorm(tensor($"{norm.Name}.weight"), Bias(norm.Name), norm.Epsilon);

    public Variable Apply(LayerConfig layer, Variable x) =>
        x.Affine(tensor($"{layer.Name}.weight"), config.Layout, Bias(layer.Name));

    public Variable Attend(AttentionConfig attention, int block, Variable queriesKeysValues) =>
        queriesKeysValues.Attend(sequences, attention.Heads, attention.Scale, attention.Causal);

    public Variable Activate(Activation activation, Variable x) => x.Activate(activation);

    public Variable Add(Variable stream, Variable addend) => stream.Add(addend);

    public void Visit(Place place, Variable values) { }

    public void Visit(Place place, Variable matrix, int column, int count) { }

    public void Done(Variable x) { }

    private Variable? Bias(string name) => config.Biases is false ? null : tensor($"{name}.bias");
}

using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The names that a model's definition gives the weights in an ONNX graph, where the exporter has lost them:
/// found by what the operations do with a weight, and in which module they are.</summary>
/// <remarks>
/// An exporter turns the weights of Linear layers round beforehand and calls them <c>onnx::MatMul_367</c> or
/// <c>val_87</c>; it stores equal weights once. What is called by a name with a dot in it, as modules' parameters are,
/// keeps that name.
/// </remarks>
/// <param name="values">All tensors by the names in the file, as far as they are known yet.</param>
internal sealed class OnnxNames(IReadOnlyDictionary<string, OnnxValue> values)
{
    private const string Bias = ".bias";

    private readonly Dictionary<string, string> same = [];
    private readonly Dictionary<string, Claim?> claims = [];
    private readonly List<(string Module, string Part, string Value)> additions = [];

    // What a weight's product is called, where the node does not tell its module: PyTorch before 1.13 does not. The
    // bias that is added to it has kept its name.
    private readonly Dictionary<string, string> products = [];

    /// <summary>That a weight of a model is a tensor of the file, perhaps turned round.</summary>
    private sealed record Claim(string Value, bool IsTransposed);

    /// <summary>Other names of tensors, each with the tensor's name.</summary>
    public Dictionary<string, string> Aliases { get; } = [];

    /// <summary>For tensors without a name of their own the model's name, and whether they must be turned round to be
    /// what it names.</summary>
    public Dictionary<string, (string Name, bool IsTransposed)> Renamed { get; } = [];

    /// <summary>Notes that a tensor has another name.</summary>
    public void Add(string name, string value) => same.TryAdd(name, value);

    /// <summary>Notes what a node says.</summary>
    public void Take(OnnxNode node)
    {
        switch (node.Operator)
        {
            case "Identity" when node.Outputs is [{ Length: > 0 } output, ..] && Value(node, 0) is { } value:
                Add(output, value);
                break;
            case "MatMul" or "MatMulInteger":
                Say(node, 1, "weight", rank: 2, isTransposed: true);
                if (node is { Module: null, Outputs: [{ Length: > 0 } product, ..] } && Value(node, 1) is { } second
                    && IsWeight(second, 2))
                    products.TryAdd(product, second);
                break;
            case "Gemm":
                Say(node, 1, "weight", rank: 2, isTransposed: !node.IsSecondTransposed);
                Say(node, 2, "bias", rank: 1);
                break;
            case "Gather": Say(node, 0, "weight", rank: 2); break;
            case "LayerNormalization":
                Say(node, 1, "weight", rank: 1);
                Say(node, 2, "bias", rank: 1);
                break;
            case "Add" when node is { Module: null, Inputs.Count: 2 }:
                for (var input = 0; input < 2; input++)
                    if (products.TryGetValue(node.Inputs[input], out var weight)
                        && Value(node, 1 - input) is { } bias && IsWeight(bias, 1)
                        && bias.EndsWith(Bias, StringComparison.Ordinal))
                        Say($"{bias[..^Bias.Length]}.weight", weight, true);
                break;
            case "Add" or "Mul" when node.Module is { } module:
                for (var input = 0; input < Math.Min(2, node.Inputs.Count); input++)
                    if (Value(node, input) is { } value && IsWeight(value, 1))
                        additions.Add((module, node.Operator == "Add" ? "bias" : "weight", value));
                break;
        }
    }

    /// <summary>Makes names of what the nodes have said.</summary>
    public void Finish()
    {
        // An addition is that of a bias only where the module has a weight; it might be any other.
        foreach (var (module, part, value) in additions)
            if (IsKnown($"{module}.{(part == "bias" ? "weight" : "bias")}"))
                Say($"{module}.{part}", value, false);
        foreach (var (name, value) in same)
            if (!values.ContainsKey(name)) Aliases[name] = value;
        foreach (var (name, claim) in claims)
        {
            if (claim is not { Value: var value, IsTransposed: var isTransposed }) continue;
            if (Aliases.ContainsKey(name) || values.ContainsKey(name)) continue;
            if (IsNamed(value))
            {
                if (!isTransposed && !IsEnd(name, value) && !IsEnd(value, name)) Aliases[name] = value;
            }
            else if (Renamed.TryAdd(value, (name, isTransposed)))
                continue;
            else if (Renamed[value].IsTransposed == isTransposed)
                Aliases[name] = Renamed[value].Name;
        }
        // What an Identity repeats may have been renamed; turned round it is another tensor.
        foreach (var (name, value) in Aliases.ToArray())
            if (Renamed.TryGetValue(value, out var renamed))
            {
                if (renamed.IsTransposed) Aliases.Remove(name);
                else Aliases[name] = renamed.Name;
            }
    }

    private void Say(OnnxNode node, int input, string part, int rank, bool isTransposed = false)
    {
        if (node.Module is { } module && Value(node, input) is { } value && IsWeight(value, rank))
            Say($"{module}.{part}", value, isTransposed);
    }

    /// <summary>A name that two tensors are said to have is neither's.</summary>
    private void Say(string name, string value, bool isTransposed)
    {
        if (values.ContainsKey(name)) return;
        var claim = new Claim(value, isTransposed);
        if (!claims.TryAdd(name, claim) && claims[name] != claim) claims[name] = null;
    }

    /// <summary>The tensor that an input is, by the name in the file.</summary>
    private string? Value(OnnxNode node, int input)
    {
        if (node.Inputs.Count <= input) return null;
        var name = node.Inputs[input];
        // A product with whole numbers is one with what they stand for.
        if (OnnxGraph.Stem(name) is { } stem && values.ContainsKey(stem)) return stem;
        return values.ContainsKey(name) ? name : same.GetValueOrDefault(name);
    }

    private bool IsWeight(string value, int rank) =>
        values[value].Info is { } info
        && info.Shape.Rank == rank
        && info.Shape.Elements > 0
        && info.DType is DType.F32 or DType.F16 or DType.BF16 or DType.F64;

    private bool IsKnown(string name) =>
        values.ContainsKey(name) || same.ContainsKey(name) || claims.GetValueOrDefault(name) is not null;

    private static bool IsNamed(string value) => value.Contains('.') && !value.StartsWith('/');

    private static bool IsEnd(string name, string end) => name.EndsWith($".{end}", StringComparison.Ordinal);
}

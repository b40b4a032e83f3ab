using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>An affine layer, stored as one pair of tensors, <c>Name.weight</c> and <c>Name.bias</c>, or as several that
/// give parts of its outputs.</summary>
/// <param name="Name">What its tensors' names have in common.</param>
/// <param name="Inputs">Length of a row vector that it takes.</param>
/// <param name="Outputs">Length of a row vector that it gives.</param>
/// <param name="Parts">The layers, each of the same inputs, whose outputs side by side are this one's, in this order;
/// their names stand behind this one's: <c>Name.query.weight</c> and so on. Null for one pair of tensors.</param>
public sealed record LayerConfig(string Name, int Inputs, int Outputs, IReadOnlyList<LayerPart>? Parts = null)
{
    /// <summary>Whether it has a bias; null where <see cref="TransformerConfig.Biases"/> tells. A bias that is in the
    /// file is added, whatever is said here.</summary>
    public bool? Bias { get; init; }

    /// <summary>How it is stored; null where <see cref="TransformerConfig.Layout"/> tells.</summary>
    public WeightLayout? Layout { get; init; }

    /// <summary>Its place in tensors that hold as many layers as there are experts, one behind the other:
    /// <c>Name</c> is then the weights' whole name, and <c>Name_bias</c> the biases'. Null for tensors of its
    /// own.</summary>
    public int? Slice { get; init; }

    /// <summary>How many layers such tensors hold.</summary>
    public int Slices { get; init; } = 1;

    /// <summary>A layer whose outputs are those of several layers side by side.</summary>
    /// <param name="name">What their names have in common.</param>
    /// <param name="inputs">Length of a row vector that each takes.</param>
    /// <param name="parts">The ends of their names, and how many outputs each gives.</param>
    public static LayerConfig Of(string name, int inputs, params IReadOnlyList<LayerPart> parts)
    {
        var outputs = 0;
        foreach (var part in parts) outputs += part.Outputs;
        return new LayerConfig(name, inputs, outputs, parts);
    }
}

/// <summary>A layer that gives a part of another's outputs.</summary>
/// <param name="Name">The end of its tensors' names.</param>
/// <param name="Outputs">Length of a row vector that it gives.</param>
public sealed record LayerPart(string Name, int Outputs)
{
    /// <summary>Whether it has a bias; null where the layer tells.</summary>
    public bool? Bias { get; init; }
}

using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;

namespace Workbench.Core.Models;

/// <summary>The nonlinearity between the two layers of a block's MLP, by the name that configurations give
/// it.</summary>
public enum Activation
{
    /// <summary><c>gelu_new</c>: the tanh form of GELU (GPT-2).</summary>
    GeluNew,
    /// <summary><c>gelu</c>: GELU by the error function (BERT, nanoGPT).</summary>
    Gelu,
    /// <summary><c>relu</c>: max(0, x).</summary>
    Relu,
}

internal static class Activations
{
    /// <summary>The activation of a configuration's name, or null for one that is not known here.</summary>
    public static Activation? Named(string name) => name switch
    {
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => Activation.GeluNew, // three ways to write one formula
        "gelu" or "gelu_python" => Activation.Gelu,
        "relu" => Activation.Relu,
        _ => null,
    };

    /// <summary>The activation of every element; the destination may be the source.</summary>
    public static void Apply(this Activation activation, ReadOnlySpan<float> x, Span<float> destination)
    {
        switch (activation)
        {
            case Activation.GeluNew: Gelu.Tanh(x, destination); break;
            case Activation.Gelu: Gelu.Exact(x, destination); break;
            case Activation.Relu: TensorPrimitives.Max(x, 0f, destination); break;
            default: throw Argument.OutOfRange(nameof(activation), activation, "Not an activation.");
        }
    }

    /// <summary>The derivative of the activation at every element; that of ReLU at 0 is taken as 0.</summary>
    public static void Slope(this Activation activation, ReadOnlySpan<float> x, Span<float> destination)
    {
        switch (activation)
        {
            case Activation.GeluNew: Gelu.TanhSlope(x, destination); break;
            case Activation.Gelu: Gelu.ExactSlope(x, destination); break;
            case Activation.Relu:
                for (var i = 0; i < x.Length; i++) destination[i] = x[i] > 0 ? 1 : 0;
                break;
            default: throw Argument.OutOfRange(nameof(activation), activation, "Not an activation.");
        }
    }
}

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
    /// <summary><c>relu2</c>: max(0, x)².</summary>
    SquaredRelu,
    /// <summary><c>silu</c>, also <c>swish</c>: x·σ(x).</summary>
    Silu,
    /// <summary><c>quick_gelu</c>: x·σ(1.702·x).</summary>
    QuickGelu,
}

internal static class Activations
{
    /// <summary>The activation of a configuration's name, or null for one that is not known here.</summary>
    public static Activation? Named(string name) => name switch
    {
        // Ways to write one formula.
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" or "gelu_accurate" => Activation.GeluNew,
        "gelu" or "gelu_python" => Activation.Gelu,
        "relu" => Activation.Relu,
        "relu2" => Activation.SquaredRelu,
        "silu" or "swish" => Activation.Silu,
        "quick_gelu" => Activation.QuickGelu,
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
            case Activation.SquaredRelu:
                TensorPrimitives.Max(x, 0f, destination);
                TensorPrimitives.Multiply(destination, destination, destination);
                break;
            case Activation.Silu: Swish.Silu(x, destination); break;
            case Activation.QuickGelu: Swish.QuickGelu(x, destination); break;
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
            case Activation.SquaredRelu:
                for (var i = 0; i < x.Length; i++) destination[i] = 2 * Math.Max(x[i], 0);
                break;
            case Activation.Silu: SwishSlope(x, 1, destination); break;
            case Activation.QuickGelu: SwishSlope(x, 1.702, destination); break;
            default: throw Argument.OutOfRange(nameof(activation), activation, "Not an activation.");
        }
    }

    // σ(a·x) · (1 + a·x·(1 − σ(a·x))).
    private static void SwishSlope(ReadOnlySpan<float> x, double a, Span<float> destination)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var share = 1 / (1 + Math.Exp(-a * x[i]));
            destination[i] = (float)(share * (1 + a * x[i] * (1 - share)));
        }
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Training.Optimisers;

/// <summary>
/// AdamW: steps along the mean gradient over the root of the mean squared gradient, with weight decay apart from both
/// (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019).
/// </summary>
/// <remarks>
/// Step t with gradient g and learning rate η, in the order of PyTorch's <c>torch.optim.AdamW</c>: θ ← θ(1 − ηλ); m ← m
/// + (1 − β₁)(g − m);
/// v ← β₂v + (1 − β₂)g²; θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε). Values and moments are float32. Every element
/// is by itself, so the result has the same bits for any number of threads and any width of vectors. The moments take
/// twice the memory of the values.
/// </remarks>
public sealed class AdamW
{
    private readonly Parameter[] parameters;
    private readonly ParameterSlices.Slice[] slices;

    /// <summary>Starts at step 0 with moments of zero.</summary>
    /// <param name="parameters">What is to be moved; each keeps its memory.</param>
    /// <param name="settings">Decay rates; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public AdamW(IReadOnlyList<Parameter> parameters, AdamWSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Settings = settings ?? new AdamWSettings();
        Settings.Check();
        this.parameters = [.. parameters];
        slices = ParameterSlices.Of(parameters);
        FirstMoments = [.. parameters.Select(parameter => new Matrix(parameter.Value.Rows, parameter.Value.Columns))];
        SecondMoments = [.. parameters.Select(parameter => new Matrix(parameter.Value.Rows, parameter.Value.Columns))];
    }

    /// <summary>Decay rates.</summary>
    public AdamWSettings Settings { get; }

    /// <summary>Steps made.</summary>
    public int Steps { get; private set; }

    /// <summary>m for each parameter, of its shape: the decaying mean of its gradients, not yet corrected for having
    /// begun at 0.</summary>
    public IReadOnlyList<Matrix> FirstMoments { get; }

    /// <summary>v for each parameter, of its shape: the decaying mean of its squared gradients, not yet corrected for
    /// having begun at 0.</summary>
    public IReadOnlyList<Matrix> SecondMoments { get; }

    /// <summary>Moves every parameter along its <see cref="Parameter.Gradient"/>.</summary>
    /// <param name="learningRate">η, at least 0.</param>
    /// <param name="gradientScale">What every gradient is multiplied by first: the result of
    /// <see cref="GradientNorm.ClippingScale"/>, or 1.</param>
    /// <param name="threads">0 for every processor.</param>
    /// <remarks>A NaN in a gradient makes its element and moments NaN for good.</remarks>
    public void Step(double learningRate, double gradientScale = 1, int threads = 0)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
            throw Argument.OutOfRange(
                nameof(learningRate), learningRate, "The learning rate must be at least 0.");
        Steps++;
        var correction1 = 1 - Math.Pow(Settings.Beta1, Steps);
        var correction2 = 1 - Math.Pow(Settings.Beta2, Steps);
        var coefficients = new Coefficients(
            (float)(1 - learningRate * Settings.WeightDecay),
            (float)gradientScale,
            (float)(1 - Settings.Beta1),
            (float)Settings.Beta2,
            (float)(1 - Settings.Beta2),
            (float)Math.Sqrt(correction2),
            (float)Settings.Epsilon,
            (float)(-learningRate / correction1)
        );
        Workers.Share(
            Workers.Count(threads),
            slices.Length,
            index =>
            {
                var slice = slices[index];
                var parameter = parameters[slice.Parameter];
                var decays = Settings.DecayScope == WeightDecayScope.All || !parameter.IsVector;
                Update(
                    ParameterSlices.Elements(parameter.Value, slice),
                    ParameterSlices.Elements(parameter.Gradient, slice),
                    ParameterSlices.Elements(FirstMoments[slice.Parameter], slice),
                    ParameterSlices.Elements(SecondMoments[slice.Parameter], slice),
                    decays ? coefficients : coefficients with { Keep = 1 });
            }
        );
        GC.KeepAlive(parameters);
    }

    /// <summary>Goes on after <paramref name="steps"/> steps; the moments have been filled by the caller.</summary>
    internal void Resume(int steps) => Steps = steps;

    private readonly record struct Coefficients(
        float Keep,
        float Scale,
        float Toward,
        float Beta2,
        float Square,
        float RootCorrection2,
        float Epsilon,
        float Rate
    );

    // Vectors and the scalar tail do the same roundings in the same order; nothing is fused.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> firsts, Span<float> seconds, in Coefficients c)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(values);
        var gs = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        var ms = MemoryMarshal.Cast<float, Vector<float>>(firsts);
        var vs = MemoryMarshal.Cast<float, Vector<float>>(seconds);
        var (rootCorrection2, epsilon) = (new Vector<float>(c.RootCorrection2), new Vector<float>(c.Epsilon));
        for (var i = 0; i < xs.Length; i++)
        {
            var g = gs[i] * c.Scale;
            var m = ms[i] + (g - ms[i]) * c.Toward;
            var v = vs[i] * c.Beta2 + g * c.Square * g;
            (ms[i], vs[i]) = (m, v);
            xs[i] = xs[i] * c.Keep + m * c.Rate / (Vector.SquareRoot(v) / rootCorrection2 + epsilon);
        }
        for (var i = xs.Length * Vector<float>.Count; i < values.Length; i++)
        {
            var g = gradients[i] * c.Scale;
            var m = firsts[i] + (g - firsts[i]) * c.Toward;
            var v = seconds[i] * c.Beta2 + g * c.Square * g;
            (firsts[i], seconds[i]) = (m, v);
            values[i] = values[i] * c.Keep + m * c.Rate / (MathF.Sqrt(v) / c.RootCorrection2 + c.Epsilon);
        }
    }
}

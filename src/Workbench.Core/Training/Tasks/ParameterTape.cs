using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>A model's parameters with the memory of their gradients, and the tape on which each step is
/// computed.</summary>
internal sealed class ParameterTape(ulong seed, int threads)
{
    private readonly Tape tape = new(threads);
    private readonly Dictionary<string, (Matrix Value, Matrix Gradient)> tensors = [];
    private readonly List<Parameter> parameters = [];

    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>A matrix of normal numbers.</summary>
    public void AddNormal(string name, int rows, int columns, double spread, string prefix = "") =>
        Add(name, Normal(rows, columns, spread), isVector: false, prefix);

    /// <summary>A vector of one number.</summary>
    public void AddVector(string name, int length, float value, string prefix = "")
    {
        var values = new Matrix(1, length);
        values.WritableRow(0).Fill(value);
        Add(name, values, isVector: true, prefix);
    }

    /// <summary>Gains 1 and biases 0.</summary>
    public void AddNorm(string name, int length, string prefix = "")
    {
        AddVector($"{name}.weight", length, 1, prefix);
        AddVector($"{name}.bias", length, 0, prefix);
    }

    /// <summary>Layers [outputs, inputs] that the computation uses as one tensor, and the checkpoint holds by their own
    /// names.</summary>
    public void AddNormalParts(
        string name, ReadOnlySpan<string> parts, int outputs, int inputs, double spread, string prefix)
    {
        var (weight, weightGradient) = (
            Normal(parts.Length * outputs, inputs, spread), new Matrix(parts.Length * outputs, inputs));
        var (bias, biasGradient) = (new Matrix(parts.Length, outputs), new Matrix(parts.Length, outputs));
        tensors.Add($"{name}.weight", (weight, weightGradient));
        tensors.Add($"{name}.bias", (bias, biasGradient));
        for (var i = 0; i < parts.Length; i++)
        {
            parameters.Add(
                new Parameter(
                    $"{prefix}{name}.{parts[i]}.weight", weight.RowRange(i * outputs, outputs),
                    weightGradient.RowRange(i * outputs, outputs), isVector: false)
            );
            parameters.Add(
                new Parameter(
                    $"{prefix}{name}.{parts[i]}.bias", bias.RowRange(i, 1), biasGradient.RowRange(i, 1), isVector: true)
            );
        }
    }

    /// <summary>The loss, with the gradients of all parameters left in theirs; zeros where it does not depend on
    /// one.</summary>
    public double LossAndGradients(Func<Func<string, Variable>, Variable> loss)
    {
        foreach (var (_, gradient) in tensors.Values) gradient.Clear();
        var inputs = new Dictionary<string, Variable>();
        var result = loss(name => Once(inputs, name, (value, gradient) => tape.Input(value, gradient)));
        tape.Backward(result);
        return Finish(result);
    }

    /// <summary>The loss alone.</summary>
    public double Loss(Func<Func<string, Variable>, Variable> loss)
    {
        var inputs = new Dictionary<string, Variable>();
        return Finish(loss(name => Once(inputs, name, (value, _) => tape.Constant(value))));
    }

    private double Finish(Variable result)
    {
        double value = result.Scalar;
        tape.Reset();
        return value;
    }

    private Variable Once(Dictionary<string, Variable> inputs, string name, Func<Matrix, Matrix, Variable> make) =>
        inputs.TryGetValue(name, out var variable)
            ? variable
            : inputs[name] = make(tensors[name].Value, tensors[name].Gradient);

    private void Add(string name, Matrix value, bool isVector, string prefix)
    {
        var gradient = new Matrix(value.Rows, value.Columns);
        tensors.Add(name, (value, gradient));
        parameters.Add(new Parameter(prefix + name, value, gradient, isVector));
    }

    private Matrix Normal(int rows, int columns, double spread)
    {
        // A stream for each tensor; those of batches begin at 2^32.
        var random = new Philox(seed, (ulong)tensors.Count);
        var result = Matrix.Uninitialized(rows, columns);
        foreach (ref var value in result.WritableValues) value = (float)(spread * random.NextNormal());
        return result;
    }
}

using System;
using System.Collections.Generic;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <namespacedoc><summary>Reverse-mode differentiation over matrices: record a computation, then ask how its result
/// depends on its inputs.</summary></namespacedoc>
/// <summary>
/// Records operations in the order in which they are done, so that <see cref="Backward(Variable)"/> can go through them
/// in reverse and apply the chain rule (Linnainmaa 1970; Griewank and Walther, "Evaluating Derivatives", 2008): one
/// pass gives the derivatives with respect to all inputs.
/// </summary>
/// <remarks>
/// Values are float32; sums over elements are in float64, those within a matrix product are float32 chains
/// (<see cref="Gemm"/>). Results and gradients have the same bits for any number of threads. A tape is used by one
/// thread at a time. Its matrices are kept for the next computation of the same shapes when <see cref="Reset"/> is
/// called, so that a training step allocates nothing after the first.
/// </remarks>
/// <example>
/// <code>
/// var tape = new Tape();
/// var x = tape.Input(Matrix.FromArray(1, 2, [3, 4]));
/// tape.Backward(x.Norm());
/// </code>
/// <c>x.Gradient</c> is [0.6, 0.8].
/// </example>
public sealed class Tape
{
    // Rows are shared out in pieces of about so many elements: some 10 µs of work, beside which a hand-over does not
    // count.
    private const int PieceElements = 16384;

    private readonly List<Variable> variables = [];
    private readonly List<Matrix> rented = [];
    private readonly Dictionary<(int Rows, int Columns), Stack<Matrix>> idle = [];

    /// <summary>An empty tape.</summary>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    public Tape(int threads = 0) => Threads = Workers.Count(threads);

    internal int Threads { get; }

    /// <summary>A matrix with respect to which derivatives are wanted.</summary>
    /// <param name="value">Not copied; must not change before <see cref="Backward(Variable)"/>.</param>
    public Variable Input(Matrix value) => Add(new Variable(this, value, varies: true, null, null));

    /// <summary>The same, with the gradient written to memory of the caller's, which outlives
    /// <see cref="Reset"/>.</summary>
    /// <param name="value">Not copied; must not change before <see cref="Backward(Variable)"/>.</param>
    /// <param name="gradient">Overwritten by <see cref="Backward(Variable)"/>; not touched where the result does not
    /// depend on the input and nobody asks.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the gradient cannot be written.</exception>
    public Variable Input(Matrix value, Matrix gradient)
    {
        if (gradient.Shape != value.Shape || gradient.IsReadOnly)
            throw new ArgumentException(
                $"The input is {value.Shape}; its gradient needs a writable matrix of that shape, but "
                    + $"{(gradient.IsReadOnly ? "a read-only" : "a")} {gradient.Shape} was given.",
                nameof(gradient)
            );
        return Add(new Variable(this, value, varies: true, null, gradient));
    }

    /// <summary>A matrix that is given; what depends on constants alone is not recorded.</summary>
    /// <param name="value">Not copied; must not change before <see cref="Backward(Variable)"/>.</param>
    public Variable Constant(Matrix value) => Add(new Variable(this, value, varies: false, null, null));

    /// <summary>A number that is given, as a 1 × 1 constant.</summary>
    /// <param name="value">The number.</param>
    public Variable Constant(float value) => Constant(Matrix.FromArray(1, 1, [value]));

    /// <summary>Computes the gradient of a scalar with respect to every input, replacing those of an earlier
    /// call.</summary>
    /// <param name="result">1 × 1, recorded on this tape.</param>
    /// <exception cref="ArgumentException">It is not a scalar or was recorded elsewhere.</exception>
    public void Backward(Variable result)
    {
        if (result.Rows != 1 || result.Columns != 1)
            throw new ArgumentException(
                $"A gradient is that of a scalar, but the result is {result.Value.Shape}; take its Sum, or pass what "
                    + "each element counts as the second argument.",
                nameof(result)
            );
        Backward(result, Matrix.FromArray(1, 1, [1]));
    }

    /// <summary>Computes the gradient of Σ weights ∘ result with respect to every input: the product of a row vector
    /// with the Jacobian.</summary>
    /// <param name="result">Recorded on this tape.</param>
    /// <param name="weights">What each element of the result counts, in its shape.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the result was recorded elsewhere or since
    /// forgotten.</exception>
    public void Backward(Variable result, Matrix weights)
    {
        if (weights.Shape != result.Value.Shape)
            throw new ArgumentException(
                $"The result is {result.Value.Shape}, but the weights are {weights.Shape}.", nameof(weights));
        var last = variables.LastIndexOf(result);
        if (last < 0)
            throw new ArgumentException(
                "The result was not recorded on this tape, or the tape was reset since.", nameof(result));
        foreach (var variable in variables)
            variable.ForgetGradient();
        if (!result.Varies)
            return;
        weights.CopyTo(result.GradientToAddTo(out _));
        for (var i = last; i >= 0; i--) variables[i].PassOn();
    }

    /// <summary>Forgets the computation and keeps its memory for the next one.</summary>
    public void Reset()
    {
        foreach (var variable in variables) variable.ForgetGradient();
        variables.Clear();
        foreach (var matrix in rented) GiveBack(matrix);
        rented.Clear();
    }

    /// <summary>Records a result with what passes its gradient on; nothing is recorded of what does not vary.</summary>
    internal Variable Record(Matrix value, bool varies, Action<Matrix> backward)
    {
        rented.Add(value);
        return Add(new Variable(this, value, varies, varies ? backward : null, null));
    }

    /// <summary>Memory that lives until <see cref="Reset"/> without being a variable, such as probabilities kept for
    /// the way back.</summary>
    internal Matrix Keep(int rows, int columns)
    {
        var matrix = Rent(rows, columns);
        rented.Add(matrix);
        return matrix;
    }

    /// <summary>A matrix of any content, new or used before.</summary>
    internal Matrix Rent(int rows, int columns) =>
        idle.TryGetValue((rows, columns), out var stack) && stack.TryPop(out var matrix)
            ? matrix
            : Matrix.Uninitialized(rows, columns);

    internal void GiveBack(Matrix matrix)
    {
        if (!idle.TryGetValue((matrix.Rows, matrix.Columns), out var stack))
            idle[(matrix.Rows, matrix.Columns)] = stack = [];
        stack.Push(matrix);
    }

    /// <summary>Calls a function for every row, on as many threads as it is worth.</summary>
    internal void ForRows(int rows, int columns, Action<int> row)
    {
        var piece = Math.Max(1, PieceElements / Math.Max(1, columns));
        Workers.Share(Threads, (rows + piece - 1) / piece, task =>
        {
            for (var r = task * piece; r < Math.Min(rows, (task + 1) * piece); r++) row(r);
        });
    }

    /// <summary>target += addend, or target = addend.</summary>
    internal void AddTo(Variable target, Matrix addend)
    {
        var sum = target.GradientToAddTo(out var hasContent);
        ForRows(addend.Rows, addend.Columns, row =>
        {
            if (hasContent) TensorPrimitives.Add(sum.Row(row), addend.Row(row), sum.WritableRow(row));
            else addend.Row(row).CopyTo(sum.WritableRow(row));
        });
    }

    /// <summary>The tape of all operands.</summary>
    internal static Tape Common(Variable first, params ReadOnlySpan<Variable> others)
    {
        foreach (var other in others)
            if (other.Tape != first.Tape)
                throw new ArgumentException(
                    $"The operands {first} and {other} are recorded on different tapes; take both with Input or "
                        + "Constant of the same one.",
                    nameof(others)
                );
        return first.Tape;
    }

    private Variable Add(Variable variable)
    {
        variables.Add(variable);
        return variable;
    }
}

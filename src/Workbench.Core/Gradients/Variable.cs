using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>A matrix in a computation that a <see cref="Tape"/> records: an input of it, or what an operation made of
/// others.</summary>
/// <remarks>Its memory is the tape's and is used again after <see cref="Tape.Reset"/>; copy what must outlive that. A
/// scalar is 1 × 1.</remarks>
public sealed class Variable
{
    private readonly Action<Matrix>? backward;
    private readonly Matrix? destination;
    private Matrix? gradient;

    internal Variable(Tape tape, Matrix value, bool varies, Action<Matrix>? backward, Matrix? destination)
    {
        (Tape, Value, Varies, this.backward, this.destination) = (tape, value, varies, backward, destination);
    }

    /// <summary>The numbers.</summary>
    public Matrix Value { get; }

    /// <summary>
    /// ∂y/∂this, in this variable's shape, after <see cref="Tape.Backward(Variable)"/> of y: for inputs only, since
    /// what operations made gives its memory back as soon as it has passed its gradient on. Zeros where y does not
    /// depend on it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The variable is a constant or the result of an
    /// operation.</exception>
    public Matrix Gradient =>
        IsInput
            ? gradient ?? GradientMatrix(clear: true)
            : throw new InvalidOperationException(
                $"Only an input that varies has a gradient, but this {Value.Shape} is "
                    + $"{(Varies ? "the result of an operation" : "a constant")}; take it with Tape.Input."
            );

    /// <summary>The only number of a 1 × 1 variable.</summary>
    /// <exception cref="InvalidOperationException">It has another shape.</exception>
    public float Scalar =>
        Value is { Rows: 1, Columns: 1 }
            ? Value[0, 0]
            : throw new InvalidOperationException(
                $"A scalar is 1 × 1, but this is {Value.Rows} × {Value.Columns}; take its Sum, or one element with "
                    + "Slice."
            );

    /// <summary>Where it is recorded.</summary>
    public Tape Tape { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => Value.Rows;

    /// <summary>Number of columns.</summary>
    public int Columns => Value.Columns;

    /// <summary>Whether a gradient with respect to it is wanted, for itself or on the way to an input.</summary>
    internal bool Varies { get; }

    private bool IsInput => Varies && backward is null;

    /// <summary>a + b element by element.</summary>
    /// <param name="a">A matrix, one row, or 1 × 1.</param>
    /// <param name="b">The same shape; or one is a row or 1 × 1, which is repeated to the other's shape. So it is with
    /// every operator.</param>
    public static Variable operator +(Variable a, Variable b) => IsSmaller(a, b) ? b.Add(a) : a.Add(b);

    /// <summary>a − b element by element.</summary>
    public static Variable operator -(Variable a, Variable b) => IsSmaller(a, b) ? -b.Subtract(a) : a.Subtract(b);

    /// <summary>a ∘ b element by element; <see cref="Products.MatMul"/> is the matrix product.</summary>
    public static Variable operator *(Variable a, Variable b) => IsSmaller(a, b) ? b.Multiply(a) : a.Multiply(b);

    /// <summary>a / b element by element.</summary>
    public static Variable operator /(Variable a, Variable b) => a * b.Reciprocal();

    /// <summary>−x.</summary>
    public static Variable operator -(Variable x) => x.Scale(-1);

    /// <summary>A number added to every element.</summary>
    public static Variable operator +(Variable x, double number) => x.Add(x.Tape.Constant((float)number));

    /// <summary>A number added to every element.</summary>
    public static Variable operator +(double number, Variable x) => x + number;

    /// <summary>A number taken from every element.</summary>
    public static Variable operator -(Variable x, double number) => x + -number;

    /// <summary>Every element taken from a number.</summary>
    public static Variable operator -(double number, Variable x) => -x + number;

    /// <summary>Every element times a number.</summary>
    public static Variable operator *(Variable x, double number) => x.Scale((float)number);

    /// <summary>Every element times a number.</summary>
    public static Variable operator *(double number, Variable x) => x * number;

    /// <summary>Every element divided by a number.</summary>
    public static Variable operator /(Variable x, double number) => x * (1 / number);

    /// <summary>A number divided by every element.</summary>
    public static Variable operator /(double number, Variable x) => x.Reciprocal() * number;

    /// <summary>sin x; this and the next are what F#'s functions of the same names call.</summary>
    public static Variable Sin(Variable x) => Elementwise.Sin(x);

    /// <summary>cos x.</summary>
    public static Variable Cos(Variable x) => Elementwise.Cos(x);

    /// <summary>tanh x.</summary>
    public static Variable Tanh(Variable x) => Elementwise.Tanh(x);

    /// <summary>eˣ.</summary>
    public static Variable Exp(Variable x) => Elementwise.Exp(x);

    /// <summary>ln x.</summary>
    public static Variable Log(Variable x) => Elementwise.Log(x);

    /// <summary>√x.</summary>
    public static Variable Sqrt(Variable x) => Elementwise.Sqrt(x);

    /// <summary>The gradient's memory and whether something lies in it already, to which must be added.</summary>
    internal Matrix GradientToAddTo(out bool hasContent)
    {
        hasContent = gradient is not null;
        return gradient ?? GradientMatrix(clear: false);
    }

    /// <summary>The gradient's memory, zeros or what was added before.</summary>
    internal Matrix GradientSum => gradient ?? GradientMatrix(clear: true);

    /// <summary>Passes the gradient on to what this was made of, and lets go of it.</summary>
    internal void PassOn()
    {
        if (backward is null || gradient is null) return;
        backward(gradient);
        Tape.GiveBack(gradient);
        gradient = null;
    }

    internal void ForgetGradient()
    {
        if (gradient is not null && gradient != destination) Tape.GiveBack(gradient);
        gradient = null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Varies ? "Variable" : "Constant")} {Value.Shape}";

    private static bool IsSmaller(Variable a, Variable b) => a.Value.Elements < b.Value.Elements;

    private Matrix GradientMatrix(bool clear)
    {
        gradient = destination ?? Tape.Rent(Value.Rows, Value.Columns);
        if (clear) gradient.Clear();
        return gradient;
    }
}

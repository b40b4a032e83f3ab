using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Operations on each element by itself, and on two matrices of one shape element by element.</summary>
public static class Elementwise
{
    private delegate void Unary(ReadOnlySpan<float> x, Span<float> destination);

    private delegate void Slope(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> destination);

    /// <summary>a + b.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape; or one row, which is added to every row of a; or 1 × 1, which is added to every
    /// element.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    public static Variable Add(this Variable a, Variable b) => Sum(a, b, 1);

    /// <summary>a − b.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape; or one row, which is taken from every row of a; or 1 × 1, which is taken from
    /// every element.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    public static Variable Subtract(this Variable a, Variable b) => Sum(a, b, -1);

    /// <summary>a ∘ b, element by element.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape; or one row, by which every row of a is multiplied; or 1 × 1, by which every
    /// element is.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    public static Variable Multiply(this Variable a, Variable b)
    {
        var tape = Tape.Common(a, b);
        CheckBroadcast(a, b);
        var value = tape.Rent(a.Rows, a.Columns);
        tape.ForRows(a.Rows, a.Columns, row => Times(a.Value.Row(row), b.Value, row, value.WritableRow(row)));
        return tape.Record(
            value,
            a.Varies || b.Varies,
            gradient =>
            {
                var product = tape.Rent(a.Rows, a.Columns);
                if (a.Varies)
                {
                    tape.ForRows(
                        a.Rows, a.Columns, row => Times(gradient.Row(row), b.Value, row, product.WritableRow(row)));
                    tape.AddTo(a, product);
                }
                if (b.Varies)
                {
                    tape.ForRows(
                        a.Rows,
                        a.Columns,
                        row => TensorPrimitives.Multiply(gradient.Row(row), a.Value.Row(row), product.WritableRow(row))
                    );
                    AddBroadcast(tape, product, 1, b);
                }
                tape.GiveBack(product);
            }
        );
    }

    /// <summary>factor · x.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">A given number.</param>
    public static Variable Scale(this Variable x, float factor) =>
        Map(x, (from, to) => TensorPrimitives.Multiply(from, factor, to), (_, _, slope) => slope.Fill(factor));

    /// <summary>The activation of a model's MLP.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="activation">Which; the derivative of ReLU at 0 is taken as 0.</param>
    public static Variable Activate(this Variable x, Activation activation) =>
        Map(x, (from, to) => activation.Apply(from, to), (from, _, slope) => activation.Slope(from, slope));

    /// <summary>eˣ.</summary>
    /// <param name="x">Any shape.</param>
    public static Variable Exp(this Variable x) => Map(x, TensorPrimitives.Exp, (_, y, slope) => y.CopyTo(slope));

    /// <summary>ln x.</summary>
    /// <param name="x">Any shape; 0 gives −∞, a negative number NaN.</param>
    public static Variable Log(this Variable x) =>
        Map(x, TensorPrimitives.Log, (from, _, slope) => TensorPrimitives.Reciprocal(from, slope));

    /// <summary>√x.</summary>
    /// <param name="x">Any shape; the derivative at 0 is +∞.</param>
    public static Variable Sqrt(this Variable x) =>
        Map(x, TensorPrimitives.Sqrt, (_, y, slope) => TensorPrimitives.Divide(0.5f, y, slope));

    /// <summary>sin x, x in radians.</summary>
    /// <param name="x">Any shape.</param>
    public static Variable Sin(this Variable x) =>
        Map(x, TensorPrimitives.Sin, (from, _, slope) => TensorPrimitives.Cos(from, slope));

    /// <summary>cos x, x in radians.</summary>
    /// <param name="x">Any shape.</param>
    public static Variable Cos(this Variable x) =>
        Map(
            x,
            TensorPrimitives.Cos,
            (from, _, slope) =>
            {
                TensorPrimitives.Sin(from, slope);
                TensorPrimitives.Negate(slope, slope);
            }
        );

    /// <summary>tanh x.</summary>
    /// <param name="x">Any shape.</param>
    public static Variable Tanh(this Variable x) =>
        Map(
            x,
            TensorPrimitives.Tanh,
            (_, y, slope) =>
            {
                TensorPrimitives.Multiply(y, y, slope);
                TensorPrimitives.Subtract(1f, slope, slope);
            }
        );

    /// <summary>1 / x.</summary>
    /// <param name="x">Any shape; 0 gives +∞.</param>
    public static Variable Reciprocal(this Variable x) =>
        Map(
            x,
            TensorPrimitives.Reciprocal,
            (_, y, slope) =>
            {
                TensorPrimitives.Multiply(y, y, slope);
                TensorPrimitives.Negate(slope, slope);
            }
        );

    private static Variable Map(Variable x, Unary function, Slope slope)
    {
        var tape = x.Tape;
        var value = tape.Rent(x.Rows, x.Columns);
        tape.ForRows(x.Rows, x.Columns, row => function(x.Value.Row(row), value.WritableRow(row)));
        return tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientToAddTo(out var hasContent);
                tape.ForRows(
                    x.Rows,
                    x.Columns,
                    row =>
                    {
                        using var memory = AlignedBuffer.Rent(x.Columns);
                        var slopes = memory.Span(x.Columns);
                        slope(x.Value.Row(row), value.Row(row), slopes);
                        if (hasContent)
                            TensorPrimitives.MultiplyAdd(gradient.Row(row), slopes, sum.Row(row), sum.WritableRow(row));
                        else
                            TensorPrimitives.Multiply(gradient.Row(row), slopes, sum.WritableRow(row));
                    }
                );
            }
        );
    }

    private static Variable Sum(Variable a, Variable b, float sign)
    {
        var tape = Tape.Common(a, b);
        CheckBroadcast(a, b);
        var value = tape.Rent(a.Rows, a.Columns);
        tape.ForRows(
            a.Rows,
            a.Columns,
            row =>
            {
                if (IsScalar(a, b))
                    TensorPrimitives.Add(a.Value.Row(row), sign * b.Value[0, 0], value.WritableRow(row));
                else if (sign > 0)
                    TensorPrimitives.Add(a.Value.Row(row), b.Value.Row(b.Rows == 1 ? 0 : row), value.WritableRow(row));
                else
                    TensorPrimitives.Subtract(
                        a.Value.Row(row), b.Value.Row(b.Rows == 1 ? 0 : row), value.WritableRow(row));
            }
        );
        return tape.Record(
            value,
            a.Varies || b.Varies,
            gradient =>
            {
                if (a.Varies)
                    tape.AddTo(a, gradient);
                if (b.Varies)
                    AddBroadcast(tape, gradient, sign, b);
            }
        );
    }

    private static bool IsScalar(Variable a, Variable b) => b is { Rows: 1, Columns: 1 } && a.Columns != 1;

    private static void Times(ReadOnlySpan<float> x, Matrix factor, int row, Span<float> destination)
    {
        if (factor is { Rows: 1, Columns: 1 })
            TensorPrimitives.Multiply(x, factor[0, 0], destination);
        else
            TensorPrimitives.Multiply(x, factor.Row(factor.Rows == 1 ? 0 : row), destination);
    }

    // What was broadcast gets the sum over all places that it went to.
    private static void AddBroadcast(Tape tape, Matrix gradient, float sign, Variable target)
    {
        if (target.Value.Shape == gradient.Shape && sign > 0)
        {
            tape.AddTo(target, gradient);
            return;
        }
        var sum = target.GradientSum;
        if (target.Value.Shape == gradient.Shape)
            tape.ForRows(
                gradient.Rows, gradient.Columns,
                row => TensorPrimitives.Subtract(sum.Row(row), gradient.Row(row), sum.WritableRow(row)));
        else if (target.Value.Elements == 1)
            sum[0, 0] += sign * (float)Reductions.Total(tape, gradient);
        else
            Reductions.AddColumnSums(tape, gradient, sum, sign);
    }

    private static void CheckBroadcast(Variable a, Variable b)
    {
        if (b.Value.Shape == a.Value.Shape || b.Rows == 1 && (b.Columns == a.Columns || b.Columns == 1))
            return;
        throw new ArgumentException(
            $"a is {a.Value.Shape}, so b may be {a.Value.Shape}, {new Shape(1, a.Columns)} or {new Shape(1, 1)}, but "
                + $"it is {b.Value.Shape}.",
            nameof(b)
        );
    }
}

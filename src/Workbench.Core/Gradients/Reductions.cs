using System;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Many numbers to one: sums, products and lengths of whole matrices. All sums are in float64 and in one
/// order.</summary>
public static class Reductions
{
    // Column sums are made of parts of so many rows, whatever the number of threads, so that their bits do not depend
    // on it.
    private const int RowsPerPart = 256;

    /// <summary>The sum of all elements.</summary>
    /// <param name="x">Any shape.</param>
    /// <returns>1 × 1.</returns>
    public static Variable Sum(this Variable x)
    {
        var tape = x.Tape;
        var value = tape.Rent(1, 1);
        value[0, 0] = (float)Total(tape, x.Value);
        return tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientSum;
                tape.ForRows(
                    x.Rows, x.Columns, row => TensorPrimitives.Add(sum.Row(row), gradient[0, 0], sum.WritableRow(row)));
            }
        );
    }

    /// <summary>The mean of all elements.</summary>
    /// <param name="x">Any shape but an empty one.</param>
    /// <returns>1 × 1.</returns>
    public static Variable Mean(this Variable x) => x.Sum().Scale((float)(1.0 / x.Value.Elements));

    /// <summary>The sums of each row.</summary>
    /// <param name="x">m × n.</param>
    /// <returns>m × 1.</returns>
    public static Variable RowSums(this Variable x)
    {
        var tape = x.Tape;
        var value = tape.Rent(x.Rows, 1);
        tape.ForRows(x.Rows, x.Columns, row => value[row, 0] = (float)DoubleSum.Of(x.Value.Row(row)));
        return tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientSum;
                tape.ForRows(
                    x.Rows, x.Columns,
                    row => TensorPrimitives.Add(sum.Row(row), gradient[row, 0], sum.WritableRow(row)));
            }
        );
    }

    /// <summary>Σ a ∘ b, the dot product of two matrices of one shape.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <returns>1 × 1.</returns>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public static Variable Dot(this Variable a, Variable b)
    {
        var tape = Tape.Common(a, b);
        CheckShapes(a, b);
        var value = tape.Rent(1, 1);
        value[0, 0] = (float)Products(a.Value, b.Value);
        return tape.Record(value, a.Varies || b.Varies, gradient =>
        {
            AddMultiple(a, gradient[0, 0], b.Value);
            AddMultiple(b, gradient[0, 0], a.Value);
        });
    }

    /// <summary>√(Σ x²), the Euclidean length.</summary>
    /// <param name="x">Any shape. The gradient of a zero matrix is taken as 0.</param>
    /// <returns>1 × 1.</returns>
    public static Variable Norm(this Variable x)
    {
        var value = x.Tape.Rent(1, 1);
        var norm = Math.Sqrt(Products(x.Value, x.Value));
        value[0, 0] = (float)norm;
        return x.Tape.Record(
            value, x.Varies, gradient => AddMultiple(x, norm == 0 ? 0 : gradient[0, 0] / norm, x.Value));
    }

    /// <summary>The cosine of the angle between two matrices of one shape, taken as vectors.</summary>
    /// <param name="a">Any shape; not all zeros.</param>
    /// <param name="b">The same shape; not all zeros.</param>
    /// <returns>1 × 1; NaN where one is all zeros.</returns>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    /// <remarks>∂cos/∂a = b/(|a||b|) − cos·a/|a|².</remarks>
    public static Variable Cosine(this Variable a, Variable b)
    {
        var tape = Tape.Common(a, b);
        CheckShapes(a, b);
        var (aa, bb) = (Products(a.Value, a.Value), Products(b.Value, b.Value));
        var lengths = Math.Sqrt(aa) * Math.Sqrt(bb);
        var cosine = Products(a.Value, b.Value) / lengths;
        var value = tape.Rent(1, 1);
        value[0, 0] = (float)cosine;
        return tape.Record(value, a.Varies || b.Varies, gradient =>
        {
            double g = gradient[0, 0];
            AddMultiple(a, g / lengths, b.Value);
            AddMultiple(a, -g * cosine / aa, a.Value);
            AddMultiple(b, g / lengths, a.Value);
            AddMultiple(b, -g * cosine / bb, b.Value);
        });
    }

    /// <summary>The sum of all elements in float64.</summary>
    internal static double Total(Tape tape, Matrix x)
    {
        var rows = new double[x.Rows];
        tape.ForRows(x.Rows, x.Columns, row => rows[row] = DoubleSum.Of(x.Row(row)));
        var sum = 0.0;
        foreach (var row in rows) sum += row;
        return sum;
    }

    /// <summary>target += sign · the column sums of x; the target has as many elements as x has columns, in any
    /// shape.</summary>
    internal static void AddColumnSums(Tape tape, Matrix x, Matrix target, float sign = 1)
    {
        var parts = (x.Rows + RowsPerPart - 1) / RowsPerPart;
        var sums = new double[parts][];
        Workers.Share(
            tape.Threads,
            parts,
            part =>
            {
                var sum = new double[x.Columns];
                for (var row = part * RowsPerPart; row < Math.Min(x.Rows, (part + 1) * RowsPerPart); row++)
                    DoubleSum.AddTo(x.Row(row), sum);
                sums[part] = sum;
            }
        );
        for (var part = 1; part < parts; part++)
            TensorPrimitives.Add<double>(sums[0], sums[part], sums[0]);
        if (parts == 0)
            return;
        var values = target.WritableValues;
        for (var column = 0; column < values.Length; column++) values[column] += (float)(sign * sums[0][column]);
    }

    /// <summary>Σ a ∘ b in float64, row after row.</summary>
    private static double Products(Matrix a, Matrix b)
    {
        var sum = 0.0;
        for (var row = 0; row < a.Rows; row++) sum += DoubleSum.OfProducts(a.Row(row), b.Row(row));
        return sum;
    }

    /// <summary>The target's gradient += factor · x, where a gradient is wanted.</summary>
    internal static void AddMultiple(Variable target, double factor, Matrix x)
    {
        if (!target.Varies) return;
        var sum = target.GradientSum;
        target.Tape.ForRows(
            x.Rows, x.Columns,
            row => TensorPrimitives.MultiplyAdd(x.Row(row), (float)factor, sum.Row(row), sum.WritableRow(row)));
    }

    private static void CheckShapes(Variable a, Variable b)
    {
        if (a.Value.Shape != b.Value.Shape)
            throw new ArgumentException(
                $"The shapes must be the same, but a is {a.Value.Shape} and b is {b.Value.Shape}.", nameof(b));
    }
}

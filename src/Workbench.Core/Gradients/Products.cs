using System;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Matrix products, and the affine layers made of them.</summary>
public static class Products
{
    /// <summary>A · B.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="b">k × n.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    /// <remarks>∂A = G·Bᵀ, ∂B = Aᵀ·G, where G is the gradient of the result.</remarks>
    public static Variable MatMul(this Variable a, Variable b)
    {
        var tape = Tape.Common(a, b);
        if (a.Columns != b.Rows)
            throw new ArgumentException(
                $"The inner sizes must match, but a is {a.Value.Shape} and b is {b.Value.Shape}; perhaps one needs "
                    + "Transpose.",
                nameof(b)
            );
        var value = tape.Rent(a.Rows, b.Columns);
        Gemm.Multiply(a.Value, b.Value, value, accumulate: false, tape.Threads);
        return tape.Record(value, a.Varies || b.Varies, gradient =>
        {
            AddProduct(gradient, ((MatrixView)b.Value).Transposed, a);
            AddProduct(((MatrixView)a.Value).Transposed, gradient, b);
        });
    }

    /// <summary>Rows and columns exchanged.</summary>
    /// <param name="x">m × n.</param>
    public static Variable Transpose(this Variable x)
    {
        var value = x.Tape.Rent(x.Columns, x.Rows);
        x.Value.TransposeTo(value);
        return x.Tape.Record(value, x.Varies, gradient =>
        {
            var transposed = x.Tape.Rent(x.Rows, x.Columns);
            gradient.TransposeTo(transposed);
            x.Tape.AddTo(x, transposed);
            x.Tape.GiveBack(transposed);
        });
    }

    /// <summary>x·W + b over rows: a layer of a network.</summary>
    /// <param name="x">[n, inputs].</param>
    /// <param name="weight">[inputs, outputs] or [outputs, inputs].</param>
    /// <param name="layout">Which of the two.</param>
    /// <param name="bias">As many elements as there are outputs, in any shape (three rows for queries, keys and
    /// values); null for none.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    public static Variable Affine(this Variable x, Variable weight, WeightLayout layout, Variable? bias = null)
    {
        var tape = bias is null ? Tape.Common(x, weight) : Tape.Common(x, weight, bias);
        var (inputs, outputs) =
            layout == WeightLayout.InputMajor ? (weight.Rows, weight.Columns) : (weight.Columns, weight.Rows);
        if (x.Columns != inputs || bias is not null && bias.Value.Elements != outputs)
            throw new ArgumentException(
                $"Weights {weight.Value.Shape}, {layout}, take rows of {inputs} and a bias of {outputs}, but x is "
                    + $"{x.Value.Shape} and the bias {bias?.Value.Shape.ToString() ?? "absent"}.",
                nameof(weight)
            );
        var value = tape.Rent(x.Rows, outputs);
        Gemm.Multiply(
            x.Value, AsInputMajor(weight.Value),
            bias is null ? default(MatrixView?) : MatrixView.Repeated(bias.Value, x.Rows), value, tape.Threads,
            MicroKernel.Best);
        return tape.Record(value, x.Varies || weight.Varies || bias is { Varies: true }, gradient =>
        {
            AddProduct(gradient, AsInputMajor(weight.Value).Transposed, x);
            if (layout == WeightLayout.InputMajor) AddProduct(((MatrixView)x.Value).Transposed, gradient, weight);
            else AddProduct(((MatrixView)gradient).Transposed, x.Value, weight);
            if (bias is { Varies: true }) Reductions.AddColumnSums(tape, gradient, bias.GradientSum);
        });

        MatrixView AsInputMajor(Matrix stored) =>
            layout == WeightLayout.InputMajor ? stored : ((MatrixView)stored).Transposed;
    }

    private static void AddProduct(MatrixView a, MatrixView b, Variable target)
    {
        if (!target.Varies) return;
        var gradient = target.GradientToAddTo(out var hasContent);
        Gemm.Multiply(a, b, gradient, hasContent, target.Tape.Threads);
    }
}

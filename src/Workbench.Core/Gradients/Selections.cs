using System;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Parts of matrices, and matrices put together from parts. Gradients go back to where the parts came
/// from.</summary>
public static class Selections
{
    /// <summary>The rows at these indices, in their order: what an embedding does with token ids.</summary>
    /// <param name="table">m × n.</param>
    /// <param name="indices">Each from 0 to m − 1; one that repeats gets the sum of its rows' gradients.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public static Variable GatherRows(this Variable table, ReadOnlyMemory<int> indices)
    {
        foreach (var index in indices.Span)
            if ((uint)index >= (uint)table.Rows)
                throw Argument.OutOfRange(
                    nameof(indices), index, $"The table has rows 0 to {table.Rows - 1}.");
        var tape = table.Tape;
        var value = tape.Rent(indices.Length, table.Columns);
        tape.ForRows(
            value.Rows, value.Columns, row => table.Value.Row(indices.Span[row]).CopyTo(value.WritableRow(row)));
        return tape.Record(
            value,
            table.Varies,
            gradient =>
            {
                // In the order of the indices on one thread: a row that repeats is a sum, whose order must not depend
                // on threads.
                var sum = table.GradientSum;
                for (var row = 0; row < gradient.Rows; row++)
                {
                    var index = indices.Span[row];
                    TensorPrimitives.Add(sum.Row(index), gradient.Row(row), sum.WritableRow(index));
                }
            }
        );
    }

    /// <summary>A rectangle of a matrix, such as one head's columns.</summary>
    /// <param name="x">m × n.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstColumn">First column.</param>
    /// <param name="columns">Number of columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rectangle leaves the matrix.</exception>
    public static Variable Slice(this Variable x, int firstRow, int rows, int firstColumn, int columns)
    {
        if (
            firstRow < 0
            || rows < 0
            || firstRow > x.Rows - rows
            || firstColumn < 0
            || columns < 0
            || firstColumn > x.Columns - columns
        )
            throw new ArgumentOutOfRangeException(
                nameof(firstRow),
                $"Rows {firstRow} to {firstRow + rows - 1} and columns {firstColumn} to {firstColumn + columns - 1} "
                    + $"were asked for, but the matrix is {x.Rows} × {x.Columns}."
            );
        var value = x.Tape.Rent(rows, columns);
        for (var row = 0; row < rows; row++)
            x.Value.Row(firstRow + row).Slice(firstColumn, columns).CopyTo(value.WritableRow(row));
        return x.Tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientSum;
                for (var row = 0; row < rows; row++)
                {
                    var part = sum.WritableRow(firstRow + row).Slice(firstColumn, columns);
                    TensorPrimitives.Add(part, gradient.Row(row), part);
                }
            }
        );
    }

    /// <summary>Matrices of as many rows side by side, such as the outputs of heads.</summary>
    /// <param name="parts">At least one.</param>
    /// <exception cref="ArgumentException">There are none, or the numbers of rows differ.</exception>
    public static Variable BesideEachOther(params ReadOnlySpan<Variable> parts)
    {
        if (parts.IsEmpty)
            throw new ArgumentException(
                "There are no matrices to put beside each other; give at least one.", nameof(parts));
        var tape = Tape.Common(parts[0], parts[1..]);
        var all = parts.ToArray();
        var (columns, varies) = (0, false);
        foreach (var part in all)
        {
            if (part.Rows != all[0].Rows)
                throw new ArgumentException(
                    $"The first matrix has {all[0].Rows} rows, another {part.Rows}.", nameof(parts));
            columns += part.Columns;
            varies |= part.Varies;
        }
        var value = tape.Rent(all[0].Rows, columns);
        ForParts(
            (part, first) =>
            {
                for (var row = 0; row < part.Rows; row++)
                    part.Value.Row(row).CopyTo(value.WritableRow(row)[first..]);
            }
        );
        return tape.Record(
            value,
            varies,
            gradient =>
                ForParts(
                    (part, first) =>
                    {
                        if (!part.Varies)
                            return;
                        var sum = part.GradientSum;
                        for (var row = 0; row < part.Rows; row++)
                            TensorPrimitives.Add(
                                sum.Row(row), gradient.Row(row).Slice(first, part.Columns), sum.WritableRow(row));
                    }
                )
        );

        void ForParts(Action<Variable, int> action)
        {
            var first = 0;
            foreach (var part in all)
            {
                action(part, first);
                first += part.Columns;
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>How surprised a model is by what came: the mean of −ln p(target) in nats over the rows that have a
/// target.</summary>
public static class CrossEntropy
{
    /// <summary>The target of a row that is not scored.</summary>
    public const int Unscored = -1;

    // Rows of logits that exist at a time: for 8,192 tokens 16 MB, which the next product finds in the last-level
    // cache.
    private const int RowsAtOnce = 512;

    /// <summary>Of logits.</summary>
    /// <param name="logits">One row of scores per place, one column per class.</param>
    /// <param name="targets">The class that came in each row, or −1 where none is scored.</param>
    /// <returns>1 × 1.</returns>
    /// <exception cref="ArgumentException">The number of targets differs from that of rows, one is no class, or none is
    /// scored.</exception>
    public static Variable OfLogits(Variable logits, ReadOnlyMemory<int> targets)
    {
        var scored = Scored(logits.Rows, logits.Columns, targets);
        var tape = logits.Tape;
        var losses = new double[scored.Length];
        var slopes = logits.Varies ? tape.Keep(logits.Rows, logits.Columns) : null;
        slopes?.Clear();
        tape.ForRows(
            scored.Length,
            logits.Columns,
            i =>
            {
                var row = scored[i];
                using var memory = AlignedBuffer.Rent(logits.Columns);
                var probabilities = slopes is null ? memory.Span(logits.Columns) : slopes.WritableRow(row);
                losses[i] = LossAndSlope(logits.Value.Row(row), targets.Span[row], 1.0 / scored.Length, probabilities);
            }
        );
        return tape.Record(
            Mean(tape, losses),
            logits.Varies,
            gradient =>
            {
                var sum = logits.GradientSum;
                tape.ForRows(
                    logits.Rows,
                    logits.Columns,
                    row =>
                        TensorPrimitives.MultiplyAdd(
                            slopes!.Row(row), gradient[0, 0], sum.Row(row), sum.WritableRow(row))
                );
            }
        );
    }

    /// <summary>Of the logits x·Wᵀ + b, which are made a few rows at a time and never kept: the gradient is computed on
    /// the way.</summary>
    /// <param name="x">[n, d].</param>
    /// <param name="weight">One row per class: [classes, d].</param>
    /// <param name="targets">The class that came in each row, or −1 where none is scored; products are made for scored
    /// rows only.</param>
    /// <param name="bias">1 × classes, or null for none.</param>
    /// <returns>1 × 1.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit together, a target is no class, or none is
    /// scored.</exception>
    public static Variable OfLinear(Variable x, Variable weight, ReadOnlyMemory<int> targets, Variable? bias = null)
    {
        var tape = bias is null ? Tape.Common(x, weight) : Tape.Common(x, weight, bias);
        var classes = weight.Rows;
        if (x.Columns != weight.Columns || bias is not null && bias.Value.Elements != classes)
            throw new ArgumentException(
                $"A head {weight.Value.Shape} takes rows of {weight.Columns} and a bias of {classes}, but x is "
                    + $"{x.Value.Shape} and the bias {bias?.Value.Shape.ToString() ?? "absent"}.",
                nameof(weight)
            );
        var scored = Scored(x.Rows, classes, targets);
        var varies = x.Varies || weight.Varies || bias is { Varies: true };
        var losses = new double[scored.Length];
        var rows = tape.Keep(scored.Length, x.Columns);
        tape.ForRows(scored.Length, x.Columns, i => x.Value.Row(scored[i]).CopyTo(rows.WritableRow(i)));
        var (rowSlopes, weightSlopes, biasSlopes) = varies
            ? (tape.Keep(scored.Length, x.Columns), tape.Keep(classes, x.Columns), tape.Keep(1, classes))
            : (null, null, null);
        biasSlopes?.Clear();
        var logits = tape.Keep(Math.Min(RowsAtOnce, scored.Length), classes);
        for (var first = 0; first < scored.Length; first += RowsAtOnce)
        {
            var part = rows.RowRange(first, Math.Min(RowsAtOnce, scored.Length - first));
            var scores = logits.RowRange(0, part.Rows);
            Gemm.Multiply(
                part, ((MatrixView)weight.Value).Transposed,
                bias is null ? default(MatrixView?) : MatrixView.Repeated(bias.Value, part.Rows), scores, tape.Threads,
                MicroKernel.Best);
            tape.ForRows(
                part.Rows,
                classes,
                row =>
                    losses[first + row] = LossAndSlope(
                        scores.Row(row), targets.Span[scored[first + row]], 1.0 / scored.Length,
                        scores.WritableRow(row))
            );
            if (!varies)
                continue;
            Gemm.Multiply(scores, weight.Value, rowSlopes!.RowRange(first, part.Rows), accumulate: false, tape.Threads);
            Gemm.Multiply(((MatrixView)scores).Transposed, part, weightSlopes!, accumulate: first > 0, tape.Threads);
            if (bias is not null)
                Reductions.AddColumnSums(tape, scores, biasSlopes!);
        }
        return tape.Record(
            Mean(tape, losses),
            varies,
            gradient =>
            {
                if (x.Varies)
                {
                    var sum = x.GradientSum;
                    tape.ForRows(
                        scored.Length,
                        x.Columns,
                        i =>
                            TensorPrimitives.MultiplyAdd(
                                rowSlopes!.Row(i), gradient[0, 0], sum.Row(scored[i]), sum.WritableRow(scored[i]))
                    );
                }
                Reductions.AddMultiple(weight, gradient[0, 0], weightSlopes!);
                if (bias is not null)
                    Reductions.AddMultiple(bias, gradient[0, 0], biasSlopes!);
            }
        );
    }

    /// <summary>Of each row of logits by itself, in float64; nothing is recorded for derivatives.</summary>
    /// <param name="logits">One row of scores per place, one column per class.</param>
    /// <param name="targets">The class that came in each row, or −1 where none is scored.</param>
    /// <returns>−ln p(target) of each row in nats; NaN where none is scored.</returns>
    /// <exception cref="ArgumentException">The number of targets differs from that of rows, one is no class, or none is
    /// scored.</exception>
    public static double[] OfRows(Matrix logits, ReadOnlyMemory<int> targets)
    {
        var losses = new double[logits.Rows];
        Array.Fill(losses, double.NaN);
        var scored = Scored(logits.Rows, logits.Columns, targets);
        Workers.Share(Workers.Count(0), scored.Length, i =>
        {
            using var memory = AlignedBuffer.Rent(logits.Columns);
            var row = logits.Row(scored[i]);
            var (sum, largest) = Softmax.Exponentials(row, memory.Span(logits.Columns));
            losses[scored[i]] = Math.Log(sum) - ((double)row[targets.Span[scored[i]]] - largest);
        });
        return losses;
    }

    /// <summary>−ln p(target) of one row of scores, and (p − one-hot) · share; the destination may be the scores' own
    /// memory.</summary>
    private static double LossAndSlope(ReadOnlySpan<float> scores, int target, double share, Span<float> destination)
    {
        var own = scores[target];
        var (sum, largest) = Softmax.Exponentials(scores, destination);
        Softmax.Multiply(destination, (float)(share / sum));
        destination[target] -= (float)share;
        return Math.Log(sum) - ((double)own - largest);
    }

    private static Matrix Mean(Tape tape, double[] losses)
    {
        var value = tape.Rent(1, 1);
        value[0, 0] = (float)(losses.Sum() / losses.Length);
        return value;
    }

    /// <summary>The rows that have a target.</summary>
    internal static int[] Scored(int rows, int classes, ReadOnlyMemory<int> targets)
    {
        if (targets.Length != rows)
            throw new ArgumentException($"There are {rows} rows, but {targets.Length} targets.", nameof(targets));
        var scored = new List<int>(rows);
        for (var row = 0; row < rows; row++)
        {
            var target = targets.Span[row];
            if (target == Unscored)
                continue;
            if ((uint)target >= (uint)classes)
                throw new ArgumentException(
                    $"Target {target} of row {row} is no class: they are 0 to {classes - 1}, or −1 for a row that is "
                        + "not scored.",
                    nameof(targets)
                );
            scored.Add(row);
        }
        return scored.Count > 0
            ? [.. scored]
            : throw new ArgumentException($"None of the {rows} rows has a target.", nameof(targets));
    }
}

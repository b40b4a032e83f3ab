using System;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Scaled dot-product attention of all heads and all sequences of a batch (Vaswani et al., "Attention Is All
/// You Need", 2017).</summary>
public static class Attention
{
    // A causal head is computed 128 queries at a time against what they can see: a quarter of the products of a
    // sequence of 256 is spared.
    private const int QueriesAtOnce = 128;

    /// <summary>Per sequence and head softmax(scale · Q·Kᵀ)·V, heads side by side.</summary>
    /// <param name="queriesKeysValues">Sequences one below the other, each of n / sequences rows; columns are the
    /// queries of all heads, then the keys, then the values: [n, 3·d].</param>
    /// <param name="sequences">Number of sequences; divides the number of rows.</param>
    /// <param name="heads">Number of heads; divides d.</param>
    /// <param name="scale">What scores are multiplied by, usually 1/√d_k.</param>
    /// <param name="causal">Whether a position sees itself and those before it only.</param>
    /// <returns>[n, d].</returns>
    /// <exception cref="ArgumentException">The shape cannot be cut so.</exception>
    /// <remarks>Probabilities are kept for the way back: n · n / sequences · heads floats.</remarks>
    public static Variable Attend(this Variable queriesKeysValues, int sequences, int heads, float scale, bool causal)
    {
        var x = queriesKeysValues;
        if (sequences < 1 || x.Rows % sequences != 0 || heads < 1 || x.Columns % (3 * heads) != 0)
            throw new ArgumentException(
                $"{x.Value.Shape} cannot be cut into {sequences} sequences and {heads} heads of queries, keys and "
                    + "values.",
                nameof(queriesKeysValues)
            );
        var (tape, length, width, d) = (x.Tape, x.Rows / sequences, x.Columns / 3 / heads, x.Columns / 3);
        var value = tape.Rent(x.Rows, d);
        var probabilities = tape.Keep(sequences * heads * length, length);
        Workers.Share(
            tape.Threads,
            sequences * heads,
            item =>
            {
                var (queries, keys, values) = (Part(x.Value, item, 0), Part(x.Value, item, 1), Part(x.Value, item, 2));
                var (pattern, mixed) = (Pattern(item), Part(value, item, 0));
                for (var first = 0; first < length; first += QueriesAtOnce)
                {
                    var (rows, seen) = Block(first);
                    var scores = pattern.RowRange(first, rows).ColumnRange(0, seen);
                    Gemm.Multiply(
                        queries.RowRange(first, rows), keys.RowRange(0, seen).Transposed, scores, accumulate: false,
                        threads: 1);
                    for (var row = first; row < first + rows; row++)
                    {
                        var visible = causal ? row + 1 : length;
                        var line = probabilities.WritableRow(item * length + row);
                        Kernels.Softmax.Apply(line[..visible], line[..visible], scale);
                        line[visible..].Clear();
                    }
                    Gemm.Multiply(
                        scores, values.RowRange(0, seen), mixed.RowRange(first, rows), accumulate: false, threads: 1);
                }
            }
        );
        return tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientSum;
                var slopes = tape.Rent(probabilities.Rows, length);
                Workers.Share(
                    tape.Threads,
                    sequences * heads,
                    item =>
                    {
                        var (queries, keys, values) = (
                            Part(x.Value, item, 0), Part(x.Value, item, 1), Part(x.Value, item, 2));
                        var (pattern, mixed) = (Pattern(item), Part(gradient, item, 0));
                        for (var first = 0; first < length; first += QueriesAtOnce)
                        {
                            var (rows, seen) = Block(first);
                            var p = pattern.RowRange(first, rows).ColumnRange(0, seen);
                            var g = mixed.RowRange(first, rows);
                            Gemm.Multiply(
                                p.Transposed, g, Part(sum, item, 2).RowRange(0, seen), accumulate: true, threads: 1);
                            var scores = ((MatrixView)slopes)
                                .RowRange(item * length + first, rows)
                                .ColumnRange(0, seen);
                            Gemm.Multiply(
                                g, values.RowRange(0, seen).Transposed, scores, accumulate: false, threads: 1);
                            for (var row = item * length + first; row < item * length + first + rows; row++)
                            {
                                var line = slopes.WritableRow(row)[..seen];
                                Normalization.SoftmaxSlope(probabilities.Row(row)[..seen], line, line, scale);
                            }
                            Gemm.Multiply(
                                scores, keys.RowRange(0, seen), Part(sum, item, 0).RowRange(first, rows),
                                accumulate: true, threads: 1);
                            Gemm.Multiply(
                                scores.Transposed, queries.RowRange(first, rows), Part(sum, item, 1).RowRange(0, seen),
                                accumulate: true, threads: 1);
                        }
                    }
                );
                tape.GiveBack(slopes);
            }
        );

        MatrixView Pattern(int item) => ((MatrixView)probabilities).RowRange(item * length, length);

        (int Rows, int Seen) Block(int first)
        {
            var rows = Math.Min(QueriesAtOnce, length - first);
            return (rows, causal ? first + rows : length);
        }

        // Queries (0), keys (1) or values (2) of one head in one sequence; of a matrix without keys and values, the
        // head's columns.
        MatrixView Part(Matrix matrix, int item, int kind) =>
            ((MatrixView)matrix)
                .RowRange(item / heads * length, length)
                .ColumnRange(kind * d + item % heads * width, width);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>The operations of one forward pass on matrices, whose memory is used again from block to block, with every
/// place shown to a <see cref="ForwardPass"/>.</summary>
/// <remarks>
/// Attention is computed a head and some 32 queries at a time (Rabe and Staats, "Self-attention Does Not Need O(n²)
/// Memory", 2021, without their cut along the keys), so that a pass needs so many rows of scores per thread; a whole
/// n × n matrix exists only for a pattern that is kept or changed.
/// </remarks>
internal sealed unsafe class PlainPass : IOperations<Matrix>
{
    // Whole tiles of the micro-kernel.
    private static readonly int QueriesPerItem = MicroKernel.Best.Rows * Math.Max(1, 32 / MicroKernel.Best.Rows);

    // From so many queries on, every key and value is packed once for all of them.
    private const int WorthPacking = 24;

    private const int PartElements = 1 << 16;

    // Below this many multiplications per head a second thread costs more than it brings.
    private const long WorthSharing = 20_000;
    private readonly TransformerWeights weights;
    private readonly ForwardPass pass;
    private readonly int[] tokenTypes;
    private readonly int threads;
    private readonly KeyValueCache? cache;
    private readonly int past;
    private readonly List<Matrix> idle = [];
    private readonly Dictionary<RotaryConfig, RotaryTable> turned = [];

    /// <param name="weights">The model.</param>
    /// <param name="pass">What is kept and changed.</param>
    /// <param name="tokenTypes">One for each token, or empty for type 0 throughout.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="cache">The tokens before these, or null for none.</param>
    public PlainPass(
        TransformerWeights weights, ForwardPass pass, ReadOnlySpan<int> tokenTypes, int threads,
        KeyValueCache? cache = null)
    {
        (this.weights, this.pass, this.threads) = (weights, pass, threads);
        (this.cache, past) = (cache, cache?.Length ?? 0);
        this.tokenTypes = tokenTypes.IsEmpty ? new int[pass.Tokens.Count] : tokenTypes.ToArray();
    }

    public Matrix Scale(Matrix x, double factor)
    {
        for (var row = 0; row < x.Rows; row++)
            TensorPrimitives.Multiply(x.Row(row), (float)factor, x.WritableRow(row));
        return x;
    }

    public Matrix AddPositions(Matrix stream)
    {
        if (weights.Config.Positions is { } positions)
            Add(stream, weights.EmbeddingRows(positions.Table, positions.RowsOf(pass.Tokens, past)));
        return weights.Config.TokenTypes is { } types
            ? Add(stream, weights.EmbeddingRows(types, tokenTypes))
            : stream;
    }

    public Matrix Normalize(NormConfig norm, Matrix x)
    {
        var result = Rent(x.Rows, x.Columns);
        weights.Norm(norm, x.Columns).Apply(x, threads, result);
        return result;
    }

    public Matrix Apply(LayerConfig layer, Matrix x)
    {
        var result = Rent(x.Rows, layer.Outputs);
        Linear.Apply(x, threads, weights.Layers(layer), result);
        return result;
    }

    public Matrix Activate(Activation activation, Matrix x)
    {
        Workers.Share(threads, x.Rows, row => activation.Apply(x.Row(row), x.WritableRow(row)));
        return x;
    }

    public Matrix Gate(MlpConfig mlp, Matrix x)
    {
        var result = Rent(x.Rows, x.Columns / 2);
        Workers.Share(threads, x.Rows, row =>
        {
            var given = x.WritableRow(row);
            var gated = result.WritableRow(row);
            var gate = given[..gated.Length];
            var up = given[gated.Length..];
            if (mlp.Gate == GateOrder.Alternating) Separate(given);
            if (mlp.Clamp is { } clamp)
            {
                TensorPrimitives.Min(gate, (float)clamp.Limit, gate);
                TensorPrimitives.Clamp(up, (float)-clamp.Limit, (float)clamp.Limit, up);
                TensorPrimitives.Add(up, 1, up);
                TensorPrimitives.Multiply(gate, (float)clamp.Alpha, gated);
                TensorPrimitives.Sigmoid<float>(gated, gated);
                TensorPrimitives.Multiply(gate, gated, gated);
            }
            else mlp.Activation.Apply(gate, gated);
            TensorPrimitives.Multiply(gated, up, gated);
        });
        return result;

        // Gate, up, gate, up, … becomes all of the gate and then all of up.
        static void Separate(Span<float> row)
        {
            var copy = row.ToArray();
            for (var i = 0; i < copy.Length; i++) row[i / 2 + (i % 2 == 0 ? 0 : copy.Length / 2)] = copy[i];
        }
    }

    public IReadOnlyList<ExpertRows> Route(ExpertsConfig experts, Matrix scores)
    {
        var exact = new double[scores.Rows][];
        for (var row = 0; row < scores.Rows; row++)
            exact[row] = Array.ConvertAll(scores.Row(row).ToArray(), score => (double)score);
        return ExpertRows.Choose(experts, exact);
    }

    public Matrix Rows(Matrix x, int[] rows) => x.SelectRows(rows);

    public Matrix Zeros(Matrix x, int width)
    {
        var zeros = Rent(x.Rows, width);
        zeros.Clear();
        return zeros;
    }

    public void AddRows(Matrix sum, ExpertRows to, Matrix rows)
    {
        for (var i = 0; i < to.Rows.Length; i++)
        {
            var row = sum.WritableRow(to.Rows[i]);
            TensorPrimitives.MultiplyAdd(rows.Row(i), (float)to.Weights[i], row, row);
        }
    }

    public Matrix Add(Matrix stream, Matrix addend)
    {
        var parts = Parts(stream);
        Workers.Share(threads, parts, part =>
        {
            for (var row = Begin(stream, part, parts); row < Begin(stream, part + 1, parts); row++)
                TensorPrimitives.Add(stream.Row(row), addend.Row(row), stream.WritableRow(row));
        });
        return stream;
    }

    public void Visit(Place place, Matrix values)
    {
        pass.Intervene(place, values);
        if (!pass.Keeps(place)) return;
        // Memory that is touched for the first time is most of the cost, and each thread may touch some.
        var copy = Matrix.Uninitialized(values.Rows, values.Columns);
        var parts = Parts(values);
        Workers.Share(threads, parts, part =>
        {
            for (var row = Begin(values, part, parts); row < Begin(values, part + 1, parts); row++)
                values.Row(row).CopyTo(copy.WritableRow(row));
        });
        pass.Store(place, copy);
    }

    // What only moves numbers is cut into parts of some 256 kB; less is not worth a second thread.
    private static int Parts(Matrix x) => (int)Math.Min(x.Elements / PartElements + 1, Math.Max(1, x.Rows));

    private static int Begin(Matrix x, int part, int parts) => (int)((long)x.Rows * part / parts);

    public void Visit(Place place, Matrix matrix, IReadOnlyList<int> starts, int width) =>
        pass.Visit(place, matrix, starts, width);

    public void Done(Matrix x) => idle.Add(x);

    public Matrix Position(AttentionConfig attention, Matrix queriesKeysValues)
    {
        if (attention is { QueryNorm: null, KeyNorm: null, Clip: null, Rotary: null }) return queriesKeysValues;
        var width = attention.HeadWidth;
        var (queries, keys) = (attention.QueryStarts, attention.KeyStarts);
        var queryNorms = attention.QueryNorm is { } q ? weights.HeadNorms(q, attention.Heads, width) : [];
        var keyNorms = attention.KeyNorm is { } k ? weights.HeadNorms(k, attention.KeyValueHeads, width) : [];
        var turns = attention.Rotary is { } rotary ? Turns(rotary, queriesKeysValues.Rows) : null;
        Workers.Share(threads, queriesKeysValues.Rows, token =>
        {
            var row = queriesKeysValues.WritableRow(token);
            Normalize(row, queryNorms, queries, attention.QueryNorm, width);
            Normalize(row, keyNorms, keys, attention.KeyNorm, width);
            if (attention.Clip is { } limit) TensorPrimitives.Clamp(row, (float)-limit, (float)limit, row);
            if (turns is null) return;
            foreach (var start in queries) turns.Turn(row.Slice(start, width), token);
            foreach (var start in keys) turns.Turn(row.Slice(start, width), token);
        });
        return queriesKeysValues;
    }

    private static void Normalize(
        Span<float> row, Norm[] norms, IReadOnlyList<int> starts, HeadNormConfig? config, int width)
    {
        if (config is null) return;
        if (config.Scope == HeadNormScope.AllHeads)
        {
            // Heads lie side by side: families with such a norm store queries and keys apart.
            var all = row.Slice(starts[0], starts.Count * width);
            norms[0].Apply(all, all);
            return;
        }
        for (var head = 0; head < starts.Count; head++)
        {
            var own = row.Slice(starts[head], width);
            norms[norms.Length == 1 ? 0 : head].Apply(own, own);
        }
    }

    // Blocks share their angles.
    private RotaryTable Turns(RotaryConfig rotary, int tokens)
    {
        if (!turned.TryGetValue(rotary, out var table))
            turned[rotary] = table = new RotaryTable(rotary, past, tokens);
        return table;
    }

    public Matrix Attend(AttentionConfig attention, int block, Matrix queriesKeysValues)
    {
        var n = queriesKeysValues.Rows;
        var text = Continued(attention, block, queriesKeysValues);
        var mixed = Rent(n, attention.Output.Inputs);
        var parts = (n + QueriesPerItem - 1) / QueriesPerItem;
        var patterns = new Matrix?[attention.Heads];
        for (var head = 0; head < attention.Heads; head++)
            if (pass.Wants(Place.Pattern(block, head))) patterns[head] = Matrix.Uninitialized(n, past + n);
        var learned = attention.RelativeBias is { } relative
            ? weights.Embeddings(new EmbeddingConfig(relative.Name, relative.Buckets) { Width = attention.Heads })
            : null;
        var biases = new ScoreBias?[attention.Heads];
        for (var head = 0; head < attention.Heads; head++)
            biases[head] = ScoreBias.Of(attention, head, past + n, learned);
        var workers = (long)n * (past + n) * attention.HeadWidth < WorthSharing ? 1 : threads;
        using var memory = AlignedBuffer.Rent(
            n < WorthPacking ? 0 : attention.KeyValueHeads * PackedHead(attention, past + n));
        var packed = n < WorthPacking ? null : memory.Pointer;
        if (packed != null)
            Workers.Share(
                workers, attention.KeyValueHeads,
                head => PackHead(attention, text, head, packed + head * PackedHead(attention, past + n), past + n));
        // The longest first, so that none is waited for.
        Workers.Share(
            workers, attention.Heads * parts,
            item =>
            {
                var head = item % attention.Heads;
                MixPart(
                    attention, text, head, parts - 1 - item / attention.Heads, biases[head], patterns[head], mixed,
                    packed == null
                        ? null
                        : packed + attention.KeyValueHead(head) * PackedHead(attention, past + n));
            });
        for (var head = 0; head < attention.Heads; head++)
        {
            if (patterns[head] is not { } pattern) continue;
            var place = Place.Pattern(block, head);
            if (pass.Changes(place))
            {
                pass.Intervene(place, pattern);
                MixValues(attention, text, head, pattern.DangerousPointer, past + n, 0, n, 0, past + n, mixed);
            }
            if (pass.Keeps(place)) pass.Store(place, pattern);
        }
        GC.KeepAlive(patterns);
        GC.KeepAlive(text);
        GC.KeepAlive(mixed);
        return mixed;
    }

    /// <summary>Where queries, and keys and values of this text's tokens from the first on, lie.</summary>
    /// <param name="Queries">Of the tokens of this pass.</param>
    /// <param name="KeysValues">The same matrix, or what earlier passes left, with this one's behind it.</param>
    /// <param name="KeyStarts">The column of each key/value head's key.</param>
    /// <param name="ValueStarts">The column of each key/value head's value.</param>
    private sealed record Text(
        Matrix Queries, Matrix KeysValues, IReadOnlyList<int> KeyStarts, IReadOnlyList<int> ValueStarts);

    private Text Continued(AttentionConfig attention, int block, Matrix queriesKeysValues)
    {
        var (keys, values) = (attention.KeyStarts, attention.ValueStarts);
        if (cache is null) return new Text(queriesKeysValues, queriesKeysValues, keys, values);
        var (width, count, n) = (attention.HeadWidth, attention.KeyValueHeads, queriesKeysValues.Rows);
        var kept = (Matrix?)cache.Blocks[block];
        if (kept is null || kept.Rows < past + n)
        {
            var grown = new Matrix(Math.Max(past + n, 2 * past), 2 * count * width);
            for (var row = 0; row < past; row++) kept!.Row(row).CopyTo(grown.WritableRow(row));
            cache.Blocks[block] = kept = grown;
        }
        for (var row = 0; row < n; row++)
        {
            var from = queriesKeysValues.Row(row);
            var to = kept.WritableRow(past + row);
            for (var head = 0; head < count; head++)
            {
                from.Slice(keys[head], width).CopyTo(to[(head * width)..]);
                from.Slice(values[head], width).CopyTo(to[((count + head) * width)..]);
            }
        }
        return new Text(
            queriesKeysValues, kept, [.. Enumerable.Range(0, count).Select(head => head * width)],
            [.. Enumerable.Range(0, count).Select(head => (count + head) * width)]);
    }

    // A head's keys in panels of the micro-kernel, and behind them its values.
    private static long PackedHead(AttentionConfig attention, int tokens) =>
        PackedKeys(attention, tokens) + (long)tokens * attention.HeadWidth;

    private static long PackedKeys(AttentionConfig attention, int tokens) =>
        (long)Panels.Count(tokens, MicroKernel.Best.Columns) * MicroKernel.Best.Columns * attention.HeadWidth;

    private static void PackHead(AttentionConfig attention, Text text, int head, float* packed, int tokens)
    {
        var (table, width) = (text.KeysValues, attention.HeadWidth);
        PackedProduct.Pack(
            table.DangerousPointer + text.KeyStarts[head], table.Columns, tokens, width, MicroKernel.Best.Columns,
            SumOrder.SixteenChains, packed);
        // Values in strips as wide as a tile, so that a product reads one line of the cache after the other.
        packed += PackedKeys(attention, tokens);
        for (var column = 0; column < width; column += MicroKernel.Best.Columns)
            MatMul.Gather(
                table.DangerousPointer + text.ValueStarts[head] + column, table.Columns, tokens,
                Math.Min(MicroKernel.Best.Columns, width - column), packed + (long)column * tokens);
    }

    private void MixPart(
        AttentionConfig attention, Text text, int head, int part, ScoreBias? bias, Matrix? pattern, Matrix mixed,
        float* packed)
    {
        var n = mixed.Rows;
        var (all, first) = (past + n, part * QueriesPerItem);
        var rows = Math.Min(QueriesPerItem, n - first);
        // Keys that no query of this part sees are not looked at.
        var reach = attention.Window ?? all;
        var from = Math.Max(0, past + first - reach + 1);
        var to = attention.Causal ? past + first + rows : Math.Min(all, past + first + rows - 1 + reach);
        // From the first key of a panel on.
        var (kernel, width) = (MicroKernel.Best, attention.HeadWidth);
        var start = packed == null ? from : from / kernel.Columns * kernel.Columns;
        // Rows of scores that lie a power of two apart would share one set of the cache.
        var stride = pattern is null ? to - start + MatMul.Lanes : all;
        var queries = packed == null ? 0 : (long)Panels.Count(rows, kernel.Rows) * kernel.Rows * width;
        using var memory = AlignedBuffer.Rent(queries + (pattern is null ? (long)rows * stride : 0));
        var scores = pattern is null ? memory.Pointer + queries : pattern.DangerousPointer + (long)first * all + start;
        var query = text.Queries.DangerousPointer + (long)first * text.Queries.Columns + attention.QueryStart(head);
        if (packed == null)
            MatMul.OutputMajor(
                query, text.Queries.Columns, rows, width,
                text.KeysValues.DangerousPointer + (long)from * text.KeysValues.Columns
                    + text.KeyStarts[attention.KeyValueHead(head)],
                text.KeysValues.Columns, to - from, scores, stride);
        else
        {
            PackedProduct.Pack(
                query, text.Queries.Columns, rows, width, kernel.Rows, SumOrder.SixteenChains, memory.Pointer);
            PackedProduct.Multiply(
                kernel, SumOrder.SixteenChains, memory.Pointer, rows, packed + (long)start * width, to - start, width,
                scores, stride);
            scores += from - start;
        }
        var sink = attention.Sinks is null ? double.NegativeInfinity : weights.Sinks(attention)[head];
        for (var row = 0; row < rows; row++)
        {
            var place = past + first + row;
            var (begin, end) = (
                Math.Max(from, place - reach + 1), attention.Causal ? place + 1 : Math.Min(to, place + reach));
            var values = new Span<float>(scores + (long)row * stride, to - from);
            var visible = values[(begin - from)..(end - from)];
            var scale = attention.Scale;
            if (attention.ScoreCap is not null || bias is not null)
            {
                TensorPrimitives.Multiply(visible, scale, visible);
                if (attention.ScoreCap is { } cap) Cap(visible, cap);
                bias?.AddTo(visible, begin, place);
                scale = 1;
            }
            if (attention.Sinks is null) Softmax.Apply(visible, visible, scale);
            else WithSink(visible, scale, sink);
            values[..(begin - from)].Clear();
            values[(end - from)..].Clear();
            if (pattern is null) continue;
            pattern.WritableRow(first + row)[..from].Clear();
            pattern.WritableRow(first + row)[to..].Clear();
        }
        if (packed == null)
        {
            MixValues(attention, text, head, scores, stride, first, rows, from, to - from, mixed);
            return;
        }
        packed += PackedKeys(attention, all);
        var target = mixed.DangerousPointer + (long)first * mixed.Columns + head * width;
        for (var column = 0; column < width; column += kernel.Columns)
        {
            var columns = Math.Min(kernel.Columns, width - column);
            MatMul.InputMajor(
                scores, stride, rows, to - from, packed + (long)column * all + (long)from * columns, columns, columns,
                target + column, mixed.Columns);
        }
    }

    /// <summary>c·tanh(x / c) of every element, in double precision: the vectors' tanh of single precision is off by
    /// 3e-8 however small x is, and c times that.</summary>
    internal static void Cap(Span<float> x, double c)
    {
        const int atOnce = 64;
        Span<double> exact = stackalloc double[atOnce];
        for (var i = 0; i < x.Length; i += atOnce)
        {
            var part = x.Slice(i, Math.Min(atOnce, x.Length - i));
            var wide = exact[..part.Length];
            TensorPrimitives.ConvertTruncating<float, double>(part, wide);
            TensorPrimitives.Divide(wide, c, wide);
            TensorPrimitives.Tanh<double>(wide, wide);
            TensorPrimitives.Multiply(wide, c, wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide, part);
        }
    }

    // A softmax in which one more score takes part.
    private static void WithSink(Span<float> scores, float scale, double sink)
    {
        var (sum, largest) = Softmax.Exponentials(scores, scores, scale);
        var most = Math.Max(largest, sink);
        var share = Math.Exp(largest - most);
        TensorPrimitives.Multiply(scores, (float)(share / (sum * share + Math.Exp(sink - most))), scores);
    }

    private static void MixValues(
        AttentionConfig attention, Text text, int head, float* probabilities, int stride, int first, int rows,
        int from, int seen, Matrix mixed)
    {
        var (width, column, table) = (mixed.Columns, head * attention.HeadWidth, text.KeysValues);
        MatMul.InputMajor(
            probabilities, stride, rows, seen,
            table.DangerousPointer + (long)from * table.Columns + text.ValueStarts[attention.KeyValueHead(head)],
            table.Columns, attention.HeadWidth, mixed.DangerousPointer + (long)first * width + column, width);
    }

    // A pass has matrices of three or four shapes.
    private Matrix Rent(int rows, int columns)
    {
        var found = idle.FindLastIndex(matrix => matrix.Rows == rows && matrix.Columns == columns);
        if (found < 0) return Matrix.Uninitialized(rows, columns);
        var rented = idle[found];
        idle.RemoveAt(found);
        return rented;
    }
}

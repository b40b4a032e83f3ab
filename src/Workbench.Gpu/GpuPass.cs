using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>The operations of one forward pass on the device. Places that are kept or changed come to the processor,
/// and so do the few scores by which experts are chosen; nothing else does.</summary>
/// <remarks>Its memory goes back to the model when it is disposed of. Under the engine's gate.</remarks>
internal sealed class GpuPass : IOperations<GpuMatrix>, IDisposable
{
    // Rows that are each multiplied by weights as these pass by; of more, tiles are made. A guess: no card was at hand.
    private const int FewRows = 8;

    // Groups of the kernels that make tiles, and of the one that streams weights: outputs of each.
    private const int Side = 64, StreamedOutputs = 8, Items = 256;

    // What `each` does beside activations, which come first in the order of Activation.
    private const int ToScale = 6, ToClip = 7, ToCap = 8;

    private const long PatternsAtOnce = 1 << 26; // bytes

    private readonly GpuModel model;
    private readonly ForwardPass pass;
    private readonly KeyValueCache? cache;
    private readonly int past;
    private readonly int[] tokenTypes;
    private readonly List<DeviceBuffer> rented = [];
    private readonly Dictionary<RotaryConfig, (DeviceBuffer Cosines, DeviceBuffer Sines)> turned = [];
    private readonly Dictionary<(AlibiConfig?, RelativeBiasConfig?, int, float), (DeviceBuffer, int)> biases = [];

    /// <param name="model">The model.</param>
    /// <param name="pass">What is kept and changed.</param>
    /// <param name="tokenTypes">One for each token, or empty for type 0 throughout.</param>
    /// <param name="cache">The tokens before these, or null for none.</param>
    public GpuPass(GpuModel model, ForwardPass pass, ReadOnlySpan<int> tokenTypes, KeyValueCache? cache)
    {
        (this.model, this.pass, this.cache, past) = (model, pass, cache, cache?.Length ?? 0);
        this.tokenTypes = tokenTypes.IsEmpty ? new int[pass.Tokens.Count] : tokenTypes.ToArray();
    }

    private IDevice Device => model.Engine.Device;

    private TransformerWeights Weights => model.Weights;

    public void Dispose()
    {
        foreach (var buffer in rented) model.Return(buffer);
        rented.Clear();
    }

    public GpuMatrix Send(Matrix matrix)
    {
        var sent = Rent(matrix.Rows, matrix.Columns);
        Write(sent, matrix);
        return sent;
    }

    public Matrix Read(GpuMatrix matrix)
    {
        var result = Matrix.Uninitialized(matrix.Rows, matrix.Columns);
        Device.Read(matrix.Buffer, 0, MemoryMarshal.AsBytes(result.WritableValues));
        return result;
    }

    public GpuMatrix Scale(GpuMatrix x, double factor) => Each(x, ToScale, factor);

    public GpuMatrix Cap(GpuMatrix x, double cap) => Each(x, ToCap, cap);

    public GpuMatrix AddPositions(GpuMatrix stream)
    {
        if (Weights.Config.Positions is { } positions)
            Put(Weights.EmbeddingRows(positions.Table, positions.RowsOf(pass.Tokens, past)));
        if (Weights.Config.TokenTypes is { } types) Put(Weights.EmbeddingRows(types, tokenTypes));
        return stream;

        void Put(Matrix rows)
        {
            var sent = Send(rows);
            Add(stream, sent);
            Done(sent);
        }
    }

    public GpuMatrix Normalize(NormConfig norm, GpuMatrix x)
    {
        var result = Rent(x.Rows, x.Columns);
        Normalize(x, result, model.Zero, 0, 1, x.Columns, [Weights.Norm(norm, x.Columns)]);
        return result;
    }

    public GpuMatrix Apply(LayerConfig layer, GpuMatrix x) => Apply(model.Layer(layer), x);

    public GpuMatrix Apply(GpuLayer layer, GpuMatrix x)
    {
        if (layer.Inputs != x.Columns)
            throw new ArgumentException(
                $"A layer with {layer.Inputs} inputs and {layer.Outputs} outputs cannot take rows of {x.Columns}.",
                nameof(x));
        var result = Rent(x.Rows, layer.Outputs);
        var (bias, hasBias) = (layer.Bias ?? layer.Weights, layer.Bias is not null);
        if (x.Rows <= FewRows)
            Device.Launch(
                "stream", Groups(layer.Outputs, StreamedOutputs), x.Rows,
                x.Buffer, layer.Inputs, layer.Weights, (int)layer.Kind, layer.Outputs, bias, hasBias, result.Buffer);
        else
            Device.Launch(
                "layer", Groups(layer.Outputs, Side), Groups(x.Rows, Side),
                x.Buffer, x.Rows, layer.Inputs, layer.Weights, (int)layer.Kind, layer.Outputs, bias, hasBias,
                result.Buffer);
        return result;
    }

    public GpuMatrix Activate(Activation activation, GpuMatrix x) => Each(x, (int)activation, 0);

    public GpuMatrix Gate(MlpConfig mlp, GpuMatrix x)
    {
        var result = Rent(x.Rows, x.Columns / 2);
        Device.Launch(
            "gate", Groups(result.Elements, Items), 1,
            x.Buffer, result.Elements, result.Columns, mlp.Gate == GateOrder.Alternating, (int)mlp.Activation,
            (float)(mlp.Clamp?.Limit ?? 0), (float)(mlp.Clamp?.Alpha ?? 0), result.Buffer);
        return result;
    }

    public GpuMatrix Position(AttentionConfig attention, GpuMatrix queriesKeysValues)
    {
        var (starts, width) = (model.Starts(attention), attention.HeadWidth);
        var (queries, keys) = (attention.Heads, attention.KeyValueHeads);
        Head(attention.QueryNorm, 0, queries);
        Head(attention.KeyNorm, queries, keys);
        if (attention.Clip is { } limit) Each(queriesKeysValues, ToClip, limit);
        if (attention.Rotary is { } rotary)
        {
            var (cosines, sines) = Turns(rotary, queriesKeysValues.Rows);
            Device.Launch(
                "turn", queriesKeysValues.Rows, queries + keys,
                queriesKeysValues.Buffer, queriesKeysValues.Columns, starts, 0, rotary.Width / 2,
                rotary.Pairing == RotaryPairing.Neighbours, cosines, sines);
        }
        return queriesKeysValues;

        void Head(HeadNormConfig? norm, int firstStart, int heads)
        {
            if (norm is null) return;
            var norms = Weights.HeadNorms(norm, heads, width);
            // Heads lie side by side where one norm is of all of them: families with such a norm store queries and
            // keys apart.
            var isOfAll = norm.Scope == HeadNormScope.AllHeads;
            Normalize(
                queriesKeysValues, queriesKeysValues, starts, firstStart, isOfAll ? 1 : heads,
                isOfAll ? heads * width : width, norms);
        }
    }

    public GpuMatrix Attend(AttentionConfig attention, int block, GpuMatrix queriesKeysValues)
    {
        var (n, width, heads, count) = (
            queriesKeysValues.Rows, attention.HeadWidth, attention.Heads, attention.KeyValueHeads);
        var (all, starts) = (past + n, model.Starts(attention));
        // The text's keys and values: of this pass, or what earlier passes left with this one's behind it.
        var (text, textStride, keyStart) = cache is null
            ? (queriesKeysValues.Buffer, queriesKeysValues.Columns, heads)
            : (Continued(cache, attention, block, queriesKeysValues), 2 * count * width, heads + 2 * count);
        var mixed = Rent(n, attention.Output.Inputs);
        int[] wanted = [.. Enumerable.Range(0, heads).Where(head => pass.Wants(Place.Pattern(block, head)))];
        var rows = wanted.Length > 0 ? n : (int)Math.Clamp(PatternsAtOnce / sizeof(float) / heads / all, 1, n);
        var patterns = RentBuffer(sizeof(float) * (long)heads * rows * all);
        var (bias, biasKind) = Bias(attention, all);
        var sinks = attention.Sinks is null ? null : Weights.Sinks(attention);
        var sinkBuffer = sinks is null ? starts : model.Vector(sinks, sinks);
        for (var first = 0; first < n; first += rows) Mix(first, Math.Min(rows, n - first), 0, heads, makes: true);
        foreach (var head in wanted)
        {
            var (place, pattern) = (Place.Pattern(block, head), Matrix.Uninitialized(n, all));
            var offset = sizeof(float) * (long)head * n * all;
            Device.Read(patterns, offset, MemoryMarshal.AsBytes(pattern.WritableValues));
            if (pass.Changes(place))
            {
                pass.Intervene(place, pattern);
                Device.Write(patterns, offset, MemoryMarshal.AsBytes(pattern.Values));
                Mix(0, n, head, 1, makes: false);
            }
            if (pass.Keeps(place)) pass.Store(place, pattern);
        }
        Give(patterns);
        return mixed;

        void Mix(int first, int many, int head, int manyHeads, bool makes) =>
            Device.Launch(
                "attend", many, manyHeads,
                queriesKeysValues.Buffer, queriesKeysValues.Columns, text, textStride, starts, keyStart,
                keyStart + count, attention.Sharing, width, attention.Scale, (float)(attention.ScoreCap ?? 0),
                attention.Window ?? 0, attention.Causal, bias ?? starts, biasKind, sinkBuffer, sinks is not null, past,
                first, all, head, patterns, rows, makes, mixed.Buffer, mixed.Columns);
    }

    public IReadOnlyList<ExpertRows> Route(ExpertsConfig experts, GpuMatrix scores)
    {
        var here = Read(scores);
        return ExpertRows.Choose(
            experts,
            [
                .. Enumerable.Range(0, here.Rows)
                    .Select(row => Array.ConvertAll(here.Row(row).ToArray(), score => (double)score)),
            ]);
    }

    public GpuMatrix Rows(GpuMatrix x, int[] rows)
    {
        var result = Rent(rows.Length, x.Columns);
        Device.Launch("pick", rows.Length, 1, x.Buffer, x.Columns, Words(rows), result.Buffer);
        return result;
    }

    public GpuMatrix Zeros(GpuMatrix x, int width)
    {
        var zeros = Rent(x.Rows, width);
        Device.Clear(zeros.Buffer);
        return zeros;
    }

    public void AddRows(GpuMatrix sum, ExpertRows to, GpuMatrix rows) =>
        Device.Launch(
            "add_rows", to.Rows.Length, 1,
            sum.Buffer, sum.Columns, Words(to.Rows), Floats(Array.ConvertAll(to.Weights, weight => (float)weight)),
            rows.Buffer);

    public GpuMatrix Add(GpuMatrix stream, GpuMatrix addend)
    {
        Device.Launch("add", Groups(stream.Elements, Items), 1, stream.Buffer, addend.Buffer, stream.Elements);
        return stream;
    }

    public void Visit(Place place, GpuMatrix values)
    {
        if (!pass.Wants(place)) return;
        var here = Read(values);
        pass.Visit(place, here);
        if (pass.Changes(place)) Write(values, here);
    }

    public void Visit(Place place, GpuMatrix matrix, IReadOnlyList<int> starts, int width)
    {
        if (!pass.Wants(place)) return;
        var here = Read(matrix);
        pass.Visit(place, here, starts, width);
        if (pass.Changes(place)) Write(matrix, here);
    }

    public void Done(GpuMatrix x) => Give(x.Buffer);

    private static int Groups(int length, int each) => (length + each - 1) / each;

    private GpuMatrix Each(GpuMatrix x, int what, double number)
    {
        Device.Launch("each", Groups(x.Elements, Items), 1, x.Buffer, x.Elements, what, (float)number);
        return x;
    }

    // One norm for all ranges of columns, or one for each, which then has no bias.
    private void Normalize(
        GpuMatrix x, GpuMatrix result, DeviceBuffer starts, int firstStart, int ranges, int width, Norm[] norms)
    {
        var norm = norms[0];
        var gain = norms.Length == 1
            ? model.Gain(norm)
            : model.Vector(norms, [.. norms.SelectMany(each => each.Gain.ToArray())]);
        Device.Launch(
            "norm_rows", x.Rows, ranges,
            x.Buffer, result.Buffer, x.Columns, starts, firstStart, width, gain, norms.Length == 1 ? 0 : width,
            !norm.Bias.IsEmpty, (float)norm.Epsilon, norm.Centres);
    }

    // Blocks share their angles.
    private (DeviceBuffer Cosines, DeviceBuffer Sines) Turns(RotaryConfig rotary, int tokens)
    {
        if (turned.TryGetValue(rotary, out var angles)) return angles;
        var table = new RotaryTable(rotary, past, tokens);
        return turned[rotary] = (Floats(table.Cosines), Floats(table.Sines));
    }

    // Blocks share what they add to scores.
    private (DeviceBuffer? Table, int Kind) Bias(AttentionConfig attention, int length)
    {
        if (attention is { Alibi: null, RelativeBias: null }) return (null, 0);
        var key = (attention.Alibi, attention.RelativeBias, attention.Heads, attention.Scale);
        if (biases.TryGetValue(key, out var known)) return known;
        var learned = attention.RelativeBias is { } relative
            ? Weights.Embeddings(new EmbeddingConfig(relative.Name, relative.Buckets) { Width = attention.Heads })
            : null;
        var (table, kind) = (new List<float>(), 0);
        for (var head = 0; head < attention.Heads; head++)
        {
            var bias = ScoreBias.Of(attention, head, length, learned)!;
            kind = bias.ByKey is null ? 1 : 2;
            if (bias.ByKey is null) table.AddRange(bias.ByDistance!);
            else
            {
                table.AddRange(bias.ByKey.Select(value => (float)value));
                table.AddRange(bias.ByKey.Select(value => (float)(value - (float)value)));
            }
        }
        return biases[key] = (Floats([.. table]), kind);
    }

    private DeviceBuffer Continued(
        KeyValueCache text, AttentionConfig attention, int block, GpuMatrix queriesKeysValues)
    {
        var (n, width, parts) = (
            queriesKeysValues.Rows, attention.HeadWidth, 2 * attention.KeyValueHeads);
        var starts = model.Starts(attention);
        var kept = text.Blocks[block] as GpuKeysValues;
        if (kept is not null && kept.Engine != model.Engine)
            throw new ArgumentException("The cache is another engine's.", nameof(cache));
        if (kept is null || kept.Rows < past + n)
        {
            var rows = Math.Max(past + n, 2 * past);
            var grown = new GpuKeysValues(model.Engine, rows, parts * width);
            if (kept is not null)
            {
                var zero = attention.Heads + 2 * parts; // the last of the starts
                Device.Launch(
                    "collect", past, 1,
                    kept.Buffer, parts * width, starts, zero, parts * width, grown.Buffer, parts * width, 0);
                kept.Dispose();
            }
            text.Blocks[block] = kept = grown;
        }
        Device.Launch(
            "collect", n, parts,
            queriesKeysValues.Buffer, queriesKeysValues.Columns, starts, attention.Heads, width, kept.Buffer,
            parts * width, past);
        return kept.Buffer;
    }

    private void Write(GpuMatrix matrix, Matrix values) =>
        Device.Write(matrix.Buffer, 0, MemoryMarshal.AsBytes(values.Values));

    private DeviceBuffer Words(int[] words) => Sent(MemoryMarshal.AsBytes(words.AsSpan()));

    private DeviceBuffer Floats(ReadOnlySpan<float> numbers) => Sent(MemoryMarshal.AsBytes(numbers));

    private DeviceBuffer Sent(ReadOnlySpan<byte> bytes)
    {
        var buffer = RentBuffer(bytes.Length);
        Device.Write(buffer, 0, bytes);
        return buffer;
    }

    private GpuMatrix Rent(int rows, int columns)
    {
        // The kernels count in 32 bits.
        if ((long)rows * columns > int.MaxValue)
            throw new GpuException(
                GpuProblem.OutOfMemory,
                $"A pass over {rows} tokens needs a matrix of {rows} × {columns} numbers, but one on a device has at "
                    + $"most {int.MaxValue}. Take fewer tokens at a time, or use another engine.");
        return new(RentBuffer(sizeof(float) * (long)rows * columns), rows, columns);
    }

    private DeviceBuffer RentBuffer(long bytes)
    {
        var buffer = model.Rent(bytes);
        rented.Add(buffer);
        return buffer;
    }

    // What was launched with it comes before what will be: the device does one thing after the other.
    private void Give(DeviceBuffer buffer)
    {
        rented.Remove(buffer);
        model.Return(buffer);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>A model's weights on the device, where each comes when it is first needed and stays, and memory for its
/// passes, which is used again.</summary>
/// <remarks>Used under the engine's gate.</remarks>
internal sealed class GpuModel(GpuEngine engine, TransformerWeights weights)
{
    // 16 MB of float32 at a time.
    private const int ElementsAtOnce = 1 << 22;

    private readonly Dictionary<object, GpuLayer> layers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, DeviceBuffer> vectors = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<long, Stack<DeviceBuffer>> idle = [];
    private readonly List<DeviceBuffer> all = [];

    ~GpuModel()
    {
        foreach (var buffer in all) buffer.Dispose();
    }

    /// <summary>Weights as they are read on the processor.</summary>
    public TransformerWeights Weights => weights;

    public GpuEngine Engine => engine;

    public GpuLayer Layer(LayerConfig layer) => Layer(weights.Layers(layer));

    public GpuLayer Head() => Layer(weights.Unembedding, [weights.Unembedding]);

    /// <summary>Numbers that do not change, by the object that they are kept in.</summary>
    public DeviceBuffer Vector(object key, ReadOnlySpan<float> values)
    {
        if (vectors.TryGetValue(key, out var vector)) return vector;
        vector = Allocate(sizeof(float) * (long)values.Length);
        engine.Device.Write(vector, 0, MemoryMarshal.AsBytes(values));
        vectors.Add(key, vector);
        return vector;
    }

    /// <summary>The number 0, whole or not.</summary>
    public DeviceBuffer Zero => Vector(this, [0f]);

    /// <summary>A norm's gain, with its bias behind it where it has one.</summary>
    public DeviceBuffer Gain(Norm norm) => Vector(norm, [.. norm.Gain, .. norm.Bias]);

    /// <summary>Where heads begin among the columns of queries, keys and values, and behind these where keys and values
    /// begin that are kept for later tokens.</summary>
    public DeviceBuffer Starts(AttentionConfig attention)
    {
        if (vectors.TryGetValue(attention, out var starts)) return starts;
        var (width, count) = (attention.HeadWidth, attention.KeyValueHeads);
        int[] columns =
        [
            .. attention.QueryStarts, .. attention.KeyStarts, .. attention.ValueStarts,
            .. Enumerable.Range(0, 2 * count).Select(part => part * width), 0,
        ];
        starts = Allocate(sizeof(int) * columns.Length);
        engine.Device.Write(starts, 0, MemoryMarshal.AsBytes(columns.AsSpan()));
        vectors.Add(attention, starts);
        return starts;
    }

    /// <summary>Memory for a pass, to be given back.</summary>
    public DeviceBuffer Rent(long bytes)
    {
        // Texts grow token by token: sizes are powers of two, so that what was there for one length is there for the
        // next.
        var size = 4096L;
        while (size < bytes) size *= 2;
        if (idle.TryGetValue(size, out var some) && some.TryPop(out var buffer)) return buffer;
        return Allocate(size);
    }

    public void Return(DeviceBuffer buffer)
    {
        if (!idle.TryGetValue(buffer.Bytes, out var some)) idle.Add(buffer.Bytes, some = new());
        some.Push(buffer);
    }

    private GpuLayer Layer(Linear[] parts) => Layer(parts, parts);

    private GpuLayer Layer(object key, Linear[] parts)
    {
        if (layers.TryGetValue(key, out var layer)) return layer;
        var (inputs, outputs) = (parts[0].Inputs, parts.Sum(part => part.Outputs));
        var kind = parts.Any(part => part.DType != parts[0].DType) ? WeightKind.Single
            : parts[0].DType == DType.BF16 ? WeightKind.UpperHalf
            : parts[0].DType == DType.F16 ? WeightKind.Half
            : WeightKind.Single;
        var size = kind == WeightKind.Single ? sizeof(float) : sizeof(ushort);
        var buffer = Allocate((long)size * inputs * outputs);
        var row = 0L;
        foreach (var part in parts)
        {
            var together = Math.Max(1, ElementsAtOnce / Math.Max(1, inputs));
            for (var first = 0; first < part.Outputs; first += together)
            {
                var some = part.OutputRows(first, Math.Min(together, part.Outputs - first));
                engine.Device.Write(buffer, row * inputs * size, Stored(some, kind));
                row += some.Rows;
            }
        }
        DeviceBuffer? bias = null;
        if (parts.Any(part => !part.Bias.IsEmpty))
            bias = Vector(
                parts,
                [.. parts.SelectMany(part => part.Bias.IsEmpty ? new float[part.Outputs] : part.Bias.ToArray())]);
        layers.Add(key, layer = new GpuLayer(buffer, kind, inputs, outputs, bias));
        return layer;
    }

    // Narrowed again to what they were widened from, so that no bit changes.
    private static ReadOnlySpan<byte> Stored(Matrix rows, WeightKind kind)
    {
        if (kind == WeightKind.Single) return MemoryMarshal.AsBytes(rows.Values);
        var halves = new ushort[rows.Values.Length];
        for (var i = 0; i < halves.Length; i++)
            halves[i] = kind == WeightKind.UpperHalf
                ? (ushort)(BitConverter.SingleToUInt32Bits(rows.Values[i]) >> 16)
                : BitConverter.HalfToUInt16Bits((Half)rows.Values[i]);
        return MemoryMarshal.AsBytes(halves.AsSpan());
    }

    private DeviceBuffer Allocate(long bytes)
    {
        try
        {
            var buffer = engine.Allocate(bytes);
            all.Add(buffer);
            return buffer;
        }
        catch (GpuException exception) when (exception.Problem == GpuProblem.OutOfMemory)
        {
            throw new GpuException(
                GpuProblem.OutOfMemory,
                $"{weights.Path} takes more memory than {engine.Description.Name} has left: {bytes:N0} bytes beside "
                    + $"{all.Sum(buffer => buffer.Bytes):N0} of this model, and the device has "
                    + $"{engine.Description.Memory:N0} for all. Run it on another engine.");
        }
    }
}

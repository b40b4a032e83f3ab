using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>One case of the golden values in reference/stats: its inputs, what is expected of it, and how closely.</summary>
internal sealed class StatsReference
{
    private static readonly Lazy<JsonElement> Cases = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Weights.At("reference", "stats", "expected.json"))).RootElement.GetProperty("cases"));
    private static readonly Lazy<Tensors> Inputs = new(() => new Tensors("inputs.safetensors"));
    private static readonly Lazy<Tensors> Arrays = new(() => new Tensors("expected.safetensors"));
    private readonly JsonElement content;

    private StatsReference(JsonElement content) => this.content = content;

    public static StatsReference Case(string name) =>
        new(Cases.Value.EnumerateArray().Single(item => item.GetProperty("name").GetString() == name));

    public JsonElement Parameters => content.GetProperty("parameters");

    /// <summary>A two-dimensional input, narrowed to the float32 it was made from.</summary>
    public Matrix Matrix(string input)
    {
        var (values, shape) = Inputs.Value.Read(content.GetProperty("inputs").GetProperty(input).GetString()!);
        return Core.Tensors.Matrix.FromArray(shape[0], shape[1], values.Select(value => (float)value).ToArray());
    }

    /// <summary>An input's values in row-major order.</summary>
    public double[] Values(string input) => Inputs.Value.Read(content.GetProperty("inputs").GetProperty(input).GetString()!).Values;

    /// <summary>Every expected number under a key, in row-major order.</summary>
    public double[] Expected(string key) => Flatten(content.GetProperty("expected").GetProperty(key)).ToArray();

    /// <summary>Demands that numbers agree with those under a key, within the case's own tolerance for it.</summary>
    public void Agrees(string key, params ReadOnlySpan<double> got)
    {
        var want = Expected(key);
        Assert.True(want.Length == got.Length, $"{content.GetProperty("name")}: {key} has {want.Length} values, not {got.Length}");
        var tolerances = content.GetProperty("tolerance");
        var tolerance = tolerances.TryGetProperty(key, out var own) ? own : tolerances.GetProperty("default");
        var (absolute, relative) = (tolerance.GetProperty("abs").GetDouble(), tolerance.GetProperty("rel").GetDouble());
        for (var i = 0; i < want.Length; i++)
            Assert.True(Math.Abs(got[i] - want[i]) <= absolute + relative * Math.Abs(want[i]),
                $"{content.GetProperty("name")}: {key}[{i}] is {got[i]:R}, expected {want[i]:R} ± {absolute + relative * Math.Abs(want[i]):R}");
    }

    private static IEnumerable<double> Flatten(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Flatten),
        JsonValueKind.Object => Arrays.Value.Read(element.GetProperty("tensor").GetString()!).Values,
        _ => [element.GetDouble()],
    };

    private sealed class Tensors
    {
        private readonly byte[] bytes;
        private readonly JsonElement header;
        private readonly int data;

        public Tensors(string file)
        {
            bytes = File.ReadAllBytes(Weights.At("reference", "stats", file));
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            header = JsonDocument.Parse(bytes.AsMemory(8, length)).RootElement;
            data = 8 + length;
        }

        public (double[] Values, int[] Shape) Read(string name)
        {
            var entry = header.GetProperty(name);
            var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            var span = bytes.AsSpan(data + offsets[0], offsets[1] - offsets[0]);
            double[] values = entry.GetProperty("dtype").GetString() switch
            {
                "F64" => MemoryMarshal.Cast<byte, double>(span).ToArray(),
                "F32" => MemoryMarshal.Cast<byte, float>(span).ToArray().Select(value => (double)value).ToArray(),
                "I32" => MemoryMarshal.Cast<byte, int>(span).ToArray().Select(value => (double)value).ToArray(),
                var other => throw new InvalidDataException($"{name} has dtype {other}"),
            };
            return (values, entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray());
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

/// <summary>Cases of <c>reference/stats</c> under WORKBENCH_MODELS: inputs and what SciPy, torch and others make of them.</summary>
internal static class StatisticsReference
{
    public const string Folder = "reference/stats";

    public static IEnumerable<JsonElement> Cases(string group) =>
        JsonDocument.Parse(File.ReadAllBytes(Weights.At(Folder, "expected.json"))).RootElement
            .GetProperty("cases").EnumerateArray().Where(entry => entry.GetProperty("group").GetString() == group);

    public static (float[] Values, int Columns) Input(JsonElement entry, string name)
    {
        using var file = SafetensorsFile.Open(Weights.At(Folder, "inputs.safetensors"));
        var matrix = file.ReadMatrix(entry.GetProperty("inputs").GetProperty(name).GetString()!);
        return (matrix.ToArray(), matrix.Columns);
    }

    public static double[] Expected(JsonElement entry, string name)
    {
        var value = entry.GetProperty("expected").GetProperty(name);
        if (value.ValueKind == JsonValueKind.Array) return [.. Flatten(value)];
        using var file = SafetensorsFile.Open(Weights.At(Folder, "expected.safetensors"));
        return file.ReadDoubles(value.GetProperty("tensor").GetString()!);
    }

    /// <summary>|got − want| ≤ abs + rel·|want| for every element, with the case's own tolerance.</summary>
    public static void AssertAgrees(JsonElement entry, string name, ReadOnlySpan<float> got)
    {
        var want = Expected(entry, name);
        var tolerance = entry.GetProperty("tolerance").GetProperty("default");
        var (absolute, relative) = (tolerance.GetProperty("abs").GetDouble(), tolerance.GetProperty("rel").GetDouble());
        Assert.Equal(want.Length, got.Length);
        for (var i = 0; i < want.Length; i++)
            Assert.True(Math.Abs(got[i] - want[i]) <= absolute + relative * Math.Abs(want[i]), $"{entry.GetProperty("name")} [{i}]: {got[i]:R}, wanted {want[i]:R}");
    }

    private static IEnumerable<double> Flatten(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value.GetDouble()];
}

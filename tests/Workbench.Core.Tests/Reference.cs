using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>
/// One case of reference/stats: named inputs, parameters, and what SciPy, rsatoolbox and the like make of them, with
/// the tolerance that the case itself states.
/// </summary>
internal sealed class Reference
{
    private static readonly Lazy<SafetensorsFile> Inputs = new(() =>
        SafetensorsFile.Open(Weights.At("reference", "stats", "inputs.safetensors"))
    );
    private static readonly Lazy<SafetensorsFile> Arrays = new(() =>
        SafetensorsFile.Open(Weights.At("reference", "stats", "expected.safetensors"))
    );
    private static readonly Lazy<JsonElement> Document = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Weights.At("reference", "stats", "expected.json"))).RootElement);

    private readonly JsonElement root;

    private Reference(JsonElement root) => this.root = root;

    public string Name => root.GetProperty("name").GetString()!;

    public JsonElement Parameters => root.GetProperty("parameters");

    public JsonElement Expected => root.GetProperty("expected");

    /// <summary>All cases of a group; fails when there is none.</summary>
    public static IReadOnlyList<Reference> Group(string group)
    {
        var cases = Document
            .Value.GetProperty("cases")
            .EnumerateArray()
            .Where(element => element.GetProperty("group").GetString() == group)
            .Select(element => new Reference(element))
            .ToArray();
        Assert.NotEmpty(cases);
        return cases;
    }

    /// <summary>The case of this name.</summary>
    public static Reference Case(string name) =>
        new(
            Document
                .Value.GetProperty("cases")
                .EnumerateArray()
                .Single(element => element.GetProperty("name").GetString() == name)
        );

    public Matrix Matrix(string input) => Inputs.Value.ReadMatrix(TensorName(input));

    public double[] Vector(string input) => Inputs.Value.ReadDoubles(TensorName(input));

    /// <summary>The values above the diagonal of a square input, row by row.</summary>
    public double[] Triangle(string input)
    {
        var values = Vector(input);
        var items = (int)Math.Sqrt(values.Length);
        return
        [
            .. from i in Enumerable.Range(0, items)
            from j in Enumerable.Range(0, items)
            where i < j
            select values[i * items + j],
        ];
    }

    /// <summary>Expected numbers at a path such as <c>["given_1", "pearson"]</c>, flattened, whether they stand in the
    /// JSON or beside it.</summary>
    public double[] Numbers(params string[] path)
    {
        var element = path.Aggregate(Expected, (node, key) => node.GetProperty(key));
        return Flatten(element).ToArray();
    }

    public double Number(params string[] path) => Assert.Single(Numbers(path));

    /// <summary>Asserts |found − expected| ≤ abs + rel·|expected| for every number at the path.</summary>
    public void AssertNear(IReadOnlyList<double> found, params string[] path)
    {
        var expected = Numbers(path);
        Assert.Equal(expected.Length, found.Count);
        var (abs, rel) = Tolerance(path[^1]);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(
                Math.Abs(found[i] - expected[i]) <= abs + rel * Math.Abs(expected[i]),
                $"{Name}, {string.Join(".", path)}[{i}]: found {found[i]:R}, expected {expected[i]:R}, tolerance "
                    + $"{abs} + {rel}·|expected|"
            );
    }

    public void AssertNear(double found, params string[] path) => AssertNear([found], path);

    private (double Abs, double Rel) Tolerance(string key)
    {
        var tolerances = root.GetProperty("tolerance");
        if (!tolerances.TryGetProperty(key, out var tolerance)) tolerance = tolerances.GetProperty("default");
        return (tolerance.GetProperty("abs").GetDouble(), tolerance.GetProperty("rel").GetDouble());
    }

    private string TensorName(string input) => root.GetProperty("inputs").GetProperty(input).GetString()!;

    private static IEnumerable<double> Flatten(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Flatten),
        JsonValueKind.Object => Arrays.Value.ReadDoubles(element.GetProperty("tensor").GetString()!),
        _ => [element.GetDouble()],
    };
}

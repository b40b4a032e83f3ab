using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>
/// Files as the real libraries write them, hostile ones, and the verdict on each:
/// <c>reference/formats/expected.json</c> under WORKBENCH_MODELS.
/// </summary>
internal static class Fixtures
{
    public const string Folder = "reference/formats";

    private static readonly Lazy<JsonElement> Files = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Weights.At(Folder, "expected.json"))).RootElement.GetProperty("files"));

    /// <summary>The kinds of problem that a reason of the table may be reported as; "malformed" is the table's word for
    /// several finer ones here.</summary>
    private static readonly Dictionary<string, FileProblem[]> Problems = new()
    {
        ["malformed"] =
        [
            FileProblem.Malformed,
            FileProblem.OutOfBounds,
            FileProblem.TrailingData,
            FileProblem.DuplicateName,
            FileProblem.LfsPointer,
            FileProblem.WebPage,
        ],
        ["bounds"] = [FileProblem.OutOfBounds],
        ["limits"] = [FileProblem.BeyondLimits],
        ["unsupported-dtype"] = [FileProblem.UnsupportedDType],
        ["unsupported-object"] = [FileProblem.UnsupportedObject],
        ["unsafe-global"] = [FileProblem.UnsafeGlobal],
        ["missing-entry"] = [FileProblem.MissingEntry],
        ["missing-file"] = [FileProblem.MissingFile],
        ["missing-tensor"] = [FileProblem.MissingTensor],
        ["path"] = [FileProblem.PathEscape],
        ["legacy-format"] = [FileProblem.LegacyFormat],
        ["compressed"] = [FileProblem.Compressed],
        ["pickle-protocol"] = [FileProblem.PickleProtocol],
        ["encoding"] = [FileProblem.Encoding],
        ["trailing-data"] = [FileProblem.TrailingData],
    };

    public static TheoryData<string> In(string folder, string ending)
    {
        var data = new TheoryData<string>();
        if (Weights.Folder is null || !Directory.Exists(Weights.At(Folder))) return data;
        foreach (var file in Files.Value.EnumerateObject().Select(file => file.Name))
            if (
                file.StartsWith(folder + "/", StringComparison.Ordinal)
                && file.EndsWith(ending, StringComparison.Ordinal)
            )
                data.Add(file);
        return data;
    }

    public static JsonElement Expected(string file) => Files.Value.GetProperty(file);

    /// <summary>Opens the file, reads every tensor, and compares with the table.</summary>
    /// <param name="file">Its path in the table.</param>
    /// <param name="open">The reader.</param>
    /// <param name="name">The reader's name of a tensor of the table.</param>
    public static void AssertAgrees(string file, Func<string, TensorFile> open, Func<string, string> name)
    {
        var expected = Expected(file);
        var verdict = expected.GetProperty("verdict").GetString();
        var mayRefuse = verdict is "refuse" or "either";
        try
        {
            using var opened = open(Weights.At(Folder, file));
            if (expected.TryGetProperty("metadata", out var metadata))
                Assert.Equal(
                    metadata.EnumerateObject().ToDictionary(note => note.Name, note => note.Value.GetString()!),
                    opened.Metadata);
            if (verdict == "refuse")
                foreach (var tensor in opened.Tensors) opened.ReadMatrix(tensor.Name);
            else
                AssertTensors(expected, opened, name);
            Assert.False(verdict == "refuse", $"{file} was read, but should be refused");
        }
        catch (WeightFileException error) when (mayRefuse)
        {
            AssertReason(file, expected, error);
        }
    }

    private static void AssertTensors(JsonElement expected, TensorFile opened, Func<string, string> name)
    {
        if (!expected.TryGetProperty("tensors", out var table))
        {
            if (expected.GetProperty("verdict").GetString() == "read") Assert.Empty(opened.Tensors);
            return;
        }
        var required = expected.TryGetProperty("required", out var start) ? start.GetString()! : "";
        var tensors = table
            .EnumerateObject()
            .Where(tensor => tensor.Name.StartsWith(required, StringComparison.Ordinal))
            .ToArray();
        Assert.Equal(tensors.Length, opened.Tensors.Count);
        foreach (var tensor in tensors)
        {
            var info = opened.Find(name(tensor.Name));
            Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), info.DType.Name());
            Assert.Equal(
                tensor.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), info.Shape.Sizes);
            if (tensor.Value.TryGetProperty("verdict", out var verdict) && verdict.GetString() == "refuse")
                AssertReason(
                    opened.Path, tensor.Value, Assert.Throws<WeightFileException>(() => opened.ReadMatrix(info.Name)));
            else if (info.DType.IsInteger())
                AssertIntegers(tensor.Value, info, opened.ReadIntegers(info.Name));
            else
                AssertFloats(tensor.Value, opened, info);
        }
    }

    private static void AssertIntegers(JsonElement expected, TensorInfo info, long[] values)
    {
        Assert.Equal(expected.GetProperty("sha256").GetString(), Hash(MemoryMarshal.AsBytes(values.AsSpan())));
        var doubles = values.Select(value => info.DType == DType.U64 ? (double)(ulong)value : value).ToArray();
        var sum = doubles.Sum();
        Assert.Equal(expected.GetProperty("sum").GetDouble(), sum, Math.Max(1, doubles.Sum(Math.Abs)) * 1e-12);
    }

    private static void AssertFloats(JsonElement expected, TensorFile opened, TensorInfo info)
    {
        var values = opened.ReadVector(info.Name);
        var doubles = opened.ReadDoubles(info.Name);
        var canonical = values
            .Select(value => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(0x7FC00000) : value)
            .ToArray();
        Assert.Equal(expected.GetProperty("sha256").GetString(), Hash(MemoryMarshal.AsBytes(canonical.AsSpan())));
        if (expected.TryGetProperty("sha256F64", out var hash))
            Assert.Equal(hash.GetString(), Hash(MemoryMarshal.AsBytes(doubles.AsSpan())));
        var (sum, sumAbs) = (Number(expected.GetProperty("sum")), Number(expected.GetProperty("sumAbs")));
        if (double.IsFinite(sumAbs)) Assert.Equal(sum, ExactSum(doubles), sumAbs * 1e-12);
        else Assert.Equal(sum, doubles.Sum());
        var first = expected.GetProperty("first").EnumerateArray().Select(Number).ToArray();
        var last = expected.GetProperty("last").EnumerateArray().Select(Number).ToArray();
        Assert.Equal(first, doubles.Take(first.Length));
        Assert.Equal(last, doubles.TakeLast(last.Length));
    }

    /// <summary>Neumaier's compensated sum, so that a sum near zero of large terms can be compared at all.</summary>
    private static double ExactSum(double[] values)
    {
        var (sum, rest) = (0.0, 0.0);
        foreach (var value in values)
        {
            var next = sum + value;
            rest += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }
        return sum + rest;
    }

    public static void AssertReason(string file, JsonElement expected, WeightFileException error)
    {
        // The table lets a bomb be refused as compressed, in a note beside its reason.
        var reason = file.EndsWith("bad-zip-bomb.pt", StringComparison.Ordinal)
            ? "compressed"
            : expected.GetProperty("reason").GetString()!;
        Assert.True(
            Problems[reason].Contains(error.Problem),
            $"{file}: expected {reason}, got {error.Problem}: {error.Message}");
        if (expected.TryGetProperty("says", out var says))
            Assert.Contains(says.GetString()!, error.Message);
        Assert.Contains(Path.GetFileName(file), error.Message);
    }

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : value.GetString() switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                _ => double.NegativeInfinity,
            };

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

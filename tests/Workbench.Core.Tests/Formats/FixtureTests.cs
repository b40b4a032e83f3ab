using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class FixtureTests
{
    public static TheoryData<string> Safetensors => Fixtures.In("safetensors", ".safetensors");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Safetensors))]
    public void Safetensors_files_are_read_or_refused_as_the_original_library_does(string file) =>
        Fixtures.AssertAgrees(file, SafetensorsFile.Open, name => name);

    public static TheoryData<string> Npy => Fixtures.In("npy", ".npy");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Npy))]
    public void Npy_files_are_read_or_refused_as_the_table_says(string file) =>
        Fixtures.AssertAgrees(file, NpyFile.Open, name => name);

    public static TheoryData<string> Sharded => Fixtures.In("sharded", ".index.json");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Sharded))]
    public void Sharded_checkpoints_are_read_through_their_index(string file) =>
        Fixtures.AssertAgrees(file, Checkpoint.Open, name => name);

    public static TheoryData<string> PyTorch => Fixtures.In("torch", "");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(PyTorch))]
    public void PyTorch_files_are_read_or_refused_as_the_table_says(string file)
    {
        var expected = Fixtures.Expected(file);
        var before = (expected.TryGetProperty("stateDict", out var dict) ? dict.GetString() + "/" : "")
            + (expected.TryGetProperty("prefix", out var prefix) ? prefix.GetString() : "");
        Fixtures.AssertAgrees(file, PyTorchFile.Open, name => name[before.Length..]);
    }

    [WeightsTheory(Fixtures.Folder), InlineData("torch/nanogpt-bias.pt"), InlineData("torch/nanogpt-nobias.pt")]
    public void The_settings_of_a_nanoGPT_checkpoint_are_its_values(string name)
    {
        var expected = Fixtures.Expected(name);
        using var file = PyTorchFile.Open(Weights.At(Fixtures.Folder, name));
        Assert.Equal("model/", file.StateDict);
        Assert.Equal(expected.GetProperty("prefix").GetString(), file.Prefix);
        Assert.Equal(expected.GetProperty("iterNum").GetInt64(), file.Values["iter_num"]);
        foreach (var setting in expected.GetProperty("modelArgs").EnumerateObject())
            Assert.Equal(Plain(setting.Value), file.Values["model_args/" + setting.Name]);

        static object Plain(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => value.GetRawText().Contains('.') ? value.GetDouble() : (object)value.GetInt64(),
        };
    }

    [WeightsTheory("reference/models")]
    [
        InlineData("gpt2-tiny"),
        InlineData("gpt2-tiny-bare"),
        InlineData("gpt2-tiny-sharded"),
        InlineData("gpt2-tiny-f16"),
        InlineData("gpt2-tiny-bin"),
        InlineData("gpt2-tiny-nanogpt"),
        InlineData("bert-tiny")
    ]
    public void A_models_folder_is_opened_in_whatever_format_it_is(string model)
    {
        using var file = Checkpoint.Open(Weights.At("reference", "models", model));
        var position = file.Tensors.Single(tensor =>
            tensor.Name.EndsWith("wpe.weight", StringComparison.Ordinal)
            || tensor.Name.EndsWith("position_embeddings.weight", StringComparison.Ordinal)
        );
        Assert.DoesNotContain("_orig_mod", position.Name);
        var matrix = file.ReadMatrix(position.Name);
        Assert.Equal(position.Shape, matrix.Shape);
        Assert.All(matrix.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [WeightsFact(Fixtures.Folder)]
    public void Two_hundred_damaged_safetensors_files_meet_the_original_librarys_verdict()
    {
        using var folder = new TemporaryFolder();
        var records = File.ReadAllBytes(Weights.At(Fixtures.Folder, "mutants", "safetensors.bin")).AsSpan();
        using var table = JsonDocument.Parse(
            File.ReadAllBytes(Weights.At(Fixtures.Folder, "mutants", "safetensors.json")));
        var rows = table
            .RootElement.GetProperty("rows")
            .EnumerateArray()
            .Select(row => row.EnumerateArray().Select(cell => cell.GetString()).ToArray())
            .ToArray();
        foreach (var (row, index) in rows.Select((row, index) => (row, index)))
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(records);
            var path = folder.Put("mutant.safetensors", records.Slice(4, length));
            records = records[(4 + length)..];
            var found = Verdict(path);
            var (operation, verdict, digest) = (row[0], row[1], row[2]);
            // Stricter than the original: two entries of one name, truth values beyond 1, and types whose values are
            // listed but not read.
            var stricter =
                (operation, found)
                is
                    ("duplicate-name", nameof(FileProblem.DuplicateName))
                    or
                    ("flip-data-bit", nameof(FileProblem.Malformed))
                    or
                    ("odd-dtype", nameof(FileProblem.UnsupportedDType));
            var agrees = verdict == "accept" ? found == digest : Enum.TryParse<FileProblem>(found, out _);
            Assert.True(agrees || verdict == "accept" && stricter,
                $"mutant {index} ({operation}): the original says {verdict} {digest}, here {found}");
        }
        Assert.Equal((200, 0), (rows.Length, records.Length));
    }

    /// <summary>The table's digest of all tensors, or the problem that kept them from being read.</summary>
    private static string Verdict(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (
                var tensor in file.Tensors.OrderBy(
                    tensor => Convert.ToHexString(Encoding.UTF8.GetBytes(tensor.Name)), StringComparer.Ordinal)
            )
            {
                hash.AppendData(
                    Encoding.UTF8.GetBytes(
                        $"{tensor.Name}\0{tensor.DType.Name()}\0{string.Join(',', tensor.Shape.Sizes)}\0")
                );
                hash.AppendData(Stored(file, tensor));
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        }
        catch (WeightFileException error)
        {
            return error.Problem.ToString();
        }
    }

    /// <summary>The tensor's bytes, made again from the values read.</summary>
    private static byte[] Stored(TensorFile file, TensorInfo tensor) =>
        tensor.DType switch
        {
            DType.F64 => MemoryMarshal.AsBytes(file.ReadDoubles(tensor.Name).AsSpan()).ToArray(),
            DType.F32 => MemoryMarshal.AsBytes(file.ReadVector(tensor.Name).AsSpan()).ToArray(),
            DType.F16 => [.. file.ReadVector(tensor.Name).SelectMany(value => BitConverter.GetBytes((Half)value))],
            DType.BF16 => [.. file.ReadVector(tensor.Name).SelectMany(value => BitConverter.GetBytes(value)[2..])],
            _ when tensor.DType.IsInteger() =>
            [
                .. file.ReadIntegers(tensor.Name)
                    .SelectMany(value => BitConverter.GetBytes(value)[..tensor.DType.SizeInBytes()]),
            ],
            _ => file.ReadMatrix(tensor.Name).Elements == 0 ? [] : throw new NotSupportedException(tensor.DType.Name()),
        };

    [WeightsFact("minilm/model.safetensors")]
    public void Ninety_megabytes_of_F32_are_opened_and_viewed_without_a_copy()
    {
        var path = Weights.At("minilm", "model.safetensors");
        SafetensorsFile.Open(path).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var file = SafetensorsFile.Open(path);
        var elements = file
            .Tensors.Where(tensor => tensor.DType == DType.F32)
            .Sum(tensor => file.ReadMatrix(tensor.Name).Elements);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(elements * sizeof(float) > 90_000_000, $"{elements} elements");
        Assert.InRange(allocated, 0, 200_000);
    }
}

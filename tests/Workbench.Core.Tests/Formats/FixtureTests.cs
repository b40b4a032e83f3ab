using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class FixtureTests
{
    public static TheoryData<string> Safetensors => Fixtures.In("safetensors", ".safetensors");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Safetensors))]
    public void SafetensorsFilesAreReadOrRefusedAsTheOriginalLibraryDoes(string file) =>
        Fixtures.AssertAgrees(file, SafetensorsFile.Open, name => name);


    public static TheoryData<string> Npy => Fixtures.In("npy", ".npy");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Npy))]
    public void NpyFilesAreReadOrRefusedAsTheTableSays(string file) => Fixtures.AssertAgrees(file, NpyFile.Open, name => name);

    public static TheoryData<string> Sharded => Fixtures.In("sharded", ".safetensors.index.json");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Sharded))]
    public void ShardedCheckpointsAreReadThroughTheirIndex(string file) => Fixtures.AssertAgrees(file, Checkpoint.Open, name => name);

    [WeightsTheory(Fixtures.Folder), InlineData("sharded/gpt2-bin/pytorch_model.bin.index.json")]
    public void ShardsOfTorchSaveAreReadThroughTheirIndex(string file) => Fixtures.AssertAgrees(file, Checkpoint.Open, name => name);

    public static TheoryData<string> PyTorch => Fixtures.In("torch", "");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(PyTorch))]
    public void PyTorchFilesAreReadOrRefusedAsTheTableSays(string file)
    {
        var expected = Fixtures.Expected(file);
        var before = (expected.TryGetProperty("stateDict", out var dict) ? dict.GetString() + "/" : "")
            + (expected.TryGetProperty("prefix", out var prefix) ? prefix.GetString() : "");
        Fixtures.AssertAgrees(file, PyTorchFile.Open, name => name[before.Length..]);
    }
}

using System;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class CheckpointTests : IDisposable
{
    private const string Index =
        """{"metadata":{"total_size":24},"weight_map":"""
            + """{"a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Put(string name, params (string Name, float Value)[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach (var (tensor, value) in tensors) writer.Add(tensor, [value, 0f]);
        writer.Write(folder.At(name));
    }

    private void PutText(string name, string text) => File.WriteAllText(folder.At(name), text);

    private float First(string tensor)
    {
        using var file = Checkpoint.Open(folder.Path);
        return file.ReadVector(tensor)[0];
    }

    [Fact]
    public void A_folder_is_opened_by_the_best_of_what_it_holds()
    {
        folder.Put("ckpt.pt", Samples.Torch(Samples.TensorPickle(4, 1, [2], [1])));
        Assert.Equal(1, First("w"));
        PutText("pytorch_model.bin.index.json", """{"weight_map":{"w":"p.bin"}}""");
        folder.Put("p.bin", Samples.Torch(Samples.TensorPickle(4, 2, [2], [1])));
        Assert.Equal(2, First("w"));
        folder.Put("pytorch_model.bin", Samples.Torch(Samples.TensorPickle(4, 3, [1], [1])));
        Assert.Equal(3, First("w"));
        PutText("model.safetensors.index.json", """{"weight_map":{"w":"s.safetensors"}}""");
        Put("s.safetensors", ("w", 4));
        Assert.Equal(4, First("w"));
        Put("model.safetensors", ("w", 5));
        Assert.Equal(5, First("w"));
    }

    [Fact]
    public void The_only_file_of_weights_in_a_folder_is_opened_whatever_its_name()
    {
        Put("trained.safetensors", ("w", 6));
        PutText("config.json", "{}");
        Assert.Equal(6, First("w"));
    }

    [Fact]
    public void A_file_without_an_ending_is_opened_by_its_first_bytes()
    {
        Put("blob-s", ("w", 7));
        folder.Put("blob-p", Samples.Torch(Samples.TensorPickle(4, 0, [4], [1])));
        NpyFile.Write(folder.At("blob-n"), new Matrix(2, 2));
        using var safetensors = Checkpoint.Open(folder.At("blob-s"));
        using var torch = Checkpoint.Open(folder.At("blob-p"));
        using var npy = Checkpoint.Open(folder.At("blob-n"));
        Assert.Equal(
            (typeof(SafetensorsFile), typeof(PyTorchFile), typeof(NpyFile)),
            (safetensors.GetType(), torch.GetType(), npy.GetType()));
    }

    [Fact]
    public void An_empty_folder_is_answered_with_what_was_looked_for() =>
        Samples.Refused(
            FileProblem.MissingFile, () => Checkpoint.Open(folder.Path), "model.safetensors,",
            "pytorch_model.bin.index.json", "ckpt.pt", "folder is empty");

    [Theory]
    [
        InlineData("tf_model.h5", "get the model's safetensors file"),
        InlineData("model-00001-of-00002.safetensors|model-00002-of-00002.safetensors", "without their index"),
        InlineData("a.pt|b.pt", "name one of them"),
        InlineData("README.md", "only README.md")
    ]
    public void A_folder_without_weights_is_answered_with_what_is_there(string files, string says)
    {
        foreach (var name in files.Split('|')) PutText(name, "x");
        Samples.Refused(FileProblem.MissingFile, () => Checkpoint.Open(folder.Path), says);
    }

    [Fact]
    public void A_path_where_nothing_is() =>
        Samples.Refused(FileProblem.MissingFile, () => Checkpoint.Open(folder.At("none")), "none", "no such file");

    [Fact]
    public void A_tensor_of_a_missing_shard_names_the_shard_and_the_others_are_read()
    {
        PutText("model.safetensors.index.json", Index);
        Put("model-1.safetensors", ("a", 1), ("c", 3));
        using var file = Assert.IsType<ShardedCheckpoint>(Checkpoint.Open(folder.Path));
        Assert.Equal(["a", "c"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(["model-2.safetensors"], file.MissingShards);
        Assert.Equal("24", file.Metadata["total_size"]);
        Assert.Equal(3, file.ReadVector("c")[0]);
        Assert.True(file.Contains("b"));
        Assert.False(file.Contains("d"));
        Assert.Equal(
            "b",
            Samples
                .Refused(FileProblem.MissingFile, () => file.ReadMatrix("b"), "model-2.safetensors", "1 of 2 shards")
                .Tensor
        );
        Samples.Refused(FileProblem.MissingFile, () => file.Find("b"), "model-2.safetensors");
        Samples.Refused(FileProblem.MissingTensor, () => file.Find("d"), "\"d\"");
    }

    [Fact]
    public void A_shard_that_does_not_hold_what_the_index_says()
    {
        PutText("model.safetensors.index.json", Index);
        Put("model-1.safetensors", ("a", 1));
        Samples.Refused(
            FileProblem.MissingTensor, () => Checkpoint.Open(folder.Path), "\"c\"", "model-1.safetensors",
            "different downloads");
    }

    [Fact]
    public void A_damaged_shard_is_named()
    {
        PutText("model.safetensors.index.json", Index);
        folder.Put("model-1.safetensors", []);
        Samples.Refused(FileProblem.Malformed, () => Checkpoint.Open(folder.Path), "model-1.safetensors", "empty");
    }

    [Theory]
    [
        InlineData("../secret.safetensors"),
        InlineData("/etc/passwd"),
        InlineData("..\\\\secret"),
        InlineData(".."),
        InlineData("sub/x.safetensors")
    ]
    public void A_shard_outside_the_folder(string shard)
    {
        PutText("model.safetensors.index.json", $$$"""{"weight_map":{"a":"{{{shard}}}"}}""");
        Samples.Refused(FileProblem.PathEscape, () => Checkpoint.Open(folder.Path), "\"a\"");
    }

    [Fact]
    public void An_index_that_refers_to_itself()
    {
        PutText("model.safetensors.index.json", """{"weight_map":{"a":"model.safetensors.index.json"}}""");
        Samples.Refused(FileProblem.Malformed, () => Checkpoint.Open(folder.Path), "index.json");
    }

    [Theory]
    [InlineData("", FileProblem.Malformed, "empty")]
    [InlineData("{", FileProblem.Malformed, "not JSON")]
    [InlineData("{} {}", FileProblem.Malformed, "not JSON")]
    [InlineData("[]", FileProblem.Malformed, "weight_map")]
    [InlineData("{\"weight_map\":[]}", FileProblem.Malformed, "weight_map")]
    [InlineData("{\"weight_map\":{\"a\":1}}", FileProblem.Malformed, "\"a\"")]
    [InlineData("{\"weight_map\":{\"a\":\"\"}}", FileProblem.Malformed, "\"a\"")]
    [InlineData("{\"weight_map\":{\"\\ud800\":\"x\"}}", FileProblem.Malformed, "not JSON")]
    [InlineData("{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}", FileProblem.DuplicateName, "\"a\"")]
    [InlineData("<html>", FileProblem.WebPage, "web server")]
    public void An_index_that_is_none(string text, FileProblem problem, string says)
    {
        PutText("model.safetensors.index.json", text);
        Samples.Refused(problem, () => Checkpoint.Open(folder.Path), "model.safetensors.index.json", says);
    }
}

using System;
using System.IO;
using System.IO.Compression;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Files and folders that hold something else than a model's weights: named for what they are, with the
/// cure.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static readonly byte[] Vectors = "the 0.1 0.2\nof 0.3 0.4\n"u8.ToArray();

    // When the workbench learns to read one of these, its line goes.
    public static TheoryData<string, byte[], string, string> Kinds =>
        new()
        {
            { "tf_model.h5", [0x89, .. "HDF\r\n"u8, 0x1a, (byte)'\n', .. new byte[8]], "HDF5 file", "safetensors" },
            { "vectors.zip", Samples.Zip(("glove.50d.txt", Vectors)), "zip of glove.50d.txt", "unzip vectors.zip" },
            { "packed.zip", Packed("glove.50d.txt", Vectors), "zip of glove.50d.txt", "unzip packed.zip" },
            { "table.csv", "word,x,y\nthe,0.1,0.2\n"u8.ToArray(), "table of text", "numpy.loadtxt(\"table.csv\"" },
        };

    private static byte[] Packed(string name, byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        using (var stream = zip.CreateEntry(name, CompressionLevel.Optimal).Open()) stream.Write(bytes);
        return memory.ToArray();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_file_of_another_kind_is_named_for_what_it_is(string name, byte[] bytes, string says, string cure)
    {
        var path = folder.Put(name, bytes);
        foreach (var open in new Action[] { () => Checkpoint.Open(path), () => WordVectorsFile.Open(path) })
        {
            var error = Assert.Throws<WeightFileException>(open);
            Assert.Contains(says, error.Message);
            Assert.Contains(cure, error.Message);
            Assert.Contains(error.Problem, new[] { FileProblem.UnsupportedObject, FileProblem.MissingEntry });
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_same_under_a_weight_files_name(string name, byte[] bytes, string says, string cure)
    {
        if (name.EndsWith(".csv")) return; // a table is told by its ending alone
        foreach (var other in new[] { "pytorch_model.bin", "model.safetensors", "x.npy" })
        {
            var error = Assert.Throws<WeightFileException>(() => Checkpoint.Open(folder.Put(other, bytes)));
            Assert.Contains(says, error.Message);
            Assert.Contains(cure.Replace(name, other), error.Message);
        }
    }

    [Fact]
    public void Word_vectors_where_a_model_is_wanted() =>
        Samples.Refused(
            FileProblem.Malformed, () => Checkpoint.Open(folder.Put("words.bin", "2 3\na 1 2 3\nb 4 5 6\n"u8)),
            "word vectors", "WordVectors.load");

    [Fact]
    public void Words_of_fastText_and_arrays_of_NumPy_where_a_model_is_wanted()
    {
        byte[] words = [0xba, 0x16, 0x4f, 0x2f, 12, 0, 0, 0, .. new byte[64]];
        Samples.Refused(
            FileProblem.Malformed, () => Checkpoint.Open(folder.Put("cc.en.300.bin", words)), "fastText's own format",
            "WordVectors.load");
        Samples.Refused(
            FileProblem.Malformed,
            () => Checkpoint.Open(folder.Put("model.safetensors", Samples.Zip(("a.npy", [1]), ("b.npy", [2])))),
            "zip of NumPy arrays (a.npy, b.npy)", "NpzFile");
    }

    private WeightFileException Refused(params string[] says) =>
        Samples.Refused(FileProblem.UnsupportedObject, () => Checkpoint.Open(folder.Path), says);

    private void Put(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.At(name))!);
        folder.Put(name, bytes);
    }

    // A scheduler's state: numbers, and no tensor.
    private static byte[] Numbers =>
        Samples.Torch(new Pickle().Dictionary().Text("last_epoch").Integer(3).Raw("s").Stop());

    private static byte[] Tensors => Samples.Torch(Samples.TensorPickle(4, 0, [4], [1]));

    [Theory]
    [InlineData("pytorch_model_fsdp_0/__0_0.distcp", "dcp_to_torch pytorch_model_fsdp_0 model.pt")]
    [InlineData("__3_0.distcp", "dcp_to_torch . model.pt")]
    public void Sharded_training_state_is_named_with_the_tool_that_merges_it(string piece, string cure)
    {
        Put("config.json", "{}"u8);
        Put("scheduler.pt", Numbers);
        Put("rng_state_0.pth", Tensors);
        Put("rng_state_1.pth", Tensors);
        Put(piece, "xxxx"u8);
        Refused("sharded state of a training run", cure);
    }

    [Fact]
    public void DeepSpeeds_pieces_are_named_with_the_tool_that_merges_them()
    {
        Put("mp_rank_00_model_states.pt", Tensors);
        Checkpoint.Open(folder.Path).Dispose(); // one alone is the whole model
        Put("mp_rank_01_model_states.pt", Tensors);
        Put("zero_pp_rank_0_mp_rank_00_optim_states.pt", Tensors);
        Refused("DeepSpeed", "3 pieces", "zero_to_fp32.py");
    }

    [Fact]
    public void The_state_of_a_scheduler_is_no_model_of_no_tensors()
    {
        Put("state.pt", Numbers);
        Refused("holds no tensors", "last_epoch");
        Samples.Refused(FileProblem.UnsupportedObject, () => Checkpoint.Open(folder.At("state.pt")), "no tensors");
    }

    [Fact]
    public void What_training_saves_beside_a_model_does_not_stand_in_its_way()
    {
        foreach (var name in new[] { "optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin" })
            Put(name, Numbers);
        Samples.Refused(
            FileProblem.MissingFile, () => Checkpoint.Open(folder.Path), "state of a training run", "optimizer.pt");
        Put("trained.pt", Tensors);
        using var file = Checkpoint.Open(folder.Path);
        Assert.Equal([0f, 1f, 2f, 3f], file.ReadVector("w"));
    }

    [Fact]
    public void An_adapter_is_named_with_its_base_model()
    {
        Put("adapter_model.safetensors", Samples.Safetensors("{}"));
        Put("adapter_config.json", """{"peft_type":"LORA","base_model_name_or_path":"acme/gpt2\u001b[31m"}"""u8);
        var error = Refused("adapter (LORA)", "acme/gpt2\\u001b[31m", "merge_and_unload");
        Assert.DoesNotContain(error.Message, char.IsControl);
        Put("adapter_config.json", "[broken"u8);
        Refused("is an adapter for its base model");
        Put("model.safetensors", Samples.Safetensors("{}"));
        Checkpoint.Open(folder.Path).Dispose(); // merged, with the adapter's settings left beside it
    }

    [Fact]
    public void A_trainers_checkpoint_with_objects_of_its_own_is_no_attack()
    {
        byte[] Of(string module, string name) =>
            Samples.Torch(
                new Pickle()
                    .Dictionary()
                    .Raw("(")
                    .Text("state_dict")
                    .Dictionary()
                    .Text("w")
                    .Tensor(4, 0, [4], [1])
                    .Raw("s")
                    .Text("hyper_parameters")
                    .Global(module, name)
                    .Raw(")Ru")
                    .Stop());
        foreach (
            var (module, name) in new[]
            {
                ("pytorch_lightning.utilities.parsing", "AttributeDict"),
                ("my_lab.config", "TrainingConfig"),
                ("torch.optim.lr_scheduler", "StepLR"),
            })
        {
            Put("epoch=1.ckpt", Of(module, name));
            var error = Refused($"{module}.{name}", "nothing of it was run", "save model.state_dict() instead");
            Assert.DoesNotContain("would run code", error.Message);
        }
        foreach (
            var (module, name) in new[]
            {
                ("subprocess", "Popen"), ("my_lab.config", "run"), ("builtins", "Exception"), ("ctypes", "CDLL"),
                ("multiprocessing.util", "Finalize"), ("torch.jit", "ScriptModule"), ("", "Popen"),
            })
        {
            Put("epoch=1.ckpt", Of(module, name));
            Samples.Refused(FileProblem.UnsafeGlobal, () => Checkpoint.Open(folder.Path), $"{module}.{name}");
        }
    }

    [Fact]
    public void DeepSpeed_saves_the_model_under_module()
    {
        var pickle = new Pickle()
            .Dictionary()
            .Raw("(")
            .Text("module")
            .Dictionary()
            .Text("wte.weight")
            .Tensor(4, 0, [2, 2], [2, 1])
            .Raw("s")
            .Text("ds_version")
            .Text("0.9.5")
            .Raw("u")
            .Stop();
        using var file = PyTorchFile.Open(folder.Put("mp_rank_00_model_states.pt", Samples.Torch(pickle)));
        Assert.Equal(("module/", "wte.weight"), (file.StateDict, Assert.Single(file.Tensors).Name));
        Assert.Equal("0.9.5", file.Values["ds_version"]);
    }

    [Theory]
    [InlineData("x.safetensors"), InlineData("x.pt"), InlineData("x.index.json"), InlineData("x.txt")]
    public void Forty_megabytes_of_a_name_are_quoted_by_their_beginning(string name)
    {
        var lot = "\u001b[2J" + new string('n', 40_000_000);
        var bytes = Path.GetExtension(name) switch
        {
            ".safetensors" => Samples.Safetensors(
                $$$"""{"\u001b[2J{{{lot[4..]}}}":{"dtype":"{{{lot[4..]}}}","shape":[1],"data_offsets":[0,4]}}"""),
            ".json" => Encoding.UTF8.GetBytes($$$"""{"weight_map":{"{{{lot[4..]}}}":"../\u001b[2J{{{lot[4..]}}}"}}"""),
            ".txt" => Encoding.UTF8.GetBytes("1 1\nw " + lot + "\n"),
            _ => Samples.Zip((lot[..60_000] + "/data.pkl", [0]), (lot[..60_000], [0])),
        };
        var error = Assert.Throws<WeightFileException>(() =>
        {
            var path = folder.Put(name, bytes);
            if (name == "x.txt")
                using (var words = WordVectorsFile.Open(path)) words.ReadAll();
            else
                Checkpoint.Open(path).Dispose();
        });
        Assert.InRange(error.Message.Length, 40, 1_500);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }
}

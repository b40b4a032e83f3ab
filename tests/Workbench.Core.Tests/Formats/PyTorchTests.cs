using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class PyTorchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private PyTorchFile Open(byte[] bytes) => PyTorchFile.Open(folder.Put("x.pt", bytes));

    private PyTorchFile OpenPickle(byte[] pickle) => Open(Samples.Torch(pickle));

    private WeightFileException Refused(FileProblem problem, byte[] bytes, params string[] says) =>
        Samples.Refused(problem, () => Open(bytes), ["x.pt", .. says]);

    private WeightFileException RefusedPickle(FileProblem problem, byte[] pickle, params string[] says) =>
        Refused(problem, Samples.Torch(pickle), says);

    [Fact]
    public void A_contiguous_F32_tensor_is_a_view_when_its_storage_is_aligned()
    {
        // torch.save pads to 64 bytes; here the folder's name is chosen so that the data happen to lie at a multiple of
        // 4.
        for (var length = 1; length <= 4; length++)
        {
            var bytes = Samples.Zip(
                ("a/data.pkl", Samples.TensorPickle(4, 0, [2, 2], [2, 1])), ("a/" + new string('x', length), []),
                ("a/data/0", Samples.Floats(5, 6, 7, 8)));
            var aligned = bytes.AsSpan().IndexOf(Samples.Floats(5, 6, 7, 8)) % 4 == 0;
            using var file = Open(bytes);
            Assert.Equal(aligned, file.ReadMatrix("w").IsReadOnly);
            Assert.Equal([5f, 6f, 7f, 8f], file.ReadVector("w"));
        }
    }

    [Theory]
    [InlineData(0, new long[] { 2, 3 }, new long[] { 3, 1 }, new float[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(0, new long[] { 3, 2 }, new long[] { 1, 3 }, new float[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData(1, new long[] { 2 }, new long[] { 4 }, new float[] { 1, 5 })]
    [InlineData(5, new long[0], new long[0], new float[] { 5 })]
    [InlineData(0, new long[] { 2, 2 }, new long[] { 0, 1 }, new float[] { 0, 1, 0, 1 })]
    [InlineData(0, new long[] { 3, 2 }, new long[] { 1, 1 }, new float[] { 0, 1, 1, 2, 2, 3 })]
    [InlineData(99, new long[] { 0, 7 }, new long[] { 5, 1 }, new float[0])]
    public void Views_with_offsets_and_strides_are_read_in_C_order(
        long offset, long[] sizes, long[] strides, float[] expected)
    {
        using var file = Open(Samples.Torch(Samples.TensorPickle(6, offset, sizes, strides), floats: 6));
        Assert.Equal(expected, file.ReadVector("w"));
        Assert.Equal(new Shape(sizes), file.Find("w").Shape);
    }

    [Fact]
    public void Storages_without_a_type_take_it_from_their_tensors()
    {
        // PyTorch writes 16 to 64 bits unsigned and 8-bit floats so: _rebuild_tensor_v3 on an UntypedStorage counted in
        // bytes.
        var pickle = new Pickle()
            .Dictionary()
            .Text("w")
            .Global("torch._utils", "_rebuild_tensor_v3")
            .Raw("((")
            .Text("storage")
            .Global("torch.storage", "UntypedStorage")
            .Text("0")
            .Text("cpu")
            .Integer(16)
            .Raw("tQ")
            .Integer(1)
            .Tuple(3)
            .Tuple(2)
            .Raw("\u0089")
            .Global("collections", "OrderedDict")
            .Raw(")R")
            .Global("torch", "uint16")
            .Raw("tRs")
            .Stop();
        using var file = OpenPickle(pickle);
        Assert.Equal(DType.U16, file.Find("w").DType);
        Assert.Equal([0L, 0x3f80, 0x4000], file.ReadIntegers("w")); // the upper halves of 0f, 1f, 2f
    }

    [Fact]
    public void Parameters_and_tensors_with_attributes_are_tensors()
    {
        var parameter = new Pickle()
            .Dictionary()
            .Raw("(")
            .Text("p")
            .Global("torch._utils", "_rebuild_parameter")
            .Raw("(")
            .Tensor(4, 0, [4], [1])
            .Raw("\u0088")
            .Global("collections", "OrderedDict")
            .Raw(")RtRu")
            .Stop();
        using var file = OpenPickle(parameter);
        Assert.Equal([0f, 1f, 2f, 3f], file.ReadVector("p"));
    }

    [Theory]
    [
        InlineData("model", "_orig_mod."),
        InlineData("state_dict", "module."),
        InlineData("model_state_dict", ""),
        InlineData("model", "module._orig_mod.")
    ]
    public void The_model_is_found_inside_a_training_checkpoint_and_its_wrappers_are_taken_off(
        string key, string prefix)
    {
        var pickle = new Pickle()
            .Dictionary()
            .Raw("(")
            .Text("best_val_loss")
            .Tensor(4, 0, [], [])
            .Text("optimizer")
            .Dictionary()
            .Text("state")
            .Tensor(4, 0, [4], [1])
            .Raw("s")
            .Text(key)
            .Dictionary()
            .Raw("(")
            .Text(prefix + "a")
            .Tensor(4, 0, [4], [1])
            .Text(prefix + "b.module.c")
            .Tensor(4, 1, [2], [1])
            .Raw("u")
            .Text("args")
            .Dictionary()
            .Raw("(")
            .Text("n")
            .Integer(-3)
            .Text("rate")
            .Float(0.5)
            .Text("bias")
            .Raw("\u0088")
            .Text("name")
            .Text("é")
            .Text("none")
            .Raw("N")
            .Text("list")
            .Raw("](")
            .Integer(1)
            .Raw("eu")
            .Raw("u")
            .Stop();
        using var file = OpenPickle(pickle);
        Assert.Equal(["a", "b.module.c"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal((key + "/", prefix), (file.StateDict, file.Prefix));
        Assert.Equal(
            [
                ("args/n", (object?)-3L),
                ("args/rate", 0.5),
                ("args/bias", true),
                ("args/name", "é"),
                ("args/none", null),
            ],
            file.Values.Select(value => (value.Key, value.Value))
        );
    }

    [Fact]
    public void Code_is_named_and_not_run()
    {
        var marker = folder.At("PWNED");
        var pickle = new Pickle().Global("os", "system").Raw("(").Text($"touch {marker}").Raw("tR").Stop();
        RefusedPickle(FileProblem.UnsafeGlobal, pickle, "os.system", "Nothing was run");
        Assert.False(File.Exists(marker));
    }

    [Theory]
    [InlineData("builtins", "eval", FileProblem.UnsafeGlobal)]
    [InlineData("torch", "load", FileProblem.UnsafeGlobal)]
    [InlineData("torch._utils", "os.system", FileProblem.UnsafeGlobal)]
    [InlineData("torch", "NoSuchStorage", FileProblem.UnsafeGlobal)]
    [InlineData("collections", "OrderedDict.fromkeys", FileProblem.UnsafeGlobal)]
    [InlineData("torch._utils", "_rebuild_sparse_tensor", FileProblem.UnsupportedObject)]
    [InlineData("__main__", "Config", FileProblem.UnsupportedObject)]
    [InlineData("numpy", "ndarray", FileProblem.UnsupportedObject)]
    [InlineData("torch.nn.modules.linear", "Linear", FileProblem.UnsupportedObject)]
    [InlineData("torch", "ComplexFloatStorage", FileProblem.UnsupportedDType)]
    [InlineData("torch", "QInt8Storage", FileProblem.UnsupportedDType)]
    public void A_name_that_is_not_on_the_list_is_refused_by_name(string module, string name, FileProblem problem) =>
        RefusedPickle(problem, new Pickle().Global(module, name).Stop(), $"{module}.{name}");

    [Theory]
    [InlineData("builtins", "complex"), InlineData("builtins", "range"), InlineData("collections", "deque")]
    public void Pythons_own_objects_are_not_called_code(string module, string name) =>
        RefusedPickle(
            FileProblem.UnsupportedObject, new Pickle().Global(module, name).Stop(), $"{module}.{name}",
            "nothing of it was run");

    // What pickle writes of bytes(), bytearray() and bytearray(b"ab") in protocols 2 and 3.
    [Theory]
    [InlineData("c__builtin__\nbytes\n)R"), InlineData("cbuiltins\nbytearray\n)R")]
    [InlineData("c__builtin__\nbytearray\nX\u0002\0\0\0abX\u0007\0\0\0latin-1\u0086R")]
    [InlineData("cbuiltins\nbytearray\nC\u0002ab\u0085R")]
    public void Bytes_that_no_tensor_needs_keep_nobody_from_the_tensors(string opcodes)
    {
        var pickle = new Pickle().Dictionary().Raw("(").Text("w").Tensor(4, 0, [4], [1]).Text("note").Raw(opcodes);
        using var file = OpenPickle(pickle.Raw("u").Stop());
        Assert.Equal([0f, 1f, 2f, 3f], file.ReadVector("w"));
        RefusedPickle(
            FileProblem.Malformed, new Pickle().Global("builtins", "bytearray").Raw("K\u0005\u0085R").Stop(),
            "builtins.bytearray with 1 arguments");
    }

    [Fact]
    public void A_name_given_by_the_stack_is_refused_as_well() =>
        RefusedPickle(
            FileProblem.UnsafeGlobal, new Pickle().Text("posix").Text("system").Raw("\u0093").Stop(), "posix.system");

    [Fact]
    public void An_allowed_name_with_other_arguments_is_no_call() =>
        RefusedPickle(
            FileProblem.Malformed,
            new Pickle().Global("torch._utils", "_rebuild_tensor_v2").Raw("(").Text("x").Raw("tR").Stop(),
            "_rebuild_tensor_v2", "1 arguments");

    [Theory]
    [InlineData("", "1 bytes are needed")] // no STOP
    [InlineData("X\u00ff\u00ff\u00ff\u007f.", "bytes are needed")]
    [InlineData("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.", "9223372036854775807 bytes")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u00ff.", "-1 bytes")]
    [InlineData("\u0095\u00ff\0\0\0\0\0\0\0.", "frame of 255")]
    [InlineData("h\u0005.", "memo slot 5")]
    [InlineData("t.", "no mark")]
    [InlineData("a.", "stack is empty")]
    [InlineData("..", "stack is empty")]
    [InlineData("(]0t.", "")]
    [InlineData("](0.", "stack is empty")]
    [InlineData("}(K\u0001u.", "odd number")]
    [InlineData("}]]s.", "neither text nor a number")]
    [InlineData("]]]s.", "no dictionary")]
    [InlineData("}]a.", "no list")]
    [InlineData("]}b.", "no dictionary")]
    [InlineData("]Q.", "('storage', type, key, location, number of elements)")]
    [InlineData("]]R.", "a call")]
    [InlineData("\u0080\u0063.", "protocol 99")]
    [InlineData("\u00ff.", "0xff")]
    [InlineData("X\u0001\0\0\0\u00ff.", "UTF-8")]
    [InlineData("cos.", "no end")]
    [InlineData("\u0082\u0001.", "0x82")]
    public void A_pickle_that_breaks_the_machines_rules(string opcodes, string says)
    {
        var pickle = new Pickle().Raw(opcodes).Stop()[..^1];
        if (says.Length == 0) OpenPickle(pickle).Dispose(); // an empty tuple: the stack below a mark stays untouched
        else RefusedPickle(FileProblem.Malformed, pickle, says);
    }

    [Fact]
    public void Text_opcodes_of_protocol_0() =>
        RefusedPickle(FileProblem.PickleProtocol, new Pickle().Raw("I1\n").Stop(), "pickle_protocol=2");

    [Fact]
    public void A_memo_slot_far_out_takes_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        OpenPickle(new Pickle().Dictionary().Raw("r\u00ff\u00ff\u00ff\u00ff").Stop()).Dispose();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Lists_nested_100000_deep() =>
        RefusedPickle(
            FileProblem.BeyondLimits, new Pickle().Raw(new string(']', 100_001) + new string('a', 100_000)).Stop(),
            "100 deep");

    [Fact]
    public void A_list_that_contains_itself() =>
        RefusedPickle(FileProblem.BeyondLimits, new Pickle().Raw("]q\0h\0a").Stop(), "contain themselves");

    [Fact]
    public void A_list_of_two_lists_of_two_lists_and_so_on()
    {
        var pickle = new Pickle().Raw("]q\0");
        for (var i = 0; i < 60; i++) pickle.Raw($"](h{(char)i}h{(char)i}eq{(char)(i + 1)}");
        RefusedPickle(FileProblem.BeyondLimits, pickle.Stop(), "share");
    }

    [Fact]
    public void A_long_name_before_each_of_many_values()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var pickle = new Pickle().Dictionary().Text(new string('x', 100_000)).Dictionary().Raw("(");
        for (var i = 0; i < 20_000; i++) pickle.Raw($"M{(char)(i % 256)}{(char)(i / 256)}N");
        RefusedPickle(FileProblem.BeyondLimits, pickle.Raw("us").Stop(), "long names");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000); // all paths would take 4 GB
    }

    [Fact]
    public void A_pickle_larger_than_any_honest_one() =>
        RefusedPickle(FileProblem.BeyondLimits, new byte[(1 << 24) + 1], "16777217");

    [Fact]
    public void Four_floats_seen_as_2_to_the_62_are_listed_and_not_read()
    {
        using var file = OpenPickle(Samples.TensorPickle(4, 0, [1L << 31, 1L << 31], [0, 0]));
        Assert.Equal(1L << 62, file.Find("w").Shape.Elements);
        Samples.Refused(FileProblem.BeyondLimits, () => file.ReadMatrix("w"), "\"w\"");
        Samples.Refused(FileProblem.BeyondLimits, () => file.ReadDoubles("w"), "4611686018427387904");
    }

    [Fact]
    public void A_view_that_repeats_its_elements_beyond_the_files_size()
    {
        using var file = OpenPickle(Samples.TensorPickle(4, 0, [10_000, 4], [0, 1]));
        Samples.Refused(FileProblem.BeyondLimits, () => file.ReadMatrix("w"), "contiguous()");
    }

    [Theory]
    [InlineData(4, -1, new long[] { 2 }, new long[] { 1 }, "negative")]
    [InlineData(4, 0, new long[] { -2 }, new long[] { 1 }, "negative")]
    [InlineData(4, 0, new long[] { 2 }, new long[] { -1 }, "negative")]
    [InlineData(4, 3, new long[] { 2 }, new long[] { 1 }, "reaches element 4")]
    [InlineData(4, 0, new long[] { 3 }, new long[] { 2 }, "reaches element 4")]
    [InlineData(
        4, 0, new long[] { 2, 2 }, new long[] { long.MaxValue, long.MaxValue }, "reaches element 18446744073709551614")]
    [InlineData(4, 0, new long[] { 1L << 62, 4 }, new long[] { 1, 1 }, "2^63")]
    [InlineData(8, 0, new long[] { 2 }, new long[] { 1 }, "32 bytes, but has 16")]
    [InlineData(-4, 0, new long[] { 2 }, new long[] { 1 }, "-4 elements")]
    [InlineData(1L << 62, 0, new long[] { 2 }, new long[] { 1 }, "but has 16")]
    public void A_tensor_that_leaves_its_storage(
        long elements, long offset, long[] sizes, long[] strides, string says) =>
        Assert.Equal(
            "w",
            RefusedPickle(FileProblem.OutOfBounds, Samples.TensorPickle(elements, offset, sizes, strides), says).Tensor
        );

    [Fact]
    public void Sizes_and_strides_of_different_number() =>
        RefusedPickle(FileProblem.Malformed, Samples.TensorPickle(4, 0, [2, 2], [1]), "\"w\"", "2 sizes but 1 strides");

    [Theory]
    [InlineData("7"), InlineData("../../secret")]
    public void A_storage_whose_entry_is_not_in_the_zip(string key) =>
        Assert.Equal(
            "w",
            RefusedPickle(
                FileProblem.MissingEntry, Samples.TensorPickle(4, 0, [2], [1], key: key), $"archive/data/{key}").Tensor
        );

    [Fact]
    public void A_zip_without_a_pickle() =>
        Refused(FileProblem.MissingEntry, Samples.Zip(("archive/version", "3"u8.ToArray())), "data.pkl");

    [Fact]
    public void An_entry_outside_the_folder() =>
        Refused(
            FileProblem.PathEscape,
            Samples.Zip(("archive/data.pkl", Samples.TensorPickle(4, 0, [2], [1])), ("../PWNED", [])), "../PWNED");

    [Fact]
    public void An_entry_twice() =>
        Refused(
            FileProblem.Malformed,
            Samples.Zip(("a/data.pkl", new Pickle().Dictionary().Stop()), ("a/data/0", []), ("a/data/0", [])),
            "two entries named \"a/data/0\"");

    [Fact]
    public void A_TorchScript_program() =>
        Refused(
            FileProblem.UnsupportedObject,
            Samples.Zip(("a/data.pkl", new Pickle().Dictionary().Stop()), ("a/constants.pkl", [])), "TorchScript",
            "state_dict");

    [Fact]
    public void A_byte_order_of_no_machine() =>
        Refused(
            FileProblem.Malformed,
            Samples.Zip(("a/data.pkl", new Pickle().Dictionary().Stop()), ("a/byteorder", "middle"u8.ToArray())),
            "middle");

    [Fact]
    public void Two_paths_that_read_alike() =>
        RefusedPickle(
            FileProblem.DuplicateName,
            new Pickle()
                .Dictionary()
                .Raw("(")
                .Text("a/b")
                .Tensor(4, 0, [4], [1])
                .Text("a")
                .Dictionary()
                .Text("b")
                .Tensor(4, 0, [4], [1])
                .Raw("su")
                .Stop(),
            "\"a/b\""
        );

    [Theory]
    [InlineData(8, 1, FileProblem.Malformed, "encrypted")] // bit 0 of the flags
    [InlineData(10, 8, FileProblem.Compressed, "compressed (method 8)")]
    [InlineData(20, 1, FileProblem.Malformed, "takes")] // packed size
    [InlineData(42, 0x70, FileProblem.Malformed, "no local header")]
    [InlineData(0, 0, FileProblem.Malformed, "is not one")] // the entry's signature
    [InlineData(28, 0xff, FileProblem.Malformed, "leaves the zip's directory")] // length of the name
    public void A_directory_entry_with_one_byte_changed(int at, byte value, FileProblem problem, string says)
    {
        var bytes = Samples.Torch(Samples.TensorPickle(4, 0, [2], [1]));
        var directory = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 6));
        bytes[directory + at] = value;
        Refused(problem, bytes, says);
    }

    [Theory]
    [InlineData(10, "more than the 3 entries", -1)]
    [InlineData(10, "entry 4 of 5", +1)]
    [InlineData(12, "does not end", -1)]
    [InlineData(16, "does not end", +1)]
    public void An_end_record_that_does_not_fit_its_directory(int at, string says, int change)
    {
        var bytes = Samples.Torch(Samples.TensorPickle(4, 0, [2], [1]));
        bytes[bytes.Length - 22 + at] = (byte)(bytes[bytes.Length - 22 + at] + change);
        Refused(FileProblem.Malformed, bytes, says);
    }

    [Fact]
    public void A_local_header_of_another_name()
    {
        var bytes = Samples.Torch(Samples.TensorPickle(4, 0, [2], [1]));
        bytes[bytes.AsSpan().IndexOf("archive/data/0"u8) + 13] = (byte)'1';
        Refused(FileProblem.Malformed, bytes, "another name");
    }

    [Fact]
    public void Two_end_records()
    {
        byte[] bytes = Samples.Torch(Samples.TensorPickle(4, 0, [2], [1]));
        var end = bytes[^22..];
        bytes[^2] = 22; // the first record's comment is the second record
        Refused(FileProblem.Malformed, [.. bytes, .. end], "two end records");
    }
}

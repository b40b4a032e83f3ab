using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private SafetensorsFile Open(string header, params byte[] data) =>
        SafetensorsFile.Open(folder.Put("x.safetensors", Samples.Safetensors(header, data)));

    private static Matrix Random(int rows, int columns, ulong seed)
    {
        var random = new Philox(seed);
        var matrix = new Matrix(rows, columns);
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                matrix[row, column] = (float)random.NextNormal();
        return matrix;
    }

    [Fact]
    public void Aligned_F32_is_a_view_of_the_file_and_cannot_be_written()
    {
        using var file = Open(
            """{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""".PadRight(64), Samples.Floats(1, 2));
        var view = file.ReadMatrix("a");
        Assert.True(view.IsReadOnly);
        Assert.Equal([1f, 2f], view.ToArray());
        Assert.Throws<InvalidOperationException>(() => view[0, 0] = 3);
    }

    [Fact]
    public void F32_at_an_odd_place_is_copied()
    {
        using var file = Open(
            """{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""".PadRight(65), Samples.Floats(1, 2));
        Assert.False(file.ReadMatrix("a").IsReadOnly);
        Assert.Equal([1f, 2f], file.ReadVector("a"));
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("5", 1, 5)]
    [InlineData("2,3", 2, 3)]
    [InlineData("2,3,4", 6, 4)]
    [InlineData("0,4", 0, 4)]
    [InlineData("4,0", 4, 0)]
    public void The_last_axis_becomes_columns_and_the_others_rows(string sizes, int rows, int columns)
    {
        using var file = Open(
            $$$"""{"a":{"dtype":"U8","shape":[{{{sizes}}}],"data_offsets":[0,{{{rows * columns}}}]}}""",
            new byte[rows * columns]);
        Assert.Equal(new Shape(rows, columns), file.ReadMatrix("a").Shape);
    }

    [Fact]
    public void Tensors_come_in_the_headers_order_whatever_the_datas()
    {
        using var file = Open(
            """{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":"""
                + """[0,1]}}""",
            7,
            8
        );
        Assert.Equal(["b: U8 [1]", "a: U8 [1]"], file.Tensors.Select(tensor => $"{tensor}"));
        Assert.Equal([8L], file.ReadIntegers("b"));
    }

    [Fact]
    public void Null_for_notes_and_unknown_fields_are_passed_over()
    {
        using var file = Open(
            """  {"__metadata__":null,"a":{"extra":{"x":["\ud800",1e999]},"dtype":"U8","shape":[1],"data_offsets":"""
                + """[0,1]}}""",
            7
        );
        Assert.Empty(file.Metadata);
        Assert.Equal([7L], file.ReadIntegers("a"));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var (matrix, cube) = (Random(5, 7, 1), Random(6, 2, 2));
        var path = folder.At("model.safetensors");
        new SafetensorsWriter { Metadata = { ["format"] = "pt", ["näme"] = "a\n\"b\"" } }
            .Add("h.0.weight", matrix)
            .Add("half", matrix, DType.F16)
            .Add("bias", [1f, float.NaN, -0f])
            .Add("κύβος", cube, new Shape(2, 3, 2))
            .Add("none", new Matrix(0, 4))
            .Write(path);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(matrix.ToArray(), file.ReadVector("h.0.weight"));
        Assert.Equal(matrix.ToArray().Select(value => (float)(Half)value), file.ReadVector("half"));
        Assert.Equal([1f, float.NaN, -0f], file.ReadVector("bias"));
        Assert.Equal(new Shape(2, 3, 2), file.Find("κύβος").Shape);
        Assert.Equal(cube.ToArray(), file.ReadVector("κύβος"));
        Assert.Equal(new Shape(0, 4), file.Find("none").Shape);
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["näme"] = "a\n\"b\"" }, file.Metadata);
        var mapped = file.Tensors.Where(tensor => tensor.DType == DType.F32).ToArray();
        Assert.NotEmpty(mapped);
        Assert.All(mapped, tensor => Assert.True(file.ReadMatrix(tensor.Name).IsReadOnly));
    }

    [Fact]
    public void The_written_bytes_are_these()
    {
        new SafetensorsWriter().Add("a", [1f, 2f]).Write(folder.At("x.safetensors"));
        // 54 characters of header, padded to 56.
        Assert.Equal(
            Samples.Safetensors("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  """, Samples.Floats(1, 2)),
            File.ReadAllBytes(folder.At("x.safetensors")));
    }

    [Fact]
    public void Any_names_and_shapes_survive_writing_and_reading()
    {
        var names = ArbMap
            .Default.GeneratorFor<NonNull<string>>()
            .Select(name => name.Get)
            .Where(name => name != "__metadata__" && IsWellFormed(name))
            .ListOf()
            .Select(list => list.Distinct().ToArray());
        Prop.ForAll(
                names.ToArbitrary(),
                list =>
                {
                    var writer = new SafetensorsWriter();
                    for (var i = 0; i < list.Length; i++)
                        writer.Add(list[i], Random(i % 4, i % 3, (ulong)i), i % 2 == 0 ? DType.F32 : DType.F16);
                    writer.Write(folder.At("x.safetensors"));
                    using var file = SafetensorsFile.Open(folder.At("x.safetensors"));
                    return file.Tensors.Count == list.Length
                        && list.Index()
                            .All(name =>
                            {
                                var expected = Random(name.Index % 4, name.Index % 3, (ulong)name.Index).ToArray();
                                return file.ReadVector(name.Item)
                                    .SequenceEqual(
                                        name.Index % 2 == 0 ? expected : expected.Select(value => (float)(Half)value));
                            });
                }
            )
            .QuickCheckThrowOnFailure();
    }

    private static bool IsWellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;

    [Fact]
    public void A_writer_refuses_what_the_format_or_the_reader_would()
    {
        var writer = new SafetensorsWriter().Add("a", [1f]);
        Assert.Contains("\"a\"", Assert.Throws<ArgumentException>(() => writer.Add("a", [2f])).Message);
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", [2f]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", [2f], DType.I8));
        Assert.ThrowsAny<ArgumentException>(() => writer.Add("half of a pair \ud800", [2f]));
        Assert.Contains(
            "[3]", Assert.Throws<ArgumentException>(() => writer.Add("b", new Matrix(2, 2), new Shape(3))).Message);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_beside_it()
    {
        var source = Open(
            """{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""".PadRight(64), Samples.Floats(1, 2));
        var writer = new SafetensorsWriter().Add("fine", [1f]).Add("gone", source.ReadMatrix("a"));
        source.Dispose();
        var path = folder.Put("x.safetensors", [1, 2, 3]);
        Assert.Throws<ObjectDisposedException>(() => writer.Write(path));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [WeightsFact("gpt2/model.safetensors")]
    public void Real_weights_survive_being_written_and_read()
    {
        using var original = SafetensorsFile.Open(Weights.At("gpt2", "model.safetensors"));
        var writer = new SafetensorsWriter();
        foreach (var tensor in original.Tensors)
            writer.Add(tensor.Name, original.ReadMatrix(tensor.Name), tensor.Shape);
        writer.Write(folder.At("copy.safetensors"));
        using var copy = SafetensorsFile.Open(folder.At("copy.safetensors"));
        Assert.NotEmpty(original.Tensors);
        Assert.Equal(original.Tensors, copy.Tensors);
        Assert.All(
            original.Tensors,
            tensor => Assert.True(original.ReadVector(tensor.Name).AsSpan().SequenceEqual(copy.ReadVector(tensor.Name)))
        );
    }
}

using System;
using System.Linq;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>
/// Two bytes of a pickle name a value again, however large it is. Whatever is gone through again is paid for: each kind
/// of sharing ends in an answer or in <see cref="FileProblem.BeyondLimits"/>, in time and memory proportional to the
/// file.
/// </summary>
public sealed class PickleSharingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A value kept in slot 0 and what is done with it again and again; n is the size of both.</summary>
    private static byte[] Shared(string kind, int n)
    {
        var pickle = new Pickle();
        switch (kind)
        {
            case "a list of nothing":
                return Repeat(pickle.Raw("](" + new string('N', n) + "eq\0](h\0"), "h\0", n).Raw("e").Stop();
            case "a list of numbers in a dictionary":
                pickle.Raw("](" + string.Concat(Enumerable.Repeat("K\u0001", n)) + "eq\00}(");
                for (var i = 0; i < n; i++) pickle.Raw($"M{(char)(i % 256)}{(char)(i / 256)}h\0");
                return pickle.Raw("u").Stop();
            case "sizes of a tensor" or "64 sizes of many tensors":
                var axes = kind[0] == '6' ? 64 : n;
                pickle.Raw("(" + string.Concat(Enumerable.Repeat("K\u0001", axes)) + "tq\00](");
                for (var i = 0; i < n / 10; i++)
                    pickle
                        .Global("torch._utils", "_rebuild_tensor")
                        .Raw("((")
                        .Text("storage")
                        .Global("torch", "FloatStorage")
                        .Text("0")
                        .Text("cpu")
                        .Integer(4)
                        .Raw("tQK\0h\0h\0tR");
                return pickle.Raw("e").Stop();
            case "a text to encode":
                pickle.Text(new string('x', n)).Raw("q\0").Text("latin1").Raw("q\u0001");
                return Repeat(
                    pickle.Global("_codecs", "encode").Raw("q\u0002]("), "h\u0002h\0h\u0001\u0086R", n / 7)
                    .Raw("e")
                    .Stop();
            case "a device's name":
                pickle.Text(new string('x', n)).Raw("q\0").Global("torch", "device").Raw("q\u0001](");
                return Repeat(pickle, "h\u0001h\0K\u0001\u0086R", n / 8).Raw("e").Stop();
            case "pairs of an ordered dictionary":
                pickle.Raw("](");
                for (var i = 0; i < n; i++) pickle.Raw($"M{(char)(i % 256)}{(char)(i / 256)}N\u0086");
                pickle.Raw("eq\0").Global("collections", "OrderedDict").Raw("q\u0001](");
                return Repeat(pickle, "h\u0001h\0\u0085R", n).Raw("e").Stop();
            case "a long key":
                pickle.Text(new string('x', n)).Raw("q\0}(");
                return Repeat(pickle, "h\0N", n).Raw("u").Stop();
            case "a long key of pairs":
                pickle.Text(new string('x', n)).Raw("q\0N\u0086q\u0001").Global("collections", "OrderedDict").Raw("](");
                return Repeat(pickle, "h\u0001", n).Raw("e\u0085R").Stop();
            case "a dictionary of dictionaries":
                pickle.Raw("}q\0(");
                for (var i = 0; i < n; i++) pickle.Raw($"M{(char)(i % 256)}{(char)(i / 256)}N");
                pickle.Raw("u0](");
                return Repeat(pickle, "h\0", n).Raw("e").Stop();
            case "a name before each of many others":
                return pickle
                    .Dictionary()
                    .Raw("(")
                    .Text(string.Concat(Enumerable.Repeat("module.", n)))
                    .Tensor(4, 0, [2], [1])
                    .Raw("u")
                    .Stop();
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind");
        }
    }

    private static Pickle Repeat(Pickle pickle, string opcodes, int times) =>
        pickle.Raw(string.Concat(Enumerable.Repeat(opcodes, times)));

    [Theory]
    [InlineData("a list of nothing", false)]
    [InlineData("a list of numbers in a dictionary", false)]
    [InlineData("sizes of a tensor", false)]
    [InlineData("64 sizes of many tensors", true)]
    [InlineData("a text to encode", false)]
    [InlineData("a device's name", false)]
    [InlineData("pairs of an ordered dictionary", false)]
    [InlineData("a long key", false)]
    [InlineData("a long key of pairs", false)]
    [InlineData("a dictionary of dictionaries", false)]
    [InlineData("a name before each of many others", true)]
    public void What_is_shared_costs_no_more_than_its_file_is_long(string kind, bool isRead)
    {
        foreach (var n in new[] { 20_000, 60_000 })
        {
            var bytes = Samples.Torch(Shared(kind, n));
            var path = folder.Put("x.pt", bytes);
            var problem = (FileProblem?)null;
            Cost.RequireProportional(
                bytes.Length,
                () =>
                {
                    problem = null;
                    try
                    {
                        using var file = PyTorchFile.Open(path);
                        Assert.InRange(file.Budget.Spent, 1, file.Budget.Limit);
                    }
                    catch (WeightFileException error)
                    {
                        problem = error.Problem;
                        Assert.InRange(error.Message.Length, 1, 1_000);
                    }
                }
            );
            Assert.Equal(isRead ? null : FileProblem.BeyondLimits, problem);
        }
    }

    [Fact]
    public void A_list_shared_300000_times_takes_no_minute()
    {
        var bytes = Samples.Torch(Shared("a list of nothing", 300_000));
        var path = folder.Put("x.pt", bytes);
        Cost.RequireProportional(
            bytes.Length, () => Samples.Refused(FileProblem.BeyondLimits, () => PyTorchFile.Open(path), "many times"));
    }

    [Theory]
    [InlineData("a list of nothing")]
    [InlineData("a text to encode")]
    [InlineData("a long key")]
    [InlineData("a dictionary of dictionaries")]
    public void A_little_sharing_is_read(string kind) =>
        PyTorchFile.Open(folder.Put("x.pt", Samples.Torch(Shared(kind, 40)))).Dispose();

    [Fact]
    public void A_tensor_has_at_most_64_axes()
    {
        long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
        using (
            var file = PyTorchFile.Open(
                folder.Put("x.pt", Samples.Torch(Samples.TensorPickle(4, 3, Ones(64), Ones(64))))))
            Assert.Equal([3f], file.ReadVector("w"));
        Samples.Refused(
            FileProblem.BeyondLimits,
            () => PyTorchFile.Open(folder.Put("x.pt", Samples.Torch(Samples.TensorPickle(4, 3, Ones(65), Ones(65))))),
            "65 sizes", "at most 64");
        var shape = string.Join(",", Ones(65));
        Samples.Refused(
            FileProblem.BeyondLimits,
            () => SafetensorsFile.Open(
                folder.Put(
                    "x.safetensors",
                    Samples.Safetensors(
                        $$$"""{"a":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", new byte[1]))),
            "64", "\"a\"");
        Samples.Refused(
            FileProblem.BeyondLimits,
            () => NpyFile.Open(
                folder.Put(
                    "x.npy", Samples.Npy($"{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}", 1))),
            "64");
    }
}

using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Several arrays in a zip: plain and deflated, numbers and texts, and what is refused.</summary>
public sealed class NpzTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static readonly byte[] Whole = Samples.Npy(
        "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", [7, 0, 0, 0, 0, 0, 0, 0, .. new byte[8]]);

    private static readonly byte[] Turned = Samples.Npy(
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", Samples.Floats(1, 4, 2, 5, 3, 6));

    private static readonly byte[] Objects = Samples.Npy(
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", [0x80, 4, (byte)'N', (byte)'.']);

    [Theory, InlineData(false), InlineData(true)]
    public void Arrays_are_read_by_name_plain_and_deflated(bool deflated)
    {
        var path = folder.Put("x.npz", Zip(deflated, ("a.npy", Whole), ("b/c.npy", Turned)));
        using var file = Checkpoint.Open(path);
        Assert.IsType<NpzFile>(file);
        Assert.Equal(["a: I64 [2]", "b/c: F32 [2, 3]"], file.Tensors.Select(tensor => tensor.ToString()));
        Assert.Equal([7, 0], file.ReadIntegers("a"));
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadMatrix("b/c").ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], file.ReadDoubles("b/c"));
        var error = Samples.Refused(FileProblem.MissingTensor, () => file.ReadMatrix("d"), "a: I64 [2]", "b/c: F32");
        Assert.Equal("d", error.Tensor);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Objects_are_refused_by_name_and_the_others_are_read(bool deflated)
    {
        using var file = NpzFile.Open(folder.Put("x.npz", Zip(deflated, ("o.npy", Objects), ("a.npy", Whole))));
        Assert.Equal(7, file.ReadMatrix("a")[0, 0]);
        Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadMatrix("o"), "tensor \"o\"", "Python objects");
        Samples.Refused(FileProblem.MissingTensor, () => file.ReadMatrix("x"), "o: of a type that is not read");
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Texts_and_a_matrix_are_words_with_their_vectors(bool deflated)
    {
        var path = folder.Put(
            "x.npz",
            Zip(
                deflated, ("words.npy", WordSamples.NpyTexts(4, "a", "🤗é", "four")),
                ("vectors.npy", WordSamples.NpyFloats(3, 2)), ("n.npy", Whole)));
        using var file = WordVectorsFile.Open(path);
        Assert.Equal((WordVectorsFormat.Npz, 3, 2), (file.Format, file.Count, file.Dimensions));
        Assert.Equal(["a", "🤗é", "four"], file.ReadAll().Words);
        Assert.Equal(WordSamples.Values(3, 2), file.ReadAll().Vectors.ToArray());
        Assert.True(file.TryFind("🤗é", out var row) && row == 1);
    }

    [Fact]
    public void Texts_keep_their_order_whichever_axis_runs_fastest()
    {
        var texts = WordSamples.NpyTexts(2, "a", "bc", "d", "ef");
        var header = "{'descr': '<U2', 'fortran_order': True, 'shape': (2, 2), }";
        using var file = NpzFile.Open(
            folder.Put("x.npz", Samples.Zip(("t.npy", Samples.Npy(header, texts[^32..])))));
        Assert.Equal(["a", "d", "bc", "ef"], file.ReadTexts("t"));
        Samples.Refused(FileProblem.MissingTensor, () => file.ReadMatrix("t"), "array of texts");
    }

    [Fact]
    public void Arrays_that_are_no_words_are_all_named()
    {
        var path = folder.Put("x.npz", Samples.Zip(("a.npy", Whole), ("b.npy", Turned)));
        Samples.Refused(
            FileProblem.MissingEntry, () => WordVectorsFile.Open(path), "a: I64 [2]; b: F32 [2, 3]", "Labelled.ofNpz");
        path = folder.Put(
            "y.npz",
            Samples.Zip(("w.npy", WordSamples.NpyTexts(1, "a", "b")), ("v.npy", WordSamples.NpyFloats(3, 2))));
        Samples.Refused(FileProblem.Malformed, () => WordVectorsFile.Open(path), "2 words", "[3, 2] vectors");
        path = folder.Put(
            "z.npz",
            Samples.Zip(("w.npy", WordSamples.NpyTexts(1, "a", "a")), ("v.npy", WordSamples.NpyFloats(2, 2))));
        Samples.Refused(FileProblem.DuplicateWord, () => WordVectorsFile.Open(path), "rows 0 and 1");
    }

    [Fact]
    public void Deflated_bytes_that_are_not_what_the_zip_promises_are_refused()
    {
        var large = WordSamples.NpyFloats(200, 50);
        var bytes = Zip(true, ("a.npy", large));
        var data = bytes.AsSpan().IndexOf("a.npy"u8) + 5;
        using (var file = NpzFile.Open(folder.Put("x.npz", bytes)))
            Assert.Equal(WordSamples.Value(199, 49), file.ReadMatrix("a")[199, 49]);
        foreach (var at in new[] { data + 2000, data + 4000, data + 6000 })
        {
            var damaged = bytes.ToArray();
            damaged.AsSpan(at, 64).Clear();
            var path = folder.Put("y.npz", damaged);
            Assert.Throws<WeightFileException>(() =>
            {
                using var file = NpzFile.Open(path);
                file.ReadMatrix("a");
            });
        }
    }

    [Fact]
    public void A_small_file_that_promises_a_large_array_is_refused_before_it_is_unpacked()
    {
        const int gigabyte = 1 << 30;
        var header = Samples.Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1073741824,), }");
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        using (var stream = zip.CreateEntry("a.npy", CompressionLevel.Fastest).Open())
        {
            stream.Write(header);
            for (var done = 0; done < gigabyte; done += 1 << 20) stream.Write(new byte[1 << 20]);
        }
        using var file = NpzFile.Open(folder.Put("x.npz", memory.ToArray()));
        Samples.Refused(FileProblem.BeyondLimits, () => file.ReadMatrix("a"), "100 times");
    }

    [Fact]
    public void Entries_that_share_their_bytes_are_refused()
    {
        var bytes = Samples.Zip(("a.npy", Whole), ("a.npy", Whole));
        // Both directory entries point at the first local header, and one gets another name.
        var directory = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BitConverter.GetBytes(0).CopyTo(bytes, directory + 42);
        Samples.Refused(FileProblem.Malformed, () => NpzFile.Open(folder.Put("x.npz", bytes)), "two entries named");
        var apart = Samples.Zip(("a.npy", Whole), ("b.npy", Whole));
        var (first, last) = (apart.AsSpan().IndexOf("PK\x01\x02"u8), apart.AsSpan().LastIndexOf("PK\x01\x02"u8));
        // The first entry is said to reach over the second.
        var reach = apart.AsSpan(0, first).LastIndexOf("PK\x03\x04"u8) - 30 - 5 + 40;
        BitConverter.GetBytes(reach).CopyTo(apart, first + 20);
        BitConverter.GetBytes(reach).CopyTo(apart, first + 24);
        Samples.Refused(FileProblem.Malformed, () => NpzFile.Open(folder.Put("y.npz", apart)), "shares its bytes");
        Assert.True(last > first);
    }

    private static byte[] Zip(bool deflated, params (string Name, byte[] Bytes)[] entries)
    {
        if (!deflated) return Samples.Zip(entries);
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
                using (var stream = zip.CreateEntry(name, CompressionLevel.Optimal).Open()) stream.Write(bytes);
        return memory.ToArray();
    }
}

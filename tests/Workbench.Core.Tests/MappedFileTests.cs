using System;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>A file that changes while it is mapped. Touching pages that are gone would end the process, so that these
/// tests could not fail quietly.</summary>
public sealed class MappedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static void Cut(string path, long length)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
    }

    [Fact]
    public void A_file_that_was_cut_says_so_before_it_is_passed_over()
    {
        if (OperatingSystem.IsWindows()) return; // the system itself refuses to shorten a mapped file
        var path = folder.Put(
            "x.safetensors",
            Samples.Safetensors(
                """{"a":{"dtype":"F32","shape":[1000,32],"data_offsets":[0,128000]},"b":{"dtype":"F16","shape":"""
                    + """[1000,2],"data_offsets":[128000,132000]}}   """,
                [.. Enumerable.Range(0, 132_000).Select(i => (byte)(i % 60))]));
        using var file = SafetensorsFile.Open(path);
        var view = file.ReadMatrix("a");
        Assert.True(view.IsReadOnly);
        Assert.Equal(1000, PreparedRows.Prepare(view, Measure.DotProduct).Count);
        Cut(path, 5_000);
        Samples.Refused(FileProblem.OutOfBounds, () => file.ReadMatrix("a"), "cut it", "Open it again");
        Samples.Refused(FileProblem.OutOfBounds, () => file.ReadDoubles("b"), "cut it");
        var error = Assert.Throws<IOException>(() => PreparedRows.Prepare(view, Measure.DotProduct));
        Assert.Contains("x.safetensors", error.Message);
        Cut(path, new FileInfo(path).Length); // no change
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => view[0, 0]);
    }

    [Fact]
    public void Word_vectors_that_were_cut_say_so()
    {
        if (OperatingSystem.IsWindows()) return;
        var rows = string.Concat(Enumerable.Range(0, 1000).Select(i => $"w{i} 1 2\n"));
        var path = folder.Put("w.txt", Encoding.ASCII.GetBytes("1000 2\n" + rows));
        using var file = WordVectorsFile.Open(path);
        Cut(path, 100);
        Samples.Refused(FileProblem.OutOfBounds, () => file.ReadAll(), "cut it");
        Samples.Refused(FileProblem.OutOfBounds, () => file.ReadRows(0, 10), "cut it");
        Samples.Refused(FileProblem.OutOfBounds, () => file.Read(["w5"]), "cut it");
    }

    [Fact]
    public void A_file_that_is_replaced_or_deleted_stays_as_it_was()
    {
        if (OperatingSystem.IsWindows()) return; // a mapped file keeps its name there
        var path = folder.At("x.npy");
        NpyFile.Write(path, Matrix.FromArray(1, 3, [1, 2, 3]));
        using var file = NpyFile.Open(path);
        NpyFile.Write(path, Matrix.FromArray(1, 1, [9])); // ours replace, and never shorten in place
        Assert.Equal([1f, 2f, 3f], file.ReadVector(NpyFile.ArrayName));
        File.Delete(path);
        Assert.Equal([1f, 2f, 3f], file.ReadVector(NpyFile.ArrayName));
    }
}

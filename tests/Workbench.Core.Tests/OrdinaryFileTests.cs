using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Workbench.Core.Formats;
using Workbench.Core.Hub;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Tests.Hub;
using Workbench.Core.Tokenizers;
using Xunit;
using TemporaryFolder = Workbench.Core.Tests.Hub.TemporaryFolder;

namespace Workbench.Core.Tests;

/// <summary>A pipe or a device under the name of a file that is opened unasked: whoever opens or reads it waits for
/// ever, since nobody writes into it, or reads for ever.</summary>
public sealed class OrdinaryFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [UnixTheory]
    [InlineData("model.safetensors", "pipe"), InlineData("pytorch_model.bin", "pipe"), InlineData("x.npy", "/dev/zero")]
    [InlineData("model.safetensors.index.json", "pipe"), InlineData("vectors.txt", "pipe")]
    [InlineData("config.json", "pipe"), InlineData("config.json", "/dev/zero"), InlineData("vocab.txt", "pipe")]
    [InlineData("tokenizer.json", "/dev/zero"), InlineData("tokenizer_config.json", "pipe")]
    [InlineData("adapter_config.json", "pipe"), InlineData("scan.piece", "pipe")]
    public async Task It_is_refused_and_nobody_waits(string name, string what)
    {
        var path = folder.At(name);
        if (what == "pipe")
        {
            using var made = Process.Start("mkfifo", [path]);
            await made.WaitForExitAsync();
        }
        else
        {
            File.CreateSymbolicLink(path, what);
        }
        var reading = Task.Run(() => Assert.ThrowsAny<Exception>(() => Read(name, path)));
        Assert.Same(reading, await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMinutes(1))));
        Assert.True(await reading is IOException or InvalidDataException);
        Assert.Contains(name == "adapter_config.json" ? "is an adapter for" : "empty", (await reading).Message);
    }

    private void Read(string name, string path)
    {
        switch (name)
        {
            case "config.json":
                using (var file = SafetensorsFile.Open(Weights()))
                    Family.ConfigOf(file);
                break;
            case "vocab.txt" or "tokenizer.json" or "tokenizer_config.json":
                if (name == "tokenizer_config.json") folder.Write("vocab.txt", "[UNK]\na\n");
                Tokenizer.Open(folder.Path);
                break;
            case "adapter_config.json":
                Checkpoint.Open(folder.Path);
                break;
            case "vectors.txt":
                Words.WordVectorsFile.Open(path);
                break;
            case "scan.piece":
                Workbench.Core.Pairs.ScanState.ReadHeader(path);
                break;
            default:
                Checkpoint.Open(path);
                break;
        }
    }

    private string Weights()
    {
        var path = folder.At("model.safetensors");
        new SafetensorsWriter().Add("wte.weight", new Matrix(2, 2)).Write(path);
        return path;
    }

    [Fact]
    public void An_empty_file_maps_to_no_bytes_and_a_link_to_what_it_leads_to()
    {
        using (var empty = new MappedFile(folder.Write("empty", "")))
            Assert.Equal((0, false), (empty.Length, empty.IsShortened));
        folder.Write("three", "abc");
        File.CreateSymbolicLink(folder.At("link"), "three");
        using (var linked = new MappedFile(folder.At("link"))) Assert.Equal(3, linked.Length);
        Assert.Equal("abc", OrdinaryFile.ReadAllText(folder.At("link")));
        Assert.Throws<FileNotFoundException>(() => OrdinaryFile.ReadAllBytes(folder.At("none")));
    }
}

using System;
using System.IO;
using System.IO.Compression;
using System.Text;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>What lies under a weight file's name when something went wrong, and the cure that the message
/// names.</summary>
public sealed class AccidentTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names =>
        new() { "model.safetensors", "pytorch_model.bin", "x.npy", "blob-without-ending" };

    private void Refused(string name, FileProblem problem, ReadOnlySpan<byte> bytes, params string[] says)
    {
        var path = folder.Put(name, bytes);
        Samples.Refused(problem, () => Checkpoint.Open(path), [name, .. says]);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_Git_LFS_pointer(string name) =>
        Refused(
            name,
            FileProblem.LfsPointer,
            "version https://git-lfs.github.com/spec/v1\noid "u8
                + "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 90868376\n"u8,
            "Git LFS pointer",
            "git lfs pull"
        );

    [Theory]
    [InlineData("../../blobs/4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393")]
    [InlineData("../../../blobs/4d7a214614ab2935c943f9e0ff69d22eadbb8f32\n")]
    public void The_text_of_a_link_in_place_of_the_link(string text)
    {
        foreach (var name in new[] { "model.safetensors", "pytorch_model.bin" })
            Refused(
                name, FileProblem.Malformed, Encoding.UTF8.GetBytes(text), "holds the text of a link",
                "../blobs/4d7a2146", "links kept or followed");
    }

    [Theory]
    [InlineData("blobs/4d7a214614ab2935c943f9e0ff69d22eadbb8f32"), InlineData("../../blobs/4d7a"), InlineData("../")]
    public void Another_short_text_is_no_link(string text) =>
        Assert.DoesNotContain(
            "link",
            Assert.Throws<WeightFileException>(() => Checkpoint.Open(
                folder.Put("model.safetensors", Encoding.UTF8.GetBytes(text)))).Message);

    [Theory, MemberData(nameof(Names))]
    public void A_web_page(string name) =>
        Refused(
            name, FileProblem.WebPage, "\n<!DOCTYPE html><html><head><title>Sign in</title>"u8, "Sign in",
            "download the file itself");

    [Theory]
    [
        InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"),
        InlineData("Entry not found"),
        InlineData("{\"error\":\"Repository not found\"}")
    ]
    public void A_servers_refusal(string reply) =>
        Refused("model.safetensors", FileProblem.WebPage, Encoding.UTF8.GetBytes(reply), reply[..10]);

    [Theory, MemberData(nameof(Names))]
    public void A_gzip(string name)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal)) gzip.Write(Samples.Safetensors("{}"));
        Refused(name, FileProblem.Compressed, memory.ToArray(), "gzip", "gunzip");
    }

    [Theory, MemberData(nameof(Names))]
    public void An_empty_file(string name) => Refused(name, FileProblem.Malformed, [], "empty", "download it again");

    [Theory, MemberData(nameof(Names))]
    public void Space_reserved_for_a_download_that_never_came(string name) =>
        Refused(name, FileProblem.Malformed, new byte[4096], "zeros", "download it again");

    [Fact]
    public void A_header_length_that_happens_to_look_like_gzip_is_no_accident()
    {
        var header = """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""".PadRight(0x088b1f);
        using var file = Checkpoint.Open(folder.Put("x.safetensors", Samples.Safetensors(header, 7)));
        Assert.Equal([7L], file.ReadIntegers("a"));
    }

    [Fact]
    public void A_checkpoint_of_PyTorch_under_the_name_of_safetensors() =>
        Refused(
            "model.safetensors", FileProblem.Malformed, Samples.Torch(Samples.TensorPickle(4, 0, [4], [1])),
            "torch.save", ".pt");

    [Fact]
    public void Safetensors_under_the_name_of_a_PyTorch_checkpoint() =>
        Refused("pytorch_model.bin", FileProblem.Malformed, Samples.Safetensors("{}", 0), "safetensors");

    [Fact]
    public void A_PyTorch_file_from_before_the_zip() =>
        Refused(
            "old.pt",
            FileProblem.LegacyFormat,
            [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.', 0x80, 2],
            "PyTorch 1.6",
            "torch.save(torch.load("
        );

    [Fact]
    public void Half_a_download_of_a_PyTorch_file() =>
        Refused(
            "half.pt", FileProblem.Malformed, Samples.Torch(Samples.TensorPickle(4, 0, [4], [1])).AsSpan(0, 300),
            "cut short", "download it again");
}

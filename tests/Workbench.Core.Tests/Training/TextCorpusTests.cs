using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Training;
using Workbench.Core.Training.Text;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class TextCorpusTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_end_of_every_file_is_held_out_from_a_paragraph_on()
    {
        var paragraphs = string.Concat(
            Enumerable.Range(0, 100).Select(i => $"Paragraph {i:000}\ngoes on.\n{(i % 2 == 0 ? "" : " \t")}\n"));
        Write("b.txt", Encoding.UTF8.GetBytes(paragraphs));
        Write("B.txt", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(paragraphs.Replace("\n", "\r\n"))]);
        Write("notes.md", [0xff]);
        var corpus = TextCorpus.Read(folder);
        Assert.Equal(["B.txt", "b.txt"], corpus.Files.Select(file => file.Name));
        foreach (var file in corpus.Files)
        {
            Assert.Equal(paragraphs, file.Training + file.HeldOut);
            Assert.StartsWith("Paragraph 095\n", file.HeldOut);
            var bytes = File.ReadAllBytes(Path.Combine(folder, file.Name));
            Assert.Equal(bytes.Length, file.Bytes);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.Sha256);
        }
        Assert.Equal(corpus.Files.Select(file => file.Training), corpus.Training);
    }

    [Fact]
    public void The_cut_goes_to_the_nearest_paragraph_and_a_file_of_one_paragraph_is_only_trained_on()
    {
        Write("long.txt", Encoding.UTF8.GetBytes("\n\nfirst\n\n" + new string('x', 500)));
        Write("one.txt", Encoding.UTF8.GetBytes("\n\nline\nline\n\n"));
        var corpus = TextCorpus.Read(folder);
        Assert.Equal(new string('x', 500), corpus.Files[0].HeldOut);
        Assert.Equal("", corpus.Files[1].HeldOut);
        Assert.Single(corpus.HeldOut);
    }

    [Fact]
    public void What_cannot_be_read_is_refused_by_name()
    {
        Assert.Contains(folder, Assert.Throws<InvalidDataException>(() => TextCorpus.Read(folder)).Message);
        Assert.Throws<DirectoryNotFoundException>(() => TextCorpus.Read(Path.Combine(folder, "absent")));
        Write("one.txt", "a single paragraph"u8.ToArray());
        Assert.Contains(
            "none of its 1 texts", Assert.Throws<InvalidDataException>(() => TextCorpus.Read(folder)).Message);
        Write("latin.txt", [(byte)'a', 0xe9, (byte)'b']);
        var message = Assert.Throws<InvalidDataException>(() => TextCorpus.Read(folder)).Message;
        Assert.Contains("latin.txt", message);
        Assert.Contains("index 1", message);
        Write("latin.txt", " \n"u8.ToArray());
        Assert.Contains("latin.txt", Assert.Throws<InvalidDataException>(() => TextCorpus.Read(folder)).Message);
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);
}

using System;
using System.Text;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class ExcerptTests
{
    [Theory]
    [InlineData("transformer.wte.weight", "transformer.wte.weight")]
    [InlineData("naïve 北京 🤗", "naïve 北京 🤗")]
    [InlineData("", "")]
    [InlineData("a\u001b[31mred", "a\\u001b[31mred")]
    [InlineData("one\r\ntwo\tthree", "one\\r\\ntwo\\tthree")]
    [InlineData("\u0000\u007f\u0085\u009b", "\\u0000\\u007f\\u0085\\u009b")]
    [InlineData("\u202egpj.exe\u2066\u200f", "\\u202egpj.exe\\u2066\\u200f")] // marks of direction
    [InlineData("a\u2028b\u2029c\ufeffd", "a\\u2028b\\u2029c\\ufeffd")]
    public void What_steers_a_terminal_is_escaped_and_nothing_else(string text, string shown) =>
        Assert.Equal(shown, Excerpt.Of(text));

    [Fact]
    public void Halves_of_pairs_are_escaped_and_none_is_made_by_cutting()
    {
        Assert.Equal("a\\ud800b\\udc00", Excerpt.Of("a\ud800b\udc00"));
        Assert.Equal("a…", Excerpt.Of("a🤗b", 2));
        Assert.Equal("a🤗…", Excerpt.Of("a🤗b", 3));
        Assert.Equal("a🤗b", Excerpt.Of("a🤗b", 4));
        // Tags (U+E0020 …) are format characters outside the first plane.
        Assert.Equal("\\udb40\\udc20", Excerpt.Of("\U000E0020"));
    }

    [Fact]
    public void Forty_megabytes_become_two_hundred_characters_without_being_read()
    {
        var text = new string('x', 40_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(new string('x', Excerpt.Longest) + "…", Excerpt.Of(text));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 10_000);
        Assert.Equal(201, Excerpt.Of(Encoding.UTF8.GetBytes(text).AsSpan()).Length);
    }

    [Fact]
    public void Broken_UTF8_is_shown_by_its_mark()
    {
        Assert.Equal("a\ufffdb", Excerpt.Of([(byte)'a', 0xff, (byte)'b']));
        Assert.Equal("北京…", Excerpt.Of("北京市"u8, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Excerpt.Of("a", 0));
    }

    [Fact]
    public void An_error_about_a_file_quotes_names_harmlessly_and_keeps_them_whole_for_code()
    {
        var name = "\u001b]0;title\a" + new string('n', 40_000_000);
        var error = new WeightFileException(FileProblem.Malformed, "bad\nname.pt", $"it says {name}", name);
        Assert.InRange(error.Message.Length, 300, 5_000);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.StartsWith("bad\\nname.pt, tensor \"\\u001b]0;title\\u0007nnn", error.Message);
        Assert.Equal((name, "bad\nname.pt"), (error.Tensor, error.Path));
    }
}

using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using Workbench.Benchmarks;
using Xunit;

namespace Workbench.Core.Tests;

public class BenchmarkPageTests
{
    private const string Table =
        "3 May 2026; a processor, 2 threads, .NET 10; FMA peak 100 to 110.\n\n| a |\n| --- |\n| 1 |\n";

    private static readonly string Page = File.ReadAllText(PathOf("../../docs/benchmarks.md"));

    // All parts, each measured.
    private static string Whole => string.Concat(Enum.GetNames<BenchmarkPart>().Select(Part));

    [Fact]
    public void The_page_has_every_table_that_the_benchmark_writes_and_no_other_but_those_kept_by_hand() =>
        Assert.Empty(BenchmarkPage.Faults(Page));

    [Fact]
    public void A_table_measured_again_takes_the_place_of_the_old_one_alone()
    {
        var page = BenchmarkPage.Replace($"before\n{Whole}after", BenchmarkPart.Heads, Table.Replace("1 |", "2 |"));
        Assert.Equal($"before\n{Whole}after".Replace(Part("Heads"), Part("Heads").Replace("1 |", "2 |")), page);
        Assert.Empty(BenchmarkPage.Faults(page));
        Assert.Contains(
            "measured: Heads",
            Assert.Throws<ArgumentException>(() => BenchmarkPage.Replace("", BenchmarkPart.Heads, Table)).Message);
    }

    [Fact]
    public void A_table_of_a_processor_with_AVX_512_has_a_place_of_its_own_where_the_page_gives_it_one()
    {
        var both = Whole + Part("Heads with AVX-512");
        var other = Table.Replace("1 |", "2 |");
        Assert.Empty(BenchmarkPage.Faults(both));
        Assert.Equal(
            Whole + Part("Heads with AVX-512").Replace(Table, other),
            BenchmarkPage.Replace(both, BenchmarkPart.Heads, other, isWide: true));
        Assert.Equal(
            BenchmarkPage.Replace(Whole, BenchmarkPart.Heads, other),
            BenchmarkPage.Replace(Whole, BenchmarkPart.Heads, other, isWide: true));
    }

    [Theory]
    [InlineData("<!-- measured: Heads -->", "<!-- measured: Feet -->", "Feet is not measured")]
    [InlineData("<!-- measured: Heads -->\n", "", "A table is of no part")]
    [InlineData("<!-- measured: Heads -->", "<!-- by hand: Heads -->", "Heads is a part of the benchmark")]
    [InlineData("<!-- end of Heads -->\n", "", "begins inside Heads")]
    [InlineData("<!-- measured: Maps -->", "<!-- measured: Heads -->", "Heads is there twice")]
    [InlineData("3 May 2026; a processor, 2 threads", "On some machine", "does not say when")]
    public void What_is_wrong_with_a_page_is_named(string old, string other, string fault)
    {
        Assert.Empty(BenchmarkPage.Faults(Whole));
        Assert.Contains(BenchmarkPage.Faults(Whole.Replace(old, other)), found => found.Contains(fault));
    }

    [Fact]
    public void A_part_without_a_table_must_say_so()
    {
        var empty = Whole.Replace(Part("Heads"), Part("Heads").Replace(Table, ""));
        Assert.Equal(["Heads has no table."], BenchmarkPage.Faults(empty));
        Assert.Empty(BenchmarkPage.Faults(
            Whole.Replace(Part("Heads"), Part("Heads").Replace(Table, $"{BenchmarkPage.NotYet}\n"))));
    }

    private static string Part(string name) => $"<!-- measured: {name} -->\n\n{Table}\n<!-- end of {name} -->\n";

    private static string PathOf(string relative, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, relative);
}

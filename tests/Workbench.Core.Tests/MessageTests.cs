using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Workbench.Core.Decompositions;
using Workbench.Core.Hub;
using Workbench.Core.Manifolds;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Training;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>What is told is told in our words, and the same in every country.</summary>
public sealed class MessageTests
{
    private static readonly Assembly Core = typeof(Excerpt).Assembly;

    [Fact]
    public void An_argument_out_of_range_is_refused_in_one_sentence_of_our_own()
    {
        Assert.Equal(
            "length must be at least 1, but is 0. (Parameter 'length')",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Fft(0)).Message);
        Assert.Equal(
            "A histogram has from 1 to 65,536 bins. Given: 70000. (Parameter 'bins')",
            Assert.Throws<ArgumentOutOfRangeException>(() => new HistogramFold(70_000)).Message);
        Assert.Equal(
            "The spread must be above 0. Given: -0.5. (Parameter 'spread')",
            Assert.Throws<ArgumentOutOfRangeException>(() => MembershipCurve.Fit(-0.5, 0.1)).Message);
        Argument.AtLeast(1.5, 1.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => Argument.AtLeast(double.NaN, 0));
    }

    [Fact]
    public void The_runtimes_own_refusals_are_nowhere_asked_for()
    {
        var sources = Directory
            .EnumerateFiles(Folder(), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .Select(path => (Name: Path.GetFileName(path), Text: File.ReadAllText(path)))
            .ToArray();
        Assert.True(sources.Length > 150, $"only {sources.Length} sources");
        // With the value as second argument the runtime appends a line of its own.
        var theirs = new Regex(
            @"ArgumentOutOfRangeException\.ThrowIf|new ArgumentOutOfRangeException\(\s*[\w()]+,\s*[\w.]+,");
        Assert.Empty(sources.Where(source => theirs.IsMatch(source.Text)).Select(source => source.Name));
    }

    [Fact]
    public void A_record_with_fractions_prints_them_the_same_in_every_country()
    {
        static bool IsFraction(Type type) =>
            (Nullable.GetUnderlyingType(type) ?? type) is { } plain
            && (plain == typeof(double) || plain == typeof(float) || plain == typeof(decimal) || plain == typeof(Half));

        var records = Core
            .GetTypes()
            .Where(type => type is { IsVisible: true, IsAbstract: false })
            .Where(type => type.GetMethod("PrintMembers", Members) is not null)
            .Where(type => type.GetProperties().Any(property => IsFraction(property.PropertyType)))
            .ToArray();
        Assert.True(records.Length > 15, $"only {records.Length} records");
        Assert.Empty(
            records
                .Where(type =>
                    type.GetMethod("ToString", Members | BindingFlags.DeclaredOnly, [])!
                        .IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
                .Select(type => $"{type.Name} lets the compiler print it; override ToString with RecordText.Of(this)"));
        Assert.Equal("HeldOutLoss { Step = 3, Loss = 0.5 }", new HeldOutLoss(3, 0.5).ToString());
        Assert.Equal("ScoredPair { Score = -0.25, Row = 1, Column = 2 }", new ScoredPair(-0.25f, 1, 2).ToString());
    }

    [Theory]
    [InlineData("{\"weight_map\": {\"a\": \"b\",\n }}", "it breaks off or is wrong at line 2, byte 2")]
    [InlineData("{", "it breaks off or is wrong at line 1, byte 2")]
    [InlineData("[]", "a value is of another kind than such a file has")]
    [InlineData("{\"weight_map\": {\"a\": null}}", "a shard without a name")]
    public void What_is_wrong_with_a_JSON_text_is_said_in_our_words(string json, string says)
    {
        using var folder = new Hub.TemporaryFolder();
        var error = Assert.Throws<HubException>(() => ModelFiles.Shards(folder.Write("x.index.json", json)));
        Assert.Contains($"is not an index of shards: {says}", error.Message);
        foreach (var theirs in new[] { "LineNumber", "BytePosition", "JSON token", "JsonElement", "Path:" })
            Assert.DoesNotContain(theirs, error.Message);
    }

    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "Workbench.Core"));
}

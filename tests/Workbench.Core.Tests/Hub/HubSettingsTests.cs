using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

public sealed class HubSettingsTests
{
    private const string Home = "/home/ada";

    private static HubSettings From(params (string Name, string Value)[] variables)
    {
        var table = new Dictionary<string, string>();
        foreach (var (name, value) in variables) table[name] = value;
        return HubSettings.From(table.GetValueOrDefault, Home);
    }

    [Fact]
    public void With_no_variables_everything_is_the_Python_clients_default()
    {
        var settings = From();
        Assert.Equal("/home/ada/.cache/huggingface/hub", settings.CacheFolder.Replace('\\', '/'));
        Assert.Equal("https://huggingface.co", settings.Endpoint);
        Assert.Null(settings.Token);
        Assert.Null(settings.ModelsFolder);
        Assert.False(settings.Offline);
        Assert.True(settings.UseSymlinks);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.AnswerTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.DownloadTimeout);
    }

    [Fact]
    public void The_cache_folder_is_taken_from_the_first_variable_set_in_the_documented_order()
    {
        (string, string)[] order =
        [
            ("HF_HUB_CACHE", "/a"),
            ("HUGGINGFACE_HUB_CACHE", "/b"),
            ("HF_HOME", "/c"),
            ("XDG_CACHE_HOME", "/d"),
        ];
        string[] folders = ["/a", "/b", "/c/hub", "/d/huggingface/hub"];
        for (var first = 0; first < order.Length; first++)
            Assert.Equal(folders[first], From(order[first..]).CacheFolder.Replace('\\', '/'));
    }

    [Theory]
    [InlineData("~/hf", "/home/ada/hf")]
    [InlineData("~", "/home/ada")]
    [InlineData("$DISK/hf", "/mnt/hf")]
    [InlineData("${DISK}2/hf", "/mnt2/hf")]
    [InlineData("/x/$UNKNOWN", "/x/$UNKNOWN")]
    [InlineData("a~/b", "a~/b")]
    [InlineData("", "")]
    public void Home_and_variables_are_expanded_in_folders_and_an_empty_one_counts_as_set(
        string value, string folder) =>
        Assert.Equal(
            folder, From(("HF_HUB_CACHE", value), ("HUGGINGFACE_HUB_CACHE", "/other"), ("DISK", "/mnt")).CacheFolder);

    [Theory]
    [InlineData("1", true), InlineData("on", true), InlineData("Yes", true), InlineData("TRUE", true)]
    [InlineData("0", false), InlineData("false", false), InlineData("2", false)]
    public void Offline_understands_the_four_words(string value, bool isOffline)
    {
        Assert.Equal(isOffline, From(("HF_HUB_OFFLINE", value)).Offline);
        Assert.Equal(isOffline, From(("TRANSFORMERS_OFFLINE", value)).Offline);
        Assert.Equal(
            isOffline, From(("HF_HUB_OFFLINE", value), ("TRANSFORMERS_OFFLINE", isOffline ? "0" : "1")).Offline);
    }

    [Fact]
    public void A_slash_after_the_endpoint_is_dropped() =>
        Assert.Equal("https://mirror.test/hf", From(("HF_ENDPOINT", "https://mirror.test/hf/")).Endpoint);

    [Fact]
    public void Timeouts_are_whole_seconds_and_nonsense_leaves_the_default()
    {
        Assert.Equal(TimeSpan.FromSeconds(3), From(("HF_HUB_ETAG_TIMEOUT", "3")).AnswerTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), From(("HF_HUB_DOWNLOAD_TIMEOUT", "soon")).DownloadTimeout);
    }

    [Fact]
    public void The_token_is_taken_in_the_documented_order_and_trimmed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", " hf_file \r\n");
        (string, string) home = ("HF_HOME", folder.Path);
        Assert.Equal("hf_a", From(("HF_TOKEN", "hf_a\n"), ("HUGGING_FACE_HUB_TOKEN", "hf_b"), home).Token!.Value);
        Assert.Equal("hf_b", From(("HF_TOKEN", ""), ("HUGGING_FACE_HUB_TOKEN", "hf_b"), home).Token!.Value);
        Assert.Equal("hf_file", From(home).Token!.Value);
        Assert.Equal("hf_file", From(("HF_TOKEN_PATH", folder.At("token"))).Token!.Value);
        Assert.Null(From(("HF_TOKEN", "hf_a"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"), home).Token);
        Assert.Null(From(("HF_TOKEN_PATH", folder.Path)).Token);
    }

    [Fact]
    public void A_token_file_that_gives_none_says_why_and_one_that_nobody_named_may_be_missing()
    {
        using var folder = new TemporaryFolder();
        string? Problem(string path) => From(("HF_TOKEN_PATH", path)).TokenProblem;
        Assert.Null(From(("HF_HOME", folder.Path)).TokenProblem);
        Assert.Null(Problem(folder.Write("good", "hf_a")));
        Assert.Null(From(("HF_TOKEN", "hf_a"), ("HF_TOKEN_PATH", folder.Path)).TokenProblem);
        Assert.Equal($"the file {folder.Path} is a folder", Problem(folder.Path));
        Assert.EndsWith("is not there, or a link that leads nowhere", Problem(folder.At("none")));
        Assert.EndsWith("is empty, or no ordinary file", Problem(folder.Write("empty", "")));
        Assert.EndsWith("is empty", Problem(folder.Write("blank", " \n")));
        Assert.EndsWith("more than any token", Problem(folder.Write("large", new string('a', 1 << 17))));
        File.CreateSymbolicLink(folder.At("token"), "token");
        Assert.EndsWith("a link that leads nowhere", From(("HF_HOME", folder.Path)).TokenProblem);
    }

    [Fact]
    public void The_token_shows_in_no_text_form_of_the_settings()
    {
        var settings = From(("HF_TOKEN", "hf_secret"));
        Assert.Contains("hidden", settings.ToString());
        Assert.DoesNotContain("hf_secret", settings.ToString() + JsonSerializer.Serialize(settings) + settings.Token);
        foreach (var property in typeof(HubToken).GetProperties())
            Assert.NotEqual("hf_secret", property.GetValue(settings.Token));
    }

    [Theory]
    [
        InlineData("gpt2"),
        InlineData("acme/tiny-gpt2"),
        InlineData("a/b_c.d"),
        InlineData("all-MiniLM-L6-v2"),
        InlineData("x")
    ]
    public void Names_of_the_hub_are_accepted(string name) => Assert.Equal(name, new HubRepo(name).Name);

    [Theory]
    [
        InlineData(""),
        InlineData("/"),
        InlineData("a/b/c"),
        InlineData("../etc"),
        InlineData("a--b"),
        InlineData("a/..b"),
        InlineData("-a"),
        InlineData("a.git")
    ]
    [
        InlineData("a b"),
        InlineData("a/"),
        InlineData("/a"),
        InlineData("a\\b"),
        InlineData("ä"),
        InlineData("a\n"),
        InlineData("~")
    ]
    public void What_the_hub_would_not_allow_is_no_name(string name) =>
        Assert.Equal(HubProblem.BadName, Assert.Throws<HubException>(() => new HubRepo(name)).Problem);

    [Fact]
    public void A_name_has_96_characters_at_most()
    {
        Assert.True(HubRepo.IsName(new string('a', 96)));
        Assert.False(HubRepo.IsName(new string('a', 97)));
    }

    [Fact]
    public void Waits_double_within_their_jitter_and_are_bounded()
    {
        var policy = new RetryPolicy
        {
            FirstDelay = TimeSpan.FromSeconds(1),
            LongestDelay = TimeSpan.FromSeconds(30),
            Seed = 7,
        };
        for (var failure = 1; failure <= 4; failure++)
            Assert.InRange(policy.Delay(failure).TotalSeconds, 0.5 * (1 << (failure - 1)), 1 << (failure - 1));
        Assert.Equal(policy.Delay(2), (policy with { }).Delay(2));
        Assert.NotEqual(policy.Delay(2), (policy with { Seed = 8 }).Delay(2));
        Assert.Equal(TimeSpan.FromSeconds(30), policy.Delay(20));
        Assert.Equal(TimeSpan.FromSeconds(12), policy.Delay(1, asked: TimeSpan.FromSeconds(12)));
        Assert.Equal(TimeSpan.FromSeconds(30), policy.Delay(1, asked: TimeSpan.FromHours(1)));
        Assert.Equal(policy.Delay(3), policy.Delay(3, asked: TimeSpan.FromSeconds(-5)));
    }

    [Fact]
    public void Rate_and_time_left_follow_the_clock()
    {
        var clock = new HandClock();
        var reports = new List<DownloadProgress>();
        var meter = new DownloadMeter("w", new Collector(reports), clock);
        meter.Start(have: 1000, size: 11_000);
        Assert.Equal(new DownloadProgress("w", DownloadStage.Announced, 1000, 11_000), reports[0]);
        for (var second = 0; second < 5; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            meter.Advance(1000);
        }
        Assert.Equal(6000, reports[^1].Bytes);
        Assert.Equal(1000, reports[^1].BytesPerSecond, 1e-6);
        Assert.Equal(TimeSpan.FromSeconds(5), reports[^1].TimeLeft);
        var count = reports.Count;
        meter.Advance(10);
        Assert.Equal(count, reports.Count);
    }

    private sealed class HandClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan by) => now += by.Ticks;
    }
}

/// <summary>Keeps reports in the order they are made, unlike <see cref="Progress{T}"/>.</summary>
internal sealed class Collector(List<DownloadProgress> reports) : IProgress<DownloadProgress>
{
    public void Report(DownloadProgress value)
    {
        lock (reports) reports.Add(value);
    }
}

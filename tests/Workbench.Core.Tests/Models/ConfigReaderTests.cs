using Workbench.Core.Formats;
using Workbench.Core.Models;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>What is taken from a config.json, and what is left.</summary>
public sealed class ConfigReaderTests
{
    [Theory]
    [InlineData("""{ "language": "en", "name": "mine", "author": "me", "license": "mit", "tags": ["a"] }""")]
    [InlineData("""{ "_anything": {"deep": [1]}, "_name_or_path": "x", "url": null }""")]
    public void Words_about_a_model_do_not_stop_it(string json) =>
        Assert.Empty(new ConfigReader(json, "config.json").Finish());

    [Theory]
    [InlineData("{ }"), InlineData("{}"), InlineData("{\n}"), InlineData("null")]
    public void A_value_is_compared_and_not_its_spelling(string value)
    {
        var settings = new ConfigReader($$"""{ "pruned_heads": {{value}} }""", "config.json");
        settings.Only("pruned_heads", "{}");
        Assert.Empty(settings.Finish());
    }

    [Fact]
    public void Another_value_is_refused_by_name()
    {
        var settings = new ConfigReader("""{ "pruned_heads": {"0": [1]}, "rope": 1 }""", "config.json");
        settings.Only("pruned_heads", "{}");
        Assert.Equal(["pruned_heads {\"0\": [1]}", "rope 1"], settings.Finish());
    }

    [Fact]
    public void What_a_norm_adds_is_not_below_zero()
    {
        var settings = new ConfigReader("""{ "small": 0, "wrong": -1e-5 }""", "config.json");
        Assert.Equal(0, settings.Epsilon("small", 1));
        Assert.Equal(1e-5, settings.Epsilon("absent", 1e-5));
        var error = Assert.Throws<WeightFileException>(() => settings.Epsilon("wrong", 1e-5));
        Assert.Contains("wrong should be a number of at least 0, but is -1e-5", error.Message);
    }
}

using System;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>The page that lists the families says what the code says.</summary>
public sealed class ModelsPageTests
{
    private const string Folder = "reference/families";
    private const string Library = "transformers";

    // Families without golden values of the library.
    private static readonly string[] LoopsOnly = ["camembert", "codegen", "olmo"];

    [Fact]
    public void The_table_of_families_is_what_the_code_does()
    {
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "models.md"));
        var rows = page.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToArray();
        var wanted = Family.All.OrderBy(family => family.ModelType, StringComparer.Ordinal).Select(Row).ToArray();
        Assert.True(wanted.Length >= 40, $"only {wanted.Length} families");
        Assert.True(wanted.SequenceEqual(rows), $"The rows in docs/models.md should be\n{string.Join('\n', wanted)}\n");
    }

    [WeightsFact(Folder)]
    public void A_family_that_the_page_says_was_checked_by_the_library_has_golden_values_of_it()
    {
        var checkedTypes = Directory.EnumerateDirectories(Weights.At(Folder))
            .Where(folder => File.Exists($"{folder}.expected.safetensors"))
            .Select(folder =>
            {
                using var file = Checkpoint.Open(folder);
                return Family.ConfigOf(file).Family;
            })
            .Concat(["gpt2", "bert"]) // in reference/models
            .ToHashSet();
        Assert.Equal(
            checkedTypes.Order(),
            Family.All.Select(family => family.ModelType).Except(LoopsOnly).Where(type => type != "gemma3").Order());
    }

    private static string Row(Family family)
    {
        // A model of several kinds of input has the settings of its text apart.
        var settings = $$"""
            { "model_type": "{{family.ModelType}}", "text_config": { "model_type": "gemma3_text" } }
            """;
        var table = Family.Parse(settings, "the defaults");
        var attention = table.Blocks.Select(block => block.Attention).ToArray();
        var heads = attention.All(each => each.Rotary is not null) ? "at a distance"
            : attention.Any(each => each.Rotary is not null) ? "at a distance where blocks turn"
            : "yes";
        if (attention.Any(each => each.QueryNorm is not null)) heads += ", norms of q and k apart";
        var lens = attention.Any(each => each.NormOutput is not null) ? "yes, norms after the heads" : "yes";
        string[] witness = family.ModelType == "gemma3" ? ["as gemma3_text, whose settings it holds"] :
        [
            .. LoopsOnly.Contains(family.ModelType) ? Array.Empty<string>() : [Library],
            .. PlainFamilyTests.ModelTypes.Contains(family.ModelType) ? ["plain loop"] : Array.Empty<string>(),
        ];
        string[] cells =
        [
            $"`{family.ModelType}`", table.IsCausal ? "decoder" : "encoder", Formats(family.ModelType), "yes", heads,
            lens, "yes", RecordedPass.Lacks(table).Any() ? "no" : "yes", "tokenizer.json", string.Join("; ", witness),
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    // Gemma 3 without its pictures is called by one word more in the library.
    private static string Formats(string modelType) =>
        GgufNames.Architectures.Contains(modelType == "gemma3_text" ? "gemma3" : modelType) && modelType != "gemma3"
            ? "safetensors, PyTorch, GGUF"
            : "safetensors, PyTorch";

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Workbench.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}

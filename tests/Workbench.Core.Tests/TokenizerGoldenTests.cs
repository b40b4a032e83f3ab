using System.IO;
using System.Linq;
using Workbench.Core.Tokenizers;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Every tokenizer of the reference, by values that tokenizers 0.23.3 and sentencepiece 0.2.3 computed: ids,
/// spellings, places, pairs, decoding.</summary>
public sealed class TokenizerGoldenTests
{
    private const string Reference = "reference/tokenizers";

    [WeightsFact(Reference)]
    public void Every_tokenizer_of_the_reference_gives_its_tokens_places_pairs_and_texts()
    {
        var folders = Directory.GetDirectories(Weights.At("reference", "tokenizers")).Order()
            .Where(folder => TokenizerComparison.Expected(folder) is not null)
            .ToArray();
        var all = folders.Select(folder => TokenizerComparison.Of(folder, Weights.At("corpus"))).ToArray();
        Assert.Empty(all.Where(one => one.Wrong > 0)
            .Select(one => $"{one.Name}: {one.Wrong} of {one.Rows}, {one.First}"));
        Assert.True(all.Length >= 88, $"{all.Length} folders");
        Assert.True(all.Sum(one => one.Rows) >= 7_000, $"{all.Sum(one => one.Rows)} rows");
        Assert.All(all, one => Assert.True(one.Rows >= 20, one.Name));
    }
}

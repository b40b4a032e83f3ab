using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Workbench.Core.Hub;

/// <summary>Which files of a repository make a model: configuration, weights in the safest form there is,
/// tokenizer.</summary>
public static class ModelFiles
{
    /// <summary>The model's shape and kind.</summary>
    public const string Config = "config.json";

    /// <summary>All weights in one file, in the form that holds nothing but numbers.</summary>
    public const string Safetensors = "model.safetensors";

    /// <summary>A tokenizer whole.</summary>
    public const string TokenizerJson = "tokenizer.json";

    /// <summary>What a tokenizer's other files leave open, such as whether it lowers case.</summary>
    public const string TokenizerConfig = "tokenizer_config.json";

    /// <summary>Byte-level BPE: ids by piece, and the merges in order.</summary>
    public const string VocabularyJson = "vocab.json", Merges = "merges.txt";

    /// <summary>WordPiece: a piece on each line, its id the number of the line.</summary>
    public const string VocabularyText = "vocab.txt";

    /// <summary>Which tokens are special, by role; and tokens added to a vocabulary, with their ids.</summary>
    public const string SpecialTokens = "special_tokens_map.json", AddedTokens = "added_tokens.json";

    /// <summary>What the sentence-transformers library does to a text before its tokenizer.</summary>
    public const string SentenceConfig = "sentence_bert_config.json";

    /// <summary>How a conversation becomes text, in a file of its own; it counts before that in
    /// <see cref="TokenizerConfig"/>.</summary>
    public const string ChatTemplate = "chat_template.jinja";

    /// <summary>The names under which SentencePiece's own files lie; the first one present is used.</summary>
    public static IReadOnlyList<string> SentencePiece { get; } =
        ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];

    /// <summary>Files that hold all weights or, as an index, name the shards that do; the first one present is
    /// used.</summary>
    public static IReadOnlyList<string> Weights { get; } =
        [Safetensors, "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <summary>Files that describe a tokenizer; a model has some of them.</summary>
    public static IReadOnlyList<string> Tokenizer { get; } =
    [
        TokenizerJson,
        TokenizerConfig,
        VocabularyJson,
        Merges,
        VocabularyText,
        SpecialTokens,
        AddedTokens,
        SentenceConfig,
        ChatTemplate,
        .. SentencePiece,
    ];

    /// <summary>Whether a file of weights is an index of shards.</summary>
    public static bool IsIndex(string file) => file.EndsWith(".index.json", StringComparison.Ordinal);

    /// <summary>The file of weights to use among those of a repository; null when there is none.</summary>
    /// <param name="files">All names at the top of the repository.</param>
    public static string? ChooseWeights(IEnumerable<string> files) =>
        Weights.FirstOrDefault(files.ToHashSet().Contains);

    /// <summary>The shards that an index names, each once, in ordinal order.</summary>
    /// <param name="indexPath">The index on disk.</param>
    /// <exception cref="HubException">It is not an index.</exception>
    public static IReadOnlyList<string> Shards(string indexPath)
    {
        try
        {
            using var json = JsonDocument.Parse(OrdinaryFile.ReadAllBytes(indexPath));
            return json.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(tensor => tensor.Value.GetString() ?? throw new JsonException("a shard without a name"))
                .Distinct()
                .Order(StringComparer.Ordinal)
                .ToArray();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HubException(
                HubProblem.UnexpectedAnswer, indexPath, $"is not an index of shards: {JsonFault.Of(error)}",
                "It needs a \"weight_map\" from tensor to file; fetch it again.", inner: error);
        }
    }

    /// <summary>What a folder lacks of a model: empty when configuration and all weights are there.</summary>
    /// <param name="folder">A snapshot, or any folder with the hub's names.</param>
    public static IReadOnlyList<string> MissingFrom(string folder)
    {
        bool IsThere(string file) => OrdinaryFile.Target(HubRepo.Below(folder, file)) is not null;
        List<string> missing = IsThere(Config) ? [] : [Config];
        if (Weights.FirstOrDefault(IsThere) is not { } weights)
            missing.Add(Weights[0]);
        else if (IsIndex(weights))
            missing.AddRange(Shards(Path.Combine(folder, weights)).Where(shard => !IsThere(shard)));
        return missing;
    }
}

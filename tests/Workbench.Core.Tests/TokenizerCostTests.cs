using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Patterns;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Encoding and decoding take time and memory in proportion to the text, whatever the text.</summary>
public sealed class TokenizerCostTests
{
    private const string Gpt2 = """{"type": "ByteLevel", "add_prefix_space": false}""",
        Words = """{"type": "Whitespace"}""";

    // What tokenizers trip over, each repeated to the length that is asked for: a letter, white space, contractions,
    // marks out of order, what is unknown or written in bytes, clusters without end, SentencePiece's mark.
    private static readonly string[] Units =
        ["a", " ", "\n", " \n", "'s", "\u0301\u0316", "\uE123", "𐌀", "👨\u200D", "▁"];

    private static readonly (string Content, string Flags)[] Added =
    [
        ("[A]", "\"special\": true"), ("\n", "\"lstrip\": true, \"rstrip\": true, \"normalized\": false"),
        ("ab", "\"single_word\": true, \"normalized\": true"), ("  ", "\"rstrip\": true, \"normalized\": true"),
    ];

    public static TheoryData<string, string, string, string> Kinds => new()
    {
        { "BPE over bytes", "null", Gpt2, Bytes("") },
        {
            "BPE over bytes, Llama 3's pattern", """{"type": "NFC"}""",
            Split(
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
            Bytes(", \"ignore_merges\": true")
        },
        {
            "BPE with bytes to fall back to", """
                {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
                """,
            "null", FallingBack()
        },
        {
            "Unigram", """{"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Nmt"}]}""",
            """{"type": "Metaspace", "replacement": "▁"}""",
            """{"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["▁", -2], ["a", -3], ["aa", -4], ["▁a", -3]]}"""
        },
        {
            "Unigram without pieces of text", """{"type": "NFKD"}""", "null",
            """{"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["aaaaaaaaaaaaaaaaaaaaaaaaaaaa", -2]]}"""
        },
        {
            "WordPiece", """{"type": "BertNormalizer"}""", """{"type": "BertPreTokenizer"}""",
            """{"type": "WordPiece", "unk_token": "?", "vocab": {"?": 0, "a": 1, "##a": 2, "1": 3, "##1": 4}}"""
        },
        {
            "WordPiece without a longest word", """{"type": "Lowercase"}""", "null",
            """
            {"type": "WordPiece", "unk_token": "?", "max_input_chars_per_word": 100000000,
            "vocab": {"?": 0, "a": 1, "##a": 2, "##aaaa": 3}}
            """
        },
        {
            "WordLevel", """{"type": "StripAccents"}""", Words,
            """{"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1}}"""
        },
        {
            "a pattern made to backtrack", "null", Split("(a|a|b)*c|\\w+\\d\\w+|."),
            """{"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1}}"""
        },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_megabyte_of_anything_takes_its_share(
        string kind, string normalizer, string preTokenizer, string model)
    {
        var added = string.Join(", ", Added.Select((token, i) =>
            $$"""{"id": {{900 + i}}, "content": {{JsonSerializer.Serialize(token.Content)}}, {{token.Flags}}}"""));
        var json = $$"""
            {"added_tokens": [{{added}}], "normalizer": {{normalizer}}, "pre_tokenizer": {{preTokenizer}},
            "model": {{model}}}
            """;
        using var document = JsonDocument.Parse(json);
        Require(kind, TokenizerJson.Read(document.RootElement, "tokenizer.json", TokenizerConfig.None), 1 << 19);
    }

    [WeightsFact("reference/tokenizers")]
    public void Every_tokenizer_of_the_reference_takes_its_share()
    {
        var folders = Directory.GetDirectories(Weights.At("reference", "tokenizers")).Order()
            .Concat([Weights.At("gpt2"), Weights.At("minilm")])
            .ToArray();
        Assert.True(folders.Length >= 90, $"{folders.Length} folders");
        foreach (var folder in folders) Require(Path.GetFileName(folder), Tokenizer.Open(folder), 1 << 15);
    }

    private static void Require(string kind, Tokenizer tokenizer, int length)
    {
        var added = tokenizer.AddedTokens.Select(token => token.Content).ToArray();
        foreach (var unit in Units.Concat(added.Take(2)).Concat(added.TakeLast(2)).Distinct())
        {
            var shown = $"{kind}, {JsonSerializer.Serialize(unit)}";
            Cost.RequireLinear(shown, length, size =>
            {
                var text = string.Concat(Enumerable.Repeat(unit, size / unit.Length));
                return () => Run(tokenizer, text);
            });
        }
    }

    private static void Run(Tokenizer tokenizer, string text)
    {
        try
        {
            var ids = tokenizer.EncodeToIds(text);
            tokenizer.EncodeAll(text);
            tokenizer.Decode(ids);
        }
        catch (Exception error) when (error is UnknownPieceException or PatternBudgetException)
        {
            // An answer too.
        }
    }

    private static string Split(string pattern) => $$"""
        {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": {{JsonSerializer.Serialize(pattern)}}}, "behavior": "Isolated"},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
        """;

    // All bytes, and merges that make ever longer runs of one letter, one space and one of the marks.
    private static string Bytes(string flags) =>
        BytePairs(
            Enumerable.Range(0, 256).Select(value => $"{ByteAlphabet.Character((byte)value)}"), ["a", "Ġ", "Ì"], flags);

    private static string FallingBack() =>
        BytePairs(
            Enumerable.Range(0, 256).Select(BytePieces.Spelling).Concat(["▁", "a", "b", "?"]), ["a", "▁"],
            ", \"byte_fallback\": true, \"fuse_unk\": true, \"unk_token\": \"?\"");

    private static string BytePairs(IEnumerable<string> pieces, string[] letters, string flags)
    {
        var doubled = letters
            .SelectMany(one => (string[])[one, one + one, one + one + one + one])
            .ToArray();
        var vocabulary = pieces.Concat(doubled.Select(part => part + part)).Distinct()
            .Select((piece, id) => $"{JsonSerializer.Serialize(piece)}: {id}");
        var merges = doubled.Select(part => $"[{JsonSerializer.Serialize(part)}, {JsonSerializer.Serialize(part)}]");
        return $$"""
            {"type": "BPE", "vocab": { {{string.Join(", ", vocabulary)}} },
            "merges": [{{string.Join(", ", merges)}}]{{flags}}}
            """;
    }
}

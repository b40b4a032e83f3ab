using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Normalizers;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Tokenizers from files, whole and damaged.</summary>
public sealed class TokenizerFileTests : IDisposable
{
    private const string Vocabulary = """{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "<|endoftext|>": 4}""";
    private const string ByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}""";
    private const string BertNormalizer =
        """{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,"""
            + """ "lowercase": true}""";
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Vocab_json_and_merges_txt_make_byte_pairs()
    {
        Write("vocab.json", Vocabulary);
        Write("merges.txt", "#version: 0.2\na b\n");
        var tokenizer = Tokenizer.Open(folder);
        Assert.Equal([2, 3, 0, 4], tokenizer.EncodeToIds("ab a<|endoftext|>"));
        Assert.Equal(4, tokenizer.SpecialTokens["<|endoftext|>"]);
    }

    [Theory]
    [InlineData("[\"a b\"]"), InlineData("[[\"a\", \"b\"]]")]
    public void Tokenizer_json_may_write_merges_in_both_ways(string merges)
    {
        Write("tokenizer.json", BytePairJson(ByteLevel, merges));
        Assert.Equal([2, 4], Tokenizer.Open(folder).EncodeToIds("ab<|endoftext|>"));
    }

    [Fact]
    public void A_space_may_be_put_before_the_text()
    {
        Write("tokenizer.json", BytePairJson(ByteLevel.Replace("false", "true"), "[\"a b\"]"));
        Assert.Equal([(3, 0, 1), (2, 0, 2), (4, 2, 13), (3, 15, 1), (0, 15, 1)],
            Tokenizer.Open(folder).Encode("ab<|endoftext|>a").Select(token => (token.Id, token.Start, token.Length)));
    }

    [Theory]
    [
        InlineData("""{"do_lower_case": true}""", "the The", "7 7"),
        InlineData("""{"do_lower_case": false}""", "the The", "7 8")
    ]
    [InlineData(null, "the The", "7 8"), InlineData("""{"do_lower_case": true, "strip_accents": false}""", "thé", "1")]
    [
        InlineData("""{"do_lower_case": true, "tokenize_chinese_chars": false}""", "中中", "1"),
        InlineData("""{"do_lower_case": true}""", "中中", "9 9")
    ]
    [InlineData("""{"do_lower_case": true, "unk_token": {"content": "[MASK]"}}""", "☃", "4")]
    public void Vocab_txt_follows_its_config(string? config, string text, string ids)
    {
        Write("vocab.txt", "[PAD]\n[UNK]\r\n[CLS]\n[SEP]\n[MASK]\nx\n##x\nthe\nThe\n中\n");
        if (config is not null) Write("tokenizer_config.json", config);
        var tokenizer = Tokenizer.Open(folder);
        Assert.Equal(ids, string.Join(' ', tokenizer.EncodeToIds(text)));
        Assert.Equal([2, 7, 3], tokenizer.EncodeSequence("the"));
    }

    [Fact]
    public void Word_pieces_from_tokenizer_json_follow_its_parts()
    {
        Write(
            "tokenizer.json",
            WordPieceJson(
                BertNormalizer,
                "[{\"SpecialToken\": {\"id\": \"[CLS]\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", "
                    + "\"type_id\": 0}}]"
            )
        );
        var tokenizer = Tokenizer.Open(Path.Combine(folder, "tokenizer.json"));
        Assert.Equal([1, 2, 0], tokenizer.EncodeSequence("À aaaa")); // max_input_chars_per_word is 3
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"do_lower_case": true, "tokenize_chinese_chars": true, "add_bos_token": false}""", "")]
    [InlineData("""{"do_lower_case": false}""", "case"), InlineData("""{"strip_accents": false}""", "accents")]
    [InlineData("""{"tokenize_chinese_chars": false, "add_eos_token": true}""", "add_eos_token")]
    [InlineData("""{"add_bos_token": true, "bos_token": "x"}""", "add_bos_token")]
    public void Tokenizer_json_counts_before_the_settings_beside_it_and_a_note_says_where_they_differ(
        string settings, string says)
    {
        Write("tokenizer.json", WordPieceJson(BertNormalizer, "[{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}]"));
        var alone = Tokenizer.Open(folder);
        Write("tokenizer_config.json", settings);
        var beside = Tokenizer.Open(folder);
        foreach (var text in (string[])["À a", "aÀ中", "中"])
            Assert.Equal(alone.EncodeSequence(text), beside.EncodeSequence(text));
        Assert.Equal("", alone.Note);
        if (says.Length == 0) Assert.Equal("", beside.Note);
        else Assert.Contains(says, beside.Note);
    }

    [Theory]
    [InlineData("{", "line 1, byte 2"), InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0.5}}}""", "kind")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": "b"}}}""", "kind")]
    public void What_is_wrong_with_json_is_said_in_our_words(string json, string says)
    {
        Write("tokenizer.json", json);
        var message = Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message;
        Assert.Contains(says, message);
        foreach (var word in (string[])["LineNumber", "JsonTokenType", "requested operation", "identified items"])
            Assert.DoesNotContain(word, message);
    }

    public static TheoryData<string, string, FileProblem, string> Damaged =>
        new()
        {
            { "vocab.json", "{", FileProblem.Malformed, "vocab.json" },
            { "vocab.json", "[1]", FileProblem.Malformed, "vocab.json" },
            { "vocab.json", """{"a": 0.5}""", FileProblem.Malformed, "vocab.json" },
            { "vocab.json", """{"a": -1}""", FileProblem.Malformed, "the id -1" },
            { "vocab.json", """{"a": 2000000000}""", FileProblem.Malformed, "the id 2000000000" },
            { "vocab.json", """{"a": 0, "b": 0}""", FileProblem.Malformed, "both have the id 0" },
            {
                "vocab.json",
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
                FileProblem.LfsPointer,
                "git lfs pull"
            },
            { "vocab.json", "<!doctype html><html></html>", FileProblem.WebPage, "web server" },
            { "merges.txt", "#version: 0.2\na b\na b c\n", FileProblem.Malformed, "line 3" },
            { "merges.txt", "a z\n", FileProblem.Malformed, "\"z\"" },
            { "merges.txt", "", FileProblem.MissingFile, "merges.txt" },
            { "vocab.txt", "a\nb\n", FileProblem.Malformed, "[UNK]" },
            { "tokenizer.json", "{}", FileProblem.Malformed, "tokenizer.json" },
            {
                "tokenizer.json",
                """{"model": {"type": "BPE", "vocab": {"\ud800": 0}, "merges": []}}""",
                FileProblem.Malformed,
                "tokenizer.json"
            },
            {
                "tokenizer.json",
                """{"model": {"type": "Bigram", "vocab": []}}""",
                FileProblem.UnsupportedObject,
                "Bigram"
            },
            {
                "tokenizer.json",
                """{"model": {"type": "Unigram", "vocab": [["a", "b"]]}}""",
                FileProblem.Malformed,
                "another kind"
            },
            {
                "tokenizer.json",
                BytePairJson("""{"type": "Metaspace"}""", "[]"),
                FileProblem.Malformed,
                "lacks replacement"
            },
            {
                "tokenizer.json",
                BytePairJson("""{"type": "Split", "pattern": {"Regex": "(a*)*"}, "behavior": "Isolated"}""", "[]"),
                FileProblem.Malformed,
                "may be empty"
            },
            {
                "tokenizer.json",
                BytePairJson("""{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Halved"}""", "[]"),
                FileProblem.UnsupportedObject,
                "Halved"
            },
            {
                "tokenizer.json",
                BytePairJson("""{"type": "WhitespaceSplit", "keeps": true}""", "[]"),
                FileProblem.UnsupportedObject,
                "keeps"
            },
            { "tokenizer.json", BytePairJson(ByteLevel, "[\"a\"]"), FileProblem.Malformed, "merge 0" },
            {
                "tokenizer.json",
                WordPieceJson("""{"type": "Uppercase"}""", "[{\"Sequence\": {\"id\": \"A\"}}]"),
                FileProblem.UnsupportedObject,
                "Uppercase"
            },
        };

    [Theory, MemberData(nameof(Damaged))]
    public void A_damaged_file_is_refused_by_name_and_reason(
        string name, string content, FileProblem problem, string says)
    {
        if (name is "vocab.json" or "merges.txt") Write("vocab.json", Vocabulary);
        if (name == "vocab.json") Write("merges.txt", "a b\n");
        if (content.Length > 0) Write(name, content);
        var error = Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder));
        Assert.Equal(problem, error.Problem);
        Assert.Contains(says, error.Message);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        File.WriteAllBytes(Path.Combine(folder, "vocab.txt"), [.. "[UNK]\n"u8, 0xFF, 0xFE]);
        Assert.Equal(FileProblem.Encoding, Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Problem);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_which_files_are_looked_for() =>
        Assert.Contains("merges.txt", Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message);

    [WeightsFact("gpt2/vocab.json")]
    public void Words_of_the_real_vocabulary_are_found_by_encoding_them()
    {
        var tokenizer = Tokenizer.Open(Weights.At("gpt2"));
        Assert.Equal(50257, tokenizer.Vocabulary.Count);
        Assert.True(
            tokenizer.TryWord("hello", out var bare)
                && tokenizer.TryWord(" hello", out var spaced)
                && (bare, spaced) == (31373, 23748)
        );
        var words = Enumerable
            .Range(0, 50257)
            .Where(id =>
                tokenizer.Vocabulary.Text(id) is { Length: > 0 } text
                && text.TrimStart(' ').All(char.IsAsciiLetter)
                && text.Trim(' ').Length > 0
            )
            .ToArray();
        var missed = words
            .Where(id => !tokenizer.TryWord(tokenizer.Vocabulary.Text(id), out var found) || found != id)
            .ToArray();
        Assert.True(words.Length > 40_000, $"{words.Length} words");
        Assert.Empty(missed.Select(tokenizer.Vocabulary.Piece));
    }

    private static string BytePairJson(string split, string merges) =>
        $$"""{"version": "1.0", "added_tokens": [{"id": 4, "content": "<|endoftext|>", "special": true,"""
            + $$""" "normalized": true}], "normalizer": null, "pre_tokenizer": {{split}}, "post_processor":"""
            + $$""" {{ByteLevel}}, "model": {"type": "BPE", "dropout": null, "unk_token": null, "vocab":"""
            + $$""" {{Vocabulary}}, "merges": {{merges}}} }""";

    private static string WordPieceJson(string normalizer, string template) =>
        $$"""{"added_tokens": [], "normalizer": {{normalizer}}, "pre_tokenizer": {"type": "BertPreTokenizer"},"""
            + $$""" "post_processor": {"type": "TemplateProcessing", "single": {{template}} }, "model": {"type":"""
            + $$""" "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##","""
            + $$""" "max_input_chars_per_word": 3, "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "##a": 3} } }""";

    private void Write(string name, string content) =>
        File.WriteAllText(Path.Combine(folder, name), content, new UTF8Encoding(false));
}
